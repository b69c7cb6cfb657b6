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
