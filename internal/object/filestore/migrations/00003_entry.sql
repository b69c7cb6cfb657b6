-- Objects. Keys are bytes and sort as bytes. A row is small, because listings
-- read many: the bytes of small objects are in object_data, which data refers
-- to. listed and detail are packed (encode.go), because each column costs a
-- query more than what is in it; size is there for statistics. WITHOUT ROWID
-- is SQLite's word for clustering by the primary key; other engines do without.
-- +goose Up
CREATE TABLE object_entry (
    bucket BIGINT NOT NULL,
    key    BLOB   NOT NULL,
    size   BIGINT NOT NULL,
    listed BLOB   NOT NULL,
    detail BLOB   NOT NULL,
    data   BIGINT,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
