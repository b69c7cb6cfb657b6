-- Account aliases, one of an account at most.

-- +goose Up
CREATE TABLE iam_account_alias (
    account TEXT   NOT NULL PRIMARY KEY,
    alias   TEXT   NOT NULL UNIQUE,
    version BIGINT NOT NULL
);

-- +goose Down
DROP TABLE iam_account_alias;
