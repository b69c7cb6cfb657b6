// Package facebook verifies logins of Facebook: user access tokens, and the ID
// tokens of Limited Login, both under the key graph.facebook.com.
//
// It owns what is peculiar to Facebook (cognito-identity.md 7.4): which of the
// two a token is, the Graph API calls that tell whose an access token is and for
// which app, the error codes among their answers, and issuer and keys of Limited
// Login. AWS does not take Limited Login. Here it counts as the same person as
// the access token of the same app, since Facebook gives both the same user id,
// so existing identities go on. How opaque tokens are asked about carefully, and
// everything about JSON Web Tokens, is package login's.
//
// An access token is checked in one of two ways:
//
//   - With the app's secret, which an operator may configure, the token is
//     inspected (debug_token). That says when it expires, that it is a user's,
//     and works for apps that demand proof of the secret.
//   - Without, Facebook is asked with the token itself for the app it was made
//     for (/app) and for the user (/me). A page's token is not taken for a user:
//     /me is asked for a first name, which pages do not have.
//
// What always holds: an app's secret goes nowhere but into the call about that
// app; a token whose app is not among those expected gives no claims.
package facebook

import (
	"context"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	// Key is Facebook's Logins key, and the iss that rules see.
	Key = "graph.facebook.com"
	// Base is where access tokens are asked about. Without a version in the
	// path, Facebook takes the oldest it still serves.
	Base = "https://graph.facebook.com"

	// Issuer is the iss of Limited Login's tokens; older ones spelled it as
	// in alias.
	Issuer   = "https://www.facebook.com"
	alias    = "https://facebook.com"
	keysBase = "https://limited.facebook.com"
	keysPath = "/.well-known/oauth/openid/jwks/"
)

// Config is what can be set for Facebook.
type Config struct {
	// AppSecrets are the secrets of apps, by app id. None is needed.
	AppSecrets map[string]login.Secret
}

// Verifier checks logins of Facebook.
type Verifier struct {
	graph   *login.Endpoint
	jwt     *login.JWT
	rules   login.Rules
	secrets map[string]login.Secret
}

var (
	_ login.Verifier      = (*Verifier)(nil)
	_ login.TokenVerifier = (*Verifier)(nil)
)

// New returns a Verifier that asks through online and uses the caches of jwt.
func New(jwt *login.JWT, online *login.Online, cfg Config) *Verifier {
	return &Verifier{
		graph: online.Provider(Key, Base), jwt: jwt, secrets: cfg.AppSecrets,
		rules: login.Rules{Key: Key, Issuer: Issuer, Alias: alias, KeysBase: keysBase, KeysPath: keysPath},
	}
}

// Verify checks an access token or a token of Limited Login. want.Issuer is
// ignored: it is always Facebook's. Access tokens have no dots.
func (v *Verifier) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	switch {
	case want.Provider != Key:
		return nil, &login.Refusal{Kind: login.WrongProvider, Provider: want.Provider, Want: Key}
	case strings.Contains(token, "."):
		return v.jwt.Verify(ctx, token, &v.rules, &want)
	}
	return v.verifyAccess(ctx, token, &want)
}

// VerifyToken checks a token of Limited Login that is parsed already.
func (v *Verifier) VerifyToken(ctx context.Context, token *login.Token, want login.Expect) (*login.Claims, error) {
	if want.Provider != Key {
		return nil, &login.Refusal{Kind: login.WrongProvider, Provider: want.Provider, Want: Key}
	}
	return v.jwt.VerifyToken(ctx, token, &v.rules, &want)
}
