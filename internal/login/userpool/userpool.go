// Package userpool verifies ID tokens of Amazon Cognito user pools, and asks
// whether a login still stands where a pool demands it.
//
// It owns what is peculiar to user pools (cognito-identity.md 7.8): the form of
// their provider names, their issuer and keys, that only an ID token counts, and
// ServerSideTokenCheck. Everything about JSON Web Tokens is package login's.
// Which user pools and clients an identity pool accepts is the caller's to say;
// one Verifier serves all of them.
//
// A user pool may live elsewhere than at AWS: an override of its provider name,
// or of the host alone for all pools there, says where its keys are. Tokens
// still name the issuer at AWS.
//
// ServerSideTokenCheck asks whether the user was signed out everywhere or
// deleted. AWS offers no public call for that which takes an ID token, so an
// operator names an endpoint that knows (RFC 7662, token introspection). Without
// one, a login that must be checked is refused: what was asked for and cannot
// be done is not skipped. The answer is not remembered, because its point is
// that a sign-out counts at once.
package userpool

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
)

// keysPath is where the keys of a user pool are, below its issuer.
const keysPath = "/.well-known/jwks.json"

// Config is what can be set for user pools.
type Config struct {
	// Checks maps a provider name, or its host alone, to the URL of the
	// endpoint that is asked when an identity pool has ServerSideTokenCheck
	// on: https anywhere, plain http on loopback only.
	Checks map[string]string
}

// Verifier checks ID tokens of user pools.
type Verifier struct {
	jwt    *login.JWT
	checks map[string]*login.Endpoint
}

var (
	_ login.Verifier        = (*Verifier)(nil)
	_ login.TokenVerifier   = (*Verifier)(nil)
	_ login.LivenessChecker = (*Verifier)(nil)
)

// New returns a Verifier that uses the caches of jwt and asks through online.
func New(jwt *login.JWT, online *login.Online, cfg Config) *Verifier {
	v := &Verifier{jwt: jwt, checks: make(map[string]*login.Endpoint, len(cfg.Checks))}
	for name, address := range cfg.Checks {
		v.checks[name] = online.Configured(name, address)
	}
	return v
}

// Verify checks an ID token of the user pool want.Provider. want.Issuer is
// ignored: the name decides.
func (v *Verifier) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	rules, err := rulesOf(want.Provider)
	if err != nil {
		return nil, err
	}
	return judge(v.jwt.Verify(ctx, token, &rules, &want))
}

// VerifyToken is Verify for a token that is parsed already.
func (v *Verifier) VerifyToken(ctx context.Context, token *login.Token, want login.Expect) (*login.Claims, error) {
	rules, err := rulesOf(want.Provider)
	if err != nil {
		return nil, err
	}
	return judge(v.jwt.VerifyToken(ctx, token, &rules, &want))
}

func rulesOf(provider string) (login.Rules, error) {
	if !IsName(provider) {
		return login.Rules{}, &login.Refusal{Kind: login.WrongProvider, Provider: provider, Want: "cognito-idp.REGION.amazonaws.com/POOL"}
	}
	return login.Rules{Key: provider, Issuer: "https://" + provider, KeysPath: keysPath}, nil
}

// judge refuses what a user pool signs that is no ID token. An access token
// lacks aud and has been refused for that already.
func judge(c *login.Claims, err error) (*login.Claims, error) {
	if err != nil {
		return nil, err
	}
	if use, ok := c.Raw["token_use"].(string); !ok || use != "id" {
		kind := login.NotIDToken
		if _, present := c.Raw["token_use"]; !present {
			kind = login.MissingClaim
		}
		return nil, &login.Refusal{Kind: kind, Provider: c.Provider, Claim: "token_use", Want: "id"}
	}
	return c, nil
}

// CheckLive asks whether a login that has been verified still stands.
func (v *Verifier) CheckLive(ctx context.Context, token string, claims *login.Claims) error {
	check, ok := v.checkOf(claims.Provider)
	if !ok {
		r := login.Outage("ServerSideTokenCheck is on and no endpoint is configured to ask")
		r.Provider = claims.Provider
		return r
	}
	err := check.Ask(ctx, func(ctx context.Context) error {
		a, err := check.Do(ctx, login.Call{Form: url.Values{"token": {token}, "token_type_hint": {"id_token"}}})
		if err != nil {
			return err
		}
		active, isBool := a.Members["active"].(bool)
		switch sub, present := a.Members["sub"]; {
		case !a.OK() || !isBool:
			return login.Outage(fmt.Sprintf("the check answered %d without saying whether the token is active", a.Status))
		case !active:
			return login.Denied("signed out or deleted")
		case present && sub != claims.Subject:
			return login.Denied("the check is about another user")
		}
		return nil
	})
	if r, ok := login.AsRefusal(err); ok {
		r.Provider = claims.Provider
	}
	return err
}

func (v *Verifier) checkOf(provider string) (*login.Endpoint, bool) {
	if c, ok := v.checks[provider]; ok {
		return c, true
	}
	host, _, _ := strings.Cut(provider, "/")
	c, ok := v.checks[host]
	return c, ok
}

// IsName reports whether name has the form of a user pool's provider name:
// cognito-idp, a region, AWS's domain, and a pool id.
func IsName(name string) bool {
	host, id, ok := strings.Cut(name, "/")
	if !ok {
		return false
	}
	region, ok := strings.CutPrefix(host, "cognito-idp.")
	if !ok {
		return false
	}
	region, global := strings.CutSuffix(region, ".amazonaws.com")
	if !global {
		if region, ok = strings.CutSuffix(region, ".amazonaws.com.cn"); !ok {
			return false
		}
	}
	before, after, ok := strings.Cut(id, "_")
	return ok && isWord(region, "-") && isWord(before, "-") && isWord(after, "")
}

// isWord reports whether s has letters, digits and the extra characters only.
func isWord(s, extra string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(extra, r))
	})
}
