// Package audit owns the audit event type and its sinks: one CloudTrail-shaped
// JSON record per call.
package audit
