-- name: LoadPools :many
SELECT id, version, document FROM identity_pool;

-- name: InsertPool :exec
INSERT INTO identity_pool (id, version, document) VALUES ($1, $2, $3);

-- name: UpdatePool :execrows
UPDATE identity_pool SET version = $2, document = $3 WHERE id = $1 AND version = sqlc.arg(was);

-- name: DeletePool :exec
DELETE FROM identity_pool WHERE id = $1;

-- name: MarkPoolDeleted :exec
INSERT INTO identity_pool_deleted (id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: DeletedPools :many
SELECT id FROM identity_pool_deleted ORDER BY id LIMIT 100;

-- name: ForgetDeletedPool :exec
DELETE FROM identity_pool_deleted WHERE id = $1;

-- name: PoolIsSwept :one
SELECT count(*) FROM identity_pool_deleted WHERE id = $1;

-- name: LoadNames :many
SELECT number, name FROM identity_name;

-- name: InsertName :exec
INSERT INTO identity_name (number, name) VALUES ($1, $2);

-- name: SomeIdentities :many
SELECT id, pool, created, modified, state, parent, version, logins FROM identity WHERE pool = $1 LIMIT $2;

-- name: Identity :one
SELECT id, pool, created, modified, state, parent, version, logins FROM identity WHERE id = $1;

-- name: InsertIdentity :exec
INSERT INTO identity (id, pool, created, modified, state, parent, version, logins) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: UpdateIdentity :exec
UPDATE identity SET modified = sqlc.arg(modified), state = sqlc.arg(state), parent = sqlc.arg(parent), version = sqlc.arg(version), logins = sqlc.arg(logins)
WHERE id = sqlc.arg(id);

-- name: DeleteIdentity :exec
DELETE FROM identity WHERE id = $1;

-- name: LoginOwner :one
SELECT identity FROM identity_login WHERE pool = $1 AND provider = $2 AND subject = $3;

-- name: InsertLogin :exec
INSERT INTO identity_login (pool, provider, subject, identity) VALUES ($1, $2, $3, $4);

-- name: MoveLogin :exec
UPDATE identity_login SET identity = sqlc.arg(target) WHERE pool = $1 AND provider = $2 AND subject = $3;

-- name: DeleteLogin :exec
DELETE FROM identity_login WHERE pool = $1 AND provider = $2 AND subject = $3;

-- name: Person :one
SELECT person FROM identity_person WHERE pool = $1 AND provider = $2 AND subject = $3;

-- name: PutPerson :exec
INSERT INTO identity_person (pool, provider, subject, email, person) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (pool, provider, subject) DO UPDATE SET email = excluded.email, person = excluded.person;

-- name: DeletePerson :exec
DELETE FROM identity_person WHERE pool = $1 AND provider = $2 AND subject = $3;

-- name: PutUnlinked :exec
INSERT INTO identity_login_unlinked (pool, provider, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: WasUnlinked :one
SELECT count(*) FROM identity_login_unlinked WHERE pool = $1 AND provider = $2 AND subject = $3;

-- name: DeleteUnlinkedOfPool :exec
DELETE FROM identity_login_unlinked WHERE pool = $1;

-- name: InsertMerge :exec
INSERT INTO identity_merge (child, child_version, parent, merged, undone, cause, logins) VALUES ($1, $2, $3, $4, 0, $5, $6);

-- name: UndoMerge :execrows
UPDATE identity_merge SET undone = sqlc.arg(undone)
WHERE child = sqlc.arg(child) AND child_version = sqlc.arg(child_version) AND parent = sqlc.arg(parent) AND undone = 0;

-- name: MergesOfChild :many
SELECT child, child_version, parent, merged, undone, cause, logins FROM identity_merge
WHERE child = $1 ORDER BY child_version DESC LIMIT $2;

-- name: MergesIntoParent :many
SELECT child, child_version, parent, merged, undone, cause, logins FROM identity_merge
WHERE parent = $1 ORDER BY merged DESC, child LIMIT $2;

-- name: DeleteMergesOfChild :exec
DELETE FROM identity_merge WHERE child = $1;

-- name: DeleteMergesIntoParent :exec
DELETE FROM identity_merge WHERE parent = $1;

-- The provider after the given one: each is one seek, however many logins it has.
-- name: NextProvider :one
SELECT provider FROM identity_login WHERE pool = $1 AND provider > $2 ORDER BY provider LIMIT 1;

-- name: LoginsByEmail :many
SELECT p.provider, p.subject, p.person, sqlc.embed(i)
FROM identity_person p
JOIN identity_login l ON l.pool = p.pool AND l.provider = p.provider AND l.subject = p.subject
JOIN identity i ON i.id = l.identity
WHERE p.pool = sqlc.arg(pool) AND p.email = sqlc.arg(email) AND p.email <> ''
ORDER BY p.provider, p.subject LIMIT sqlc.arg(page);

-- name: ListIdentities :many
SELECT id, pool, created, modified, state, parent, version, logins FROM identity
WHERE pool = sqlc.arg(pool) AND (created > sqlc.arg(created) OR (created = sqlc.arg(created) AND id > sqlc.arg(id)))
ORDER BY created, id LIMIT sqlc.arg(page);

-- name: ListEnabledIdentities :many
SELECT id, pool, created, modified, state, parent, version, logins FROM identity
WHERE pool = sqlc.arg(pool) AND state < 2 AND (created > sqlc.arg(created) OR (created = sqlc.arg(created) AND id > sqlc.arg(id)))
ORDER BY created, id LIMIT sqlc.arg(page);
