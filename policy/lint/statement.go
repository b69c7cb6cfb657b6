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
	byKey      map[string][]*condition // the same, by folded key
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
}

func (r *run) prepare(number int, s policy.Statement) *statement {
	p := &statement{Statement: s, number: number, allow: s.Effect == policy.Allow}
	for _, v := range s.Actions {
		p.actions = append(p.actions, r.prepareAction(v))
	}
	for _, v := range s.Resources {
		p.resources = append(p.resources, r.prepareResource(v))
	}
	if len(s.Conditions) > 0 {
		p.byKey = make(map[string][]*condition, len(s.Conditions))
	}
	for _, from := range s.Conditions {
		c := &condition{
			Condition: from, op: newOperator(from.Operator), key: r.Catalog.Key(from.Key), folded: strings.ToLower(from.Key),
		}
		p.conditions = append(p.conditions, c)
		p.byKey[c.folded] = append(p.byKey[c.folded], c)
	}
	return p
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

// conditionOn returns the first condition on one of the keys (in lower case) that
// passes the test.
func (s *statement) conditionOn(passes func(*condition) bool, keys ...string) *condition {
	for _, k := range keys {
		for _, c := range s.byKey[k] {
			if passes(c) {
				return c
			}
		}
	}
	return nil
}

// limits reports whether the condition holds its key to some values: a positive
// comparison that fails without the key, and not with everything.
func (c *condition) limits() bool {
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

// present is satisfied by any condition.
func present(*condition) bool { return true }

// guarded reports whether the statement makes sure that the key is there, by Null
// or by another condition that fails without it.
func (s *statement) guarded(key string) bool {
	return s.conditionOn(func(c *condition) bool {
		if c.op.family == nullOperator {
			return len(c.Values) == 1 && strings.EqualFold(c.Values[0], "false")
		}
		return c.op.demands()
	}, key) != nil
}
