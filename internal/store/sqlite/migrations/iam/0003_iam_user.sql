-- Users; columns as in iam_role.

-- +goose Up
CREATE TABLE iam_user (
    id       TEXT   NOT NULL PRIMARY KEY,
    account  TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    name_key TEXT   NOT NULL,
    path     TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    boundary TEXT   NOT NULL,
    inline   TEXT   NOT NULL,
    attached TEXT   NOT NULL,
    tags     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    UNIQUE (account, name_key)
);

-- +goose Down
DROP TABLE iam_user;
