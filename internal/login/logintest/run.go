package logintest

import (
	"cmp"
	"context"
	"crypto/elliptic"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

// A Harness says how to make the verifier under test.
type Harness struct {
	// Key is the Logins key and Issuer the iss of honest tokens.
	Key, Issuer string
	// Discovery is how the provider's discovery document spells the issuer,
	// if that is not how tokens do.
	Discovery string
	// Claims are further ones that honest tokens of the provider have.
	Claims JSON
	// Opaque says that the provider takes opaque tokens too. They have no
	// dots, and RunOpaque has its own cases for them.
	Opaque bool
	// New makes the verifier. It must accept login.DefaultAlgorithms.
	New func(*login.JWT) login.Verifier
}

// ClientID is the audience that the kit's tokens are for.
const ClientID = "client-1"

// An env is what attacks are made from. Keys are expensive to make, so one env
// serves all cases; verifiers and providers are made afresh for each.
type env struct {
	h     Harness
	clock *Clock

	rsa, ec  *Key // published
	stranger *Key // an attacker's, with an id that is not published
	p384     *Key // published
	p384Open *Key // published without alg
	weak     *Key // published, and must not be used
}

func newEnv(tb testing.TB, h Harness) *env {
	e := &env{
		h: h, clock: NewClock(),
		rsa:      NewRSAKey(tb, "rsa-1", "RS256", 2048),
		ec:       NewECKey(tb, "ec-1", "ES256", elliptic.P256()),
		p384:     NewECKey(tb, "ec-384", "ES384", elliptic.P384()),
		p384Open: NewECKey(tb, "ec-384-open", "ES384", elliptic.P384()),
		stranger: NewRSAKey(tb, "stranger", "RS256", 2048),
		weak:     NewRSAKey(tb, "weak", "RS256", 1024),
	}
	e.p384Open.Open = true
	return e
}

// claims are those of an honest token.
func (e *env) claims() JSON {
	now := e.clock.Now().Unix()
	return e.h.Claims.With(JSON{
		"iss": e.h.Issuer, "sub": "110169484474386276334", "aud": ClientID,
		"iat": now - 60, "exp": now + 3600, "email": "ada@example.com",
	})
}

func (e *env) with(change JSON) JSON { return e.claims().With(change) }

// start makes a fresh provider and a verifier that knows no keys yet.
func (e *env) start(tb testing.TB) (*Provider, login.Verifier) {
	p := NewProvider(tb, cmp.Or(e.h.Discovery, e.h.Issuer), e.rsa, e.ec, e.p384, e.p384Open, e.weak)
	jwt, err := login.NewJWT(login.JWTConfig{Now: e.clock.Now, Overrides: map[string]string{e.h.Key: p.URL}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := jwt.Close(); err != nil {
			tb.Error(err)
		}
	})
	return p, e.h.New(jwt)
}

func (e *env) expect() login.Expect {
	return login.Expect{Provider: e.h.Key, ClientIDs: []string{"client-0", ClientID}}
}

// Run checks the verifier that h makes.
func Run(t *testing.T, h Harness) {
	e := newEnv(t, h)
	t.Run("honest", func(t *testing.T) {
		for _, c := range honest() {
			t.Run(c.name, func(t *testing.T) { e.accept(t, c) })
		}
	})
	t.Run("attack", func(t *testing.T) {
		for _, c := range attacks() {
			if h.Opaque && !strings.Contains(c.token(e), ".") {
				continue
			}
			t.Run(c.name, func(t *testing.T) { e.refuse(t, c) })
		}
	})
	t.Run("a token for one audience is no token for another though it is remembered", e.otherAudience)
	t.Run("a remembered token expires", e.remembered)
	t.Run("a cancelled caller gets its context's error", e.cancelled)
}

func (e *env) accept(t *testing.T, c honestCase) {
	_, v := e.start(t)
	token := c.token(e)
	for _, round := range []string{"fresh", "remembered"} {
		got, err := v.Verify(t.Context(), token, e.expect())
		if err != nil {
			t.Fatalf("%s token refused: %v", round, err)
		}
		if got.Provider != e.h.Key || got.Issuer != e.h.Issuer || got.Subject != "110169484474386276334" {
			t.Errorf("%s: provider %q issuer %q subject %q", round, got.Provider, got.Issuer, got.Subject)
		}
		if got.Raw["email"] != "ada@example.com" {
			t.Errorf("%s: raw claims %v", round, got.Raw)
		}
		if want := e.clock.Now().Add(3600 * time.Second).Unix(); got.Expires.Unix() != want {
			t.Errorf("%s: expires %d, want %d", round, got.Expires.Unix(), want)
		}
	}
}

func (e *env) refuse(t *testing.T, c attack) {
	token := c.token(e)
	p, v := e.start(t)

	e.wantRefusal(t, "knowing no keys", v, token, c)
	switch got := p.Requests(); {
	case c.fetch == never && got != 0:
		t.Errorf("knowing no keys: %d requests to the provider for a token that needs none", got)
	case p.Fetches() > 1:
		t.Errorf("knowing no keys: %d key fetches, want at most 1", p.Fetches())
	}

	if _, err := v.Verify(t.Context(), e.rsa.Token(e.claims()), e.expect()); err != nil {
		t.Fatalf("honest token after the attack: %v", err)
	}
	before := p.Fetches()
	for range 3 {
		e.wantRefusal(t, "knowing the keys", v, token, c)
	}
	most := 0
	if c.fetch == onceForKid {
		most = 1
	}
	if got := p.Fetches() - before; got > most {
		t.Errorf("knowing the keys: %d further key fetches, want at most %d", got, most)
	}
	if tv, ok := v.(login.TokenVerifier); ok {
		parsed, err := login.Parse(token)
		if err == nil {
			_, err = tv.VerifyToken(t.Context(), parsed, e.expect())
		}
		if r, ok := login.AsRefusal(err); !ok || r.Kind != c.want {
			t.Errorf("parsed first: got %v, want %v", err, c.want)
		}
	}
}

func (e *env) wantRefusal(t *testing.T, when string, v login.Verifier, token string, c attack) {
	t.Helper()
	claims, err := v.Verify(t.Context(), token, e.expect())
	if err == nil || claims != nil {
		t.Fatalf("%s: accepted: %+v, %v", when, claims, err)
	}
	r, ok := login.AsRefusal(err)
	if !ok {
		t.Fatalf("%s: %v is not a Refusal", when, err)
	}
	if r.Kind != c.want || (c.claim != "" && r.Claim != c.claim) {
		t.Errorf("%s: got %v (claim %q), want %v (claim %q): %v", when, r.Kind, r.Claim, c.want, c.claim, r)
	}
	if r.Provider != e.h.Key {
		t.Errorf("%s: refusal names provider %q", when, r.Provider)
	}
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 16 && strings.Contains(r.Error()+r.LogValue().String(), part[:16]) {
			t.Errorf("%s: the refusal quotes the token: %v", when, r)
		}
	}
}

