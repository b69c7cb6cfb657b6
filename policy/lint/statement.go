package lint

import (
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// statement is a statement with everything the rules ask for.
type statement struct {
	policy.Statement
	number     int
	allow      bool
	actions    []*action
	resources  []*resource
	conditions []*condition
	byKey      map[string]*onKey // the same, by folded key
	anyAction  bool              // some action is * alone
	anywhere   bool              // some resource is * alone
	varying    bool              // some resource has a variable
	everybody  bool              // some principal is everybody
	onEvery    map[string]bool   // kinds of resources of IAM, as far as they were asked for
}

// onKey is what the conditions of a statement say of one key. It is worked out
// once, because an operator has thousands of spellings: conditions on one key are
// never compared with each other.
type onKey struct {
	conditions []*condition
	demands    *condition // the first that fails without the key
	guarded    bool       // one that fails without the key, or Null
	limited    bool       // one holds the key to some values
}

// action is one entry of Action or NotAction.
type action struct {
	policy.Value
	glob    glob // folded
	prefix  string
	service *catalog.Service // nil when unknown, and for *
	// matched are the actions of the catalog that the entry stands for; nil for *
	// and for services the catalog does not know.
	matched []*catalog.Action
}

// all reports whether the entry is * alone.
func (a *action) all() bool { return a.glob.everything() }

// whole reports whether the entry stands for every action of its service.
func (a *action) whole() bool {
	return a.service != nil && len(a.matched) == len(a.service.Actions)
}

// includes reports whether the entry stands for an action.
func (a *action) includes(name string) bool {
	if a.all() {
		return true
	}
	service, short, _ := strings.Cut(name, ":")
	return a.prefix == service && slices.ContainsFunc(a.matched, func(m *catalog.Action) bool { return m.Name == short })
}

// resource is one entry of Resource or NotResource.
type resource struct {
	policy.Value
	all    bool // * alone
	never  bool // matches nothing
	fields [6]glob
}

// condition is one key under one operator.
type condition struct {
	policy.Condition
	op     operator
	key    *catalog.Key // nil when the catalog does not know it
	folded string       // the key in lower case
	limits bool         // it holds the key to some values
	// holdsWithout is true when it holds for requests without the key.
	holdsWithout bool
}

func (r *run) prepare(number int, s policy.Statement) *statement {
	p := &statement{Statement: s, number: number, allow: s.Effect == policy.Allow}
	for _, v := range s.Actions {
		a := r.prepareAction(v)
		p.actions = append(p.actions, a)
		p.anyAction = p.anyAction || a.all()
	}
	for _, v := range s.Resources {
		e := r.prepareResource(v)
		p.resources = append(p.resources, e)
		p.anywhere = p.anywhere || e.all
		p.varying = p.varying || slices.ContainsFunc(e.fields[5], isVariable)
	}
	p.everybody = slices.ContainsFunc(s.Principals, everybody)
	if len(s.Conditions) > 0 {
		p.byKey = make(map[string]*onKey, len(s.Conditions))
	}
	for _, from := range s.Conditions {
		p.addCondition(&condition{
			Condition: from, op: newOperator(from.Operator), key: r.Catalog.Key(from.Key), folded: strings.ToLower(from.Key),
		})
	}
	return p
}

func (s *statement) addCondition(c *condition) {
	c.limits, c.holdsWithout = c.limitsKey(), !c.op.demands()
	if c.op.family == nullOperator {
		c.holdsWithout = slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, "true") })
	}
	s.conditions = append(s.conditions, c)
	on := s.byKey[c.folded]
	if on == nil {
		on = &onKey{}
		s.byKey[c.folded] = on
	}
	on.conditions = append(on.conditions, c)
	on.limited = on.limited || c.limits
	switch {
	case c.op.demands():
		on.guarded = true
		if on.demands == nil {
			on.demands = c
		}
	case c.op.family == nullOperator && len(c.Values) == 1 && strings.EqualFold(c.Values[0], "false"):
		on.guarded = true
	}
}

