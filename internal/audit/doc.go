// Package audit owns the audit event type and its sinks: one CloudTrail-shaped
// JSON record per call.
//
// Append encodes an Event as one JSON object: the fields of a CloudTrail record
// of version 1.08 (cognito-identity.md 8.3), with what only we know (decision,
// layer, statement, choice of role) in additionalEventData. Log is the sink that
// writes one object per line to a file with rotation by size, or to standard
// output.
//
// Invariants:
//   - Record does not keep the Event and blocks for a bounded time only. A record
//     that had to be dropped, or could not be written, is counted (Stats) and
//     logged: nothing is lost silently.
//   - Lines are whole: a rotation happens between records, and several goroutines
//     never mix theirs.
//   - Close writes everything that was recorded before it.
//   - A token or secret never appears: whoever fills Request and Response puts
//     Hidden in its place.
//
// What lives elsewhere: what an event says (the edges: api, gateway), where files
// are kept and when the log is closed (server).
package audit
