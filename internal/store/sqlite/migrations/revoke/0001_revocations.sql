-- Sessions that were ended before their time. Times are Unix milliseconds.

-- +goose Up
CREATE TABLE revocation (
    kind       TEXT   NOT NULL,
    provider   TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    not_before BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    revoked_by TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    PRIMARY KEY (kind, provider, subject)
);

-- +goose Down
DROP TABLE revocation;
