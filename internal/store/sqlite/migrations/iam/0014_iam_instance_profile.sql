-- Instance profiles. role_id is '' for a profile without a role.

-- +goose Up
CREATE TABLE iam_instance_profile (
    id       TEXT   NOT NULL PRIMARY KEY,
    account  TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    name_key TEXT   NOT NULL,
    path     TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    role_id  TEXT   NOT NULL,
    tags     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    UNIQUE (account, name_key)
);

-- +goose Down
DROP TABLE iam_instance_profile;
