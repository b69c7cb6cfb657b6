package policy

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestIndexCases runs the cases that could fool an index by values and
// principals. They are few and small: TestCasesInACrowd gives them company.
func TestIndexCases(t *testing.T) {
	if covered := runCases(t, "testdata/index"); len(covered) < 20 {
		t.Errorf("%d cases, want at least 20", len(covered))
	}
}

// TestCasesInACrowd decides every case once more with each statement among
// many that ask for the same action and resource, and never apply. Small
// policies have no index; so every rule of the language is held against one.
func TestCasesInACrowd(t *testing.T) {
	files, err := filepath.Glob("testdata/[ci]*/*.txtar")
	if err != nil || len(files) < 165 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	byValue := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := readCase(t, archive)
		for i, r := range c.requests {
			policies := c.choose(t, r.use)
			want, got := Decide(&r.Request, policies), Decide(&r.Request, remade(policies, func(q *Policy) {
				*q = *crowded(q)
				if len(q.index.asks) > 0 || q.index.callers {
					byValue++
				}
			}))
			if got.Statement >= 0 {
				got.Statement -= crowdOf * got.Policy.Len() / (crowdOf + 1)
			}
			if got.Effect != want.Effect || got.Layer != want.Layer || got.Statement != want.Statement || got.Policy.Name() != want.Policy.Name() {
				t.Errorf("%s, request %d: %v by %v, statement %d of %q; alone %v by %v, statement %d of %q", file, i+1,
					got.Effect, got.Layer, got.Statement, got.Policy.Name(), want.Effect, want.Layer, want.Statement, want.Policy.Name())
			}
		}
	}
	if byValue < 100 {
		t.Errorf("only %d policies were split by values or principals", byValue)
	}
}

// crowdOf statements stand in the crowd for each of a policy's own.
const crowdOf = 2 * crowdSize

// crowded returns p behind a crowd: for each of its statements, others of the
// same effect about the same, each for a stranger and a key that no request has.
func crowded(p *Policy) *Policy {
	d := *p.doc
	d.statements = nil
	for i := range p.doc.statements {
		for k := range crowdOf {
			s := p.doc.statements[i]
			s.Conditions = []Condition{{Operator: "StringEquals", Key: "crowd:key", Values: []string{fmt.Sprint(i, " ", k)}}}
			if s.Principals != nil {
				s.NotPrincipal = false
				s.Principals = []PrincipalValue{{Type: "AWS", Text: fmt.Sprintf("arn:aws:iam::111122223333:user/stranger-%d-%d", i, k)}}
			}
			d.statements = append(d.statements, s)
		}
	}
	d.statements = append(d.statements, p.doc.statements...)
	return Compile(&d, p.meta)
}
