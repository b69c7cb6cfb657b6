package policy

import (
	"math/rand/v2"
	"testing"
)

// TestExamineAgreesWithDecide holds the results of single statements against the
// decision: one layer that speaks alone is what its matching statements say.
func TestExamineAgreesWithDecide(t *testing.T) {
	effects := map[Effect]int{}
	for seed := range uint64(3000) {
		g := generator{rand.New(rand.NewPCG(seed, 77))}
		one := &Policies{Identity: []*Policy{g.policy(t, Identity, "identity")}}
		if one.Identity[0].Document() == nil {
			continue // the generator breaks some
		}
		req := g.request(t, one)
		req.Principal = callerOf(t, "user")
		req.ResourceAccount = ""
		want := Decide(req, one).Effect
		got := ImplicitDeny
		doc := one.Identity[0].Document()
		for _, r := range Examine(req, one, one.Identity[0], IdentityLayer) {
			if !r.Matched() {
				continue
			}
			if doc.Statement(r.Statement).Effect == ExplicitDeny {
				got = ExplicitDeny
				break
			}
			got = Allow
		}
		if got != want {
			t.Fatalf("seed %d: statements say %v, Decide %v\nrequest %+v\ncontext %s\n%s", seed, got, want, req, contextText(req.Context), policyTexts(one))
		}
		effects[want]++
	}
	for _, e := range []Effect{Allow, ExplicitDeny, ImplicitDeny} {
		if effects[e] < 50 {
			t.Errorf("only %d cases of %v", effects[e], e)
		}
	}
}

// TestExamineAgreesAboutPrincipals does the same for the policy of a resource and
// a caller for whom nothing else speaks.
func TestExamineAgreesAboutPrincipals(t *testing.T) {
	effects := map[Effect]int{}
	for seed := range uint64(3000) {
		g := generator{rand.New(rand.NewPCG(seed, 78))}
		one := &Policies{Resource: g.policy(t, Resource, "bucket")}
		if one.Resource.Document() == nil {
			continue
		}
		req := g.request(t, one)
		req.Principal = callerOf(t, "anonymous")
		want := Decide(req, one).Effect
		got := ImplicitDeny
		doc := one.Resource.Document()
		for _, r := range Examine(req, one, one.Resource, ResourceLayer) {
			switch {
			case r.Matched() && doc.Statement(r.Statement).Effect == ExplicitDeny:
				got = ExplicitDeny
			case r.Matched() && got == ImplicitDeny:
				got = Allow
			}
		}
		if got != want {
			t.Fatalf("seed %d: statements say %v, Decide %v\nrequest %+v\ncontext %s\n%s", seed, got, want, req, contextText(req.Context), policyTexts(one))
		}
		effects[want]++
	}
	if effects[Allow] < 20 || effects[ExplicitDeny] < 20 {
		t.Errorf("too few cases: %v", effects)
	}
}

func TestExamineTellsElementsApart(t *testing.T) {
	const text = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
		 "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Bool": {"aws:SecureTransport": "true"}}},
		{"Effect": "Deny", "NotAction": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"}
	]}`
	p := mustCompile(t, Identity, text, Meta{Name: "p"})
	ctx := &Context{}
	ctx.Set("aws:PrincipalTag/team", "blue")
	ctx.Set("aws:SecureTransport", "true")
	all := &Policies{Identity: []*Policy{p}}
	req := &Request{Principal: callerOf(t, "user"), Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: ctx}

	got := Examine(req, all, p, IdentityLayer)
	if r := got[0]; !r.Reached() || r.Matched() || r.Failed() != 1 || r.Conditions[0] || !r.Conditions[1] {
		t.Errorf("the statement that fails on one condition: %+v", r)
	}
	if r := got[1]; r.Action || r.Resource || r.Failed() != 2 || r.Reached() {
		t.Errorf("the statement that is about everything else: %+v", r)
	}
	req.Action = "nonsense"
	if got := Examine(req, all, p, IdentityLayer); got != nil {
		t.Errorf("a malformed request was examined: %+v", got)
	}
	if got := Examine(req, all, Broken(Meta{}), IdentityLayer); got != nil {
		t.Errorf("a broken policy was examined: %+v", got)
	}
}

// TestWithSource: one compiled policy reaches many users, each through a group
// of its own.
func TestWithSource(t *testing.T) {
	p := mustCompile(t, Managed, everything, Meta{Name: "All", Source: "group A"})
	q := p.WithSource("group B")
	if p.Source() != "group A" || q.Source() != "group B" || q.Name() != "All" || q.Document() != p.Document() {
		t.Errorf("%q through %q, then %q through %q", p.Name(), p.Source(), q.Name(), q.Source())
	}
	var none *Policy
	if none.WithSource("group B") != nil {
		t.Error("no policy has come from a group")
	}
}
