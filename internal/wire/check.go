package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ValidationError lists every constraint that an input breaks, in the order of
// the model's members.
type ValidationError struct {
	Violations []Violation
}

// Violation is one broken constraint.
type Violation struct {
	// Path is the member, in the lower camel case of AWS's messages.
	Path string
	// Shown is the value as the message shows it: quoted, null, or empty when the
	// value is sensitive.
	Shown string
	// Rule is the sentence of the constraint.
	Rule string
	// Missing says that a required member is absent; Name is then its name on the
	// wire.
	Missing bool
	Name    string
}

// MustNotBeNull is the rule a missing member breaks.
const MustNotBeNull = "Member must not be null"

// Error is the message AWS sends for these violations, all of them in one.
func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(len(e.Violations)))
	b.WriteString(" validation error")
	if len(e.Violations) != 1 {
		b.WriteByte('s')
	}
	b.WriteString(" detected: ")
	for i, v := range e.Violations {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString("Value ")
		if v.Shown != "" {
			b.WriteString(v.Shown)
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "at '%s' failed to satisfy constraint: %s", v.Path, v.Rule)
	}
	return b.String()
}

// maxShown bounds how much of a refused value an error message repeats, and
// maxViolations how many violations it lists, so that a large request cannot
// make a larger answer.
const (
	maxShown      = 1024
	maxViolations = 100
)

// Check compares in, a pointer to a generated struct, with the constraints of
// the model. It gives nil when all hold.
func (s *Shapes) Check(in any) *ValidationError {
	v := reflect.ValueOf(in).Elem()
	c := checker{}
	c.structure(s.Of(v.Type()), v, "")
	if len(c.found) == 0 {
		return nil
	}
	return &ValidationError{Violations: c.found}
}

type checker struct{ found []Violation }

func (c *checker) add(path, shown, rule string) {
	if len(c.found) < maxViolations {
		c.found = append(c.found, Violation{Path: path, Shown: shown, Rule: rule})
	}
}

func (c *checker) structure(d *Struct, v reflect.Value, prefix string) {
	for i := range d.Fields {
		f := &d.Fields[i]
		fv := v.Field(f.Index)
		if fv.IsNil() {
			if f.Required && len(c.found) < maxViolations {
				c.found = append(c.found, Violation{Path: prefix + f.Path, Shown: "null", Rule: MustNotBeNull, Missing: true, Name: f.Name})
			}
			continue
		}
		if f.Value.Pointer {
			fv = fv.Elem()
		}
		c.value(&f.Value, fv, prefix, f.Path)
	}
}

// value checks one present value. The path comes in two parts so that nothing is
// joined while all is well.
func (c *checker) value(d *Value, v reflect.Value, prefix, name string) {
	for _, rule := range d.Limits.broken(d.Kind, v) {
		c.add(prefix+name, show(d, v), rule)
	}
	switch d.Kind {
	case List:
		c.list(d, v, prefix+name)
	case Map:
		c.entries(d, v, prefix, name)
	case Structure:
		c.structure(d.Struct(), v, prefix+name+".")
	}
}

func (c *checker) list(d *Value, v reflect.Value, path string) {
	if d.Elem.Kind == Structure {
		for i := range v.Len() {
			c.structure(d.Elem.Struct(), v.Index(i), path+"."+strconv.Itoa(i+1)+".member.")
		}
		return
	}
	if !d.Elem.Limits.any() {
		return
	}
	for i := range v.Len() {
		if d.Elem.Limits.broken(d.Elem.Kind, v.Index(i)) != nil {
			c.add(path, show(d, v), "Member must satisfy constraint: "+d.Elem.Limits.sentence(d.Elem.Kind))
			return
		}
	}
}

func (c *checker) entries(d *Value, v reflect.Value, prefix, name string) {
	checkKeys, checkValues := d.Key.any(), d.Elem.Kind != Structure && d.Elem.Limits.any()
	if !checkKeys && !checkValues && d.Elem.Kind != Structure {
		return
	}
	badKey, badValue := false, false
	for iter := v.MapRange(); iter.Next(); {
		badKey = badKey || checkKeys && d.Key.broken(String, iter.Key()) != nil
		badValue = badValue || checkValues && d.Elem.Limits.broken(d.Elem.Kind, iter.Value()) != nil
	}
	if badKey {
		c.add(prefix+name, show(d, v), "Map keys must satisfy constraint: "+d.Key.sentence(String))
	}
	if badValue {
		c.add(prefix+name, show(d, v), "Map value must satisfy constraint: "+d.Elem.Limits.sentence(d.Elem.Kind))
	}
	if d.Elem.Kind == Structure {
		for _, k := range sortedKeys(v) {
			c.structure(d.Elem.Struct(), v.MapIndex(k), prefix+name+"."+clip(k.String())+".member.")
		}
	}
}

