-- The last good public keys of each login provider. Times are Unix milliseconds.

-- +goose Up
CREATE TABLE login_keys (
    source      TEXT   NOT NULL PRIMARY KEY,
    key_set     BYTEA  NOT NULL,
    fetched     BIGINT NOT NULL,
    fresh_until BIGINT NOT NULL
);

-- +goose Down
DROP TABLE login_keys;
