// Package openid makes, publishes and verifies the OpenID tokens of identity pools
// (cognito-identity.md 4.3).
//
// Issuer.Issue signs a token with the current key of the installation's ring,
// RS512 as AWS does or ES256, whose signature costs a thirtieth. Issuer is also a
// login.Verifier of these tokens, for the pools and for AssumeRoleWithWebIdentity:
// nothing is fetched, the keys are our own. KeySet and Discovery are the documents
// by which everybody else verifies them.
//
// Invariants:
//   - A key signs with one algorithm and verifies no other.
//   - A key is published before it signs, and as long as it is in the ring.
//   - A token says what the pool proved at that moment; whether the identity still
//     exists or is disabled is asked again where the token is used.
//
// What lives elsewhere: keys and their rotation (keys), the rules about tokens in
// general (login), who gets a token that says what (pool), the paths of the
// documents (server).
package openid
