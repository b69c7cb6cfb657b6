-- Identity pools and identities. Times are Unix milliseconds. Ids of pools and
-- identities are the 16 bytes of their UUID: there may be hundreds of millions.

-- +goose Up
CREATE TABLE identity_pool (
    id       TEXT   NOT NULL PRIMARY KEY,
    version  BIGINT NOT NULL,
    document TEXT   NOT NULL
);

CREATE TABLE identity (
    id       BYTEA  NOT NULL PRIMARY KEY,
    pool     BYTEA  NOT NULL,
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    state    BIGINT NOT NULL, -- bit 0: guest, bit 1: merged, bit 2: blocked
    parent   BYTEA,
    version  BIGINT NOT NULL
);

CREATE INDEX identity_by_pool ON identity (pool, created, id);

CREATE TABLE identity_login (
    pool     BYTEA  NOT NULL,
    provider TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    identity BYTEA  NOT NULL,
    linked   BIGINT NOT NULL,
    PRIMARY KEY (pool, provider, subject)
);

CREATE INDEX identity_login_by_identity ON identity_login (identity);

-- +goose Down
DROP TABLE identity_login;
DROP TABLE identity;
DROP TABLE identity_pool;
