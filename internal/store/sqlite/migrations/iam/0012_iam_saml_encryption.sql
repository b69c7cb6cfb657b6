-- Whether assertions of a SAML provider may or must be encrypted, '' for neither.

-- +goose Up
ALTER TABLE iam_saml_provider ADD COLUMN encryption TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE iam_saml_provider DROP COLUMN encryption;
