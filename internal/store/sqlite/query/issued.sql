-- name: AddSession :exec
INSERT INTO issued_session (issued, access_key_id, account, pool, identity, role, expires, class, logins, document)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (issued, access_key_id) DO NOTHING;

-- What is empty matches everything. Marks have no letter that means anything to LIKE.
-- name: ListSessions :many
SELECT issued, access_key_id, account, pool, identity, role, expires, class, logins, document FROM issued_session
WHERE (issued, access_key_id) < (CAST(sqlc.arg(before_issued) AS BIGINT), CAST(sqlc.arg(before_key) AS TEXT))
  AND account = sqlc.arg(account) AND expires > sqlc.arg(at)
  AND (CAST(sqlc.arg(pool) AS TEXT) = '' OR pool = CAST(sqlc.arg(pool) AS TEXT))
  AND (CAST(sqlc.arg(identity) AS TEXT) = '' OR identity = CAST(sqlc.arg(identity) AS TEXT))
  AND (CAST(sqlc.arg(role) AS TEXT) = '' OR role = CAST(sqlc.arg(role) AS TEXT))
  AND (CAST(sqlc.arg(login) AS TEXT) = '' OR logins LIKE '% ' || CAST(sqlc.arg(login) AS TEXT) || ' %')
ORDER BY issued DESC, access_key_id DESC LIMIT sqlc.arg(most);

-- name: SessionsByAge :many
SELECT issued, access_key_id, class, expires FROM issued_session
WHERE (issued, access_key_id) > (CAST(sqlc.arg(issued) AS BIGINT), CAST(sqlc.arg(access_key_id) AS TEXT))
ORDER BY issued, access_key_id LIMIT sqlc.arg(most);

-- name: DeleteSession :execrows
DELETE FROM issued_session WHERE issued = $1 AND access_key_id = $2;