func (r *run) prepareAction(v policy.Value) *action {
	folded := strings.ToLower(v.Text)
	if known, ok := r.actions[folded]; ok {
		again := *known
		again.Value = v
		return &again
	}
	a := &action{Value: v, glob: newGlob(folded, nil)}
	r.actions[folded] = a
	prefix, name, found := strings.Cut(folded, ":")
	if !found {
		return a
	}
	a.prefix = prefix
	if a.service = r.Catalog.Service(prefix); a.service == nil {
		return a
	}
	if !strings.ContainsAny(name, "*?") {
		if known := r.Catalog.Action(folded); known != nil {
			a.matched = []*catalog.Action{known}
		}
		return a
	}
	pattern := newGlob(name, nil)
	for i, folded := range r.actionNames(a.service) {
		if r.budget < 0 {
			a.matched = nil // half a list would mislead
			break
		}
		if r.covers(pattern, folded) {
			a.matched = append(a.matched, a.service.Actions[i])
		}
	}
	return a
}

// actionNames returns the folded names of a service's actions, in their order.
func (r *run) actionNames(s *catalog.Service) []glob {
	names, ok := r.names[s]
	if !ok {
		for _, a := range s.Actions {
			names = append(names, plainGlob(strings.ToLower(a.Name)))
		}
		r.names[s] = names
	}
	return names
}

// prepareResource splits an ARN as the engine does: variables have a meaning
// after the fifth colon, and missing fields are stars, except in a resource's
// policy, where a short ARN matches nothing (spec/iam-sts.md 1.5).
func (r *run) prepareResource(v policy.Value) *resource {
	p := &resource{Value: v, all: v.Text == "*"}
	if p.all {
		return p
	}
	fields := strings.SplitN(v.Text, ":", 6)
	p.never = fields[0] != "arn" || len(fields) < 6 && r.kind == policy.Resource
	for i := range p.fields {
		switch {
		case i >= len(fields):
			p.fields[i] = glob{starSymbol}
		case i == 5 && r.variables:
			p.fields[i] = newGlob(fields[i], r.vars)
		default:
			p.fields[i] = newGlob(fields[i], nil)
		}
	}
	return p
}

// wild reports whether every field from the partition on is a star.
func (p *resource) wild() bool {
	for _, f := range p.fields[1:] {
		if !f.everything() {
			return false
		}
	}
	return true
}

// coversResource reports whether every resource that b matches is matched by a.
func (r *run) coversResource(a, b *resource) bool {
	switch {
	case !r.spend(1):
		return false
	case a.all || b.never:
		return true
	case a.never || b.all:
		return false
	}
	for i := range a.fields {
		if !r.covers(a.fields[i], b.fields[i]) {
			return false
		}
	}
	return true
}

// limited reports whether a condition holds one of the keys (in lower case) to
// some values.
func (s *statement) limited(keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return s.byKey[k] != nil && s.byKey[k].limited })
}

// mentions reports whether there is any condition on one of the keys.
func (s *statement) mentions(keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return s.byKey[k] != nil })
}

// guarded reports whether the statement makes sure that the key is there, by Null
// or by another condition that fails without it.
func (s *statement) guarded(key string) bool { return s.byKey[key] != nil && s.byKey[key].guarded }

// conditionOn returns the first condition on a key that passes the test. It looks
// at one after the other, so a rule asks it once for a statement.
func (r *run) conditionOn(s *statement, key string, passes func(*condition) bool) *condition {
	if on := s.byKey[key]; on != nil {
		for _, c := range on.conditions {
			if r.spend(1); passes(c) {
				return c
			}
		}
	}
	return nil
}

// limitsKey reports whether the condition holds its key to some values: a positive
// comparison that fails without the key, and not with everything.
func (c *condition) limitsKey() bool {
	if c.op.negated || !c.op.demands() || len(c.Values) == 0 {
		return false
	}
	for _, v := range c.Values {
		if c.op.wildcards && v != "" && strings.Trim(v, "*") == "" {
			return false
		}
	}
	return true
}
