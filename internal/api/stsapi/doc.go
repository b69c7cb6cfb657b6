// Package stsapi serves the wire API of AWS Security Token Service over package
// sts: it turns wire shapes into requests of the domain, the domain's results
// into wire shapes, and its typed refusals into AWS's codes and sentences
// (errors.go, iam-sts.md 3.4 to 3.7).
//
// Served: AssumeRole, AssumeRoleWithWebIdentity (unsigned), GetCallerIdentity,
// GetSessionToken, GetFederationToken, GetAccessKeyInfo, DecodeAuthorizationMessage
// (decode.go), AssumeRoleWithSAML (unsigned).
//
// Who may do what: the trust policy of a role decides about assuming it, together
// with the policies of the caller (package authz through sts.TrustDecider), so
// the guard lets those operations pass. Asking who one is can never be denied.
//
// The records of these calls name the new session and its role, never a secret or
// a session token.
package stsapi
