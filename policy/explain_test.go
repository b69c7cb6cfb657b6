package policy

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// TestExplainAgrees explains made-up requests and holds every explanation against
// the decision. Its proof that a fix is right is to make the change and to decide
// again.
func TestExplainAgrees(t *testing.T) {
	cases, seed := *agreeCases/10, *agreeSeed
	if testing.Short() {
		cases /= 10
	}
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	counts := map[string]int{}
	const requests = 20
	for n := 0; n < cases; n += requests {
		g := generator{rand.New(rand.NewPCG(seed, 2))}
		all := g.policies(t)
		for range requests {
			req := g.request(t, all)
			if checkExplanation(t, req, all, counts); t.Failed() {
				t.Fatalf("seed %d\nrequest %+v\ncontext %s\n%s", seed, req, contextText(req.Context), policyTexts(all))
			}
		}
		seed++
	}
	t.Logf("up to seed %d: %v", seed, counts)
	for _, what := range []string{"allowed", "explicitDeny", "implicitDeny", "near miss", "fix in 1 part", "fix in 2 parts", "fix in 3 parts"} {
		if counts[what] < cases/500 {
			t.Errorf("only %d cases of %q: the generators have lost their balance", counts[what], what)
		}
	}
}

// checkExplanation holds what is true of every explanation.
func checkExplanation(t *testing.T, req *Request, p *Policies, counts map[string]int) {
	t.Helper()
	want := Decide(req, p)
	d, e := Explain(req, p)
	counts[d.Effect.String()]++
	if d != want {
		t.Errorf("Explain decides %+v, Decide %+v", d, want)
	}
	if e.Effect != d.Effect || e.DecidedBy != d.Layer || e.Reason != d.Reason(e.Action) {
		t.Errorf("the explanation says %v by %v (%s) of %+v", e.Effect, e.DecidedBy, e.Reason, d)
	}
	if (e.Statement != nil) != (d.Effect == ExplicitDeny || d.Policy != nil) {
		t.Errorf("deciding statement %+v of %+v", e.Statement, d)
	}
	if s := e.Statement; s != nil && (s.Index != d.Statement || s.Policy != d.Policy.Name()) {
		t.Errorf("deciding statement %+v of %+v", s, d)
	}
	for _, l := range e.Layers {
		if len(l.NearMisses) > MaxNearMisses || len(l.NearMisses) > 0 && l.Effect != ImplicitDeny {
			t.Errorf("%v: %d near misses of a layer that is %v", l.Layer, len(l.NearMisses), l.Effect)
		}
		for i, m := range l.NearMisses {
			counts["near miss"]++
			if len(m.Failed) == 0 || m.Effect != "Allow" || m.Index < 0 {
				t.Errorf("%v: near miss without a failed element: %+v", l.Layer, m)
			}
			if e.Statement != nil && m.StatementRef == *e.Statement {
				t.Errorf("the deciding statement is a near miss: %+v", m)
			}
			if i > 0 && elements(&m) < elements(&l.NearMisses[i-1]) {
				t.Errorf("near miss %d is closer than the one before", i)
			}
		}
	}
	checkKeys(t, req, p, e)
	if text := e.Text(); !strings.Contains(text, "\n") || strings.Contains(e.Sentence(), "\n") {
		t.Errorf("the words are %q and %q", text, e.Sentence())
	}
	var back Explanation
	if text, err := json.Marshal(e); err != nil {
		t.Error(err)
	} else if err := json.Unmarshal(text, &back); err != nil {
		t.Errorf("%v: %s", err, text)
	} else if diff := cmp.Diff(e, &back); diff != "" {
		t.Errorf("read back from JSON:\n%s", diff)
	}
	checkFix(t, req, p, e, counts)
}

