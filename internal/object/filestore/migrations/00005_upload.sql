-- Multipart uploads in progress. Ids of one key sort by initiation.
-- +goose Up
CREATE TABLE object_upload (
    bucket         BIGINT NOT NULL,
    key           BLOB   NOT NULL,
    id            TEXT   NOT NULL,
    initiated      BIGINT NOT NULL,
    initiator     TEXT   NOT NULL,
    class         TEXT   NOT NULL,
    checksum      TEXT   NOT NULL,
    checksum_type TEXT   NOT NULL,
    detail        BLOB   NOT NULL,
    PRIMARY KEY (bucket, key, id)
) WITHOUT ROWID;
