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

-- name: PoolExists :one
SELECT count(*) FROM identity_pool WHERE id = $1;

-- name: SomeIdentities :many
SELECT id FROM identity WHERE pool = $1 LIMIT $2;

-- name: DeleteIdentity :exec
DELETE FROM identity WHERE id = $1;

-- name: DeleteLoginsOfIdentity :exec
DELETE FROM identity_login WHERE identity = $1;

-- Not ordered: sorting a handful of logins here is dearer than in the caller.
-- name: IdentityWithLogins :many
SELECT i.pool, i.created, i.modified, i.state, i.parent, i.version, l.provider, l.subject, l.linked, l.remembered
FROM identity i LEFT JOIN identity_login l ON l.identity = i.id
WHERE i.id = $1;

-- name: LoginsOfIdentity :many
SELECT provider, subject, linked, remembered, person FROM identity_login WHERE identity = $1 ORDER BY linked, provider, subject;

-- name: LoginOwner :one
SELECT identity FROM identity_login WHERE pool = $1 AND provider = $2 AND subject = $3;

-- name: InsertIdentity :exec
INSERT INTO identity (id, pool, created, modified, state, parent, version) VALUES ($1, $2, $3, $4, $5, NULL, $6);

-- name: InsertWholeIdentity :exec
INSERT INTO identity (id, pool, created, modified, state, parent, version) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: InsertLogin :exec
INSERT INTO identity_login (pool, provider, subject, identity, linked, remembered, email, person) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: MoveLogin :execrows
UPDATE identity_login SET identity = sqlc.arg(target)
WHERE pool = $1 AND provider = $2 AND subject = $3 AND identity = sqlc.arg(source);

-- name: UnlinkLogin :execrows
DELETE FROM identity_login
WHERE pool = $1 AND provider = $2 AND subject = $3 AND identity = sqlc.arg(source);

-- name: AdoptLogins :execrows
UPDATE identity SET modified = sqlc.arg(modified), state = 0, version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(was) AND state < 2;

-- name: DisableIdentity :execrows
UPDATE identity SET modified = sqlc.arg(modified), state = state + 2, parent = sqlc.arg(parent), version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(was) AND state < 2;

-- name: BlockIdentity :execrows
UPDATE identity SET modified = sqlc.arg(modified), state = state + 4, version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(was) AND state < 4;

-- name: UnblockIdentity :execrows
UPDATE identity SET modified = sqlc.arg(modified), state = state - 4, version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(was) AND state >= 4;

-- name: GiveBackLogins :execrows
UPDATE identity SET modified = sqlc.arg(modified), version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(was) AND (state & 2) = 0;

-- name: RestoreIdentity :execrows
UPDATE identity SET modified = sqlc.arg(modified), state = state - 2, parent = NULL, version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(was) AND parent = sqlc.arg(parent) AND (state & 2) = 2;

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

-- name: RememberPerson :exec
UPDATE identity_login SET remembered = sqlc.arg(remembered), email = sqlc.arg(email), person = sqlc.arg(person)
WHERE pool = sqlc.arg(pool) AND provider = sqlc.arg(provider) AND subject = sqlc.arg(subject) AND remembered < sqlc.arg(remembered);

-- The provider after the given one: each is one seek, however many logins it has.
-- name: NextProvider :one
SELECT provider FROM identity_login WHERE pool = $1 AND provider > $2 ORDER BY provider LIMIT 1;

-- name: LoginsByEmail :many
SELECT identity, provider, subject, linked, remembered, person FROM identity_login
WHERE pool = sqlc.arg(pool) AND email = sqlc.arg(email) AND email <> ''
ORDER BY provider, subject LIMIT sqlc.arg(page);

-- name: ListIdentities :many
SELECT id, pool, created, modified, state, parent, version FROM identity
WHERE pool = sqlc.arg(pool) AND (created > sqlc.arg(created) OR (created = sqlc.arg(created) AND id > sqlc.arg(id)))
ORDER BY created, id LIMIT sqlc.arg(page);

-- name: ListEnabledIdentities :many
SELECT id, pool, created, modified, state, parent, version FROM identity
WHERE pool = sqlc.arg(pool) AND state < 2 AND (created > sqlc.arg(created) OR (created = sqlc.arg(created) AND id > sqlc.arg(id)))
ORDER BY created, id LIMIT sqlc.arg(page);
