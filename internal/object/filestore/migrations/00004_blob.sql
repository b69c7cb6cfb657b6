-- Files under blobs/, with the number of entries and parts that use each. A
-- file without a row is garbage; a row is written with what refers to it.
-- +goose Up
CREATE TABLE object_blob (
    id   BLOB   NOT NULL PRIMARY KEY,
    refs BIGINT NOT NULL
) WITHOUT ROWID;
