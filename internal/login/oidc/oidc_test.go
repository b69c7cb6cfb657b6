package oidc_test

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/login/oidc"
)

func newVerifier(t *testing.T, jwt *login.JWT, cfg oidc.Config) *oidc.Verifier {
	t.Helper()
	v, err := oidc.New(jwt, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestConformance(t *testing.T) {
	for _, key := range []string{"login.example.com/tenant", "login.example.com/"} {
		t.Run(key, func(t *testing.T) {
			logintest.Run(t, logintest.Harness{
				Key:    key,
				Issuer: "https://" + key,
				New:    func(jwt *login.JWT) login.Verifier { return newVerifier(t, jwt, oidc.Config{}) },
			})
		})
	}
}

func TestNamesMustAgree(t *testing.T) {
	jwt, err := login.NewJWT(login.JWTConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			t.Error(err)
		}
	}()
	v := newVerifier(t, jwt, oidc.Config{})
	for _, want := range []login.Expect{
		{},
		{Provider: "a.example", Issuer: "https://b.example"},
		{Provider: "a.example", Issuer: "https://a.example/"},
		{Provider: "a.example", Issuer: "a.example"},
		{Provider: "", Issuer: "https://"},
	} {
		_, err := v.Verify(t.Context(), "a.b.c", want)
		if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongProvider {
			t.Errorf("%q with %q: got %v, want WrongProvider", want.Provider, want.Issuer, err)
		}
	}
}

func TestAlgorithmsPerProvider(t *testing.T) {
	for _, bad := range []login.Algorithm{"none", "HS256", "", "rs256", "EdDSA"} {
		if _, err := oidc.New(nil, oidc.Config{Algorithms: map[string][]login.Algorithm{"a.example": {bad}}}); err == nil {
			t.Errorf("%q can be allowed", bad)
		}
	}
	const key = "strict.example"
	ps := logintest.NewRSAKey(t, "k", "PS384", 2048)
	p := logintest.NewProvider(t, "https://"+key, ps, ps.As("rs", "RS256"))
	clock := logintest.NewClock()
	jwt, err := login.NewJWT(login.JWTConfig{Now: clock.Now, Overrides: map[string]string{key: p.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			t.Error(err)
		}
	}()
	v := newVerifier(t, jwt, oidc.Config{Algorithms: map[string][]login.Algorithm{key: {login.PS384}}})
	now := clock.Now().Unix()
	claims := logintest.JSON{"iss": "https://" + key, "sub": "ada", "aud": "app", "iat": now, "exp": now + 60}
	want := login.Expect{Provider: key, ClientIDs: []string{"app"}}
	if _, err := v.Verify(t.Context(), ps.Token(claims), want); err != nil {
		t.Errorf("the configured algorithm: %v", err)
	}
	_, err = v.Verify(t.Context(), ps.As("rs", "RS256").Token(claims), want)
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.BadAlgorithm {
		t.Errorf("a usual algorithm that is not configured: got %v, want BadAlgorithm", err)
	}
}
