// Package issued keeps which sessions were issued to whom and have not expired, so
// that an administrator can list them and end one.
//
// Keeper takes note of sessions from package pool and package sts, which hand it each one they
// issue to somebody who proved who they are, and those that are assumed with one. A
// session needs no database to work, and a sign-in never waits for this one: Issued
// puts the session into a bounded queue, one writer stores batches, and between two
// batches it rests, so that a flood of sign-ins is few transactions. What does not
// fit is given up and counted; List's answer comes with the counts.
//
// Invariants:
//   - Issued never blocks, never fails and allocates nothing.
//   - What was issued on this node before List is called is in the list, unless it
//     was given up. After a crash the last moments may be missing.
//   - A session leaves the store when it has expired. When there are too many, those
//     who have most lose their oldest, and nobody else any: pools share the room, in a
//     pool guests and people, and among these each identity (package fair).
//   - No row has a secret, a token, a tag or a policy.
//   - Whether a listed session was ended is answered by the rules that end it: a row
//     has what package revoke looks at.
//
// Reading order: issued.go, keeper.go, writer.go, row.go, sweep.go.
//
// What lives elsewhere: what a session is (sts), ending it (revoke), rows (store), who may
// list (rockpoolapi), which sessions there ever were (audit).
package issued
