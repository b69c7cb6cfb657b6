-- name: LoadRing :one
SELECT version, records FROM key_ring WHERE name = 'ring';

-- name: InsertRing :execrows
INSERT INTO key_ring (name, version, records) VALUES ('ring', 1, $1) ON CONFLICT (name) DO NOTHING;

-- name: UpdateRing :execrows
UPDATE key_ring SET version = version + 1, records = $1 WHERE name = 'ring' AND version = sqlc.arg(was);

-- name: LoadLoginKeys :one
SELECT key_set, fetched, fresh_until FROM login_keys WHERE source = $1;

-- name: SaveLoginKeys :exec
INSERT INTO login_keys (source, key_set, fetched, fresh_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (source) DO UPDATE SET key_set = excluded.key_set, fetched = excluded.fetched, fresh_until = excluded.fresh_until;
