// Package google verifies ID tokens of Sign in with Google.
//
// It owns what is peculiar to Google (cognito-identity.md 7.3): the Logins key,
// and that tokens spell the issuer with or without the scheme. Everything else
// is package login's. Which client ids are accepted is the caller's to say, so
// one verifier serves pools with a single client id, pools that registered
// Google as an IAM OIDC provider with several, and STS, which leaves the
// audience to the trust policy.
package google

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	// Key is Google's Logins key.
	Key = "accounts.google.com"
	// Issuer is where discovery starts and how most tokens spell iss. The
	// other spelling is Key.
	Issuer = "https://accounts.google.com"
)

// Verifier checks Google's ID tokens.
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
	return &Verifier{jwt: jwt, rules: login.Rules{Key: Key, Issuer: Issuer, Alias: Key}}
}

// Serves reports whether iss is a spelling of Google's issuer.
func Serves(iss string) bool { return iss == Issuer || iss == Key }

// Verify checks an ID token. want.Issuer is ignored: it is always Google's.
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