// checkKeys holds the condition keys of an explanation against the request and the
// policies. Texts that were cut cannot be compared.
func checkKeys(t *testing.T, req *Request, p *Policies, e *Explanation) {
	t.Helper()
	listed, cut := map[string]bool{}, e.KeysLeftOut > 0
	for _, k := range e.Keys {
		if strings.HasSuffix(k.Key, cutMark) {
			cut = true
			continue
		}
		listed[lower(k.Key)] = true
		if !p.Mentions(k.Key) {
			t.Errorf("no policy asked for %s", k.Key)
		}
		values, _, _ := req.Context.Get(k.Key)
		if k.Missing != (len(values) == 0) {
			t.Errorf("key %+v, the request has %q", k, values)
		}
		if !k.Missing && !slices.ContainsFunc(k.Values, func(v string) bool { return strings.Contains(v, cutMark) }) && cmp.Diff(values, k.Values) != "" {
			t.Errorf("key %+v, the request has %q", k, values)
		}
	}
	if cut {
		return
	}
	for _, l := range e.Layers {
		for _, q := range (&explainer{e: evaluation{policies: p}}).policies(l.Layer) {
			if q.broken() {
				continue
			}
			for name := range q.keys {
				if !listed[name] {
					t.Errorf("%s is not listed among %+v", name, e.Keys)
				}
			}
		}
	}
}

// elements is how many of principal, action and resource failed.
func elements(m *NearMiss) (n int) {
	for _, f := range m.Failed {
		if f.Element != "Condition" {
			n++
		}
	}
	return n
}

// checkFix makes the change that an explanation proposes.
func checkFix(t *testing.T, req *Request, p *Policies, e *Explanation, counts map[string]int) {
	t.Helper()
	switch {
	case e.Fix == nil && e.Effect != Allow && e.Problem == "":
		counts["no fix"]++
		return
	case e.Fix == nil || e.Effect == Allow:
		if e.Fix != nil {
			t.Error("a fix for what is allowed")
		}
		return
	case e.Fix.Incomplete:
		counts["incomplete fix"]++
		return
	}
	parts := append([]Fix{*e.Fix}, e.Fix.And...)
	counts["fix in "+string(rune('0'+min(len(parts), 9)))+map[bool]string{true: " part", false: " parts"}[len(parts) == 1]]++
	if d := Decide(req, applyFix(t, p, parts)); !d.Allowed() {
		t.Errorf("with the fix it is %v by %v: %+v", d.Effect, d.Layer, parts)
	}
	// The smallest: without any one part it is denied.
	for i := range parts {
		less := append(append([]Fix{}, parts[:i]...), parts[i+1:]...)
		if d := Decide(req, applyFix(t, p, less)); d.Allowed() {
			t.Errorf("part %d of the fix is not needed: %+v", i, parts)
		}
	}
}

// applyFix returns the policies with the parts of a fix made in their texts.
func applyFix(t *testing.T, p *Policies, parts []Fix) *Policies {
	t.Helper()
	fixed := *p
	list := func(l Layer, old []*Policy, kind Kind) (fresh []*Policy) {
		for _, q := range old {
			if q, ok := without(q, l, parts); ok {
				fresh = append(fresh, q)
			}
		}
		for _, f := range parts {
			if f.Layer == l && f.Statement != "" {
				fresh = append(fresh, mustCompile(t, kind, `{"Version":"2012-10-17","Statement":`+f.Statement+`}`, Meta{}))
			}
		}
		return fresh
	}
	// A layer of one policy takes the statement into its document. The old
	// statements keep the unique ids that they were bound to.
	one := func(l Layer, q *Policy, kind Kind) *Policy {
		merged := &Policy{doc: &Document{kind: kind, version: version2012}}
		if q != nil {
			q, ok := without(q, l, parts)
			if ok && q.broken() {
				return q
			} else if ok {
				merged = &Policy{doc: q.doc, meta: q.meta, statements: q.statements}
			}
		}
		for _, f := range parts {
			if f.Layer != l || f.Statement == "" {
				continue
			}
			version := ""
			if v := merged.doc.version; v != "" {
				version = `"Version":"` + v + `",`
			}
			added := mustCompile(t, kind, `{`+version+`"Statement":`+f.Statement+`}`, Meta{})
			d := *merged.doc
			d.statements = append(append([]Statement{}, d.statements...), added.doc.statements...)
			merged = &Policy{doc: &d, meta: merged.meta, statements: append(append([]statement{}, merged.statements...), added.statements...)}
		}
		if q == nil && len(merged.statements) == 0 {
			return nil
		}
		return merged
	}
	fixed.Identity = list(IdentityLayer, p.Identity, Identity)
	fixed.Session = list(SessionLayer, p.Session, Session)
	fixed.HasSession = p.HasSession || len(p.Session) > 0
	if p.Boundary != nil {
		fixed.Boundary = one(BoundaryLayer, p.Boundary, Managed)
	}
	if p.Trust {
		fixed.Resource = one(TrustLayer, p.Resource, Trust)
	} else {
		fixed.Resource = one(ResourceLayer, p.Resource, Resource)
	}
	return &fixed
}