func (e *env) otherAudience(t *testing.T) {
	_, v := e.start(t)
	token := e.rsa.Token(e.claims())
	if _, err := v.Verify(t.Context(), token, e.expect()); err != nil {
		t.Fatal(err)
	}
	other := e.expect()
	other.ClientIDs = []string{"client-2"}
	_, err := v.Verify(t.Context(), token, other)
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongAudience {
		t.Errorf("another pool's client id: got %v, want WrongAudience", err)
	}
	other.ClientIDs = nil
	_, err = v.Verify(t.Context(), token, other)
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongAudience {
		t.Errorf("no client ids: got %v, want WrongAudience", err)
	}
	other.AnyAudience = true
	if _, err = v.Verify(t.Context(), token, other); err != nil {
		t.Errorf("any audience: %v", err)
	}
}

func (e *env) remembered(t *testing.T) {
	short := *e
	short.clock = NewClock()
	_, v := short.start(t)
	token := short.rsa.Token(short.claims())
	if _, err := v.Verify(t.Context(), token, short.expect()); err != nil {
		t.Fatal(err)
	}
	short.clock.Advance(time.Hour)
	_, err := v.Verify(t.Context(), token, short.expect())
	r, ok := login.AsRefusal(err)
	if !ok || r.Kind != login.Expired {
		t.Fatalf("got %v, want Expired", err)
	}
	if now := short.clock.Now().Unix(); r.Now.Unix() != now || r.Exp.Unix() != now {
		t.Errorf("facts: now %d exp %d, want both %d", r.Now.Unix(), r.Exp.Unix(), now)
	}
}

func (e *env) cancelled(t *testing.T) {
	p, v := e.start(t)
	release := p.Hold()
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.Verify(ctx, e.rsa.Token(e.claims()), e.expect())
	if _, refused := login.AsRefusal(err); err == nil || refused {
		t.Errorf("got %v, want the context's error", err)
	}
}
