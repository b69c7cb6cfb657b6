-- The e-mail address of a login in the form that is searched, '' for none.

-- +goose Up
ALTER TABLE identity_login ADD COLUMN email TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE identity_login DROP COLUMN email;
