-- Customer-managed policies with their versions; columns as in iam_role.

-- +goose Up
CREATE TABLE iam_policy (
    id              TEXT   NOT NULL PRIMARY KEY,
    account         TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    name_key        TEXT   NOT NULL,
    path            TEXT   NOT NULL,
    description     TEXT   NOT NULL,
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL,
    default_version BIGINT NOT NULL,
    next_version    BIGINT NOT NULL,
    versions        TEXT   NOT NULL,
    tags            TEXT   NOT NULL,
    version         BIGINT NOT NULL,
    UNIQUE (account, name_key)
);

-- +goose Down
DROP TABLE iam_policy;
