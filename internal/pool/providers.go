package pool

import (
	"strings"
	"unicode"
)

// The Logins keys of the built-in providers (cognito-identity.md 7.1).
const (
	Google   = "accounts.google.com"
	Facebook = "graph.facebook.com"
	Amazon   = "www.amazon.com"
	Apple    = "appleid.apple.com"
	Twitter  = "api.twitter.com"
	Digits   = "www.digits.com"
	// Cognito is the key of tokens that identity pools issue themselves.
	Cognito = "cognito-identity.amazonaws.com"
)

// knownProvider reports whether name may stand in SupportedLoginProviders.
func knownProvider(name string) bool {
	switch name {
	case Google, Facebook, Amazon, Apple, Twitter, Digits:
		return true
	}
	return false
}

// userPoolKey reports whether a Logins key names a user pool.
func userPoolKey(key string) bool { return strings.HasPrefix(key, "cognito-idp.") }

// samlKey reports whether a Logins key names a SAML provider.
func samlKey(key string) bool {
	return strings.HasPrefix(key, "arn:") && strings.Contains(key, ":saml-provider/")
}

// clientIDs splits a configured client id: several stand in one field,
// separated by semicolons, which the field's pattern permits.
func clientIDs(field string) []string {
	return strings.FieldsFunc(field, func(r rune) bool { return r == ';' })
}

// notInTag reports a character that neither tag keys nor values may hold
// (cognito-identity.md 8.2), in AWS's usual reading of letters, digits and
// spaces: [\p{L}\p{Z}\p{N}_.:/=+\-@]. A line break is no space.
func notInTag(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}
