// Package authz turns a caller, an action and a resource into a decision: it
// gathers the policies that apply, fills the condition keys and asks the policy
// engine. With package sts (trust policies) it is the only user of the engine on
// the request path.
//
// Engine.Decide is the entry, Engine.Explain the same with a recorder, and
// Engine.Trust lends the engine to sts for assumptions of roles, so that a trust
// policy sees a caller exactly as a bucket policy does.
//
// What is decided here rather than by policies (rules.go): asking who one is
// cannot be denied; sessions of users are closed to most of IAM and STS; a public
// access block keeps strangers out of a public bucket policy. The order of layers,
// root's powers and the difference between accounts are the engine's.
//
// Invariants:
//   - What cannot be read denies: a role or user with a broken policy, a session
//     policy that is gone or does not parse.
//   - A condition key whose fact is not known is absent, not empty, and what an
//     edge says never replaces what is known here.
//   - A warm decision allocates nothing; its memory is cleared before the next.
//   - A caller from another account, or nobody, learns that access is denied and
//     no more (Decision.Plain); everybody else gets AWS's sentence.
//
// What lives elsewhere: the resource policy and the keys of a service (the
// gateways and APIs), the text of wire errors (the edges), records (audit).
package authz
