// Package rockpoolapi serves Rockpool's own service: what AWS has no operation for
// (design.md 7). It is spoken like a service of AWS's: JSON 1.1 with the target
// prefix Rockpool, signed for the name rockpool, allowed by IAM actions rockpool:*.
//
// ExplainDecision gives the records of a request that was denied: who asked for
// what, which layer and statement decided, what came near, the condition keys with
// their values, and the smallest change that would allow it. The resource of its
// permission is arn:aws:rockpool:REGION:ACCOUNT:decision/REQUEST-ID.
//
// LintPolicy says what is wrong with a policy before anybody stores it: what AWS
// would refuse, and what the linter finds.
//
// ExportIdentityPool and ImportIdentityPool move a pool with its identities and
// their ids. The resource of their permission is the pool's own ARN, and importing
// a pool asks for iam:PassRole on its roles as SetIdentityPoolRoles does.
//
// Invariants:
//   - Nobody learns why they were denied by being denied: only who has the
//     permission reads an explanation, and only of requests that belong to their
//     own account. Somebody without it is told the same whether there is a record
//     or not.
//   - Every structure of an answer holds what package policy and package decision
//     recorded, word for word; nothing is decided here.
//
// What lives elsewhere: the records (decision), the explanation and its words
// (policy), the model of the service (cmd/wiregen/models/rockpool), the guard
// (package api).
package rockpoolapi
