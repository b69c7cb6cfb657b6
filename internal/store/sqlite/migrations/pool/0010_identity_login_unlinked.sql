-- +goose Up
CREATE TABLE identity_login_unlinked (
    pool     BIGINT NOT NULL,
    provider BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    PRIMARY KEY (pool, provider, subject)
);

-- +goose Down
DROP TABLE identity_login_unlinked;
