-- Access keys. The secret is sealed; user_id is empty for the account root.

-- +goose Up
CREATE TABLE iam_access_key (
    id      TEXT   NOT NULL PRIMARY KEY,
    account TEXT   NOT NULL,
    user_id TEXT   NOT NULL,
    active  BIGINT NOT NULL, -- 0 or 1
    created BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL,
    version BIGINT NOT NULL
);

-- +goose Down
DROP TABLE iam_access_key;
