// Package caller establishes who makes a request: it checks the signature with
// the secret of the long-term key or of the sealed session, and returns the
// principal. What the principal may do is decided in package authz.
//
// Resolver is the entry. Identify reads a signature and verifies it; Establish
// does so for one that has been read; Lookup finds the principal and secret of an
// access key for signatures that are elsewhere (POST forms); WithBody serves the
// APIs, whose bodies are signed. Observe describes the connection for condition
// keys and records.
//
// Anonymous is a principal too: a request without a signature is not an error
// here. Whether it may be made is the edge's decision.
//
// Invariants:
//   - The caller and the IAM snapshot it was established on stay together
//     (Principal.Snapshot), so a request is decided on one state of IAM.
//   - An unknown or inactive key costs the same HMAC as a good one, and what is
//     wrong with a request itself is said before its key is looked up.
//   - A temporary key needs its own token: one of another key, a token with a
//     long-term key, and a token without a key are all refused.
//   - A session whose role or user is gone is no caller, even when another of the
//     same name exists.
//   - Forwarding headers count only behind trusted proxies, read from our side.
//
// Every error is a *sigv4.Error, which knows what S3, the query services and the
// JSON services call it. It never holds a secret or a token.
package caller
