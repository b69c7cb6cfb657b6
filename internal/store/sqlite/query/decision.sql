-- name: AddDecision :exec
INSERT INTO decision (account, request_id, seq, made, size, document, class, caller, person, action, resource, allowed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (account, request_id, seq) DO NOTHING;

-- name: Decisions :many
SELECT seq, made, document FROM decision WHERE account = $1 AND request_id = $2 ORDER BY seq;

-- Texts that begin with an empty one are all of them.
-- name: ListDecisions :many
SELECT request_id, seq, made, document FROM decision
WHERE account = sqlc.arg(account) AND made >= sqlc.arg(since)
  AND (made, request_id, seq) < (CAST(sqlc.arg(before_made) AS BIGINT), CAST(sqlc.arg(before_request) AS TEXT), CAST(sqlc.arg(before_seq) AS BIGINT))
  AND allowed <= sqlc.arg(allowed) AND action <> ''
  AND (substr(caller, 1, length(CAST(sqlc.arg(principal) AS TEXT))) = CAST(sqlc.arg(principal) AS TEXT) OR person = CAST(sqlc.arg(principal) AS TEXT))
  AND substr(action, 1, length(CAST(sqlc.arg(action) AS TEXT))) = CAST(sqlc.arg(action) AS TEXT)
  AND substr(resource, 1, length(CAST(sqlc.arg(resource) AS TEXT))) = CAST(sqlc.arg(resource) AS TEXT)
ORDER BY made DESC, request_id DESC, seq DESC LIMIT sqlc.arg(most);

-- name: DecisionsByAge :many
SELECT account, request_id, seq, made, class, size FROM decision
WHERE (made, account, request_id, seq) > (CAST(sqlc.arg(made) AS BIGINT), CAST(sqlc.arg(account) AS TEXT), CAST(sqlc.arg(request_id) AS TEXT), CAST(sqlc.arg(seq) AS BIGINT))
ORDER BY made, account, request_id, seq LIMIT sqlc.arg(most);

-- name: DeleteDecision :execrows
DELETE FROM decision WHERE account = $1 AND request_id = $2 AND seq = $3;
