package policycases

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// tried counts what the checks of a run tried of one document.
type tried struct {
	document   *policy.Document
	statements []triedStatement
}

type triedStatement struct {
	matched, reached, nearly int
	held, failed             []int // by condition, counted where the statement was reached
}

func (t *tried) prepare(d *policy.Document) {
	t.document = d
	t.statements = make([]triedStatement, d.Len())
	for i := range t.statements {
		n := len(d.Statement(i).Conditions)
		t.statements[i].held, t.statements[i].failed = make([]int, n), make([]int, n)
	}
}

func (t *tried) add(results []policy.StatementResult) {
	for i := range results {
		r, s := &results[i], &t.statements[results[i].Statement]
		switch {
		case r.Matched():
			s.matched++
		case r.Action && r.Failed() == 1:
			s.nearly++ // with another action it would not be near: most statements are for any resource
		}
		if !r.Reached() {
			continue
		}
		s.reached++
		for k, held := range r.Conditions {
			if held {
				s.held[k]++
			} else {
				s.failed[k]++
			}
		}
	}
}

// Coverage says what the tests tried of the policies they use. A statement is
// tried when it matched a request; a condition has two outcomes, each tried when a
// request that the statement is about had it.
type Coverage struct {
	Policies []PolicyCoverage `json:"policies"`
	Tally    `json:"tally"`
}

// Tally counts what there is to try, and what was tried.
type Tally struct {
	Statements      int `json:"statements"`
	StatementsTried int `json:"statementsTried"`
	Outcomes        int `json:"outcomes"` // two for each condition
	OutcomesTried   int `json:"outcomesTried"`
	// Percent is the share of both that was tried, rounded down to a tenth, so that
	// 100 means all; 100 when there is nothing to try.
	Percent float64 `json:"percent"`
}

func (t *Tally) add(o Tally) {
	t.Statements += o.Statements
	t.StatementsTried += o.StatementsTried
	t.Outcomes += o.Outcomes
	t.OutcomesTried += o.OutcomesTried
}

func (t *Tally) settle() {
	t.Percent = 100
	if all := t.Statements + t.Outcomes; all > 0 {
		t.Percent = math.Floor(1000*float64(t.StatementsTried+t.OutcomesTried)/float64(all)) / 10
	}
}

// PolicyCoverage is what was tried of one policy.
type PolicyCoverage struct {
	Name       string              `json:"name"`
	Source     string              `json:"source"`
	Text       string              `json:"-"`
	Statements []StatementCoverage `json:"statements"`
	Tally      `json:"tally"`
}

// State is how much of something was tried.
type State string

// The states.
const (
	Covered State = "covered"
	Partly  State = "partly"
	Never   State = "never"
)

// StatementCoverage is what was tried of one statement.
type StatementCoverage struct {
	Number int    `json:"number"` // from 1
	Sid    string `json:"sid,omitempty"`
	Effect string `json:"effect"`
	Line   int    `json:"line"`
	// Matched and Nearly are the checks that the statement matched, and those of
	// its actions that it would have matched but for one element.
	Matched    int                 `json:"matched"`
	Nearly     int                 `json:"nearly"`
	Conditions []ConditionCoverage `json:"conditions,omitempty"`
	start, end int                 // in the text
}

// State is Partly for a statement that matched but has outcomes of conditions that
// were not tried, and for one that nearly matched.
func (s *StatementCoverage) State() State {
	switch {
	case s.Matched == 0 && s.Nearly == 0:
		return Never
	case s.Matched == 0:
		return Partly
	}
	for _, c := range s.Conditions {
		if c.State() != Covered {
			return Partly
		}
	}
	return Covered
}

// ConditionCoverage is what was tried of one condition.
type ConditionCoverage struct {
	Operator string `json:"operator"`
	Key      string `json:"key"`
	Line     int    `json:"line"`
	// Held and Failed count the requests that the statement is about for which the
	// condition was true and false.
	Held   int `json:"held"`
	Failed int `json:"failed"`
	start  int // of its key in the text
}

// State is Partly for a condition of which one outcome was tried.
func (c *ConditionCoverage) State() State {
	switch {
	case c.Held > 0 && c.Failed > 0:
		return Covered
	case c.Held > 0 || c.Failed > 0:
		return Partly
	}
	return Never
}

// Untried says in words what was not tried, "" when the statement matched.
func (s *StatementCoverage) Untried() string {
	switch {
	case s.Matched > 0:
		return ""
	case s.Nearly == 1:
		return "never matched; one check failed on one element"
	case s.Nearly > 0:
		return fmt.Sprintf("never matched; %d checks failed on one element", s.Nearly)
	}
	return "never matched"
}

// Untried says in words what was not tried, "" when all was.
func (c *ConditionCoverage) Untried() string {
	switch {
	case c.State() == Never:
		return "never asked"
	case c.Held == 0:
		return "never true"
	case c.Failed == 0:
		return "never false"
	}
	return ""
}

// coverage makes the report of all documents, in the order of their sources.
func (l *library) coverage() *Coverage {
	c := &Coverage{}
	for _, d := range l.documents {
		p := d.coverage()
		c.Policies = append(c.Policies, p)
		c.add(p.Tally)
	}
	slices.SortStableFunc(c.Policies, func(a, b PolicyCoverage) int { return strings.Compare(a.Source, b.Source) })
	c.settle()
	return c
}

func (d *document) coverage() PolicyCoverage {
	p := PolicyCoverage{Name: d.name, Source: d.source, Text: d.text}
	for i, t := range d.tried.statements {
		s := d.tried.document.Statement(i)
		sc := StatementCoverage{
			Number: i + 1, Sid: s.Sid, Effect: "Allow", Line: s.Position.Line, Matched: t.matched, Nearly: t.nearly,
			start: s.Position.Offset, end: d.tried.document.StatementEnd(i).Offset,
		}
		if s.Effect != policy.Allow {
			sc.Effect = "Deny"
		}
		p.Tally.Statements++
		p.StatementsTried += min(t.matched, 1)
		for k, c := range s.Conditions {
			cc := ConditionCoverage{
				Operator: c.Operator, Key: c.Key, Line: c.Position.Line, Held: t.held[k], Failed: t.failed[k], start: c.Position.Offset,
			}
			p.Outcomes += 2
			p.OutcomesTried += min(cc.Held, 1) + min(cc.Failed, 1)
			sc.Conditions = append(sc.Conditions, cc)
		}
		p.Statements = append(p.Statements, sc)
	}
	p.settle()
	return p
}
