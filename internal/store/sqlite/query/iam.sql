-- name: Version :one
SELECT version FROM iam_version WHERE name = 'iam';

-- name: FirstVersion :execrows
INSERT INTO iam_version (name, version) VALUES ('iam', 1) ON CONFLICT (name) DO NOTHING;

-- name: BumpVersion :execrows
UPDATE iam_version SET version = version + 1 WHERE name = 'iam' AND version = sqlc.arg(base);

-- name: RolesSince :many
SELECT id, account, name, name_key, path, description, created, max_session, trust, trust_bindings, boundary, inline, attached, tags, version
FROM iam_role WHERE version > sqlc.arg(since);

-- name: PutRole :exec
INSERT INTO iam_role (id, account, name, name_key, path, description, created, max_session, trust, trust_bindings, boundary, inline, attached, tags, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, name_key = excluded.name_key, path = excluded.path, description = excluded.description,
    max_session = excluded.max_session, trust = excluded.trust, trust_bindings = excluded.trust_bindings,
    boundary = excluded.boundary, inline = excluded.inline, attached = excluded.attached, tags = excluded.tags,
    version = excluded.version;

-- name: DeleteRole :exec
DELETE FROM iam_role WHERE id = $1;

-- name: UsersSince :many
SELECT id, account, name, name_key, path, created, boundary, inline, attached, tags, version, member_of
FROM iam_user WHERE version > sqlc.arg(since);

-- name: PutUser :exec
INSERT INTO iam_user (id, account, name, name_key, path, created, boundary, inline, attached, tags, version, member_of)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, name_key = excluded.name_key, path = excluded.path, boundary = excluded.boundary,
    inline = excluded.inline, attached = excluded.attached, tags = excluded.tags, version = excluded.version,
    member_of = excluded.member_of;

-- name: DeleteUser :exec
DELETE FROM iam_user WHERE id = $1;

-- name: GroupsSince :many
SELECT id, account, name, name_key, path, created, inline, attached, version
FROM iam_group WHERE version > sqlc.arg(since);

-- name: PutGroup :exec
INSERT INTO iam_group (id, account, name, name_key, path, created, inline, attached, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, name_key = excluded.name_key, path = excluded.path,
    inline = excluded.inline, attached = excluded.attached, version = excluded.version;

-- name: DeleteGroup :exec
DELETE FROM iam_group WHERE id = $1;

-- name: PoliciesSince :many
SELECT id, account, name, name_key, path, description, created, updated, default_version, next_version, versions, tags, version
FROM iam_policy WHERE version > sqlc.arg(since);

-- name: PutPolicy :exec
INSERT INTO iam_policy (id, account, name, name_key, path, description, created, updated, default_version, next_version, versions, tags, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET
    description = excluded.description, updated = excluded.updated, default_version = excluded.default_version,
    next_version = excluded.next_version, versions = excluded.versions, tags = excluded.tags, version = excluded.version;

-- name: DeletePolicy :exec
DELETE FROM iam_policy WHERE id = $1;

-- name: AccessKeysSince :many
SELECT id, account, user_id, active, created, sealed, version FROM iam_access_key WHERE version > sqlc.arg(since);

-- name: PutAccessKey :exec
INSERT INTO iam_access_key (id, account, user_id, active, created, sealed, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET active = excluded.active, sealed = excluded.sealed, version = excluded.version;

-- name: DeleteAccessKey :exec
DELETE FROM iam_access_key WHERE id = $1;

-- name: ProvidersSince :many
SELECT account, url, insecure, client_ids, thumbprints, created, tags, version
FROM iam_oidc_provider WHERE version > sqlc.arg(since);

-- name: PutProvider :exec
INSERT INTO iam_oidc_provider (account, url, insecure, client_ids, thumbprints, created, tags, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (account, url) DO UPDATE SET
    insecure = excluded.insecure, client_ids = excluded.client_ids, thumbprints = excluded.thumbprints,
    created = excluded.created, tags = excluded.tags, version = excluded.version;

-- name: DeleteProvider :exec
DELETE FROM iam_oidc_provider WHERE account = $1 AND url = $2;

-- name: SAMLProvidersSince :many
SELECT account, name, uuid, entity_id, certificates, metadata_until, created, tags, version, encryption, private_keys
FROM iam_saml_provider WHERE version > sqlc.arg(since);

-- name: PutSAMLProvider :exec
INSERT INTO iam_saml_provider (account, name, name_key, uuid, entity_id, certificates, metadata_until, metadata, created, tags, version, encryption, private_keys)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (account, name) DO UPDATE SET
    encryption = excluded.encryption, private_keys = excluded.private_keys,
    uuid = excluded.uuid, entity_id = excluded.entity_id, certificates = excluded.certificates,
    metadata_until = excluded.metadata_until, created = excluded.created, tags = excluded.tags, version = excluded.version,
    metadata = CASE WHEN excluded.metadata = '' THEN iam_saml_provider.metadata ELSE excluded.metadata END;

-- name: DeleteSAMLProvider :exec
DELETE FROM iam_saml_provider WHERE account = $1 AND name = $2;

-- name: SAMLMetadata :one
SELECT metadata FROM iam_saml_provider WHERE account = $1 AND name = $2;

-- name: InstanceProfilesSince :many
SELECT id, account, name, name_key, path, created, role_id, tags, version
FROM iam_instance_profile WHERE version > sqlc.arg(since);

-- name: PutInstanceProfile :exec
INSERT INTO iam_instance_profile (id, account, name, name_key, path, created, role_id, tags, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET role_id = excluded.role_id, tags = excluded.tags, version = excluded.version;

-- name: DeleteInstanceProfile :exec
DELETE FROM iam_instance_profile WHERE id = $1;

-- name: AccountAliasesSince :many
SELECT account, alias, version FROM iam_account_alias WHERE version > sqlc.arg(since);

-- name: PutAccountAlias :exec
INSERT INTO iam_account_alias (account, alias, version) VALUES ($1, $2, $3)
ON CONFLICT (account) DO UPDATE SET alias = excluded.alias, version = excluded.version;

-- name: DeleteAccountAlias :exec
DELETE FROM iam_account_alias WHERE account = $1;

-- name: DeletedSince :many
SELECT kind, id FROM iam_deleted WHERE version > sqlc.arg(since);

-- name: PutDeleted :exec
INSERT INTO iam_deleted (kind, id, version) VALUES ($1, $2, $3)
ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version;

-- name: ForgetDeleted :exec
DELETE FROM iam_deleted WHERE kind = $1 AND id = $2;

-- name: KeyUse :one
SELECT used, service, region FROM iam_key_use WHERE id = $1;

-- name: SaveKeyUse :exec
INSERT INTO iam_key_use (id, used, service, region) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET used = excluded.used, service = excluded.service, region = excluded.region
WHERE iam_key_use.used < excluded.used;
