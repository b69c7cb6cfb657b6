// Package decision keeps what was decided and why, so that an administrator can
// read it later under the request's id.
//
// Record is one decision with the policy engine's explanation. Keeper is the Sink
// that package authz (and sts, for trust policies) hand denials to: a bounded
// queue, a writer that stores batches, and a sweep that keeps the records within
// a time and a size. Losing a record under load is counted and logged; it never
// slows a request down, and decides nothing.
//
// What lives elsewhere: how a decision is explained (policy), what is asked
// (authz, sts), where rows are kept (store), who may read them (the guard of
// package api), the audit log, which keeps every call for good (audit).
package decision
