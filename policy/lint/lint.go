package lint

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Options say what is known beside the document. The zero value knows nothing.
type Options struct {
	// Catalog knows names of actions and keys. Nil reads a fresh one, which
	// takes a millisecond or two; whoever lints often keeps one.
	Catalog *catalog.Catalog
	// Now is the time that dates in conditions are compared with. When it is
	// zero, no date is past.
	Now time.Time
	// Owner says what the policy is attached to, when that is known.
	Owner Owner
}

// Owner is what an identity policy is attached to.
type Owner uint8

// The owners of policies.
const (
	AnyOwner Owner = iota // not known: a managed policy, or a file
	UserOwner
	GroupOwner
	RoleOwner
)

// MaxFindings bounds the findings of one document.
const MaxFindings = 200

// Rule is one thing that Lint looks for.
type Rule struct {
	Code     string
	Severity Severity // of most of its findings
	Title    string   // in a few words
}

// Rules lists the rules in the order of docs/lint.md.
func Rules() []Rule {
	var list []Rule
	for _, f := range families() {
		list = append(list, f.rules...)
	}
	return list
}

// Lint returns what is wrong with a document, in the order of its text; nil when
// there is nothing to say, or no document.
func Lint(d *policy.Document, o Options) []Finding {
	if d == nil {
		return nil
	}
	if o.Catalog == nil {
		o.Catalog = catalog.New()
	}
	r := newRun(d, o)
	r.check()
	return r.result()
}

// check runs all rules.
func (r *run) check() {
	for _, f := range families() {
		for _, rule := range f.rules {
			r.severity[rule.Code] = rule.Severity
		}
		f.check(r)
	}
}

// family is a group of rules that share a file and a pass over the document.
type family struct {
	rules []Rule
	check func(*run)
}

func families() []family {
	return []family{
		reachFamily(), actionFamily(), resourceFamily(), conditionFamily(),
		variableFamily(), trustFamily(), escalationFamily(), documentFamily(),
	}
}

// run is one document being looked at.
type run struct {
	Options
	doc        *policy.Document
	kind       policy.Kind
	variables  bool // ${…} has a meaning
	vars       interner
	actions    map[string]*action // by folded text: long lists repeat themselves
	names      map[*catalog.Service][]glob
	statements []*statement
	severity   map[string]Severity
	findings   []Finding
	seen       map[string]bool
	budget     int  // steps that are left: see spend
	guesses    int  // suggestions for misspelt names that are left
	noMFA      bool // some Deny is about requests without the key of MFA
}

// Bounds of the work on one document. What a rule says costs steps, too: one that
// compares everything with everything may have more to say than is kept.
const (
	fullBudget  = 4 << 20
	fullGuesses = 20
	sayCost     = 64
)

func newRun(d *policy.Document, o Options) *run {
	r := &run{
		Options: o, doc: d, kind: d.Kind(), variables: d.Version() == "2012-10-17",
		vars: interner{}, actions: map[string]*action{}, names: map[*catalog.Service][]glob{}, severity: map[string]Severity{}, seen: map[string]bool{},
		budget: fullBudget, guesses: fullGuesses,
	}
	for i := range d.Len() {
		r.statements = append(r.statements, r.prepare(i, d.Statement(i)))
	}
	r.noMFA = slices.ContainsFunc(r.statements, r.deniesWithoutMFA)
	return r
}

// say adds a finding about a statement. One rule says one thing about one place.
func (r *run) say(s *statement, code string, pos policy.Position, where, text, fix string) *Finding {
	f := Finding{Code: code, Severity: r.severity[code], Position: pos, Statement: -1, Where: where, Text: text, Fix: fix}
	if s != nil {
		f.Statement, f.Sid = s.number, s.Sid
	}
	key := fmt.Sprint(code, pos.Offset, text)
	r.spend(sayCost)
	if r.seen[key] || len(r.findings) >= MaxFindings {
		return &f
	}
	r.seen[key] = true
	r.findings = append(r.findings, f)
	return &r.findings[len(r.findings)-1]
}

// refuse says what AWS refuses the document for. It is kept however much has been
// said before, since whoever writes the document relies on it.
func (r *run) refuse(s *statement, code string, pos policy.Position, where, text, fix string) {
	kept := len(r.findings)
	f := r.say(s, code, pos, where, text, fix)
	f.Refused = true
	if kept == MaxFindings {
		r.findings[0] = *f
	}
}

// spend takes steps from the budget; false means that it is used up. Whatever is
// done for two things of a document, and not for each alone, is a step or more:
// comparing patterns, statements, values, or an action with a condition. So the
// steps of a document are linear in it, or bounded.
func (r *run) spend(steps int) bool {
	r.budget -= steps
	return r.budget >= 0
}

func (r *run) result() []Finding {
	slices.SortStableFunc(r.findings, func(a, b Finding) int { return cmp.Compare(a.Position.Offset, b.Position.Offset) })
	return r.findings
}
