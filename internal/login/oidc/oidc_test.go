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
