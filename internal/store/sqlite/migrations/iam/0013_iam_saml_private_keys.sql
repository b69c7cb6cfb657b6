-- The private keys that open encrypted assertions, sealed: a JSON list.

-- +goose Up
ALTER TABLE iam_saml_provider ADD COLUMN private_keys TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE iam_saml_provider DROP COLUMN private_keys;
