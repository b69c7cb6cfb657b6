package lint

import "github.com/rockpool-id/rockpool/policy"

// Rules about the document as a whole.
func documentFamily() family {
	return family{check: checkDocument, rules: []Rule{
		{"too-large-to-compare", Info, "a document that was not looked at in full"},
	}}
}

func checkDocument(r *run) {
	if r.budget >= 0 && len(r.findings) < MaxFindings {
		return
	}
	f := Finding{
		Code: "too-large-to-compare", Severity: r.severity["too-large-to-compare"], Statement: -1, Where: "Policy",
		Position: policy.Position{Line: 1, Column: 1},
		Text:     "The document is so large, or has so many findings, that not everything was looked at.", Fix: "Split it.",
	}
	if len(r.findings) >= MaxFindings {
		r.findings = r.findings[:MaxFindings-1]
	}
	r.findings = append(r.findings, f)
}
