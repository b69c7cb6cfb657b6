package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// Rules about what can never matter, because something else in the same document
// includes it. Two statements are compared as patterns: A includes B when A's
// principals, actions and resources cover B's and every condition of A is one of
// B's, word for word. That is provable from the text; everything else is passed
// over in silence.
func reachFamily() family {
	return family{check: checkReach, rules: []Rule{
		{"unreachable-allow", Warning, "an Allow that a Deny always overrides"},
		{"shadowed-statement", Info, "a statement that another one includes"},
		{"redundant-entry", Info, "an action or resource that another of the same list includes"},
	}}
}

func checkReach(r *run) {
	for _, s := range r.statements {
		r.redundantEntries(s)
	}
	for _, b := range r.statements {
		if b.allow && r.unreachable(b) {
			continue
		}
		for _, a := range r.statements {
			if a.number == b.number || a.allow != b.allow || !r.includes(a, b) {
				continue
			}
			if a.number > b.number && r.includes(b, a) {
				continue // they say the same; the later one is told
			}
			r.say(b, "shadowed-statement", b.Position, "Statement",
				fmt.Sprintf("%s already says all of this.", name(a)), "Remove the statement, or narrow the other one.")
			break
		}
		if r.budget < 0 {
			return
		}
	}
}

// unreachable reports an Allow that Deny statements override wholly, or the
// actions of it that they override.
func (r *run) unreachable(b *statement) bool {
	dead := make([]*statement, len(b.actions))
	for _, a := range r.statements {
		if a.allow || !r.spend(1) || !r.aroundActions(a, b) {
			continue
		}
		if r.coversActions(a, b) {
			r.say(b, "unreachable-allow", b.Position, "Statement",
				fmt.Sprintf("%s denies everything that this statement allows, so it allows nothing.", name(a)),
				"Remove the statement, or narrow the Deny.")
			return true
		}
		if b.NotAction || a.NotAction {
			continue
		}
		for i, e := range b.actions {
			if r.spend(1) && dead[i] == nil && slices.ContainsFunc(a.actions, func(d *action) bool { return r.covers(d.glob, e.glob) }) {
				dead[i] = a
			}
		}
	}
	left := slices.Index(dead, nil)
	if left < 0 && len(dead) > 0 {
		r.say(b, "unreachable-allow", b.Position, "Statement",
			"Deny statements of this document deny every action that this statement allows, so it allows nothing.",
			"Remove the statement, or narrow the Deny statements.")
		return true
	}
	for i, a := range dead {
		if a != nil {
			e := b.actions[i]
			r.say(b, "unreachable-allow", e.Position, "Action",
				fmt.Sprintf("%s denies %s on all these resources, so it is not allowed.", name(a), shorten(e.Text)),
				"Remove the action from the list, or narrow the Deny.")
		}
	}
	return false
}

// includes reports whether a applies whenever b does.
func (r *run) includes(a, b *statement) bool {
	return r.spend(1) && r.aroundActions(a, b) && r.coversActions(a, b)
}

// aroundActions compares all but the actions.
func (r *run) aroundActions(a, b *statement) bool {
	return r.containsConditions(a, b) && r.coversPrincipals(a, b) && r.coversResources(a, b)
}

// containsConditions reports whether every condition of a is one of b's.
func (r *run) containsConditions(a, b *statement) bool {
	for _, c := range a.conditions {
		on := b.byKey[c.folded]
		if !r.spend(1) || on == nil || !slices.ContainsFunc(on.conditions, func(d *condition) bool {
			return r.spend(1+len(c.Values)) && strings.EqualFold(c.Operator, d.Operator) && slices.Equal(c.Values, d.Values)
		}) {
			return false
		}
	}
	return true
}

func (r *run) coversPrincipals(a, b *statement) bool {
	switch {
	case len(a.Principals) == 0:
		return len(b.Principals) == 0
	case a.NotPrincipal:
		return false
	case a.everybody:
		return true
	case b.NotPrincipal:
		return false
	}
	for _, p := range b.Principals {
		if !r.spend(len(a.Principals)) || !slices.ContainsFunc(a.Principals, func(q policy.PrincipalValue) bool { return p.Type == q.Type && p.Text == q.Text }) {
			return false
		}
	}
	return true
}

func everybody(p policy.PrincipalValue) bool {
	return p.Text == "*" && (p.Type == "" || p.Type == "AWS")
}

func (r *run) coversActions(a, b *statement) bool {
	switch {
	case a.NotAction && b.NotAction:
		// a leaves out no more than b does.
		return r.eachCovered(a.actions, b.actions)
	case a.NotAction:
		return false
	case b.NotAction:
		return a.anyAction
	}
	return r.eachCovered(b.actions, a.actions)
}

// eachCovered reports whether each of the inner patterns is covered by an outer.
func (r *run) eachCovered(inner, outer []*action) bool {
	for _, i := range inner {
		if !slices.ContainsFunc(outer, func(o *action) bool { return r.covers(o.glob, i.glob) }) {
			return false
		}
	}
	return true
}

func (r *run) coversResources(a, b *statement) bool {
	cover := func(inner, outer []*resource) bool {
		for _, i := range inner {
			if !slices.ContainsFunc(outer, func(o *resource) bool { return r.coversResource(o, i) }) {
				return false
			}
		}
		return true
	}
	switch {
	case len(a.resources) == 0:
		return len(b.resources) == 0 // trust policies have none
	case a.NotResource:
		// An exception whose variable has no value voids an Allow.
		return b.NotResource && !a.varying && !b.varying && cover(a.resources, b.resources)
	case b.NotResource:
		return a.anywhere
	}
	return cover(b.resources, a.resources)
}

// redundantEntries compares the entries of each list among themselves.
func (r *run) redundantEntries(s *statement) {
	for i, e := range s.actions {
		for j, f := range s.actions {
			if r.budget < 0 {
				return
			}
			if i != j && r.covers(f.glob, e.glob) && (j < i || !r.covers(e.glob, f.glob)) {
				r.say(s, "redundant-entry", e.Position, "Action", fmt.Sprintf("%s is included in %s.", shorten(e.Text), shorten(f.Text)), "Remove it.")
				break
			}
		}
	}
	for i, e := range s.resources {
		if e.never {
			continue // short-arn speaks of it
		}
		for j, f := range s.resources {
			if r.budget < 0 {
				return
			}
			if i != j && r.coversResource(f, e) && (j < i || !r.coversResource(e, f)) {
				r.say(s, "redundant-entry", e.Position, "Resource", fmt.Sprintf("%s is included in %s.", shorten(e.Text), shorten(f.Text)), "Remove it.")
				break
			}
		}
	}
}

// name speaks of a statement.
func name(s *statement) string {
	if s.Sid != "" {
		return "Statement " + shorten(s.Sid)
	}
	return fmt.Sprintf("The statement in line %d", s.Position.Line)
}
