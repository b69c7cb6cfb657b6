// Package twitter verifies logins of X, formerly Twitter, and answers for
// Digits, its phone number login that is no more.
//
// It owns what is peculiar to X (cognito-identity.md 7.7): the Logins value
// "token;secret", OAuth 1.0a signatures (RFC 5849), and the calls that tell who
// the user is. A token works only with the consumer it was made for, so a token
// of another application is refused by X itself. How opaque tokens are asked
// about carefully is package login's.
//
// X has closed its older call to applications without a paid plan; those are
// answered by the newer one, which gives the same user id. HMAC-SHA1 is the
// protocol's and serves here to sign, not to prove anything to us.
package twitter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	// Key is the Logins key, and the iss that rules see.
	Key = "api.twitter.com"
	// Base is where X is asked.
	Base = "https://api.twitter.com"
	// DigitsKey is the Logins key of Digits.
	DigitsKey = "www.digits.com"

	credentialsPath = "/1.1/account/verify_credentials.json"
	usersMePath     = "/2/users/me"
	// closedCode is X's error for calls outside the application's plan.
	closedCode = "453"
)

// Verifier checks logins of X.
type Verifier struct {
	x    *login.Endpoint
	rand io.Reader
}

var (
	_ login.Verifier = (*Verifier)(nil)
	_ login.Verifier = Digits{}
)

// New returns a Verifier that asks through online.
func New(online *login.Online) *Verifier {
	return &Verifier{x: online.Provider(Key, Base), rand: rand.Reader}
}

// Verify checks a token and its secret, joined by a semicolon, with the
// consumers of want.
func (v *Verifier) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	if want.Provider != Key {
		return nil, &login.Refusal{Kind: login.WrongProvider, Provider: want.Provider, Want: Key}
	}
	key, secret, ok := strings.Cut(token, ";")
	if !ok || key == "" || secret == "" || strings.Contains(secret, ";") {
		return nil, &login.Refusal{Kind: login.Malformed, Provider: Key, Claim: "token", Want: "a token and its secret, joined by a semicolon"}
	}
	if len(want.Consumers) == 0 {
		return nil, &login.Refusal{Kind: login.WrongAudience, Provider: Key, Claim: "aud"}
	}
	var refused error
	for _, c := range want.Consumers {
		s := signer{consumer: c, token: key, tokenSecret: secret, now: v.x.Now, rand: v.rand}
		claims, err := v.x.Verify(ctx, token, c.Key+";"+c.Secret.Reveal(), &want, func(ctx context.Context) (*login.Claims, error) {
			return v.ask(ctx, &s)
		})
		if err == nil {
			return claims, nil
		}
		if r, ok := login.AsRefusal(err); !ok || r.Kind != login.Rejected {
			return nil, err
		}
		refused = err
	}
	return nil, refused
}

// ask asks whose the token of s is.
func (v *Verifier) ask(ctx context.Context, s *signer) (*login.Claims, error) {
	a, err := v.x.Do(ctx, login.Call{Path: credentialsPath, Sign: s.sign})
	if err != nil {
		return nil, err
	}
	member := "id_str"
	if code := errorCode(a); !a.OK() && code == closedCode {
		if a, err = v.x.Do(ctx, login.Call{Path: usersMePath, Sign: s.sign}); err != nil {
			return nil, err
		}
		if a.OK() {
			member = "id"
			if a, err = a.Object("data"); err != nil {
				return nil, err
			}
		}
	}
	switch code := errorCode(a); {
	case a.Status == http.StatusUnauthorized && code != "135": // that one is about our clock
		return nil, login.Denied("code " + code)
	case a.Status == http.StatusForbidden && (code == "64" || code == "326"): // suspended, locked
		return nil, login.Denied("code " + code)
	case !a.OK():
		// What remains is about the application: its plan, its limits, its
		// consumer key.
		return nil, login.Outage("answered " + http.StatusText(a.Status) + ", code " + code)
	}
	user, err := a.Text(member)
	if err != nil {
		return nil, err
	}
	return &login.Claims{
		Issuer: Key, Subject: user, Audience: []string{s.consumer.Key},
		Raw: map[string]any{"iss": Key, "aud": s.consumer.Key, "sub": user},
	}, nil
}

// errorCode is the first error's code, "" if there is none.
func errorCode(a *login.Answer) string {
	list, _ := a.Members["errors"].([]any)
	if len(list) == 0 {
		return ""
	}
	first, _ := list[0].(map[string]any)
	code, _ := first["code"].(json.Number)
	return string(code)
}

// Digits answers for a provider that no longer exists: pools that name it keep
// working for their other providers, and its logins get the answer of a
// provider that cannot be reached (cognito-identity.md 7.1).
type Digits struct{}

// Verify refuses every login.
func (Digits) Verify(_ context.Context, _ string, want login.Expect) (*login.Claims, error) {
	r := login.Outage("Digits was shut down in 2017")
	r.Provider = want.Provider
	return nil, r
}
