-- On what.

-- +goose Up
ALTER TABLE decision ADD COLUMN resource TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decision DROP COLUMN resource;
