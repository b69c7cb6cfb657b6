package login_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
)

func p256() elliptic.Curve { return elliptic.P256() }

// TestAgainstGoJose lets a library that is not ours make keys and tokens, for
// every algorithm that can be allowed.
func TestAgainstGoJose(t *testing.T) {
	rsaKey := logintest.NewRSAKey(t, "r", "RS256", 2048).Signer
	for _, c := range []struct {
		alg    login.Algorithm
		signer crypto.Signer
	}{
		{login.RS256, rsaKey}, {login.RS384, rsaKey}, {login.RS512, rsaKey},
		{login.PS256, rsaKey}, {login.PS384, rsaKey}, {login.PS512, rsaKey},
		{login.ES256, logintest.NewECKey(t, "", "", elliptic.P256()).Signer},
		{login.ES384, logintest.NewECKey(t, "", "", elliptic.P384()).Signer},
		{login.ES512, logintest.NewECKey(t, "", "", elliptic.P521()).Signer},
	} {
		t.Run(string(c.alg), func(t *testing.T) {
			b := newBench(t, nil)
			b.rules.Algorithms = []login.Algorithm{c.alg}
			set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
				{Key: c.signer.Public(), KeyID: "k", Use: "sig", Algorithm: string(c.alg)},
			}})
			if err != nil {
				t.Fatal(err)
			}
			b.p.SetBody(set)
			signer, err := jose.NewSigner(jose.SigningKey{
				Algorithm: jose.SignatureAlgorithm(c.alg),
				Key:       jose.JSONWebKey{Key: c.signer, KeyID: "k"},
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			now := b.clock.Now().Unix()
			signed, err := signer.Sign(fmt.Appendf(nil, `{"iss":%q,"sub":"ada","aud":["app"],"iat":%d,"exp":%d}`, testIssuer, now, now+60))
			if err != nil {
				t.Fatal(err)
			}
			token, err := signed.CompactSerialize()
			if err != nil {
				t.Fatal(err)
			}
			b.mustVerify("foreign token", token)
			b.rules.Algorithms = nil
			if usual := c.alg == login.RS256 || c.alg == login.ES256; !usual {
				b.wantKind("remembered, but not on this provider's list", token, login.BadAlgorithm)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	now := b.clock.Now().Unix()
	token := b.token(a, logintest.JSON{
		"exp": now + 60, "nbf": now - 1, "aud": []string{"web", "app"}, "azp": "app", "amr": []string{"pwd", "otp"},
		"groups": []any{"x", 1, "y"}, "level": 3, "https://aws.amazon.com/tags": logintest.JSON{"principal_tags": logintest.JSON{"team": []string{"red"}}},
	})
	got, err := b.jwt.Verify(t.Context(), token, &b.rules, &login.Expect{Provider: testKey, ClientIDs: []string{"app"}})
	if err != nil {
		t.Fatal(err)
	}
	raw := got.Raw
	got.Raw = nil
	want := &login.Claims{
		Provider: testKey, Issuer: testIssuer, Subject: "ada", Audience: []string{"web", "app"}, AuthorizedParty: "app",
		IssuedAt: time.Unix(now, 0), NotBefore: time.Unix(now-1, 0), Expires: time.Unix(now+60, 0), AMR: []string{"pwd", "otp"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	tags := map[string]any{"principal_tags": map[string]any{"team": []any{"red"}}}
	if diff := cmp.Diff(any(tags), raw["https://aws.amazon.com/tags"]); diff != "" {
		t.Error(diff)
	}
	got.Raw = raw
	if diff := cmp.Diff([]string{"app"}, got.EffectiveAudience()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"x", "y"}, got.Strings("groups")); diff != "" {
		t.Error(diff)
	}
	if got.Strings("level") != nil || got.Raw["level"] != json.Number("3") {
		t.Errorf("a number became %v and %v", got.Strings("level"), got.Raw["level"])
	}
}

func TestExpectations(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	for _, c := range []struct {
		name   string
		claims logintest.JSON
		want   login.Expect
		refuse login.Kind
	}{
		{"STS refuses several audiences without azp", logintest.JSON{"aud": []string{"app", "x"}}, login.Expect{NeedAuthorizedParty: true}, login.WrongAudience},
		{"STS accepts several audiences with azp", logintest.JSON{"aud": []string{"app", "x"}, "azp": "app"}, login.Expect{NeedAuthorizedParty: true}, 0},
		{"STS accepts a list of one audience", logintest.JSON{"aud": []string{"app"}}, login.Expect{NeedAuthorizedParty: true}, 0},
		{"any audience leaves it to the trust policy", logintest.JSON{"aud": "x"}, login.Expect{AnyAudience: true}, 0},
		{"a token of a day and a second is too old for STS", logintest.JSON{"iat": b.clock.Now().Unix() - 86401}, login.Expect{MaxAge: 24 * time.Hour}, login.TooOld},
		{"a token of a day is not", logintest.JSON{"iat": b.clock.Now().Unix() - 86400}, login.Expect{MaxAge: 24 * time.Hour}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Provider, c.want.ClientIDs = testKey, []string{"app"}
			_, err := b.jwt.Verify(t.Context(), b.token(a, c.claims), &b.rules, &c.want)
			r, refused := login.AsRefusal(err)
			if (err != nil) != (c.refuse != 0) || (refused && r.Kind != c.refuse) {
				t.Errorf("got %v, want %v", err, c.refuse)
			}
		})
	}
}

func TestExpiryLeewayIsConfigurable(t *testing.T) {
	a := ecKey(t, "a")
	p := logintest.NewProvider(t, testIssuer, a)
	clock := logintest.NewClock()
	jwt, err := login.NewJWT(login.JWTConfig{Now: clock.Now, ExpiryLeeway: 5 * time.Minute, Overrides: map[string]string{testKey: p.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			t.Error(err)
		}
	}()
	now := clock.Now().Unix()
	token := a.Token(logintest.JSON{"iss": testIssuer, "sub": "ada", "aud": "app", "iat": now - 600, "exp": now - 299})
	verify := func() error {
		_, err := jwt.Verify(t.Context(), token, &login.Rules{Key: testKey, Issuer: testIssuer}, &login.Expect{Provider: testKey, AnyAudience: true})
		return err
	}
	if err := verify(); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	clock.Advance(time.Second)
	if r, ok := login.AsRefusal(verify()); !ok || r.Kind != login.Expired {
		t.Error("accepted beyond the leeway")
	}
}

func TestTokensCannotBePrinted(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	token := b.token(a, nil)
	parsed, err := login.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{
		fmt.Sprint(parsed), fmt.Sprintf("%v %+v %#v %s %x %q", parsed, parsed, parsed, parsed, parsed, parsed),
		fmt.Sprintf("%v", []any{parsed}), parsed.LogValue().String(), string(asJSON),
	} {
		if strings.Contains(printed, token[:12]) || strings.Contains(printed, "ada") || strings.Contains(printed, fmt.Sprintf("%x", token[:12])) {
			t.Errorf("printed as %s", printed)
		}
	}
}

func FuzzParse(f *testing.F) {
	a := logintest.NewECKey(f, "a", "ES256", elliptic.P256())
	claims := logintest.JSON{"iss": testIssuer, "sub": "ada", "aud": "app", "iat": 1, "exp": 2}
	f.Add(a.Token(claims))
	f.Add(a.Token(claims.With(logintest.JSON{"aud": []string{"a", "b"}, "azp": "a", "amr": []string{}})))
	f.Add("e30.e30.AA")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		parsed, err := login.Parse(token)
		if err != nil {
			if _, ok := login.AsRefusal(err); !ok || parsed != nil {
				t.Fatalf("got %v and %v, want a Refusal and nothing else", parsed, err)
			}
			return
		}
		// What we accept, a library that is not ours reads the same way.
		sig, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(parsed.UnverifiedAlgorithm())})
		if err != nil {
			return // it looks at more headers than we do
		}
		var other struct {
			Iss string `json:"iss"`
			Sub string `json:"sub"`
		}
		if err := json.Unmarshal(sig.UnsafePayloadWithoutVerification(), &other); err != nil {
			return // a member in another case and of another type
		}
		c := parsed.UnverifiedClaims()
		if sig.Signatures[0].Header.KeyID != parsed.UnverifiedKeyID() {
			t.Errorf("kid %q, elsewhere %q", parsed.UnverifiedKeyID(), sig.Signatures[0].Header.KeyID)
		}
		if c.Subject == "" || c.Issuer == "" || len(c.Audience) == 0 || c.Expires.IsZero() || c.IssuedAt.IsZero() {
			t.Errorf("accepted without required claims: %+v", c)
		}
	})
}

