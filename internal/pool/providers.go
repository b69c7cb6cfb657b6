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

// tagText reports whether s has only the characters of cognito-identity.md 8.2.
func tagText(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return true
}
