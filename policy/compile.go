package policy

import "strings"

// Meta says where a policy comes from.
type Meta struct {
	// Name and ARN identify the policy to people; ARN is empty for an inline
	// policy. The engine only carries them.
	Name, ARN string
	// Source says through what an identity policy reaches its user: "group
	// Developers". It is empty for the user's or role's own. The engine only
	// carries it, for explanations.
	Source string
	// Bindings maps a user or role ARN named in Principal or NotPrincipal to
	// the unique id that entity had when the policy was written. With an entry
	// the principal matches by id alone; an empty id is an entity that is gone
	// and matches nobody. Without an entry it matches by ARN. For a canonical
	// user id the entry is the account it stands for.
	Bindings map[string]string
}

// Policy is a compiled document, immutable and shared between requests.
// Everything that can be worked out without the request has been.
type Policy struct {
	doc        *Document
	meta       Meta
	statements []statement
	index      *index              // nil when there are few statements
	weight     int                 // of all statements
	keys       map[string]struct{} // folded condition keys, for Mentions
}

// statement is one compiled statement.
type statement struct {
	deny         bool
	notAction    bool
	notResource  bool
	notPrincipal bool
	anyResource  bool   // a trust policy's statements have no Resource
	weight       uint32 // about what judging it costs
	start        string // with which the resource's last field begins, if the statement is about it
	actions      []actionPattern
	resources    []arnPattern
	principals   []principalPattern
	conditions   []condition
}

// Compile prepares a document for decisions. Parse has refused whatever could
// not be compiled. No document at all makes a Broken policy.
func Compile(d *Document, m Meta) *Policy {
	if d == nil {
		return Broken(m)
	}
	c := newCompiler(d, m)
	p := c.p
	for i := range d.statements {
		s := &p.statements[i]
		*s = c.statement(&d.statements[i])
		p.weight += int(s.weight)
	}
	if needsIndex(p.statements) {
		p.index = newIndex(p.statements, crowdSize)
	}
	return p
}

// Broken makes a policy that stands for a stored text which no longer parses.
// What it denied is unknown, so it denies everything (spec/iam-sts.md 7.1).
// Its Document is nil.
func Broken(m Meta) *Policy {
	return &Policy{meta: m}
}

// broken reports whether p cannot be trusted to deny what it should.
func (p *Policy) broken() bool { return p == nil || p.doc == nil }

// The accessors may be asked of a nil Policy, which a Decision has when no
// statement decided it.

// Name returns the policy's name.
func (p *Policy) Name() string {
	if p == nil {
		return ""
	}
	return p.meta.Name
}

// ARN returns the managed policy's ARN, "" for an inline policy.
func (p *Policy) ARN() string {
	if p == nil {
		return ""
	}
	return p.meta.ARN
}

// Source returns through what the policy reaches its user, "" when it is the
// user's own.
func (p *Policy) Source() string {
	if p == nil {
		return ""
	}
	return p.meta.Source
}

// WithSource returns the policy as it reaches a user through source, in the
// sense of Meta.Source. The two share all that was compiled.
func (p *Policy) WithSource(source string) *Policy {
	if p == nil {
		return nil
	}
	q := *p
	q.meta.Source = source
	return &q
}

// Document returns what was compiled, nil for a Broken policy.
func (p *Policy) Document() *Document {
	if p == nil {
		return nil
	}
	return p.doc
}

// Len returns the number of statements.
func (p *Policy) Len() int {
	if p == nil {
		return 0
	}
	return len(p.statements)
}

// Sid returns the Sid of statement i, "" when it has none.
func (p *Policy) Sid(i int) string {
	if i < 0 || i >= p.Len() {
		return ""
	}
	return p.doc.statements[i].Sid
}

// Position returns where statement i stands in the document's text.
func (p *Policy) Position(i int) Position {
	if i < 0 || i >= p.Len() {
		return Position{}
	}
	return p.doc.statements[i].Position
}

// Mentions reports whether any condition or variable of the policy reads the
// key, in any case. A key that ends in a slash stands for all keys that begin
// with it: "s3:ExistingObjectTag/". A gateway asks before it fetches what the
// key would hold. A Broken policy might mention anything.
func (p *Policy) Mentions(conditionKey string) bool {
	if p.broken() {
		return true
	}
	key := lower(conditionKey)
	if !strings.HasSuffix(key, "/") {
		_, ok := p.keys[key]
		return ok
	}
	for k := range p.keys {
		if strings.HasPrefix(k, key) {
			return true
		}
	}
	return false
}

// Mentions reports whether any of the policies mentions the key.
func (p *Policies) Mentions(conditionKey string) bool {
	for _, list := range [][]*Policy{p.Identity, p.Session} {
		for _, q := range list {
			if q.Mentions(conditionKey) {
				return true
			}
		}
	}
	return p.Boundary != nil && p.Boundary.Mentions(conditionKey) ||
		p.Resource != nil && p.Resource.Mentions(conditionKey)
}
