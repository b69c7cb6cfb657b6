package policy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// spent asks one policy about a request and returns what that cost, in
// statements of the policy's average weight.
func spent(t *testing.T, req *Request, p *Policy) (s search, statements int) {
	t.Helper()
	e := evaluation{req: req, policies: &Policies{}}
	var ok bool
	if e.resource, ok = parseResource(req.Resource); !ok {
		t.Fatalf("resource %s", req.Resource)
	}
	s = e.search(p, p.doc.kind == Resource, false)
	return s, (p.weight - s.budget) * p.Len() / p.weight
}

// TestIndexLeadsToFewStatements holds what makes large policies cheap without
// a clock: how many statements are looked at.
func TestIndexLeadsToFewStatements(t *testing.T) {
	for _, w := range workloads() {
		req, p := w.prepare(t, 1000)
		policies := append([]*Policy{}, p.Identity...)
		if p.Resource != nil {
			policies = append(policies, p.Resource)
		}
		for _, q := range policies {
			if _, n := spent(t, req, q); n > 12 {
				t.Errorf("%s: looked at %d of %d statements", w.name, n, q.Len())
			}
		}
	}
}

// TestWhichPoliciesHaveAnIndex: those of which a request could meet many
// statements.
func TestWhichPoliciesHaveAnIndex(t *testing.T) {
	on := func(format string) func(int) string {
		return func(i int) string { return allow(`"s3:*"`, strings.ReplaceAll(format, "%d", fmt.Sprint(i))) }
	}
	not := func(i int) string {
		return fmt.Sprintf(`{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::%d"}`, i)
	}
	tests := []struct {
		name string
		one  func(int) string
		n    int
		want bool
	}{
		{"few statements", on(`"*"`), fewStatements, false},
		{"more on every resource", on(`"*"`), fewStatements + 1, true},
		{"some, each on its own resource", on(`"arn:aws:s3:::%d/*"`), someStatements, false},
		{"some, each on two resources that begin alike", on(`"arn:aws:s3:::%d/a*","arn:aws:s3:::%d/b*"`), someStatements, false},
		{"some, each on its own resource and a common one", on(`"arn:aws:s3:::%d/*","arn:aws:s3:::common/*"`), someStatements, true},
		{"some on all but a resource", not, someStatements, true},
		{"some on beginnings of one resource", func(i int) string {
			return allow(`"s3:*"`, fmt.Sprintf(`"arn:aws:s3:::%s*"`, strings.Repeat("a", i)))
		}, someStatements, true},
		{"many, each on its own resource", on(`"arn:aws:s3:::%d/*"`), someStatements + 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if p := mustCompile(t, Identity, statementsOf(tt.n, tt.one), Meta{}); (p.index != nil) != tt.want {
				t.Errorf("%d statements: index %v", tt.n, p.index != nil)
			}
		})
	}
}

// TestIndexIsBounded builds indexes that lead to the same statements again
// and again, and ones that split as often as they can: neither time nor
// memory grow faster than the text.
func TestIndexIsBounded(t *testing.T) {
	list := func(n int, one func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf("%q", one(i))
		}
		return strings.Join(parts, ",")
	}
	letters := func(i int) string {
		return string([]byte{byte('a' + i/676%26), byte('a' + i/26%26), byte('a' + i%26)})
	}
	texts := map[string]string{
		"every window of the request in one statement": statementsOf(50, func(i int) string {
			return `{"Effect":"Deny","Action":"s3:GetObject","Resource":[` + list(500, func(k int) string { return "arn:aws:s3:::*" + letters(k+i) + "x*" }) + `],"Condition":{"Bool":{"no:key":"true"}}}`
		}),
		"every beginning of the request in one statement": statementsOf(50, func(i int) string {
			return `{"Effect":"Deny","Action":"s3:GetObject","Resource":[` + list(60, func(k int) string { return "arn:aws:s3:::" + strings.Repeat("a", k) + "*" }) + `],"Condition":{"Bool":{"no:key":"true"}}}`
		}),
		"many actions on many resources": statementsOf(20, func(i int) string {
			return `{"Effect":"Allow","Action":[` + list(manyActions, func(k int) string { return "s3:" + letters(k+i*manyActions) }) + `],"Resource":[` + list(500, func(k int) string { return "arn:aws:s3:::" + letters(k) }) + `]}`
		}),
		"many values of many actions on many resources": statementsOf(20, func(i int) string {
			return `{"Effect":"Allow","Action":[` + list(manyActions, func(k int) string { return "s3:" + letters(k) }) + `],"Resource":[` + list(500, func(k int) string { return "arn:aws:s3:::" + letters(k) }) +
				`],"Condition":{"StringEquals":{"a:b":[` + list(manyActions, func(k int) string { return letters(k + i*manyActions) }) + `]}}}`
		}),
		"short resources": statementsOf(20, func(i int) string {
			return `{"Effect":"Allow","Action":[` + list(manyActions, func(k int) string { return "s3:" + letters(k+i*manyActions) }) + `],"Resource":[` + list(2000, func(k int) string { return "arn:aws:" + letters(k) }) + `]}`
		}),
	}
	req := getObject(callerOf(t, "user"))
	req.Resource = "arn:aws:s3:::"
	for i := range 600 {
		req.Resource += letters(i) + "x"
	}
	for name, text := range texts {
		p := mustCompile(t, Identity, text, Meta{})
		for _, resource := range []string{req.Resource, "arn:aws:s3:::" + strings.Repeat("a", 1000), "arn:aws:aab:::x"} {
			q := *req
			q.Resource = resource
			if s, n := spent(t, &q, p); n > p.Len()+1 || s.denies() || s.allows() {
				t.Errorf("%s: paid for %d of %d statements, found %d %d", name, n, p.Len(), s.deny, s.allow)
			}
		}
		ix := p.index
		size := 24*len(ix.slots) + 4*len(ix.list) + 4*len(ix.directory)
		if ix.windows != nil {
			size += 8 * len(ix.windows.bits)
		}
		t.Logf("%s: index of %d bytes for a text of %d", name, size, len(text))
		if size > 32*len(text) {
			t.Errorf("%s: index of %d bytes for a text of %d", name, size, len(text))
		}
	}
}

