-- Buckets. id is random and never reused: objects belong to it and not to the
-- name, so a bucket deleted and made again does not inherit late writes.
-- +goose Up
CREATE TABLE object_bucket (
    id      BIGINT NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL UNIQUE,
    account TEXT   NOT NULL,
    region  TEXT   NOT NULL,
    created BIGINT NOT NULL,
    version BIGINT NOT NULL
);
