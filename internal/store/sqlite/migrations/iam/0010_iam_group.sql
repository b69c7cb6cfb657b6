-- Groups of users. Who is in a group stands with the users.

-- +goose Up
CREATE TABLE iam_group (
    id       TEXT   NOT NULL PRIMARY KEY,
    account  TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    name_key TEXT   NOT NULL,
    path     TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    inline   TEXT   NOT NULL,
    attached TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    UNIQUE (account, name_key)
);

-- +goose Down
DROP TABLE iam_group;
