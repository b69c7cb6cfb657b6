package lint

import (
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// Rules about policy variables.
func variableFamily() family {
	return family{check: checkVariables, rules: []Rule{
		{"variable-in-old-version", Warning, "a variable in a document of version 2008-10-17"},
		{"variable-in-wrong-place", Warning, "a variable where it is only text"},
		{"malformed-variable", Warning, "a variable whose form is wrong"},
		{"unknown-variable", Warning, "a variable that no request has a value for"},
		{"variable-without-value", Warning, "a variable that never has a value in this policy"},
		{"variable-of-some-sessions", Info, "a variable that only some sessions have a value for"},
	}}
}

func checkVariables(r *run) {
	for _, s := range r.statements {
		for _, a := range s.actions {
			r.variableText(s, a.Value, "Action", a.Text, false)
		}
		for _, p := range s.resources {
			fields := strings.SplitN(p.Text, ":", 6)
			if len(fields) == 6 {
				r.variableText(s, p.Value, "Resource", strings.Join(fields[:5], ":"), false)
			}
			// What looks like a variable before the fifth colon is split by its own.
			if !strings.Contains(strings.Join(fields[:min(5, len(fields))], ":"), "${") {
				r.variableText(s, p.Value, "Resource", fields[len(fields)-1], len(fields) == 6)
			}
		}
		for _, c := range s.conditions {
			for _, v := range c.Values {
				r.variableText(s, policy.Value{Text: v, Position: c.Position}, "Condition", v, c.op.takesVariables())
			}
		}
	}
}

// variableText looks at the variables in a part of a value. works says whether
// they have a meaning there.
func (r *run) variableText(s *statement, at policy.Value, where, text string, works bool) {
	for body := range variables(text) {
		key, _, _ := strings.Cut(body, ",")
		switch {
		case body == "*" || body == "?" || body == "$":
			continue // the character itself
		case !r.variables:
			if works && r.Catalog.Key(key) != nil {
				r.say(s, "variable-in-old-version", at.Position, where,
					fmt.Sprintf("In a document without \"Version\": \"2012-10-17\", ${%s} is text and not a variable.", shorten(body)),
					`Set "Version" to "2012-10-17".`)
			}
		case !works:
			if r.Catalog.Key(key) != nil {
				r.say(s, "variable-in-wrong-place", at.Position, where,
					fmt.Sprintf("${%s} is text here: variables have a meaning in the last field of a resource and in the values of String, Arn and Bool operators.", shorten(body)),
					"Write the value itself.")
			}
		case malformed(body):
			r.say(s, "malformed-variable", at.Position, where,
				fmt.Sprintf("${%s} is not a variable, so it never has a value.", shorten(body)), "Write ${key} or ${key, 'default'}, with a comma, one space and single quotes.")
		default:
			r.variable(s, at, where, body, key)
		}
	}
}

// variables lists the bodies of ${…} as the engine reads them.
func variables(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for {
			_, rest, found := strings.Cut(text, "${")
			if !found {
				return
			}
			body, after, closed := strings.Cut(rest, "}")
			if !closed || !yield(body) {
				return
			}
			text = after
		}
	}
}

// malformed reports whether a body is meant to be a variable and is none.
func malformed(body string) bool {
	key, fallback, has := strings.Cut(body, ",")
	if strings.Contains(body, "${") || strings.TrimSpace(key) != key {
		return true
	}
	return has && (len(fallback) < 3 || !strings.HasPrefix(fallback, " '") || !strings.HasSuffix(fallback, "'"))
}

func (r *run) variable(s *statement, at policy.Value, where, body, key string) {
	hasDefault := strings.Contains(body, ",")
	known := r.Catalog.Key(key)
	if known == nil {
		if r.knowsNamespace(key) {
			fix := "Correct the name."
			if near := r.guess(r.Catalog.NearestKey, key); near != "" {
				fix = fmt.Sprintf("Did you mean ${%s}?", shorten(near))
			}
			r.say(s, "unknown-variable", at.Position, where,
				fmt.Sprintf("No request has the key of ${%s}, so it never has a value.", shorten(body)), fix)
		}
		return
	}
	if hasDefault {
		return
	}
	login := isLogin(key)
	never := ""
	switch {
	case known.Multi:
		never = "it is a set of values, and a variable takes one"
	case strings.EqualFold(key, "aws:username") && r.Owner == RoleOwner:
		never = "sessions of a role have no aws:username"
	case strings.EqualFold(key, "aws:username") && r.kind == policy.Session:
		never = "a session with a session policy has no aws:username"
	case login && (r.Owner == UserOwner || r.Owner == GroupOwner):
		never = "users do not sign in through an identity provider"
	}
	switch {
	case never != "":
		r.say(s, "variable-without-value", at.Position, where,
			fmt.Sprintf("${%s} never has a value here: %s.", shorten(body), never), r.instead(key))
	case login && r.Owner == AnyOwner && (r.kind == policy.Managed || r.kind == policy.Identity) && !s.mentions(strings.ToLower(key)):
		r.say(s, "variable-of-some-sessions", at.Position, where,
			fmt.Sprintf("${%s} has a value only in sessions that came from that identity provider; for everybody else the entry matches nothing.", shorten(body)),
			"Nothing to do if only roles of that provider use the policy.")
	}
}

// instead names a key that serves in place of one without a value.
func (r *run) instead(key string) string {
	if strings.EqualFold(key, "aws:username") {
		return "Use ${aws:userid}, ${aws:SourceIdentity} or ${aws:PrincipalTag/…}."
	}
	return "Use another key."
}

// isLogin reports whether a key is a claim of an identity provider.
func isLogin(key string) bool {
	prefix, _, _ := strings.Cut(strings.ToLower(key), ":")
	switch prefix {
	case "cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com", "saml":
		return true
	}
	return isClaim(key)
}
