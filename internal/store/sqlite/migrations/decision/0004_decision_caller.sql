-- Who asked, as lists search it. Lists leave out what was there before.

-- +goose Up
ALTER TABLE decision ADD COLUMN caller TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decision DROP COLUMN caller;
