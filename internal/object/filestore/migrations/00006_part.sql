-- Parts of uploads in progress.
-- +goose Up
CREATE TABLE object_part (
    upload    TEXT   NOT NULL,
    number    BIGINT NOT NULL,
    etag      TEXT   NOT NULL,
    size      BIGINT NOT NULL,
    modified  BIGINT NOT NULL,
    checksums BLOB   NOT NULL,
    blob      BLOB   NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
