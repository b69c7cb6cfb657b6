package policy

import (
	"slices"
)

// Document is a parsed policy, immutable. It keeps the text it was read from
// byte for byte, because AWS gives policies back exactly as they were put.
type Document struct {
	kind       Kind
	raw        string
	version    string
	id         string
	statements []Statement
}

// Statement is one statement of a document. Sid, principals, actions,
// resources and conditions stand in the order of the text.
type Statement struct {
	Sid      string // "" when absent
	Effect   Effect // Allow or ExplicitDeny
	Position Position

	Principals   []PrincipalValue
	NotPrincipal bool // Principals come from NotPrincipal

	Actions   []Value
	NotAction bool // Actions come from NotAction

	Resources   []Value // none in a trust policy
	NotResource bool    // Resources come from NotResource

	Conditions []Condition
}

// Value is a string of a document with its place.
type Value struct {
	Text     string
	Position Position
}

// PrincipalValue is one value of Principal or NotPrincipal. Type is "AWS",
// "Service", "Federated" or "CanonicalUser", and "" for the bare "*".
type PrincipalValue struct {
	Type, Text string
	Position   Position
}

// Condition is one key under one operator. Bools and numbers are kept as
// their text.
type Condition struct {
	Operator, Key string
	Values        []string
	Position      Position
}

// Kind returns what the document was parsed as.
func (d *Document) Kind() Kind { return d.kind }

// Version returns the Version element, "" when absent, which means
// 2008-10-17.
func (d *Document) Version() string { return d.version }

// ID returns the Id element. It has no meaning.
func (d *Document) ID() string { return d.id }

// Text returns the text the document was parsed from, byte for byte.
func (d *Document) Text() []byte { return []byte(d.raw) }

// Len returns the number of statements, at least one.
func (d *Document) Len() int { return len(d.statements) }

// Statement returns a copy of statement i.
func (d *Document) Statement(i int) Statement {
	s := d.statements[i]
	s.Principals = slices.Clone(s.Principals)
	s.Actions = slices.Clone(s.Actions)
	s.Resources = slices.Clone(s.Resources)
	s.Conditions = slices.Clone(s.Conditions)
	for k := range s.Conditions {
		s.Conditions[k].Values = slices.Clone(s.Conditions[k].Values)
	}
	return s
}

// variables reports whether ${…} has a meaning in this document
// (spec/iam-sts.md 1.3).
func (d *Document) variables() bool { return d.version == version2012 }

// PrincipalARNs returns the ARNs of users and roles named under AWS in
// Principal and NotPrincipal, each once, in order. The writer of a trust or
// bucket policy looks them up: they must exist, and their unique ids are what
// Meta.Bindings wants.
func (d *Document) PrincipalARNs() []string { return d.principals(userOrRole) }

// PrincipalIDs returns the unique ids named under AWS, each once, in order.
// A writer refuses one that belongs to nobody.
func (d *Document) PrincipalIDs() []string { return d.principals(entityID) }

func (d *Document) principals(kind principalKind) []string {
	var found []string
	seen := map[string]bool{}
	for i := range d.statements {
		for k := range d.statements[i].Principals {
			v := &d.statements[i].Principals[k]
			if p, ok := classifyPrincipal(v); ok && p.kind == kind && !seen[v.Text] {
				seen[v.Text] = true
				found = append(found, v.Text)
			}
		}
	}
	return found
}

// Equal reports whether two documents say the same, whatever their white
// space, key order inside the text, or single values written as arrays.
func (d *Document) Equal(e *Document) bool {
	return d.kind == e.kind && d.version == e.version && d.id == e.id &&
		slices.EqualFunc(d.statements, e.statements, sameStatement)
}

func sameStatement(a, b Statement) bool {
	return a.Sid == b.Sid && a.Effect == b.Effect &&
		a.NotPrincipal == b.NotPrincipal && a.NotAction == b.NotAction && a.NotResource == b.NotResource &&
		slices.EqualFunc(a.Principals, b.Principals, func(a, b PrincipalValue) bool { return a.Type == b.Type && a.Text == b.Text }) &&
		slices.EqualFunc(a.Actions, b.Actions, sameText) &&
		slices.EqualFunc(a.Resources, b.Resources, sameText) &&
		slices.EqualFunc(a.Conditions, b.Conditions, func(a, b Condition) bool {
			return a.Operator == b.Operator && a.Key == b.Key && slices.Equal(a.Values, b.Values)
		})
}

func sameText(a, b Value) bool { return a.Text == b.Text }
