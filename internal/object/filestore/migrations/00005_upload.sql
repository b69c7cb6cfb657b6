-- Multipart uploads in progress. Ids of one key sort by initiation.
-- +goose Up
CREATE TABLE object_upload (
    bucket         BIGINT NOT NULL,
    key            BLOB   NOT NULL,
    id             TEXT   NOT NULL,
    initiated      BIGINT NOT NULL,
    initiator      TEXT   NOT NULL,
    class          TEXT   NOT NULL,
    content_type   TEXT   NOT NULL,
    checksum       TEXT   NOT NULL,
    checksum_type  TEXT   NOT NULL,
    meta           BLOB,
    PRIMARY KEY (bucket, key, id)
) WITHOUT ROWID;
