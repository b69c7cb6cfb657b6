package lint

import (
	"encoding/json"
	"fmt"

	"github.com/rockpool-id/rockpool/policy"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities, the mildest first.
const (
	Info    Severity = iota + 1 // worth knowing, often intended
	Warning                     // a mistake, or a grant wider than it looks
	Error                       // AWS refuses it, or nobody can mean it
)

// String returns the severity in lower case.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "unknown"
}

// MarshalJSON writes the severity as String does.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Finding is one thing that is wrong with a document. It is plain data and keeps
// nothing of the document.
type Finding struct {
	Code     string // stable: "unreachable-allow"
	Severity Severity
	Position policy.Position
	// Statement is the number of the statement, from 0; -1 for the whole
	// document. Sid is its Sid, "" without one.
	Statement int
	Sid       string
	// Where is the element the finding is about: "Action", "NotAction",
	// "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
	// "Statement", or "Policy" for the whole document.
	Where string
	// Text says what is wrong, Fix what to write instead.
	Text, Fix string
	// Refused is true when AWS does not accept the document, though it parses.
	Refused bool
}

// String gives the finding on one line: position, severity, code, text and fix.
func (f Finding) String() string {
	return fmt.Sprintf("%d:%d: %s %s: %s (fix: %s)", f.Position.Line, f.Position.Column, f.Severity, f.Code, f.Text, f.Fix)
}

// MarshalJSON writes the finding flat, with the names that the command line and
// the API use.
func (f Finding) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Code      string   `json:"code"`
		Severity  Severity `json:"severity"`
		Line      int      `json:"line"`
		Column    int      `json:"column"`
		Statement int      `json:"statement"`
		Sid       string   `json:"sid,omitempty"`
		Where     string   `json:"where"`
		Text      string   `json:"text"`
		Fix       string   `json:"fix"`
		Refused   bool     `json:"refused,omitempty"`
	}{f.Code, f.Severity, f.Position.Line, f.Position.Column, f.Statement, f.Sid, f.Where, f.Text, f.Fix, f.Refused})
}

// Worst returns the severest severity of the findings, 0 without any.
func Worst(findings []Finding) Severity {
	var worst Severity
	for i := range findings {
		worst = max(worst, findings[i].Severity)
	}
	return worst
}
