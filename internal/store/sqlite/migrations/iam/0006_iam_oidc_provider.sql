-- OpenID Connect providers; url has no scheme.

-- +goose Up
CREATE TABLE iam_oidc_provider (
    account     TEXT   NOT NULL,
    url         TEXT   NOT NULL,
    insecure    BIGINT NOT NULL, -- 0 or 1
    client_ids  TEXT   NOT NULL,
    thumbprints TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    tags        TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    PRIMARY KEY (account, url)
);

-- +goose Down
DROP TABLE iam_oidc_provider;
