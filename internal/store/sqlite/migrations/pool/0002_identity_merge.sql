-- Merges of identities, each with the logins that moved, so that it can be
-- undone. child_version is the version of the child that was merged; undone is 0
-- while the merge stands.

-- +goose Up
CREATE TABLE identity_merge (
    child         BYTEA  NOT NULL,
    child_version BIGINT NOT NULL,
    parent        BYTEA  NOT NULL,
    merged        BIGINT NOT NULL,
    undone        BIGINT NOT NULL,
    cause         TEXT   NOT NULL,
    logins        TEXT   NOT NULL,
    PRIMARY KEY (child, child_version)
);

-- +goose Down
DROP TABLE identity_merge;
