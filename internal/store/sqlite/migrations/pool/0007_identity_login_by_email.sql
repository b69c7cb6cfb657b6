-- +goose Up
CREATE INDEX identity_login_by_email ON identity_login (pool, email) WHERE email <> '';

-- +goose Down
DROP INDEX identity_login_by_email;
