package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
)

// What a simulation needs to know of a document beyond its decisions: the
// condition keys that it reads, what their values look like, and where its
// statements end.

// ContextKeys returns the condition keys that conditions and variables of the
// document read, each once, as the document spells it first and in the order
// of its text. Names that differ only in case are one key. In a document
// without variables (Version 2008-10-17) only conditions read keys.
func (d *Document) ContextKeys() []string {
	var list []string
	seen := map[string]bool{}
	note := func(key string) {
		if low := lower(key); key != "" && !seen[low] {
			seen[low] = true
			list = append(list, key)
		}
	}
	variables := func(p *pattern) {
		for i := range p.vars {
			note(p.vars[i].key.spelled)
		}
	}
	for i := range d.statements {
		s := &d.statements[i]
		for _, r := range s.Resources {
			if p := compileResource(r.Text, d.variables(), true); p.fields[4].glob != nil {
				variables(p.fields[4].glob)
			}
		}
		for k := range s.Conditions {
			c := &s.Conditions[k]
			note(c.Key)
			op, _ := parseOperator(c.Operator) // Parse refused unknown operators
			for _, v := range c.Values {
				if d.variables() && op.family != null {
					eachPattern(compileTest(op, v, true), variables)
				}
			}
		}
	}
	return list
}

// eachPattern calls f for the patterns of a test that may hold variables.
func eachPattern(t test, f func(*pattern)) {
	switch t := t.(type) {
	case *text:
		f(&t.pattern)
	case foldedText:
		f(&t.pattern)
	case truth:
		f(&t.pattern)
	case arnTest:
		if t.pattern.whole != nil {
			f(t.pattern.whole)
		}
		for i := range t.pattern.fields {
			if g := t.pattern.fields[i].glob; g != nil {
				f(g)
			}
		}
	}
}

// StatementEnd returns the place just behind statement i in the document's
// text; Statement(i).Position is where it begins.
func (d *Document) StatementEnd(i int) Position {
	start := d.statements[i].Position
	r := reader{text: d.raw, off: start.Offset, line: start.Line, lineStart: start.Offset - start.Column + 1}
	if _, err := r.value(0); err != nil {
		return start // cannot be: Parse has read the same text
	}
	return r.pos()
}

// ValueType is the type of a condition key's value, in the words of IAM's
// policy simulator.
type ValueType string

// The types of values.
const (
	StringValue  ValueType = "string"
	NumericValue ValueType = "numeric"
	BooleanValue ValueType = "boolean"
	IPValue      ValueType = "ip"
	BinaryValue  ValueType = "binary"
	DateValue    ValueType = "date"
)

// Accepts reports whether the engine can read value as one of the type. A
// comparison with a value that it cannot read is unknown, which counts against
// the caller. Binary values are base64 text here; a Context holds the bytes.
func (t ValueType) Accepts(value string) bool {
	switch t {
	case StringValue:
		return true
	case NumericValue:
		_, ok := parseDecimal(value)
		return ok
	case BooleanValue:
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case IPValue:
		addr, err := netip.ParseAddr(value)
		return err == nil && addr.Zone() == ""
	case BinaryValue:
		_, err := base64.StdEncoding.DecodeString(value)
		return err == nil
	case DateValue:
		_, ok := parseInstant(value)
		return ok
	}
	return false
}