// TestIndexBudgetEndsInTheSameAnswer runs out of budget on the way to the
// statement that decides.
func TestIndexBudgetEndsInTheSameAnswer(t *testing.T) {
	for _, w := range workloads() {
		req, p := w.prepare(t, 1000)
		want := Decide(req, p)
		poor := remade(p, func(q *Policy) { q.weight = 1 })
		if got := Decide(req, poor); got.Effect != want.Effect || got.Statement != want.Statement {
			t.Errorf("%s: %+v, want %+v", w.name, got, want)
		}
	}
}

// TestIndexFindsCollidingKeys looks keys up whose first bits are the same.
func TestIndexFindsCollidingKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		var entries []entry
		for i := range n {
			entries = append(entries, entry{key: uint64(i)*2 + 1, order: uint32(i), start: unasked})
		}
		b := indexer{entries: entries}
		ix := b.assemble()
		for i := range n {
			if s := ix.find(uint64(i)*2 + 1); s == nil || ix.list[s.first] != uint32(i) {
				t.Fatalf("key %d of %d is lost", i, n)
			}
		}
		for range 100 {
			if key := r.Uint64() &^ 1; ix.find(key) != nil {
				t.Fatalf("found a key that is not there")
			}
		}
		if ix.find(uint64(n)) != nil && n%2 == 0 {
			t.Fatalf("found %d among %d", n, n)
		}
	}
}

// TestIndexKeysLongBeginnings: beginnings longer than an index keeps are cut,
// on both sides alike.
func TestIndexKeysLongBeginnings(t *testing.T) {
	for n := 55; n < 75; n++ {
		prefix := strings.Repeat("p", n)
		text := statementsOf(20, func(i int) string {
			return allow(`"s3:GetObject"`, fmt.Sprintf(`"arn:aws:s3:::%s%c*"`, prefix, 'a'+i))
		})
		p := &Policies{Identity: []*Policy{mustCompile(t, Identity, text, Meta{})}}
		req := getObject(callerOf(t, "user"))
		for i := range 20 {
			req.Resource = fmt.Sprintf("arn:aws:s3:::%s%c", prefix, 'a'+i)
			if d := Decide(req, p); d.Statement != i {
				t.Errorf("%d bytes and %c: %+v", n, 'a'+i, d)
			}
		}
		// Actions, on a crowded resource.
		text = statementsOf(20, func(i int) string {
			return allow(fmt.Sprintf(`"s3:%s%c*"`, prefix[:n-40], 'a'+i), `"*"`)
		})
		p = &Policies{Identity: []*Policy{mustCompile(t, Identity, text, Meta{})}}
		for i := range 20 {
			req.Action = fmt.Sprintf("S3:%s%c", prefix[:n-40], 'a'+i)
			if d := Decide(req, p); d.Statement != i {
				t.Errorf("action of %d bytes and %c: %+v", n-40, 'a'+i, d)
			}
		}
	}
}

// TestIndexKeepsWhatAsksForEverything holds the statements that no key can
// narrow among many that others can.
func TestIndexKeepsWhatAsksForEverything(t *testing.T) {
	var services []string
	for i := range 3 * manyActions {
		services = append(services, fmt.Sprintf(`"service%d:Get"`, i))
	}
	wide := map[string]string{
		"many services":       allow(strings.Join(services, ","), `"*"`),
		"an ARN of stars":     allow(`"service7:Get"`, `"arn:aws:s3:*:*:b","arn:*:*:*:*:*"`),
		"everything else":     `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`,
		"all but a resource":  `{"Effect":"Allow","Action":"service7:*","NotResource":"arn:aws:s3:::c"}`,
		"one unknown letter":  allow(`"service7:?et"`, `"*"`),
		"beginning of action": allow(`"service7:Get*"`, `"*"`),
	}
	for name, statement := range wide {
		text := statementsOf(30, func(i int) string {
			if i == 17 {
				return strings.NewReplacer(`"Effect"`, `"Principal":"*","Effect"`).Replace(statement)
			}
			return strings.Replace(allow(fmt.Sprintf(`"s3:Get%c"`, 'a'+i), `"*"`), `"Effect"`, `"Principal":"*","Effect"`, 1)
		})
		p := &Policies{Resource: mustCompile(t, Resource, text, Meta{})}
		req := getObject(callerOf(t, "user"))
		req.Action = "service7:GET"
		for _, resource := range []string{"*", "arn:aws:s3:::b"} {
			req.Resource = resource
			if d := Decide(req, p); d.Statement != 17 {
				t.Errorf("%s on %s: %+v", name, resource, d)
			}
		}
	}
}
