package policycases

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// WriteText prints the report for people: a line for each test, for a failure the
// whole decision, and a summary.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Files {
		if len(r.Files) > 1 {
			fmt.Fprintf(&b, "# %s\n", printable(f.Path))
		}
		for _, t := range f.Tests {
			t.writeText(&b, f.Path)
		}
	}
	fmt.Fprintf(&b, "%s, %s: ", plural(r.Tests, "test"), plural(r.Checks, "check"))
	if r.Passed() {
		b.WriteString("all passed\n")
	} else {
		fmt.Fprintf(&b, "%d failed\n", r.Failed)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *TestReport) writeText(b *strings.Builder, path string) {
	word := "ok  "
	if !t.Passed() {
		word = "FAIL"
	}
	fmt.Fprintf(b, "%s  %s", word, printable(t.Name))
	if len(t.Checks) > 1 {
		fmt.Fprintf(b, " (%d checks)", len(t.Checks))
	}
	b.WriteByte('\n')
	for _, c := range t.Checks {
		if !c.Passed {
			fmt.Fprintf(b, "      %s:%d: %s on %s\n", printable(path), t.Line, printable(c.Action), printable(c.Resource))
			indent(b, c.Details(), "      ")
		}
	}
}

// Details says what is wrong with a failed check and shows the whole decision.
func (c *Check) Details() string {
	text := c.Wrong
	if c.Explanation == nil {
		return text + "\n" + c.Reason
	}
	return text + "\n" + explain(c.Explanation)
}

func explain(x *policy.Explanation) string { return strings.TrimRight(x.Text(), "\n") }

// indent writes the lines of a text, each behind the same margin.
func indent(b *strings.Builder, text, margin string) {
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(margin+printable(strings.TrimRight(line, "\n")), " "))
		b.WriteByte('\n')
	}
}

// WriteJSON prints the report as JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteText prints what was never tried, by policy.
func (c *Coverage) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "coverage %s: %s\n", percent(c.Percent), c.words())
	for _, p := range c.Policies {
		fmt.Fprintf(&b, "  %s  %s, %s\n", percent(p.Percent), printable(p.Title()), p.words())
		for _, s := range p.Statements {
			if text := s.Untried(); text != "" {
				fmt.Fprintf(&b, "    line %d  %s: %s\n", s.Line, printable(s.Title()), text)
			}
			for _, c := range s.Conditions {
				if text := c.Untried(); text != "" {
					fmt.Fprintf(&b, "    line %d  %s %s: %s\n", c.Line, printable(c.Operator), printable(c.Key), text)
				}
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Title names the policy and where it stands.
func (p *PolicyCoverage) Title() string {
	if p.Source == p.Name || strings.HasSuffix(p.Source, "#"+p.Name) || p.Source == onServer+p.Name {
		return p.Source
	}
	return p.Name + " (" + p.Source + ")"
}

// Title names the statement.
func (s *StatementCoverage) Title() string {
	if s.Sid == "" {
		return fmt.Sprintf("statement %d", s.Number)
	}
	return fmt.Sprintf("statement %d (%s)", s.Number, s.Sid)
}

func (t *Tally) words() string {
	text := fmt.Sprintf("%d of %s matched", t.StatementsTried, plural(t.Statements, "statement"))
	if t.Outcomes == 0 {
		return text
	}
	return text + fmt.Sprintf(", %d of %d outcomes of conditions seen", t.OutcomesTried, t.Outcomes)
}

func percent(p float64) string { return fmt.Sprintf("%.1f%%", p) }

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// printable keeps untrusted text from steering a terminal: control characters
// are shown as escapes.
func printable(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c < ' ' && c != '\t' || c >= 0x7f && c < 0xa0 || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			fmt.Fprintf(&b, `\u%04x`, c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
