// Package cognitoapi is the wire API of Amazon Cognito identity pools
// (cognito-identity, 2014-06-30) over package pool.
//
// It owns the translation between wire shapes and the domain, what each
// operation needs permission for (rules.go), and the sentences of every refusal
// (errors.go, after cognito-identity.md 2.3). Four operations are public: they
// need no signature and IAM is not asked; the pool's own rules decide.
//
// What lives elsewhere: everything about identities, logins and roles (pool),
// credentials (sts), the protocol and the guard (wire, api). Operations that are
// not built answer UnsupportedOperationException.
package cognitoapi
