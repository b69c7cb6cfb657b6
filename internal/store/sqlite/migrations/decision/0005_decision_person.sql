-- The identity behind the caller.

-- +goose Up
ALTER TABLE decision ADD COLUMN person TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decision DROP COLUMN person;
