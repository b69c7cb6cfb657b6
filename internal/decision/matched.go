package decision

import "github.com/rockpool-id/rockpool/policy"

// MatchedStatement returns the statement that decided as it was written, nil when
// none did.
func MatchedStatement(d policy.Decision) *Statement {
	doc := d.Policy.Document()
	if doc == nil || d.Statement < 0 || d.Statement >= doc.Len() {
		return nil
	}
	from := doc.Statement(d.Statement)
	s := &Statement{
		Sid: from.Sid, Effect: "Deny", NotPrincipal: from.NotPrincipal,
		Actions: texts(from.Actions), NotAction: from.NotAction,
		Resources: texts(from.Resources), NotResource: from.NotResource,
	}
	if from.Effect == policy.Allow {
		s.Effect = "Allow"
	}
	for _, p := range from.Principals {
		s.Principals = append(s.Principals, p.Text)
	}
	for _, c := range from.Conditions {
		s.Conditions = append(s.Conditions, Condition{Operator: c.Operator, Key: c.Key, Values: c.Values})
	}
	return s
}

func texts(values []policy.Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.Text
	}
	return out
}
