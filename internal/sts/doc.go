// Package sts owns sessions: who may assume a role (the trust decision), minting
// temporary credentials, and sealing and opening session tokens.
//
// Ways to a session: AssumeRole for a signed caller; AssumeRoleWithWebIdentity
// for the bearer of a token; AssumeRoleForIdentity for an identity pool that has
// verified the logins itself; GetSessionToken and GetFederationToken for users.
// All end in finish (or finishUser) and mint, so that no way can forget a check.
//
// A session token is a sealed record (codec.go): principal and role ids, session
// name, provider and its condition keys, identity and pool, tags, session
// policies, source identity, times, and the secret itself. Any node opens it with
// the key ring and no database. What can change during a session is not in it:
// the policies of the role are looked up at each request, and deleting the role
// ends its sessions. Session policies given by ARN are looked up too; one that is
// gone denies.
//
// The secret is random and sealed inside the token rather than derived from the
// access key id: ids are in every log, and one derivation key would be the secret
// of all sessions.
//
// What lives elsewhere: who is calling and the check of signatures (caller), the
// policies of a signed caller (authz, through TrustDecider), verification of
// tokens (login), the choice of a role (pool), AWS's sentences (api/stsapi).
//
// Invariants:
//   - The trust policy decides before anything about the role is told: a missing
//     role and a refusal are one error type, and the role's limits come after.
//   - Whoever asks is told facts by typed errors; no error holds a token.
//   - An opened token is remembered by digest; its end is checked at every use,
//     and removing the key that sealed it ends it at once.
//   - What a token names is never looked up anywhere but in configuration.
//
// Reading order: seam.go (Session), service.go (Config, mint), codec.go and
// packed.go, open.go, input.go (limits), trust.go, assume.go, identity.go,
// federated.go (the trust decision about web identities, and its records),
// webidentity.go, usersession.go. ststest is the scene that tests share.
package sts
