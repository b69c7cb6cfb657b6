// Package rockpoolapi serves Rockpool's own service: what AWS has no operation for
// (design.md 7). It is spoken like a service of AWS's: JSON 1.1 with the target
// prefix Rockpool, signed for the name rockpool, allowed by IAM actions rockpool:*.
//
// ExplainDecision gives the records of a request that was denied: who asked for
// what, which layer and statement decided, what came near, the condition keys with
// their values, and the smallest change that would allow it. The resource of its
// permission is arn:aws:rockpool:REGION:ACCOUNT:decision/REQUEST-ID.
//
// ListDecisions lists what was denied, by caller, action, resource and time; its
// resource is …:decision/*.
//
// LintPolicy says what is wrong with a policy before anybody stores it: what AWS
// would refuse, and what the linter finds.
//
// ExportIdentityPool and ImportIdentityPool move a pool with its identities and
// their ids. The resource of their permission is the pool's own ARN, and importing
// a pool asks for iam:PassRole on its roles as SetIdentityPoolRoles does.
//
// For those who look after people's access:
//
//   - ListSessions lists the sessions that people and guests have now, with the
//     revocation that ended one; on the resources of RevokeSessions, or on session/*.
//   - RevokeSessions and ListRevocations end sessions early, on the resource that is
//     revoked by: session/KEY-ID, identity/ID or login/PROVIDER of Rockpool's own
//     ARNs, a pool's ARN, a role's ARN.
//   - FindIdentities (on the pool), DescribeIdentityLogins, UndoIdentityMerge and
//     SetIdentityEnabled (on identity/ID) are the directory. Everything on an identity
//     has the condition key cognito-identity:IdentityPoolArn.
//   - DescribePoolSettings and UpdatePoolSettings set what AWS has constants for;
//     RotateKeys (on key/KIND) rotates the server's keys.
//   - DiagnoseToken says what a token is and who accepts it; SimulateLogin rehearses
//     a sign-in. Both change nothing.
//
// Invariants:
//   - Nobody learns why they were denied by being denied: only who has the
//     permission reads an explanation, and only of requests that belong to their
//     own account. Somebody without it is told the same whether there is a record
//     or not.
//   - A token is in no answer and no record, nor is a key of a rehearsed session.
//   - Every structure of an explanation holds what package policy and package decision
//     recorded, word for word; nothing is decided here.
//
// What lives elsewhere: which sessions are revoked (revoke, caller), which were issued (issued), identities and
// the rules of signing in (pool), what refusals mean (doctor), the records (decision), the explanation and its words
// (policy), the model of the service (cmd/wiregen/models/rockpool), the guard
// (package api).
package rockpoolapi
