package lint

import (
	"fmt"
	"strings"
)

// Rules about names of actions, and about lists that say what is left out.
func actionFamily() family {
	return family{check: checkActions, rules: []Rule{
		{"unknown-action", Warning, "an action that its service does not have"},
		{"action-matches-nothing", Warning, "a pattern of actions that matches none"},
		{"unknown-service", Info, "actions of a service that Rockpool does not answer for"},
		{"not-action-with-allow", Warning, "Allow with NotAction"},
		{"not-resource-with-allow", Warning, "Allow with NotResource"},
		{"deny-not-action", Info, "an unconditional Deny with NotAction"},
	}}
}

func checkActions(r *run) {
	for _, s := range r.statements {
		for _, a := range s.actions {
			r.actionName(s, a)
		}
		switch {
		case s.NotAction && s.allow:
			r.say(s, "not-action-with-allow", s.Position, "NotAction",
				"Allow with NotAction allows every action that is not listed, of all services, also those that come later.",
				"List the actions to allow in Action, or deny the listed ones in a statement of their own.")
		case s.NotAction && len(s.conditions) == 0 && !s.NotPrincipal:
			r.say(s, "deny-not-action", s.Position, "NotAction",
				"Deny with NotAction denies every action that is not listed, of all services, whatever other policies allow.",
				"If only some services are meant, list their actions in Action.")
		}
		if s.NotResource && s.allow {
			r.say(s, "not-resource-with-allow", s.Position, "NotResource",
				"Allow with NotResource allows the actions on everything that is not listed, also on what is made later.",
				"List the resources to allow in Resource, or deny the listed ones in a statement of their own.")
		}
	}
}

func (r *run) actionName(s *statement, a *action) {
	if a.all() || a.prefix == "" {
		return
	}
	_, name, _ := strings.Cut(a.Text, ":")
	switch {
	case a.service == nil:
		fix := "Nothing to do if the policy is shared with AWS; otherwise remove the action."
		if near := r.guess(r.Catalog.NearestService, a.prefix); near != "" {
			fix = fmt.Sprintf("Did you mean %s:%s?", near, name)
		}
		r.say(s, "unknown-service", a.Position, "Action",
			fmt.Sprintf("Rockpool answers for no service %q, so %s has no effect here.", a.prefix, shorten(a.Text)), fix)
	case len(a.matched) > 0 || r.budget < 0:
	case strings.ContainsAny(name, "*?"):
		r.say(s, "action-matches-nothing", a.Position, "Action",
			fmt.Sprintf("No action of %s matches %s.", a.service.Title, shorten(a.Text)), "Correct the pattern, or remove it.")
	default:
		text := fmt.Sprintf("%s has no action %s, so the entry matches nothing.", a.service.Title, shorten(name))
		fix := "Correct the name, or remove it."
		if real := r.Catalog.Operation(a.Text); real != "" {
			text = fmt.Sprintf("%s is an operation, not an action: the entry matches nothing.", shorten(a.Text))
			fix = fmt.Sprintf("Write %s, which decides that operation.", real)
		} else if near := r.guess(r.Catalog.NearestAction, a.Text); near != "" {
			fix = fmt.Sprintf("Did you mean %s?", near)
		}
		r.say(s, "unknown-action", a.Position, "Action", text, fix)
	}
}

// guess looks for a name that a misspelt one may mean, a bounded number of times.
func (r *run) guess(nearest func(string) string, name string) string {
	if r.guesses--; r.guesses < 0 {
		return ""
	}
	return nearest(name)
}

// shorten keeps texts of hostile length out of findings.
func shorten(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
