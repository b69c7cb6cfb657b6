-- name: SaveRevocation :exec
INSERT INTO revocation (kind, provider, subject, not_before, expires, revoked_by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (kind, provider, subject) DO UPDATE SET
    not_before = excluded.not_before, expires = excluded.expires, revoked_by = excluded.revoked_by, reason = excluded.reason;

-- name: Revocations :many
SELECT kind, provider, subject, not_before, expires, revoked_by, reason FROM revocation
WHERE expires >= sqlc.arg(at) ORDER BY not_before DESC, kind, provider, subject;

-- name: SweepRevocations :exec
DELETE FROM revocation WHERE expires < sqlc.arg(before);