// broken gives the sentence of each limit that v does not keep.
func (l *Limits) broken(k Kind, v reflect.Value) []string {
	var n int64
	var text string
	switch k {
	case String:
		text = v.String()
		n = int64(len(text))
		// Characters are counted only where bytes do not already decide: a
		// character takes one to four of them.
		if (l.HasMax && n > l.Max) || (l.HasMin && n >= l.Min && n/4 < l.Min) {
			n = int64(utf8.RuneCountInString(text))
		}
	case Integer:
		n = v.Int()
	case Blob, List, Map:
		n = int64(v.Len())
	default:
		return nil
	}
	var rules []string
	if l.HasMin && n < l.Min {
		rules = append(rules, l.minSentence(k))
	}
	if l.HasMax && n > l.Max {
		rules = append(rules, l.maxSentence(k))
	}
	if l.Pattern != nil && k == String && !l.Pattern.Match(text) {
		rules = append(rules, l.patternSentence())
	}
	if l.Enum != nil && k == String && !slices.Contains(l.Enum, text) {
		rules = append(rules, l.enumSentence())
	}
	return rules
}

// sentence lists all limits in the bracketed form that lists and maps have.
func (l *Limits) sentence(k Kind) string {
	var all []string
	if l.HasMax {
		all = append(all, l.maxSentence(k))
	}
	if l.HasMin {
		all = append(all, l.minSentence(k))
	}
	if l.Pattern != nil {
		all = append(all, l.patternSentence())
	}
	if l.Enum != nil {
		all = append(all, l.enumSentence())
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (l *Limits) minSentence(k Kind) string {
	return "Member must have " + measure(k) + " greater than or equal to " + strconv.FormatInt(l.Min, 10)
}

func (l *Limits) maxSentence(k Kind) string {
	return "Member must have " + measure(k) + " less than or equal to " + strconv.FormatInt(l.Max, 10)
}

func (l *Limits) patternSentence() string {
	return "Member must satisfy regular expression pattern: " + l.Pattern.Text
}

func (l *Limits) enumSentence() string {
	return "Member must satisfy enum value set: [" + strings.Join(l.Enum, ", ") + "]"
}

func measure(k Kind) string {
	if k == Integer {
		return "value"
	}
	return "length"
}

// show renders a refused value. A sensitive scalar is left out, as AWS does; in a
// map or list, sensitive parts that are not empty become asterisks, so that the
// keys can still be read.
func show(d *Value, v reflect.Value) string {
	if d.Limits.Sensitive {
		return ""
	}
	var b strings.Builder
	b.WriteByte('\'')
	switch d.Kind {
	case List:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			if b.Len() > maxShown {
				break
			}
			b.WriteString(showPart(d.Elem, v.Index(i)))
		}
		b.WriteByte(']')
	case Map:
		b.WriteByte('{')
		for i, k := range sortedKeys(v) {
			if i > 0 {
				b.WriteString(", ")
			}
			if b.Len() > maxShown {
				break
			}
			b.WriteString(clip(k.String()))
			b.WriteByte('=')
			b.WriteString(showPart(d.Elem, v.MapIndex(k)))
		}
		b.WriteByte('}')
	default:
		b.WriteString(clip(showPart(d, v)))
	}
	b.WriteByte('\'')
	return b.String()
}

func showPart(d *Value, v reflect.Value) string {
	switch d.Kind {
	case String:
		if d.Limits.Sensitive && v.Len() > 0 {
			return "***"
		}
		return clip(v.String())
	case Integer:
		return strconv.FormatInt(v.Int(), 10)
	case Blob:
		return "<blob>"
	default:
		return "..."
	}
}

func clip(s string) string {
	if len(s) <= maxShown {
		return s
	}
	n := maxShown
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
