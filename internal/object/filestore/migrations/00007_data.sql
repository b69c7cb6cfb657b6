-- The bytes of small objects, each used by one entry. INTEGER PRIMARY KEY is
-- SQLite's row number: new rows go to the end of the table, wherever their
-- keys are. Numbers may be used again, so entry and data are read in one
-- statement.
-- +goose Up
CREATE TABLE object_data (
    id   INTEGER NOT NULL PRIMARY KEY,
    data BLOB    NOT NULL
);
