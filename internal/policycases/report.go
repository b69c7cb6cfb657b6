package policycases

import "github.com/rockpool-id/rockpool/policy"

// Report is what came of a run. It is plain data and encodes as JSON.
type Report struct {
	Files    []FileReport `json:"files"`
	Tests    int          `json:"tests"`
	Checks   int          `json:"checks"`
	Failed   int          `json:"failed"` // checks
	Coverage *Coverage    `json:"coverage"`
}

// Passed reports whether every check came out as expected.
func (r *Report) Passed() bool { return r.Failed == 0 }

func (r *Report) count() {
	for _, f := range r.Files {
		r.Tests += len(f.Tests)
		for _, t := range f.Tests {
			r.Checks += len(t.Checks)
			for _, c := range t.Checks {
				if !c.Passed {
					r.Failed++
				}
			}
		}
	}
}

// FileReport is what came of one file.
type FileReport struct {
	Path  string       `json:"path"`
	Tests []TestReport `json:"tests"`
}

// TestReport is what came of one test.
type TestReport struct {
	Name   string  `json:"name"`
	Line   int     `json:"line"`
	Checks []Check `json:"checks"`
}

// Passed reports whether every check of the test came out as expected.
func (t *TestReport) Passed() bool {
	for _, c := range t.Checks {
		if !c.Passed {
			return false
		}
	}
	return true
}

// Check is one action on one resource: what was expected and what came.
type Check struct {
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	Principal string `json:"principal"`
	Expected  string `json:"expected"`
	Got       string `json:"got"`
	Passed    bool   `json:"passed"`
	// Reason says why the decision is what it is, Wrong what is not as expected.
	Reason string `json:"reason"`
	Wrong  string `json:"wrong,omitempty"`
	// Explanation is the whole decision; nil when no policy was asked.
	Explanation *policy.Explanation `json:"explanation,omitempty"`
}
