package sts_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/policy"
)

// sink collects denials.
type sink struct{ kept []*decision.Record }

func (s *sink) KeepsAllowed() bool { return true }

func (s *sink) Wants(q decision.Question) bool {
	return q.Effect != policy.Allow && q.RequestID == "req-1" && q.Anonymous
}

func (s *sink) Keep(r *decision.Record) { s.kept = append(s.kept, r) }

// TestRefusedWebIdentitiesAreKept holds that whoever asks why a sign-in failed
// finds the condition, under the id of the request at the edge.
func TestRefusedWebIdentitiesAreKept(t *testing.T) {
	const pool, identity = "us-east-1:pool1", "us-east-1:id"
	poolTrust := trust(federated(sts.CognitoProvider), webIdentity, `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:other"}}`)
	who := audit.Principal{
		Type: "WebIdentityUser", Provider: sts.CognitoProvider, Pool: pool, Identity: identity, AMR: "unauthenticated",
		ID: sts.CognitoProvider + ":" + pool + ":" + identity, UserName: identity, SessionName: sts.CognitoSessionName,
	}
	grant := func(role string) func(s *sts.Service, n *condkey.Network) error {
		return func(s *sts.Service, n *condkey.Network) error {
			_, err := s.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{
				RoleARN: role, PoolID: pool, IdentityID: identity, AMR: []string{"unauthenticated"}, Guest: true, Request: n,
			})
			return err
		}
	}
	google := &fakeProvider{claims: login.Claims{Issuer: "https://accounts.google.com", Subject: "person", Audience: []string{"client"}}}
	tests := []struct {
		name  string
		trust string
		ask   func(s *sts.Service, n *condkey.Network) error
		rule  string
		who   audit.Principal
		key   string // a condition key of the record, and its value
		value string
	}{
		{"a pool's identity, by the trust policy", poolTrust, grant(roleARN), "", who, sts.CognitoAudience, pool},
		{"a role that does not exist", poolTrust, grant("arn:aws:iam::" + account + ":role/none"), "no such role", who, "", ""},
		{"a role of another account", poolTrust, grant("arn:aws:iam::444455556666:role/R"), "role of another account", who, "", ""},
		{"a role whose trust policy is broken", "", grant(roleARN), "broken trust policy", who, "", ""},
		{"a token of Google", trust(federated("accounts.google.com"), webIdentity, `{"StringEquals":{"accounts.google.com:sub":"somebody"}}`),
			func(s *sts.Service, n *condkey.Network) error {
				_, err := s.AssumeRoleWithWebIdentity(t.Context(), sts.WebIdentityInput{
					RoleARN: roleARN, SessionName: "web", Token: fakeToken("https://accounts.google.com"), Network: n,
				})
				return err
			}, "", audit.Principal{
				Type: "WebIdentityUser", Provider: "accounts.google.com", ID: "accounts.google.com:client:person", UserName: "person", SessionName: "web",
			}, "accounts.google.com:sub", "person"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scene, k := newScene(t, sts.Providers{}), &sink{}
			s, err := sts.New(sts.Config{
				IAM: scene.iam.Snapshot, Sealer: ststest.Ring(t), Account: account, Now: scene.clock.Now,
				Providers: sts.Providers{Google: google}, Decisions: k,
			})
			if err != nil {
				t.Fatal(err)
			}
			scene.iam.Role(iam.Role{Name: "R"}, tt.trust)
			n := &condkey.Network{
				RequestID: "req-1", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), SourceIP: netip.MustParseAddr("192.0.2.1"),
				UserAgent: "browser", Region: ststest.Region,
			}
			if err := tt.ask(s, n); err == nil {
				t.Fatal("allowed")
			}
			if len(k.kept) != 1 {
				t.Fatalf("%d records", len(k.kept))
			}
			got := k.kept[0]
			want := &decision.Record{
				RequestID: "req-1", Time: n.Time, Account: account, Principal: tt.who, SourceIP: "192.0.2.1", UserAgent: "browser", Region: ststest.Region,
				Message: "Not authorized to perform sts:AssumeRoleWithWebIdentity", Rule: tt.rule, Explanation: got.Explanation,
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			x := got.Explanation
			if x.Effect != policy.ImplicitDeny || x.DecidedBy != policy.TrustLayer || x.Action != sts.ActionAssumeRoleWithWebIdentity || x.Resource == "" {
				t.Errorf("%+v", x)
			}
			for _, key := range x.Keys {
				if key.Key == tt.key && cmp.Equal(key.Values, []string{tt.value}) {
					return
				}
			}
			if tt.key != "" {
				t.Errorf("no key %s in %+v", tt.key, x.Keys)
			}
		})
	}
}

func TestAllowedWebIdentitiesLeaveNoRecord(t *testing.T) {
	scene, k := newScene(t, sts.Providers{}), &sink{}
	s, err := sts.New(sts.Config{IAM: scene.iam.Snapshot, Sealer: ststest.Ring(t), Account: account, Now: scene.clock.Now, Decisions: k})
	if err != nil {
		t.Fatal(err)
	}
	scene.iam.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), webIdentity, "{}"))
	for _, n := range []*condkey.Network{{RequestID: "req-1"}, nil} {
		_, err := s.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{
			RoleARN: roleARN, PoolID: "p", IdentityID: "i", AMR: []string{"authenticated"}, Request: n,
		})
		if err != nil || len(k.kept) != 0 {
			t.Errorf("%v, %d records", err, len(k.kept))
		}
	}
}
