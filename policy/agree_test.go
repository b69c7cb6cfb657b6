package policy

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var (
	agreeCases = flag.Int("agree.cases", 100_000, "requests that TestAgree makes up")
	agreeSeed  = flag.Uint64("agree.seed", 0, "seed of the first; 0 takes the clock")
)

// TestAgree decides made-up requests by the engine and by the reference, and
// fails on any difference, be it only in the statement that is named. The seed
// of a failure is printed; -agree.seed repeats it.
func TestAgree(t *testing.T) {
	cases, seed := *agreeCases, *agreeSeed
	if testing.Short() {
		cases /= 10
	}
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	const requests = 40 // for one set of policies
	effects := map[Effect]int{}
	for n := 0; n < cases; n += requests {
		g := generator{rand.New(rand.NewPCG(seed, 0))}
		all := g.policies(t)
		candidates := variants(all)
		for range requests {
			req := g.request(t, all)
			effects[agree(t, req, candidates).Effect]++
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		seed++
	}
	t.Logf("%d cases up to seed %d: %v", cases, seed, effects)
	for _, e := range []Effect{Allow, ExplicitDeny, ImplicitDeny} {
		if effects[e] < cases/20 {
			t.Errorf("only %d of %d are %v: the generators have lost their balance", effects[e], cases, e)
		}
	}
}

// FuzzAgree: engine and reference agree about any policies and request.
func FuzzAgree(f *testing.F) {
	seedTexts(f, func(text []byte, _ string) {
		f.Add(text, text, "s3:GetObject", "arn:aws:s3:::b/k", "aws:username", "joe", uint8(2))
	})
	for seed := range uint64(20) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		f.Add([]byte(g.text(Identity, 9)), []byte(g.text(Resource, 9)), g.action(), g.pick(someARNs), g.key(), g.pick(someTexts), uint8(seed))
	}
	callers := strings.Split("user,role,federated,root,anonymous,web accounts.google.com,service s3.amazonaws.com,user-b,root-b,role-b", ",")
	f.Fuzz(func(t *testing.T, identity, resource []byte, action, on, key, value string, who uint8) {
		if !utf8.ValidString(action+on+key+value) || len(identity)+len(resource)+len(on)+len(value) > 1<<14 || hugeExponent(string(identity)+string(resource)+value) {
			return // the reference knows characters only, and is slow
		}
		p := &Policies{HasSession: who&64 != 0, Trust: who&128 != 0}
		if d, err := Parse(identity, Identity); err == nil {
			p.Identity = []*Policy{Compile(d, Meta{})}
			if who&32 != 0 {
				p.Boundary = p.Identity[0]
			}
		}
		kind := Resource
		if p.Trust {
			kind = Trust
		}
		if d, err := Parse(resource, kind); err == nil {
			p.Resource = Compile(d, Meta{})
		}
		ctx := &Context{}
		ctx.Set(key, value)
		ctx.SetMulti("aws:TagKeys", []string{value, key})
		agree(t, &Request{Principal: callerOf(t, callers[int(who&31)%len(callers)]), Action: action, Resource: on, ResourceAccount: accountA, Context: ctx}, variants(p))
	})
}

// hugeExponent reports whether the reference would have to write out a number
// of a thousand digits and more.
func hugeExponent(s string) bool {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r != 'e' && r != 'E' && r != '+' && r != '-' && (r < '0' || r > '9') }) {
		if i := strings.IndexAny(word, "eE"); i >= 0 && len(strings.TrimLeft(word[i+1:], "+-0")) > 3 {
			return true
		}
	}
	return false
}

// agree asks every variant and the reference.
func agree(t *testing.T, req *Request, candidates []variant) Decision {
	t.Helper()
	want := referenceDecide(req, candidates[0].policies)
	for _, v := range candidates {
		got := Decide(req, v.policies)
		same := got.Effect == want.Effect && got.Layer == want.Layer && got.Statement == want.Statement && got.Policy.Document() == want.Policy.Document()
		if !same {
			t.Errorf("%s: %v by %v, statement %d of %q; the reference says %v by %v, statement %d of %q\nrequest %+v\ncontext %s\n%s", v.name,
				got.Effect, got.Layer, got.Statement, got.Policy.Name(), want.Effect, want.Layer, want.Statement, want.Policy.Name(), req, contextText(req.Context), policyTexts(candidates[0].policies))
		}
	}
	return want
}

func contextText(c *Context) string {
	var b strings.Builder
	for e := range c.All() {
		fmt.Fprintf(&b, "%s=%q(%v) ", e.Key, e.Values, e.Multi)
	}
	return b.String()
}

func policyTexts(p *Policies) string {
	var b strings.Builder
	list := append(append([]*Policy{}, p.Identity...), p.Session...)
	for _, q := range append(list, p.Boundary, p.Resource) {
		if d := q.Document(); d != nil {
			fmt.Fprintf(&b, "%v:\n%s", d.Kind(), d.Print())
		}
	}
	return b.String()
}

// variant is the same policies, read another way.
type variant struct {
	name     string
	policies *Policies
}

// variants: as compiled; by an index that splits every key it can, whatever
// the cost; and by no index at all.
func variants(p *Policies) []variant {
	return []variant{
		{"as compiled", p},
		{"indexed", remade(p, func(q *Policy) { q.index, q.weight = newIndex(q.statements, 1), 1<<62 })},
		{"plain", remade(p, func(q *Policy) { q.index = nil })},
	}
}

// remade copies policies and changes each.
func remade(p *Policies, change func(*Policy)) *Policies {
	one := func(q *Policy) *Policy {
		if q.broken() {
			return q
		}
		r := *q
		change(&r)
		return &r
	}
	many := func(list []*Policy) []*Policy {
		var changed []*Policy
		for _, q := range list {
			changed = append(changed, one(q))
		}
		return changed
	}
	r := *p
	r.Identity, r.Session = many(p.Identity), many(p.Session)
	if p.Boundary != nil {
		r.Boundary = one(p.Boundary)
	}
	if p.Resource != nil {
		r.Resource = one(p.Resource)
	}
	return &r
}
