// Package iam owns roles, users, groups, access keys, managed and inline policies,
// identity providers, instance profiles and account aliases: their types, rules, limits and the compiled view
// that every request is decided on. It knows no wire names and no SQL.
//
// Everything in IAM is small and is held in memory, compiled, as an immutable
// View behind an atomic pointer; Service.Snapshot gives it to the request path,
// which never touches the database. Service is the only writer: a mutation
// checks its rules against the newest view, hands a Write to the Store, builds
// the next view from the changed entities alone and swaps it in before it
// returns, so that a caller sees its own write at once.
//
// What lives elsewhere: the language of policies (package policy), the sealing
// of secrets (package keys), who may call an operation (packages authz and api),
// codes and sentences of the wire (package iamapi), rows (package store/sqlite).
//
// Invariants:
//   - A View never changes. Entities reached from it are shared: read only.
//   - A Write commits only on top of the version it was decided on; a node that
//     has fallen behind gets *VersionConflict, catches up and decides again.
//     Rules that span entities (a name is taken, a policy is still attached, a
//     quota is used up) therefore hold with any number of nodes and need no
//     help from queries.
//   - Every stored document was accepted by package policy when it was written
//     and is parsed again when it is loaded. One that no longer parses makes
//     its owner Broken, and a Broken principal is denied everything, because a
//     Deny in the document cannot be trusted to apply (spec/iam-sts.md 7.1).
//   - A group is no principal: it gives its policies to its members and has no
//     part in a request of its own. A user's entry holds them all, its own and
//     those of its groups, and a Broken group makes its members Broken.
//   - Principals in trust policies are bound to unique ids when written; an
//     entity made later under the same name does not match (1.6).
//   - Access key secrets are sealed before they reach the Store, with the key
//     id as associated data, and appear in no error, log or text form.
package iam
