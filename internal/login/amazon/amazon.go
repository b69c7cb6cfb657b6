// Package amazon verifies access tokens of Login with Amazon.
//
// It owns what is peculiar to Amazon (cognito-identity.md 7.5): the Logins key,
// the token information endpoint and the members of its answer. The tokens are
// opaque, so Amazon is asked about each; how that is done carefully (memory,
// limits, retries, what may be logged) is package login's.
//
// The client id that counts is aud: the same form, amzn1.application-oa2-client,
// stands in the pool and in trust policies under www.amazon.com:app_id. The
// answer's own app_id is another number, which nobody configures.
package amazon

import (
	"context"
	"net/url"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	// Key is the Logins key of Login with Amazon, and the iss that rules see.
	Key = "www.amazon.com"
	// Base is where Amazon is asked.
	Base = "https://api.amazon.com"

	year = 365 * 24 * 60 * 60 // in seconds
)

// Verifier checks access tokens.
type Verifier struct{ amazon *login.Endpoint }

var _ login.Verifier = (*Verifier)(nil)

// New returns a Verifier that asks through online.
func New(online *login.Online) *Verifier { return &Verifier{online.Provider(Key, Base)} }

// Verify checks an access token.
func (v *Verifier) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	if want.Provider != Key {
		return nil, &login.Refusal{Kind: login.WrongProvider, Provider: want.Provider, Want: Key}
	}
	return v.amazon.Verify(ctx, token, "", &want, func(ctx context.Context) (*login.Claims, error) {
		return v.ask(ctx, token)
	})
}

// ask reads what Amazon says about a token.
func (v *Verifier) ask(ctx context.Context, token string) (*login.Claims, error) {
	a, err := v.amazon.Do(ctx, login.Call{Path: "/auth/o2/tokeninfo", Query: url.Values{"access_token": {token}}})
	if err != nil {
		return nil, err
	}
	if !a.OK() {
		// An OAuth error (RFC 6749 section 5.2); any other text is no answer.
		code, err := a.Text("error")
		if err != nil {
			return nil, err
		}
		return nil, login.Denied(code)
	}
	client, err := a.Text("aud")
	if err != nil {
		return nil, err
	}
	user, err := a.Text("user_id")
	if err != nil {
		return nil, err
	}
	left, err := a.Seconds("exp")
	if err != nil {
		return nil, err
	}
	// exp is what is left. Less than nothing is refused like any expired
	// token; more than a year is not to be relied on.
	now := v.amazon.Now()
	return &login.Claims{
		Issuer: Key, Subject: user, Audience: []string{client}, IssuedAt: issued(a, now),
		Expires: now.Add(time.Duration(min(max(left, -year), year)) * time.Second),
		Raw:     map[string]any{"iss": Key, "aud": client, "sub": user, "user_id": user},
	}, nil
}

// issued is the time that the answer's iat states, if it can be one.
func issued(a *login.Answer, now time.Time) time.Time {
	since, err := a.Seconds("iat")
	if err != nil || since <= 0 {
		return now
	}
	return time.Unix(since, 0)
}
