package google_test

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/google"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
)

func TestConformance(t *testing.T) {
	for _, issuer := range []string{google.Issuer, google.Key} {
		t.Run("tokens that say "+issuer, func(t *testing.T) {
			logintest.Run(t, logintest.Harness{
				Key:       google.Key,
				Issuer:    issuer,
				Discovery: google.Issuer,
				New:       func(jwt *login.JWT) login.Verifier { return google.New(jwt) },
			})
		})
	}
}

func TestOneVerifierServesBothSpellings(t *testing.T) {
	key := logintest.NewRSAKey(t, "k", "RS256", 2048)
	p := logintest.NewProvider(t, google.Issuer, key)
	clock := logintest.NewClock()
	jwt, err := login.NewJWT(login.JWTConfig{Now: clock.Now, Overrides: map[string]string{google.Key: p.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			t.Error(err)
		}
	}()
	v := google.New(jwt)
	now := clock.Now().Unix()
	for _, iss := range []string{google.Issuer, google.Key} {
		token := key.Token(logintest.JSON{"iss": iss, "sub": "1", "aud": "app", "iat": now, "exp": now + 60})
		got, err := v.Verify(t.Context(), token, login.Expect{Provider: google.Key, ClientIDs: []string{"app"}})
		if err != nil || got.Issuer != iss || got.Provider != google.Key || !google.Serves(iss) {
			t.Errorf("%s: %+v, %v", iss, got, err)
		}
	}
	if p.Fetches() != 1 {
		t.Errorf("%d fetches, want 1", p.Fetches())
	}
	_, err = v.Verify(t.Context(), "a.b.c", login.Expect{Provider: "google.com"})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongProvider {
		t.Errorf("another key: got %v, want WrongProvider", err)
	}
}
