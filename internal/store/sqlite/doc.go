// Package sqlite keeps Rockpool's state in the embedded database: IAM, identity
// pools, the key ring, the remembered keys of login providers, decision records,
// revocations and issued sessions.
//
// It owns tables, queries and the translation between rows and the domain's
// values, one type per Store interface of the domain: IAM (iam.Store), Pools
// (pool.Store), Keys (keys.Store, login.KeyStore), Decisions (decision.Store),
// Revocations (revoke.Store) and Issued (issued.Store). It decides
// nothing: what may be written is settled in the domain before it gets here.
// Connections, transactions and group commit belong to package sqldb.
//
// Queries stand in query/*.sql in PostgreSQL's dialect, and sqlc turns them
// into the packages iamsql, keysql, poolsql, decisionsql, revokesql and issuedsql (sqlc.yaml; run "sqlc generate"
// in this folder, sqlc v1.31.1). The generated code is committed. Migrations
// stand in migrations/<engine>/ and are numbered per engine. Those of identity pools
// end in tables that only SQLite has; schema/pool.sql says the same for sqlc and for
// other engines, and a test holds the one against the other.
//
// Identities are what there may be hundreds of millions of, so their tables are laid
// out for size and for reading one row by its key (docs/decisions/0009): identity has
// a row with everything a sign-in needs, identity_login says whose a login is, and
// small numbers stand for pools and providers (names).
//
// Rules for schema and queries, so that the same files serve PostgreSQL and
// what speaks its protocol: TEXT and BIGINT, BYTEA only for bytes; times are
// Unix milliseconds; documents are TEXT and come back byte for byte; keys are
// random and ours; no sequences, foreign keys, triggers or savepoints; every
// write is a repeatable function.
package sqlite
