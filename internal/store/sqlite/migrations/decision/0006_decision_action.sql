-- What was asked for, in lower case.

-- +goose Up
ALTER TABLE decision ADD COLUMN action TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decision DROP COLUMN action;
