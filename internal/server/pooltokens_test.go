package server

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

// TestARevokedTokenIsNoToken: a token that was made before its identity, pool or
// login was revoked gives no new session, in the pool or at STS.
func TestARevokedTokenIsNoToken(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var asked []*sts.Session
	revoked := false
	own := ownTokens{
		openid.New(openid.Config{Ring: ststest.Ring(t), Region: "us-east-1", Now: func() time.Time { return now }}),
		func(x *sts.Session) bool { asked = append(asked, x); return revoked },
	}
	amr := []string{"authenticated", "dev", "dev:us-east-1:p:anna"}
	token, err := own.Issue(t.Context(), openid.Token{Identity: "us-east-1:i", Pool: "us-east-1:p", AMR: amr, Lifetime: time.Hour}, keys.SigningEC)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := login.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	want := login.Expect{Provider: "cognito-identity.amazonaws.com", ClientIDs: []string{"us-east-1:p"}}
	check := func() []error {
		_, err := own.Verify(t.Context(), token, want)
		_, parsedErr := own.VerifyToken(t.Context(), parsed, want)
		return []error{err, parsedErr}
	}
	if errs := check(); errors.Join(errs...) != nil {
		t.Fatal(errs)
	}
	as := &sts.Session{
		IdentityID: "us-east-1:i", IdentityPoolID: "us-east-1:p", Issued: now,
		Context: []sts.ContextKey{{Name: sts.CognitoAMR, Values: amr, Multi: true}},
	}
	for _, x := range asked {
		x.Issued = x.Issued.UTC()
	}
	if d := cmp.Diff([]*sts.Session{as, as}, asked); d != "" {
		t.Errorf("what revocation was asked about:\n%s", d)
	}
	revoked = true
	if slices.ContainsFunc(check(), func(err error) bool { r, ok := login.AsRefusal(err); return !ok || r.Kind != login.Rejected }) {
		t.Errorf("a token that was revoked: %v", check())
	}
}
