// Package pool owns identity pools: their configuration, the identities in
// them, and the way from verified logins to an identity and a role.
//
// The flow of one sign-in, in reading order:
//
//	logins.go       every login of the request is verified (package login)
//	resolve.go      verified logins and the named identity become one identity:
//	                found, created, linked, upgraded from a guest, or merged
//	rolechoice.go   the identity and its logins become a role
//	credentials.go  the role becomes a session (package sts)
//
// What an administrator does about identities: life.go disables and enables them and
// undoes merges, directory.go says who they are, person.go keeps what their
// providers say of them, and emailmerge.go takes two logins for one person, where a
// pool wants that.
//
// pools.go holds the configuration of pools, which lives in the database and,
// as an immutable set swapped whole, in memory: no request reads a pool from
// the database. identities.go describes and lists identities; those live in
// the database only.
//
// What lives elsewhere: token verification (login), the trust decision and the
// credentials (sts), the wire names and sentences (api/cognitoapi), and SQL
// (store/sqlite). Package pool decides every rule of cognito-identity.md
// section 3; the Store only applies a Change or refuses it.
//
// Invariants:
//
//   - A (provider, subject) pair belongs to at most one identity of a pool,
//     and the store enforces it, so that hundreds of concurrent first sign-ins
//     of one person give one identity.
//   - No identity is created or changed before every login of the request is
//     verified.
//   - An identity id is a name, not a secret: an authenticated identity is
//     usable only with one of its logins.
//   - An identity that ever had a login never becomes a guest again.
//   - A merge is recorded with the logins that moved, in the transaction that makes
//     it, so that it can be undone.
//   - Of an identity that was blocked nothing is given, and no login leaves it: it
//     would be a new person, who is not blocked.
//   - What is remembered of people (Person) decides nothing but what EmailMerge
//     permits.
//   - A refusal that was decided on several reads is confirmed against a later one
//     (confirm); a change names the versions it was decided on.
package pool
