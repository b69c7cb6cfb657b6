-- When the claims of a login were last kept, 0 for never.

-- +goose Up
ALTER TABLE identity_login ADD COLUMN remembered BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE identity_login DROP COLUMN remembered;