// without removes the statements that a fix wants removed; ok is false for a whole
// policy.
func without(q *Policy, l Layer, parts []Fix) (_ *Policy, ok bool) {
	gone := map[int]bool{}
	for _, f := range parts {
		if f.Remove != nil && f.Layer == l && f.Remove.Policy == q.Name() {
			gone[f.Remove.Index] = true
		}
	}
	switch {
	case len(gone) == 0:
		return q, true
	case gone[-1]:
		return nil, false
	}
	d := *q.doc
	d.statements = nil
	for i, s := range q.doc.statements {
		if !gone[i] {
			d.statements = append(d.statements, s)
		}
	}
	return Compile(&d, q.meta), true
}

// FuzzExplain: what is true of every explanation is true whatever the policies
// and the request say.
func FuzzExplain(f *testing.F) {
	seedTexts(f, func(text []byte, _ string) {
		f.Add(text, text, "s3:GetObject", "arn:aws:s3:::b/k", "aws:username", "joe", uint8(2))
	})
	for seed := range uint64(20) {
		g := generator{rand.New(rand.NewPCG(seed, 3))}
		f.Add([]byte(g.text(Identity, 9)), []byte(g.text(Resource, 9)), g.action(), g.pick(someARNs), g.key(), g.pick(someTexts), uint8(seed))
	}
	callers := strings.Split("user,role,federated,root,anonymous,web accounts.google.com,service s3.amazonaws.com,user-b,root-b,role-b", ",")
	f.Fuzz(func(t *testing.T, identity, resource []byte, action, on, key, value string, who uint8) {
		if !utf8.ValidString(action+on+key+value) || len(key)+len(value) > MaxValueLength {
			return // what is cut or mended is not what the request had
		}
		p := &Policies{HasSession: who&64 != 0, Trust: who&128 != 0}
		if d, err := Parse(identity, Identity); err == nil {
			p.Identity = []*Policy{Compile(d, Meta{Name: "identity"})}
		}
		// A boundary is a managed policy, and those refuse old versions.
		if d, err := Parse(identity, Managed); err == nil && who&32 != 0 {
			p.Boundary = Compile(d, Meta{Name: "identity"})
		}
		kind := Resource
		if p.Trust {
			kind = Trust
		}
		if d, err := Parse(resource, kind); err == nil {
			p.Resource = Compile(d, Meta{Name: "resource"})
		}
		ctx := &Context{}
		ctx.Set(key, value)
		ctx.SetMulti("aws:TagKeys", []string{value, key})
		checkExplanation(t, &Request{Principal: callerOf(t, callers[int(who&31)%len(callers)]), Action: action, Resource: on, ResourceAccount: accountA, Context: ctx}, p, map[string]int{})
	})
}
