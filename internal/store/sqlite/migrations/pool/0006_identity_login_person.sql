-- What the provider said of the person, as a document; '' for nothing.

-- +goose Up
ALTER TABLE identity_login ADD COLUMN person TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE identity_login DROP COLUMN person;
