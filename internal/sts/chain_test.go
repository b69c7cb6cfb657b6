package sts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// TestAChainKnowsWhoBeganIt: revocation of a person, or of a session on the way,
// must find what was made with it, and policies must not.
func TestAChainKnowsWhoBeganIt(t *testing.T) {
	s := newScene(t, sts.Providers{})
	may := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`
	s.iam.Role(iam.Role{Name: "P"}, trust(federated(sts.CognitoProvider), webIdentity, ""), may)
	s.iam.Role(iam.Role{Name: "R"}, trust(aws(rootOfUs), assume, ""), may)
	first, err := s.sts.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{
		RoleARN: "arn:aws:iam::" + account + ":role/P", PoolID: "us-east-1:pool1", IdentityID: "us-east-1:anna",
		AMR: []string{"authenticated", "accounts.google.com", "accounts.google.com:web:anna"},
	})
	if err != nil {
		t.Fatal(err)
	}
	last := first
	for range 40 {
		last = s.mustAssume(s.session(last), sts.AssumeRoleInput{RoleARN: roleARN})
		got, _, err := s.sts.Open(last.Credentials.SessionToken)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(first.Session.Context, got.Origin); d != "" || got.IdentityID != "us-east-1:anna" || got.IdentityPoolID != "us-east-1:pool1" {
			t.Fatalf("%s of %s does not know who began it: %s", got.IdentityID, got.IdentityPoolID, d)
		}
		if len(got.Context) > 0 || got.Provider != "" || got.AMR != "" {
			t.Fatalf("policies see the person behind a chain: %+v", got)
		}
	}
	second := s.mustAssume(s.session(first), sts.AssumeRoleInput{RoleARN: roleARN})
	third := s.mustAssume(s.session(second), sts.AssumeRoleInput{RoleARN: roleARN})
	want := []sts.Parent{
		{AccessKeyID: first.Credentials.AccessKeyID, RoleID: first.Session.RoleID, Issued: first.Session.Issued},
		{AccessKeyID: second.Credentials.AccessKeyID, RoleID: second.Session.RoleID, Issued: second.Session.Issued},
	}
	if d := cmp.Diff(want, third.Session.Parents); d != "" {
		t.Error(d)
	}
	if p := last.Session.Parents; len(p) != 16 || p[0] != want[0] {
		t.Errorf("a long chain remembers %d sessions, the first of them %+v", len(p), p[0])
	}
}
