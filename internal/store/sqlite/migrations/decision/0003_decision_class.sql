-- Whose room a record takes (package fair). What was there before is one class.

-- +goose Up
ALTER TABLE decision ADD COLUMN class TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decision DROP COLUMN class;