func TestARememberedTokenCostsLittle(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	token := b.token(a, nil)
	b.mustVerify("first", token)
	want := &login.Expect{Provider: testKey, ClientIDs: []string{"app"}}
	ctx := context.Background()
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := b.jwt.Verify(ctx, token, &b.rules, want); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1 { // the Claims
		t.Errorf("%v allocations, want 1", allocs)
	}
}

// usualClaims resemble Google's.
func usualClaims() logintest.JSON {
	now := time.Now().Unix()
	return logintest.JSON{
		"iss": testIssuer, "azp": "app", "aud": "app", "sub": "110169484474386276334", "email": "ada@example.com", "email_verified": true,
		"at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q", "name": "Ada Lovelace", "picture": "https://example.com/ada.png", "given_name": "Ada",
		"family_name": "Lovelace", "iat": now, "exp": now + 3600, "jti": "1e4a7b1f0e9c4a5d8b3f2c6d7e8f9a0b",
	}
}

// benchmarkVerify verifies one token, fresh every time or remembered.
func benchmarkVerify(b *testing.B, key *logintest.Key, fresh, refuse bool, token string) {
	p := logintest.NewProvider(b, testIssuer, key)
	jwt, err := login.NewJWT(login.JWTConfig{Overrides: map[string]string{testKey: p.URL}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			b.Error(err)
		}
	}()
	rules := &login.Rules{Key: testKey, Issuer: testIssuer}
	want := &login.Expect{Provider: testKey, ClientIDs: []string{"app"}}
	if _, err := jwt.Verify(b.Context(), key.Token(usualClaims()), rules, want); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if fresh {
			jwt.Forget(token, rules, want)
		}
		if _, err := jwt.Verify(b.Context(), token, rules, want); (err != nil) != refuse {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	rs := logintest.NewRSAKey(b, "r", "RS256", 2048)
	es := logintest.NewECKey(b, "e", "ES256", elliptic.P256())
	b.Run("fresh RS256", func(b *testing.B) { benchmarkVerify(b, rs, true, false, rs.Token(usualClaims())) })
	b.Run("fresh ES256", func(b *testing.B) { benchmarkVerify(b, es, true, false, es.Token(usualClaims())) })
	b.Run("remembered", func(b *testing.B) { benchmarkVerify(b, rs, false, false, rs.Token(usualClaims())) })
}

// BenchmarkHostile is to be read against the fresh RS256 of BenchmarkVerify:
// at most 1.2 times as much (design.md 8).
func BenchmarkHostile(b *testing.B) {
	rs := logintest.NewRSAKey(b, "r", "RS256", 2048)
	honest := rs.Token(usualClaims())
	forged := honest[:len(honest)-8] + "AAAAAAAA"
	members := make(logintest.JSON)
	for i := range 480 {
		members[fmt.Sprintf("claim-%d", i)] = []string{}
	}
	for name, token := range map[string]string{
		"forged again":     forged,
		"unknown kid":      rs.As("x", "RS256").Token(usualClaims()),
		"alg none":         rs.TokenWith(logintest.JSON{"alg": "none"}, usualClaims()),
		"wrong issuer":     rs.Token(usualClaims().With(logintest.JSON{"iss": "https://evil.example"})),
		"20 kB of nothing": strings.Repeat("a", 20_000),
		"many members":     rs.Token(usualClaims().With(members).With(logintest.JSON{"iss": "https://evil.example"})),
		"many lists":       rs.Seal([]byte(`{"alg":"RS256"}`), []byte(`{"x":[`+strings.Repeat("[],", 4500)+`[]]}`)),
	} {
		b.Run(name, func(b *testing.B) { benchmarkVerify(b, rs, false, true, token) })
	}
}

// BenchmarkFloor is what the signature alone costs: the other benchmarks are
// to be read as ratios to it.
func BenchmarkFloor(b *testing.B) {
	rs := logintest.NewRSAKey(b, "r", "RS256", 2048)
	es := logintest.NewECKey(b, "e", "ES256", elliptic.P256())
	text := strings.Repeat("x", 700)
	digest := sha256.Sum256([]byte(text))
	b.Run("RS256", func(b *testing.B) {
		pub, sig := rs.Signer.Public().(*rsa.PublicKey), rs.Sign(text)
		for b.Loop() {
			if err := rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], sig); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ES256", func(b *testing.B) {
		pub, sig := es.Signer.Public().(*ecdsa.PublicKey), es.Sign(text)
		for b.Loop() {
			if !ecdsa.Verify(pub, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
				b.Fatal("signature does not verify")
			}
		}
	})
}
