-- Sub-resource documents of buckets, byte for byte.
-- +goose Up
CREATE TABLE object_bucket_config (
    bucket BIGINT NOT NULL,
    sub    TEXT   NOT NULL,
    doc    BLOB   NOT NULL,
    PRIMARY KEY (bucket, sub)
);
