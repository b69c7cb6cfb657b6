-- Objects. Keys are bytes and sort as bytes. The columns a listing reads come
-- first and the bytes of small objects last, so that a listing never reads the
-- latter. WITHOUT ROWID is SQLite's word for clustering by the primary key;
-- other engines do without.
-- +goose Up
CREATE TABLE object_entry (
    bucket       BIGINT NOT NULL,
    key          BLOB   NOT NULL,
    size         BIGINT NOT NULL,
    modified     BIGINT NOT NULL,
    etag         TEXT   NOT NULL,
    class        TEXT   NOT NULL,
    checksums    TEXT   NOT NULL,
    content_type TEXT   NOT NULL,
    meta         BLOB,
    blob         BLOB,
    parts        BLOB,
    data         BLOB,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
