-- The key ring, one row: its records as JSON, the keys in them sealed by the
-- master key. They are few and are always read and written as one set.

-- +goose Up
CREATE TABLE key_ring (
    name    TEXT   NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    records TEXT   NOT NULL
);

-- +goose Down
DROP TABLE key_ring;
