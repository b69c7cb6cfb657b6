-- Whether it was allowed: 0 or 1.

-- +goose Up
ALTER TABLE decision ADD COLUMN allowed BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE decision DROP COLUMN allowed;
