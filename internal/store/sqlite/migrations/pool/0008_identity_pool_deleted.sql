-- Pools whose identities are still to be removed.

-- +goose Up
CREATE TABLE identity_pool_deleted (
    id TEXT NOT NULL PRIMARY KEY
);

-- +goose Down
DROP TABLE identity_pool_deleted;
