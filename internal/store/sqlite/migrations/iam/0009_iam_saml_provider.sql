-- SAML providers. What requests need of the metadata stands beside it:
-- certificates is a JSON list of base64 DER, metadata_until is 0 when the
-- document does not say.

-- +goose Up
CREATE TABLE iam_saml_provider (
    account        TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    name_key       TEXT   NOT NULL,
    uuid           TEXT   NOT NULL,
    entity_id      TEXT   NOT NULL,
    certificates   TEXT   NOT NULL,
    metadata_until BIGINT NOT NULL,
    metadata       TEXT   NOT NULL,
    created        BIGINT NOT NULL,
    tags           TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    PRIMARY KEY (account, name),
    UNIQUE (account, name_key)
);

-- +goose Down
DROP TABLE iam_saml_provider;
