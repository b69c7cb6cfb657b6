package policycases

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed report.html
var reportPage string

// WriteHTML prints one page without scripts or other files: what passed, and the
// text of every policy with what the tests tried of it.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{"plain": printable}).Parse(reportPage)
	if err != nil {
		return fmt.Errorf("policycases: the page does not parse: %w", err)
	}
	return t.Execute(w, newPage(r))
}

// page is what the template shows.
type page struct {
	*Report
	Percent  string
	Words    string
	Wrong    []failedCheck
	Policies []policyPage
}

type failedCheck struct {
	Where, Test, Check string
	Details            []string // lines
}

type policyPage struct {
	ID, Title, Percent, Words string
	Width                     float64
	Lines                     []pageLine
}

// pageLine is one line of a policy's text. State is that of the statement the
// line belongs to, "" outside of statements.
type pageLine struct {
	Number int
	State  State
	Spans  []span
	Notes  []note
}

// span is a stretch of text of one state.
type span struct {
	Text      string
	Statement State
	Condition State
}

// note says at the end of a line what was not tried.
type note struct {
	State State
	Text  string
}

func newPage(r *Report) *page {
	p := &page{Report: r, Percent: percent(r.Coverage.Percent), Words: r.Coverage.words()}
	for _, f := range r.Files {
		for _, t := range f.Tests {
			for _, c := range t.Checks {
				if !c.Passed {
					p.Wrong = append(p.Wrong, failedCheck{
						Where: fmt.Sprintf("%s:%d", f.Path, t.Line), Test: t.Name, Check: c.Action + " on " + c.Resource, Details: strings.Split(c.Details(), "\n"),
					})
				}
			}
		}
	}
	for i, c := range r.Coverage.Policies {
		p.Policies = append(p.Policies, policyPage{
			ID: fmt.Sprintf("policy-%d", i+1), Title: c.Title(), Percent: percent(c.Percent), Width: c.Percent, Words: c.words(), Lines: c.lines(),
		})
	}
	return p
}

// Mark is the sign of a state, for those who do not see its colour.
func (s State) Mark() string {
	switch s {
	case Covered:
		return "✓"
	case Partly:
		return "◐"
	case Never:
		return "✗"
	}
	return ""
}

// region is a part of the text that has a state.
type region struct {
	start, end int
	state      State
	condition  bool
}

// lines cuts the text into lines and spans.
func (c *PolicyCoverage) lines() []pageLine {
	var regions []region
	notes := map[int][]note{} // by line
	for i := range c.Statements {
		s := &c.Statements[i]
		regions = append(regions, region{s.start, s.end, s.State(), false})
		text := s.Untried()
		if text == "" {
			text = "matched " + plural(s.Matched, "check")
		}
		notes[s.Line] = append(notes[s.Line], note{s.State(), s.Title() + " " + text})
		for k := range s.Conditions {
			q := &s.Conditions[k]
			regions = append(regions, region{q.start, memberEnd(c.Text, q.start), q.State(), true})
			text := q.Untried()
			if text == "" {
				text = "true and false"
			}
			if len(notes[q.Line]) > 0 {
				text = q.Key + ": " + text
			}
			notes[q.Line] = append(notes[q.Line], note{q.State(), text})
		}
	}
	var lines []pageLine
	start := 0
	for text := range strings.Lines(c.Text) {
		line := pageLine{Number: len(lines) + 1}
		line.Notes = notes[line.Number]
		line.Spans = cut(c.Text, start, start+len(strings.TrimRight(text, "\r\n")), regions)
		for _, s := range line.Spans {
			if line.State == "" {
				line.State = s.Statement
			}
		}
		lines = append(lines, line)
		start += len(text)
	}
	return lines
}

// cut divides text[start:end] where regions begin and end.
func cut(text string, start, end int, regions []region) []span {
	edges := []int{start, end}
	var here []region
	for _, r := range regions {
		if r.end <= start || r.start >= end {
			continue
		}
		here = append(here, r)
		edges = append(edges, max(r.start, start), min(r.end, end))
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var spans []span
	for i := 0; i+1 < len(edges); i++ {
		s := span{Text: text[edges[i]:edges[i+1]]}
		for _, r := range here {
			switch {
			case edges[i] < r.start || edges[i+1] > r.end:
			case r.condition:
				s.Condition = r.state
			default:
				s.Statement = r.state
			}
		}
		spans = append(spans, s)
	}
	return spans
}

// valueEnd finds the end of the JSON value that begins at start. The text is a
// policy that parsed.
func valueEnd(text string, start int) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + min(depth+1, 1)
			}
		case ',':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(text)
}

// memberEnd finds the end of the member of an object whose name begins at start.
func memberEnd(text string, start int) int {
	i := stringEnd(text, start)
	for i < len(text) && strings.IndexByte(" \t\r\n:", text[i]) >= 0 {
		i++
	}
	return valueEnd(text, i)
}

// stringEnd finds the end of the JSON string that begins at start.
func stringEnd(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
