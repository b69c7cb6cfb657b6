package apple_test

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/apple"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
)

func TestConformance(t *testing.T) {
	logintest.Run(t, logintest.Harness{
		Key: apple.Key, Issuer: apple.Issuer,
		Claims: logintest.JSON{"email_verified": "true", "is_private_email": true, "nonce_supported": true},
		New:    func(jwt *login.JWT) login.Verifier { return apple.New(jwt) },
	})
}

// TestKeysAreNotDiscovered: Apple's discovery document has named another issuer.
func TestKeysAreNotDiscovered(t *testing.T) {
	key := logintest.NewRSAKey(t, "k", "RS256", 2048)
	p := logintest.NewProvider(t, "https://account.apple.com", key)
	clock := logintest.NewClock()
	jwt, err := login.NewJWT(login.JWTConfig{Now: clock.Now, Overrides: map[string]string{apple.Key: p.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			t.Error(err)
		}
	}()
	v := apple.New(jwt)
	now := clock.Now().Unix()
	token := key.Token(logintest.JSON{"iss": apple.Issuer, "sub": "001.ab.1", "aud": "com.example.app", "iat": now, "exp": now + 60})
	for _, ids := range [][]string{{"com.example.app"}, {"com.example.web", "com.example.app"}} {
		if _, err := v.Verify(t.Context(), token, login.Expect{Provider: apple.Key, ClientIDs: ids}); err != nil {
			t.Errorf("%v: %v", ids, err)
		}
	}
	if p.Requests() != 1 || p.Fetches() != 1 {
		t.Errorf("%d requests, %d of them for keys; want one for keys", p.Requests(), p.Fetches())
	}
	_, err = v.Verify(t.Context(), token, login.Expect{Provider: "apple.com"})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongProvider {
		t.Errorf("another key: got %v, want WrongProvider", err)
	}
}
