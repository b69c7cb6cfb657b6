package issued_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/revoke"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// revocations is a revoke.Store in memory.
type revocations struct{ list []revoke.Revocation }

func (r *revocations) SaveRevocation(_ context.Context, x revoke.Revocation) error {
	r.list = append(r.list, x)
	return nil
}

func (r *revocations) Revocations(context.Context, time.Time) ([]revoke.Revocation, error) {
	return r.list, nil
}

func (r *revocations) SweepRevocations(context.Context, time.Time) error { return nil }

// TestASessionIsFoundByWhatEndsIt makes sessions of every kind: each has the logins
// it was given for, is found by them, and by a revocation of any of them the listed
// session is ended as the real one is.
func TestASessionIsFoundByWhatEndsIt(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	federated := func(provider string, keys ...sts.ContextKey) *sts.Session {
		return &sts.Session{AccessKeyID: "ASIAFEDERATED0000000", Account: account, RoleID: "AROA1", Name: "n", Provider: provider, Context: keys, Issued: at, Expires: at.Add(time.Hour)}
	}
	chained := func(s *sts.Session) *sts.Session {
		c := *s
		c.Origin, c.Context, c.Provider = slices.Clone(s.Context), nil, ""
		c.Parents = []sts.Parent{{AccessKeyID: "ASIAPARENT0000000000", RoleID: "AROAPARENT", Issued: at}}
		c.AccessKeyID, c.Issued = "ASIACHAINED000000000", at.Add(time.Minute)
		return &c
	}
	const saml = "arn:aws:iam::000000000000:saml-provider/Corp"
	one := func(name, value string) sts.ContextKey {
		return sts.ContextKey{Name: name, Values: []string{value}}
	}
	google := session(1, "us-east-1:ann", at, "authenticated", "accounts.google.com", "accounts.google.com:app:1")
	for _, tt := range []struct {
		name    string
		session *sts.Session
		proven  []sts.ProvenLogin
		want    []issued.Login
	}{
		{"Google", google, nil, []issued.Login{{"accounts.google.com", "1"}}},
		{"two providers, as they were proven", session(1, "i", at, "authenticated", "accounts.google.com", "accounts.google.com:app:1", "www.amazon.com", "www.amazon.com:app:a:2"),
			[]sts.ProvenLogin{{Provider: "accounts.google.com", Subject: "1"}, {Provider: "www.amazon.com", Subject: "a:2"}}, []issued.Login{{"accounts.google.com", "1"}, {"www.amazon.com", "a:2"}}},
		{"OpenID Connect at a pool", session(1, "i", at, "authenticated", "id.acme.example", "arn:aws:iam::000000000000:oidc-provider/id.acme.example:OIDC:auth0|7"), nil, []issued.Login{{"id.acme.example", "auth0|7"}}},
		{"SAML at a pool", session(1, "i", at, "authenticated", saml, saml+":SAML:ann@acme.example"), nil, []issued.Login{{saml, "ann@acme.example"}}},
		{"a user pool", session(1, "i", at, "authenticated", "cognito-idp.us-east-1.amazonaws.com/us-east-1_1", "cognito-idp.us-east-1.amazonaws.com/us-east-1_1:CognitoSignIn:s"), nil, []issued.Login{{"cognito-idp.us-east-1.amazonaws.com/us-east-1_1", "s"}}},
		{"a developer's user", session(1, "i", at, "authenticated", "login.shop", "login.shop:"+poolID+":ann:1"), nil, []issued.Login{{"login.shop", "ann:1"}}},
		{"a guest", session(1, "i", at, "unauthenticated"), nil, nil},
		{"a token at STS", federated("accounts.google.com", one("accounts.google.com:aud", "app"), one("accounts.google.com:sub", "1")), nil, []issued.Login{{"accounts.google.com", "1"}}},
		{"Facebook at STS", federated("graph.facebook.com", one("graph.facebook.com:app_id", "app"), one("graph.facebook.com:id", "1")), nil, []issued.Login{{"graph.facebook.com", "1"}}},
		{"a registered provider at STS", federated("arn:aws:iam::000000000000:oidc-provider/id.acme.example", one("id.acme.example:sub", "x:y")), nil, []issued.Login{{"id.acme.example", "x:y"}}},
		{"SAML at STS", federated(saml, one("saml:namequalifier", "q"), one("saml:sub", "ann"), one("saml:sub_type", "persistent")), nil, []issued.Login{{saml, "ann"}}},
		{"a chain", chained(google), nil, []issued.Login{{"accounts.google.com", "1"}}},
		{"a chain of STS's", chained(federated("accounts.google.com", one("accounts.google.com:sub", "1"))), nil, []issued.Login{{"accounts.google.com", "1"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &memory{}
			k := open(t, issued.Config{Store: m})
			k.Issued(sts.Issuance{Session: tt.session, Logins: tt.proven, Role: &iam.RoleEntry{}, Operation: "x"})
			got := list(t, k, issued.Query{})
			if len(got) != 1 {
				t.Fatalf("%d sessions", len(got))
			}
			if d := cmp.Diff(tt.want, got[0].Logins, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("logins (-want +got):\n%s", d)
			}
			subjects := []revoke.Revocation{
				{Kind: revoke.Session, Subject: tt.session.AccessKeyID}, {Kind: revoke.Role, Subject: "AROA1"},
				{Kind: revoke.Identity, Subject: tt.session.IdentityID}, {Kind: revoke.Pool, Subject: tt.session.IdentityPoolID},
				{Kind: revoke.Session, Subject: "ASIAPARENT0000000000"}, {Kind: revoke.Role, Subject: "AROAPARENT"},
				{Kind: revoke.Login, Provider: "accounts.google.com", Subject: "nobody"},
			}
			for _, l := range tt.want {
				subjects = append(subjects, revoke.Revocation{Kind: revoke.Login, Provider: l.Provider, Subject: l.Subject})
				if len(list(t, k, issued.Query{Login: issued.Login(l)})) != 1 {
					t.Errorf("it is not found by %v", l)
				}
			}
			for _, r := range subjects {
				set, err := revoke.Open(t.Context(), revoke.Config{Store: &revocations{}, Now: func() time.Time { return at.Add(30 * time.Second) }})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := set.Revoke(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				by, ended := set.By(got[0].Sealed())
				if ended != set.Revoked(tt.session) {
					t.Errorf("%v: the listed session is ended: %v, the real one is not alike", r, ended)
				}
				if ended && (by.Kind != r.Kind || by.Subject != r.Subject) {
					t.Errorf("it was ended by %v, not %v", r, by)
				}
				if r.Kind == revoke.Login && ended != (r.Subject != "nobody") {
					t.Errorf("by login %v: %v", r, ended)
				}
			}
		})
	}
}

func TestTheParentIsNamed(t *testing.T) {
	k := open(t, issued.Config{Store: &memory{}})
	s := session(1, "i", time.Now(), "authenticated")
	s.Parents = []sts.Parent{{AccessKeyID: "ASIAFIRST"}, {AccessKeyID: "ASIALAST"}}
	k.Issued(sts.Issuance{Session: s})
	if got := list(t, k, issued.Query{}); got[0].Parent != "ASIALAST" {
		t.Errorf("it is %q", got[0].Parent)
	}
}
