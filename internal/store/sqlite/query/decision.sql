-- name: AddDecision :exec
INSERT INTO decision (account, request_id, seq, made, size, document) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account, request_id, seq) DO NOTHING;

-- name: Decisions :many
SELECT seq, made, document FROM decision WHERE account = $1 AND request_id = $2 ORDER BY seq;

-- name: SizeOfDecisions :one
SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS size FROM decision;

-- name: OldestDecisions :many
SELECT account, request_id, seq, made, size FROM decision ORDER BY made LIMIT $1;

-- name: DeleteDecision :execrows
DELETE FROM decision WHERE account = $1 AND request_id = $2 AND seq = $3;
