package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Rules about actions and resources that cannot meet. An action is about certain
// kinds of resource, whose ARNs have a form; an entry of Resource that no ARN of
// these forms can match is no entry for that action.
func resourceFamily() family {
	return family{check: checkResources, rules: []Rule{
		{"resource-not-of-action", Warning, "an action that none of the resources can belong to"},
		{"resource-not-used", Info, "a resource that none of the actions is about"},
		{"short-arn", Warning, "a short ARN in the policy of a resource"},
	}}
}

func checkResources(r *run) {
	for _, s := range r.statements {
		for _, p := range s.resources {
			if p.never {
				r.say(s, "short-arn", p.Position, "Resource",
					fmt.Sprintf("%s has fewer than six fields, and in the policy of a resource nothing is added: it matches nothing.", shorten(p.Text)),
					"Write the whole ARN.")
			}
		}
		if !s.NotAction && !s.NotResource && slices.ContainsFunc(s.resources, func(p *resource) bool { return !p.never }) {
			r.matchResources(s)
		}
	}
}

func (r *run) matchResources(s *statement) {
	known, fitting := true, false // all actions are judged; some action has a resource
	for _, a := range s.actions {
		switch {
		case a.all() || len(a.matched) == 0:
			known = false
		case s.anywhere || r.anyFits(a, s.resources):
			fitting = true
		case r.budget >= 0:
			text, fix := missingResource(a, s.resources)
			r.say(s, "resource-not-of-action", a.Position, "Action", text, fix)
		}
	}
	if !known || !fitting {
		return
	}
	for _, p := range s.resources {
		used := p.never
		for i := 0; i < len(s.actions) && !used; i++ {
			used = p.all || r.anyFits(s.actions[i], []*resource{p})
		}
		if !used {
			r.say(s, "resource-not-used", p.Position, "Resource",
				fmt.Sprintf("None of the statement's actions is about %s.", shorten(p.Text)), "Remove it, or add the action that was meant.")
		}
	}
}

// anyFits reports whether some action of the entry can be about some resource,
// none of which is * alone.
func (r *run) anyFits(a *action, resources []*resource) bool {
	for _, m := range a.matched {
		if m.AnyResource {
			return true
		}
		for _, p := range resources {
			if r.fits(m, p) {
				return true
			}
		}
	}
	return false
}

func (r *run) fits(m *catalog.Action, p *resource) bool {
	switch {
	case !r.spend(1):
		return true // rules speak of what does not fit
	case p.never:
		return false
	case len(m.Resources) == 0:
		return p.wild()
	}
	for _, kind := range m.Resources {
		if r.isKind(p, kind) {
			return true
		}
	}
	return false
}

// isKind reports whether the entry can match a resource of the kind.
func (r *run) isKind(p *resource, kind *catalog.ResourceType) bool {
	for i, form := range strings.SplitN(kind.ARN, ":", 6) {
		switch {
		case form == "*" || i < 5 && strings.HasPrefix(form, "{"):
		case !r.meets(p.fields[i], formGlob(form)):
			return false
		}
	}
	return true
}

// missingResource says what the action is about and what to add.
func missingResource(a *action, resources []*resource) (text, fix string) {
	m := a.matched[0]
	if len(m.Resources) == 0 {
		return fmt.Sprintf("%s is about no resource in particular, so only the resource * matches it.", shorten(a.Text)),
			`Move the action to a statement with "Resource": "*".`
	}
	kind := m.Resources[0]
	text = fmt.Sprintf("%s is about the kind of resource %q (%s), which no resource of this statement can be.", shorten(a.Text), kind.Name, kind.ARN)
	fix = "Add a resource of that form."
	if m.Service == "s3" && len(resources) == 1 {
		own := resources[0].Text
		switch bucket, key, slash := strings.Cut(strings.TrimPrefix(own, "arn:aws:s3:::"), "/"); {
		case !strings.HasPrefix(own, "arn:aws:s3:::"):
		case kind.Name == "object" && !slash:
			fix = fmt.Sprintf("Objects are matched by %s/*.", own)
		case kind.Name == "bucket" && slash && key != "":
			fix = fmt.Sprintf("The bucket itself is arn:aws:s3:::%s.", bucket)
		}
	}
	return text, fix
}
