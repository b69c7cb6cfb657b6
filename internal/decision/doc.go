// Package decision keeps what was decided and why, so that an administrator can
// read it later under the request's id.
//
// Record is one decision with the policy engine's explanation. Keeper is the Sink
// that package authz hands denials to, and sts and pool for roles of web
// identities: a bounded queue, a writer that stores batches, and a sweep that keeps the records within
// a time and a size. List searches them, the newest first. Losing a record under load is counted and logged; it never
// slows a request down, and decides nothing. Encode and Decode make of a record
// the sealed text that AWS calls an encoded authorization message.
//
// Invariants:
//   - What was kept before Find is called is found by it.
//   - A decision that nobody wants is not explained: Wants bounds the
//     explanations of one request, of strangers and of everybody (gate.go).
//   - When there is too much, those who hold most lose their oldest records, and
//     nobody else any: callers share the room as package fair says (row.go, sweep.go).
//   - No record has a token, a signature or an external id (tidy.go), and none is
//     larger than 32 KiB.
//   - What a record means does not change: its JSON only ever gains names
//     (document.go).
//
// Reading order: seam.go, keeper.go, gate.go, writer.go, sweep.go, row.go, list.go, tidy.go,
// message.go.
//
// What lives elsewhere: how a decision is explained (policy), what is asked
// (authz, sts), where rows are kept (store), who may read them (the guard of
// package api), the audit log, which keeps every call for good (audit).
package decision
