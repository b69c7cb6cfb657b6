-- Roles. name_key is the name without case. Times are Unix milliseconds, lists
-- and maps are JSON, version is the IAM version of the last write to the row.

-- +goose Up
CREATE TABLE iam_role (
    id             TEXT   NOT NULL PRIMARY KEY,
    account        TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    name_key       TEXT   NOT NULL,
    path           TEXT   NOT NULL,
    description    TEXT   NOT NULL,
    created        BIGINT NOT NULL,
    max_session    BIGINT NOT NULL, -- seconds
    trust          TEXT   NOT NULL,
    trust_bindings TEXT   NOT NULL,
    boundary       TEXT   NOT NULL,
    inline         TEXT   NOT NULL,
    attached       TEXT   NOT NULL,
    tags           TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    UNIQUE (account, name_key)
);

-- +goose Down
DROP TABLE iam_role;
