package sts_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
)

func TestAccessTokens(t *testing.T) {
	for _, c := range []struct{ provider, person string }{{sts.FacebookProvider, "id"}, {sts.AmazonProvider, "user_id"}} {
		t.Run(c.provider, func(t *testing.T) {
			f := &fakeProvider{claims: login.Claims{Issuer: "spelled otherwise", Subject: "77", Audience: []string{"app-1"}}}
			s := newScene(t, sts.Providers{Facebook: f, Amazon: f})
			s.iam.Role(iam.Role{Name: "R"}, trust(federated(c.provider), webIdentity,
				`{"StringEquals":{"`+c.provider+`:app_id":"app-1","`+c.provider+`:`+c.person+`":"77"}}`))
			in := sts.WebIdentityInput{RoleARN: roleARN, SessionName: "web", Token: keys.NewSecret("opaque"), ProviderID: c.provider}
			r, err := s.sts.AssumeRoleWithWebIdentity(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if r.Provider != c.provider || r.Audience != "app-1" || r.Subject != "77" || r.Session.Provider != c.provider {
				t.Errorf("provider %q, audience %q, subject %q, session of %q", r.Provider, r.Audience, r.Subject, r.Session.Provider)
			}
			want := []sts.ContextKey{
				{Name: c.provider + ":app_id", Values: []string{"app-1"}}, {Name: c.provider + ":" + c.person, Values: []string{"77"}},
			}
			if d := cmp.Diff(want, r.Session.Context); d != "" {
				t.Errorf("the session carries: %s", d)
			}
			if f.want.Provider != c.provider || !f.want.AnyAudience {
				t.Errorf("expected %+v of the token", f.want)
			}
			f.claims.Audience = []string{"app-2"}
			if _, err = s.sts.AssumeRoleWithWebIdentity(t.Context(), in); !isTrustDenied(err) {
				t.Errorf("another application: got %v", err)
			}
			f.err = &login.Refusal{Kind: login.Rejected}
			if _, err = s.sts.AssumeRoleWithWebIdentity(t.Context(), in); !errors.Is(err, f.err) {
				t.Errorf("a refused token: got %v", err)
			}
			in.ProviderID = sts.GoogleProvider
			_, err = s.sts.AssumeRoleWithWebIdentity(t.Context(), in)
			if e, ok := errors.AsType[*sts.Invalid](err); !ok || e.Kind != sts.BadProviderID {
				t.Errorf("a provider of ID tokens: got %v", err)
			}
		})
	}
}

func isTrustDenied(err error) bool {
	_, ok := errors.AsType[*sts.TrustDenied](err)
	return ok
}
