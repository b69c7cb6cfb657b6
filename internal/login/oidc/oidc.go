// Package oidc verifies ID tokens of any OpenID Connect provider that is
// registered in IAM.
//
// It owns the relation between the two names of such a provider: the issuer
// URL that IAM holds and tokens carry, and the Logins key, which is the URL
// without its scheme (cognito-identity.md 7.2 item 1). A trailing slash is
// significant in both. Which providers exist, with which client ids and
// thumbprints, is the caller's to say on every call; nothing is registered
// here. Everything about tokens and keys is package login's.
//
// Google registered in IAM is better served by package google, which knows
// that Google spells its issuer in two ways.
package oidc

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
)

// Config is what can be set for OpenID Connect providers.
type Config struct {
	// Algorithms are the signature algorithms accepted from single
	// providers, by Logins key. The others get login.DefaultAlgorithms.
	Algorithms map[string][]login.Algorithm
}

// Verifier checks ID tokens of the provider named in each call.
type Verifier struct {
	jwt        *login.JWT
	algorithms map[string][]login.Algorithm
}

var (
	_ login.Verifier      = (*Verifier)(nil)
	_ login.TokenVerifier = (*Verifier)(nil)
)

// New checks cfg and returns a Verifier that uses the caches of jwt.
func New(jwt *login.JWT, cfg Config) (*Verifier, error) {
	v := &Verifier{jwt: jwt, algorithms: make(map[string][]login.Algorithm, len(cfg.Algorithms))}
	for provider, algs := range cfg.Algorithms {
		for _, a := range algs {
			if !a.Known() {
				return nil, fmt.Errorf("oidc: provider %s: algorithm %q cannot be allowed", provider, a)
			}
		}
		v.algorithms[provider] = slices.Clone(algs)
	}
	return v, nil
}

// Verify checks an ID token of the provider want.Provider, whose issuer URL is
// want.Issuer or, if that is empty, https:// followed by the provider's name.
func (v *Verifier) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	rules, err := v.rules(&want)
	if err != nil {
		return nil, err
	}
	return v.jwt.Verify(ctx, token, &rules, &want)
}

// VerifyToken is Verify for a token that is parsed already.
func (v *Verifier) VerifyToken(ctx context.Context, token *login.Token, want login.Expect) (*login.Claims, error) {
	rules, err := v.rules(&want)
	if err != nil {
		return nil, err
	}
	return v.jwt.VerifyToken(ctx, token, &rules, &want)
}

// rules are those of the provider that want names.
func (v *Verifier) rules(want *login.Expect) (login.Rules, error) {
	issuer := want.Issuer
	if issuer == "" {
		issuer = "https://" + want.Provider
	}
	_, name, ok := strings.Cut(issuer, "://")
	if !ok || name == "" || name != want.Provider {
		return login.Rules{}, &login.Refusal{Kind: login.WrongProvider, Provider: want.Provider, Want: issuer}
	}
	return login.Rules{Key: want.Provider, Issuer: issuer, Algorithms: v.algorithms[want.Provider]}, nil
}
