package policy

import (
	"fmt"
	"net/netip"
	"strings"
)

// matched lists the conditions of the deciding statement.
func (x *explainer) matched(p *Policy, i int) []MatchedCondition {
	s, src := &p.statements[i], &p.doc.statements[i]
	var list []MatchedCondition
	for k := range s.conditions {
		if k == MaxFailed {
			break
		}
		list = append(list, x.condition(p.doc, &s.conditions[k], &src.Conditions[k]))
	}
	return list
}

// condition describes a condition and what the request had for it.
func (x *explainer) condition(doc *Document, c *condition, src *Condition) MatchedCondition {
	m := MatchedCondition{
		Operator: x.text(src.Operator), Key: x.text(src.Key), Line: src.Position.Line, Column: src.Position.Column,
		Wanted: x.list(len(src.Values), func(i int) string { return src.Values[i] }),
	}
	m.Meaning, _ = x.meaning(doc, c, src)
	e := x.e.req.Context.lookup(&c.key)
	if m.Missing = e == nil || len(e.values) == 0; !m.Missing {
		m.Seen = x.list(len(e.values), func(i int) string { return e.values[i] })
	}
	m.Note, _ = x.conditionNote(c, src, e)
	return m
}

// failedCondition describes a condition that did not hold.
func (x *explainer) failedCondition(doc *Document, c *condition, src *Condition) FailedElement {
	m := x.condition(doc, c, src)
	f := FailedElement{
		Element: "Condition", Operator: m.Operator, Key: m.Key, Wanted: m.Wanted, Meaning: m.Meaning, Seen: m.Seen,
		Missing: m.Missing, Note: m.Note, Line: m.Line, Column: m.Column,
	}
	if f.Meaning != nil {
		_, f.Unset = x.meaning(doc, c, src)
	}
	_, f.Remedy = x.conditionNote(c, src, x.e.req.Context.lookup(&c.key))
	return f
}

// meaning fills in the variables of a condition's values. Only some operators
// know variables (spec/iam-sts.md 1.7).
func (x *explainer) meaning(doc *Document, c *condition, src *Condition) (texts, unset []string) {
	switch c.op.family {
	case stringEquals, stringEqualsIgnoreCase, stringLike, arnLike, boolean:
		m := meanings{x: x, variables: doc.variables()}
		return m.of(len(src.Values), func(i int) string { return m.fill(src.Values[i]) })
	}
	return nil, nil
}

// conditionNote says what is easily overlooked about a condition, and what to do
// if it does not hold.
func (x *explainer) conditionNote(c *condition, src *Condition, e *contextEntry) (note, remedy string) {
	const meet = "make the request meet the condition of"
	if e == nil || len(e.values) == 0 || c.op.family == null {
		return "", meet
	}
	if e.multi && c.op.qualifier == noQualifier {
		return "this key may have several values, so the operator needs ForAnyValue: or ForAllValues: before it", "put ForAnyValue: or ForAllValues: before the operator in"
	}
	for i, t := range c.tests {
		if _, bad := t.(unreadable); bad {
			kind := kindOfValue(c.op.family)
			return fmt.Sprintf("%q in the policy is not %s", shorten(src.Values[i]), kind), fmt.Sprintf("write %s in place of %q in", kind, shorten(src.Values[i]))
		}
	}
	for _, v := range e.values {
		if !readable(c.op.family, v) {
			return "this is not " + kindOfValue(c.op.family), meet
		}
	}
	if c.op.family != stringEquals || c.op.negated || len(e.values) > 1 {
		return "", meet
	}
	for _, v := range src.Values[:min(len(src.Values), MaxValues)] {
		like := compilePattern(v, dialect{wildcards: true, variables: false})
		switch {
		case v == e.values[0]:
			return "", meet
		case strings.EqualFold(v, e.values[0]):
			return "only letter case differs", meet
		case like.match(e.values[0], nil):
			return "* and ? are plain characters to StringEquals", "use StringLike in"
		}
	}
	return "", meet
}

// kindOfValue names what a family compares, with its article.
func kindOfValue(f family) string {
	switch f {
	case numeric:
		return "a number"
	case date:
		return "a date"
	case boolean:
		return "true or false"
	case binary:
		return "base64"
	case ipAddress:
		return "an IP address or range"
	}
	return "an ARN"
}

// readable reports whether a request's value is of the family's type. It reads
// with the functions that comparisons read with.
func readable(f family, value string) bool {
	ok := true
	switch f {
	case numeric:
		_, ok = parseDecimal(value)
	case date:
		_, ok = parseInstant(value)
	case boolean:
		ok = strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case ipAddress:
		addr, err := netip.ParseAddr(value)
		ok = err == nil && addr.Zone() == ""
	case arnLike:
		_, ok = splitARN(value)
	}
	return ok
}

// meanings fills in the variables of a list of values.
type meanings struct {
	x         *explainer
	variables bool // they have a meaning in this document
	used      bool // there was one
	names     map[string]bool
	unset     []string // names of variables without value
}

// of fills in n values. It returns none if there was nothing to fill in, and the
// names of variables without value.
func (m *meanings) of(n int, fill func(int) string) (texts, unset []string) {
	if !m.variables {
		return nil, nil
	}
	left := m.x.left
	texts = m.x.list(n, fill)
	if !m.used {
		m.x.left = left
		return nil, nil
	}
	if len(m.unset) > 0 {
		unset = m.x.list(len(m.unset), func(i int) string { return m.unset[i] })
	}
	return texts, unset
}

// resource fills in a resource, which has variables only after the fifth colon.
func (m *meanings) resource(text string) string {
	if fields := strings.SplitN(text, ":", 6); len(fields) == 6 {
		return strings.TrimSuffix(text, fields[5]) + m.fill(fields[5])
	}
	return text
}

// fill replaces variables by their values. What has none stays as it is. The
// result is about as long as will be kept, however long the values are.
func (m *meanings) fill(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	atoms, vars := scanAtoms(text, dialect{wildcards: true, variables: true})
	var b strings.Builder
	for _, a := range atoms {
		part := a.text
		switch a.kind {
		case oneAtom:
			part = "?"
		case starAtom:
			part = "*"
		case variableAtom:
			m.used = true
			part = m.value(&vars[a.index])
		}
		if b.Len() <= MaxValueLength {
			b.WriteString(part)
		}
	}
	return b.String()
}

// value returns a variable's value, or the variable itself.
func (m *meanings) value(v *variable) string {
	value, ok := v.resolve(m.x.e.req.Context)
	if ok {
		return value
	}
	if !m.names[v.key.name] {
		if m.names == nil {
			m.names = map[string]bool{}
		}
		m.names[v.key.name] = true
		m.unset = append(m.unset, v.key.spelled)
	}
	return "${" + v.key.spelled + "}"
}
