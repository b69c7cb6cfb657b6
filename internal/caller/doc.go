// Package caller establishes who makes a request: it checks the signature with
// the secret of the long-term key or of the sealed session, and returns the
// principal. What the principal may do is decided in package authz.
package caller
