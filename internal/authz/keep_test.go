package authz_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/policy"
)

// sink collects decisions.
type sink struct {
	allowed bool // wants those too
	asked   []decision.Question
	kept    []*decision.Record
}

func (s *sink) KeepsAllowed() bool { return s.allowed }

func (s *sink) Wants(q decision.Question) bool {
	s.asked = append(s.asked, q)
	return s.allowed || q.Effect != policy.Allow
}

func (s *sink) Keep(r *decision.Record) { s.kept = append(s.kept, r) }

func network() *caller.Network {
	return &caller.Network{
		RequestID: "req-1", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), SourceIP: netip.MustParseAddr("192.0.2.1"),
		UserAgent: "aws-cli/2", Region: "us-east-1",
	}
}

func TestADenialIsKeptWithItsReasons(t *testing.T) {
	i, s := ststest.NewIAM(t), &sink{}
	p := user(t, i, allow("s3:PutObject", "*"))
	r := authz.Request{
		Caller: p, Network: network(), Action: "s3:GetObject", Resource: object, ResourceAccount: account,
		ResourcePolicy: ststest.Compile(t, policy.Resource, `{"Version":"2012-10-17","Statement":[
			{"Sid":"Own","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"},
			{"Sid":"Plain","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
			policy.Meta{Name: "bucket policy"}),
	}
	d := authz.New(authz.Config{Decisions: s}).Decide(&r)
	if d.Allowed || len(s.kept) != 1 {
		t.Fatalf("%v, %d records", d, len(s.kept))
	}
	got := s.kept[0]
	x := got.Explanation
	want := &decision.Record{
		RequestID: "req-1", Time: network().Time, Account: account,
		Principal: audit.Principal{Type: "IAMUser", ID: "AIDAJOE", ARN: p.ARN, Account: account, UserName: "joe"},
		SourceIP:  "192.0.2.1", UserAgent: "aws-cli/2", Region: "us-east-1", Message: d.Message, Explanation: x,
		Matched: &decision.Statement{
			Sid: "Plain", Effect: "Deny", Principals: []string{"*"}, Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::b/*"},
			Conditions: []decision.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if x.Effect != policy.ExplicitDeny || x.DecidedBy != policy.ResourceLayer || x.Statement == nil || x.Statement.Sid != "Plain" || x.Action != "s3:GetObject" {
		t.Errorf("%+v", x)
	}
	if !strings.HasSuffix(d.Message, x.Reason) {
		t.Errorf("the caller was told %q, the record says %q", d.Message, x.Reason)
	}
}

func TestWhichDecisionsAreKept(t *testing.T) {
	guestOf := func(t *testing.T, i *ststest.IAM) *caller.Principal { return user(t, i) }
	tests := []struct {
		name   string
		all    bool
		caller func(t *testing.T, i *ststest.IAM) *caller.Principal
		change func(r *authz.Request)
		want   string // effect, layer and rule of the record; "" is none
		under  string // account, when not the usual one
	}{
		{"a denial", false, guestOf, func(*authz.Request) {}, "implicitDeny identity-based policy", ""},
		{"nothing without a request", false, guestOf, func(r *authz.Request) { r.Network = nil }, "", ""},
		{"what is allowed, if not wanted", false, func(_ *testing.T, i *ststest.IAM) *caller.Principal { return root(i) }, func(*authz.Request) {}, "", ""},
		{"what is allowed, if wanted", true, func(t *testing.T, i *ststest.IAM) *caller.Principal { return user(t, i, allow("*", "*")) },
			func(*authz.Request) {}, "allowed identity-based policy", ""},
		{"nobody, under the account of the resource", false, func(_ *testing.T, i *ststest.IAM) *caller.Principal { return anonymous(i) },
			func(r *authz.Request) { r.ResourceAccount = other }, "implicitDeny resource-based policy", other},
		{"somebody at another account's, under their own", false, guestOf, func(r *authz.Request) { r.ResourceAccount = other },
			"implicitDeny identity-based policy", ""},
		{"what nobody can be denied", true, guestOf, func(r *authz.Request) { r.Action = "sts:GetCallerIdentity" },
			"allowed by: whoever has valid credentials may ask who they are", ""},
		{"a session that is closed to IAM", false, func(t *testing.T, i *ststest.IAM) *caller.Principal {
			return roleSession(t, i, &sts.Session{Type: sts.FederationSession}, allow("*", "*"))
		}, func(r *authz.Request) { r.Action, r.Resource = "iam:ListRoles", "*" },
			"implicitDeny by: this kind of session cannot call this action, whatever its policies say", ""},
		{"a public access block", false, func(_ *testing.T, i *ststest.IAM) *caller.Principal { return anonymous(i) }, func(r *authz.Request) {
			r.OwnerOnly, r.ResourcePolicy = true, bucketPolicy(t, `"*"`, "Allow", "s3:*")
		}, "implicitDeny resource-based policy by: the bucket's public access block keeps strangers out of a public bucket policy", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i, s := ststest.NewIAM(t), &sink{allowed: tt.all}
			r := authz.Request{Caller: tt.caller(t, i), Network: network(), Action: "s3:GetObject", Resource: object, ResourceAccount: account}
			tt.change(&r)
			d := authz.New(authz.Config{Decisions: s}).Decide(&r)
			if tt.want == "" {
				if len(s.kept) != 0 {
					t.Errorf("%+v was kept", s.kept[0])
				}
				return
			}
			if len(s.kept) != 1 {
				t.Fatalf("%d records", len(s.kept))
			}
			k := s.kept[0]
			got := k.Explanation.Effect.String()
			if k.Explanation.DecidedBy != policy.NoLayer {
				got += " " + k.Explanation.DecidedBy.String()
			}
			if k.Rule != "" {
				got += " by: " + k.Rule
				if k.Explanation.Fix != nil {
					t.Error("a policy cannot change what a rule decided")
				}
			}
			if got != tt.want || k.Message != d.Message || k.Explanation.Effect != d.Effect {
				t.Errorf("%s with %q", got, k.Message)
			}
			if want := tt.under; k.Account != want && (want != "" || k.Account != account) {
				t.Errorf("kept under %q", k.Account)
			}
			if s.asked[0].Anonymous != r.Caller.Anonymous() || s.asked[0].RequestID != "req-1" {
				t.Errorf("%+v", s.asked)
			}
		})
	}
}

// TestCallersAreToldApart: people of one pool share the ARN of their session, and
// the flood of one must not count against the others.
func TestCallersAreToldApart(t *testing.T) {
	i, s := ststest.NewIAM(t), &sink{}
	e := authz.New(authz.Config{Decisions: s})
	p := user(t, i, allow("s3:PutObject", "*"))
	ask := func(p *caller.Principal) string {
		e.Decide(&authz.Request{Caller: p, Network: network(), Action: "s3:GetObject", Resource: object, ResourceAccount: account})
		return s.asked[len(s.asked)-1].Caller
	}
	if got := ask(p); got != p.ARN {
		t.Errorf("a user is %q", got)
	}
	for _, tt := range []struct{ name, amr, want string }{
		{"a person", "authenticated,accounts.google.com,accounts.google.com:app:1", "us-east-1:anna"},
		{"a guest", "unauthenticated", "us-east-1:pool"},
		{"a session that was assumed with a pool's", "", "us-east-1:pool"},
	} {
		of := *p
		of.Session = &sts.Session{IdentityID: "us-east-1:anna", IdentityPoolID: "us-east-1:pool", AMR: tt.amr}
		if got := ask(&of); got != tt.want {
			t.Errorf("%s is %q", tt.name, got)
		}
	}
}

func TestTrustDecisionsAreKept(t *testing.T) {
	i, s := ststest.NewIAM(t), &sink{}
	role := i.Role(iam.Role{Name: "Target"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",
		"Condition":{"StringEquals":{"sts:ExternalId":"agreed"}}}}`)
	p := user(t, i, allow("sts:*", "*"))
	decider := authz.New(authz.Config{Decisions: s}).Trust(p, network())
	if d := decider.DecideTrust(role, sts.ActionAssumeRole, []sts.ContextKey{{Name: "sts:ExternalId", Values: []string{"guessed"}}}); d.Allowed() {
		t.Fatal("allowed")
	}
	decider.DecideTrust(role, sts.ActionAssumeRole, []sts.ContextKey{{Name: "sts:ExternalId", Values: []string{"agreed"}}})
	decider.RefuseTrust("arn:aws:iam::"+account+":role/none", account, sts.ActionAssumeRole, sts.NoSuchRole)
	if len(s.kept) != 2 {
		t.Fatalf("%d records", len(s.kept))
	}
	first, second := s.kept[0], s.kept[1]
	if first.Explanation.DecidedBy != policy.TrustLayer || first.Rule != "" || first.Explanation.Resource != role.ARN() || first.Message == "" {
		t.Errorf("%+v", first)
	}
	if !strings.Contains(first.Explanation.Sentence(), "sts:ExternalId") && len(first.Explanation.Keys) == 0 {
		t.Errorf("the failed condition is missing: %+v", first.Explanation)
	}
	if second.Rule != "no such role" || second.Explanation.Effect != policy.ImplicitDeny || second.Account != account {
		t.Errorf("%+v", second)
	}
}

// TestExplainingIsNotDeciding holds that a question with a recorder, which a
// simulator asks, leaves no record.
func TestExplainingIsNotDeciding(t *testing.T) {
	i, s := ststest.NewIAM(t), &sink{allowed: true}
	e := authz.New(authz.Config{Decisions: s})
	e.Explain(&authz.Request{Caller: user(t, i), Network: network(), Action: "s3:GetObject", Resource: object}, &seen{})
	if len(s.asked) != 0 {
		t.Errorf("%+v", s.asked)
	}
}

// broken is a sink with a fault.
type broken struct{ sink }

func (*broken) Keep(*decision.Record) { panic("oops") }

func TestAFaultInARecordChangesNoAnswer(t *testing.T) {
	i := ststest.NewIAM(t)
	e := authz.New(authz.Config{Decisions: &broken{sink{allowed: true}}})
	for _, p := range []*caller.Principal{user(t, i), root(i)} {
		r := authz.Request{Caller: p, Network: network(), Action: "s3:GetObject", Resource: object, ResourceAccount: account}
		if d := e.Decide(&r); d.Allowed != (p.Type == policy.Root) {
			t.Errorf("%s: %+v", p.ARN, d)
		}
	}
}

// TestKeepingDoesNotTouchWhatIsAllowed is the promise that recording costs the
// allow path nothing.
func TestKeepingDoesNotTouchWhatIsAllowed(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	e := authz.New(authz.Config{Decisions: keeper(t)})
	r := allowedRequest(t)
	if d := e.Decide(r); !d.Allowed {
		t.Fatal(d.Message)
	}
	if n := testing.AllocsPerRun(200, func() { e.Decide(r) }); n != 0 {
		t.Errorf("%v allocations on a warm engine", n)
	}
}

// discard is a store that keeps nothing.
type discard struct{}

func (discard) AddDecisions(context.Context, []decision.Row) error { return nil }

func (discard) Decisions(context.Context, string, string) ([]decision.Row, error) { return nil, nil }

func (discard) ListDecisions(context.Context, decision.Query) ([]decision.Row, error) {
	return nil, nil
}

func (discard) DecisionsByAge(context.Context, decision.Place, int) ([]decision.Held, error) {
	return nil, nil
}

func (discard) DeleteDecisions(context.Context, []decision.Place) (int64, error) { return 0, nil }

func keeper(t testing.TB) *decision.Keeper {
	t.Helper()
	k, err := decision.Open(decision.Config{Store: discard{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func TestWhatIsAllowedIsOnlyAskedOfWhoKeepsIt(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		i, s := ststest.NewIAM(t), &sink{allowed: keeps}
		r := authz.Request{Caller: user(t, i, allow("s3:GetObject", "*")), Network: network(), Action: "s3:GetObject", Resource: object, ResourceAccount: account}
		if d := authz.New(authz.Config{Decisions: s}).Decide(&r); !d.Allowed {
			t.Fatal(d)
		}
		if asked := len(s.asked) > 0; asked != keeps || len(s.kept) != len(s.asked) {
			t.Errorf("a sink that keeps what is allowed: %v; asked %d times, kept %d", keeps, len(s.asked), len(s.kept))
		}
	}
}
