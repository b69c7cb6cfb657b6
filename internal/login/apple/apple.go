// Package apple verifies ID tokens of Sign in with Apple.
//
// It owns what is peculiar to Apple (cognito-identity.md 7.6): the Logins key,
// the issuer, and where the keys are. The address of the keys is part of the
// program rather than taken from discovery, because Apple's discovery document
// has named another issuer than its tokens (June 2025), and the keys' address
// has never moved. Everything about tokens is package login's. Which client ids
// are accepted, bundle ids of native apps and services ids of web sites, is the
// caller's to say.
package apple

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	// Key is Apple's Logins key.
	Key = "appleid.apple.com"
	// Issuer is the iss of Apple's tokens.
	Issuer = "https://appleid.apple.com"
	// keysPath is where the keys are, below the issuer.
	keysPath = "/auth/keys"
)

// Verifier checks Apple's ID tokens.
type Verifier struct {
	jwt   *login.JWT
	rules login.Rules
}

var (
	_ login.Verifier      = (*Verifier)(nil)
	_ login.TokenVerifier = (*Verifier)(nil)
)

// New returns a Verifier that uses the caches of jwt.
func New(jwt *login.JWT) *Verifier {
	return &Verifier{jwt: jwt, rules: login.Rules{Key: Key, Issuer: Issuer, KeysPath: keysPath}}
}

// Verify checks an ID token. want.Issuer is ignored: it is always Apple's.
func (v *Verifier) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	if want.Provider != Key {
		return nil, &login.Refusal{Kind: login.WrongProvider, Provider: want.Provider, Want: Key}
	}
	return v.jwt.Verify(ctx, token, &v.rules, &want)
}

// VerifyToken is Verify for a token that is parsed already.
func (v *Verifier) VerifyToken(ctx context.Context, token *login.Token, want login.Expect) (*login.Claims, error) {
	if want.Provider != Key {
		return nil, &login.Refusal{Kind: login.WrongProvider, Provider: want.Provider, Want: Key}
	}
	return v.jwt.VerifyToken(ctx, token, &v.rules, &want)
}
