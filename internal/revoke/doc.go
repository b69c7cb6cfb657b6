// Package revoke ends sessions before their time.
//
// A Revocation says that sessions of one kind of thing (a single session, an
// identity, a login, a pool, a role) which were issued up to some moment are no
// longer good; those issued later are. Set holds all of them in memory as an
// immutable snapshot: package caller asks it about every session that signs a
// request, so a revocation counts from the next request on. It is stored before it
// is acknowledged, and taken over by other nodes within their refresh interval.
//
// Invariants:
//   - Asking costs an atomic load when nothing is revoked, and never allocates.
//   - A revocation stays until the longest session that it can concern has expired.
//   - Sessions know the second they were issued in. What was issued in the second of
//     a revocation counts as older: it is refused, and its client gets a new one.
//   - What is chained ends with what it was made with: a session that was assumed with
//     a revoked one, or with one of a revoked role, person or pool.
//   - A login is found by the provider and subject that its session proved. A session
//     that proved several logins ends with any of them.
//
// What lives elsewhere: which answer a revoked session gets (caller: that of an
// expired token, so that SDKs fetch new credentials), who may revoke (rockpoolapi),
// rows (store), whether the person may sign in again (pool: disabled identities).
package revoke
