-- The number of the newest write to IAM. Every write counts it up in its own
-- transaction, on top of the number it was decided on.

-- +goose Up
CREATE TABLE iam_version (
    name    TEXT   NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

-- +goose Down
DROP TABLE iam_version;
