package policycases

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/rockpool-id/rockpool/policy"
)

// callers are the kinds of caller that "as" can name, and what more can be said
// about each.
func callers() map[string]callerForm {
	owned := []string{"policies", "boundary", "tags"}
	return map[string]callerForm{
		"role":           {policy.AssumedRole, append([]string{"session", "session_policies", "source_identity", "provider", "mfa"}, owned...)},
		"user":           {policy.User, append([]string{"mfa"}, owned...)},
		"federated_user": {policy.FederatedUser, append([]string{"issuer", "session_policies"}, owned...)},
		"web_identity":   {policy.WebIdentity, nil},
		"saml":           {policy.SAML, nil},
		"service":        {policy.Service, nil},
	}
}

type callerForm struct {
	kind policy.PrincipalType
	more []string
}

// callerNames in the order that messages give them.
func callerNames() []string {
	return []string{"role", "user", "federated_user", "web_identity", "saml", "service"}
}

// as reads who asks: a word or name, or a mapping that says more.
func (r *fileReader) as(p pair) As {
	n, ok := r.follow(p.value)
	if !ok {
		return As{at: placeOf(p.key)}
	}
	if n.Kind != yaml.MappingNode {
		return r.asWord(p, n)
	}
	a := As{at: placeOf(n)}
	forms := callers()
	all := append(callerNames(), "session", "session_policies", "source_identity", "provider", "mfa", "issuer", "policies", "boundary", "tags")
	fields := r.fields(n, "as", all...)
	which := ""
	for _, name := range callerNames() {
		if q, ok := fields[name]; ok && which != "" {
			r.fail(q.key, "as: a caller is %s or %s, not both", which, name)
		} else if ok {
			which = name
		}
	}
	if which == "" {
		r.fail(n, "as must say one of: %s (or be a word: anonymous, root, the name or ARN of a role or user)", strings.Join(callerNames(), ", "))
		return a
	}
	form := forms[which]
	a.Type, a.Name = form.kind, r.text(fields[which], which)
	for _, name := range all[len(forms):] {
		if q, ok := fields[name]; ok && !slices.Contains(form.more, name) {
			r.fail(q.key, "as: a %s has no %q", strings.ReplaceAll(which, "_", " "), name)
		}
	}
	r.asDetails(&a, fields)
	r.checkCaller(&a, fields)
	return a
}

func (r *fileReader) asDetails(a *As, fields map[string]pair) {
	if q, ok := fields["session"]; ok {
		a.Session = r.text(q, "session")
	}
	if q, ok := fields["issuer"]; ok {
		a.Issuer = r.text(q, "issuer")
	}
	if q, ok := fields["policies"]; ok {
		a.Policies, a.HasPolicies = r.refs(q, "policies"), true
	}
	if q, ok := fields["boundary"]; ok {
		a.Boundary, a.HasBoundary = r.ref(q.value, "boundary"), true
	}
	if q, ok := fields["session_policies"]; ok {
		a.SessionPolicy, a.HasSession = r.refs(q, "session_policies"), true
	}
	if q, ok := fields["tags"]; ok {
		a.Tags = r.tags(q)
	}
	if q, ok := fields["source_identity"]; ok {
		a.Source = r.text(q, "source_identity")
	}
	if q, ok := fields["provider"]; ok {
		a.Provider = r.text(q, "provider")
	}
	if q, ok := fields["mfa"]; ok {
		a.MFA = r.yes(q, "mfa")
	}
}

// checkCaller refuses names that could be nobody's.
func (r *fileReader) checkCaller(a *As, fields map[string]pair) {
	kind := ""
	switch a.Type {
	case policy.AssumedRole:
		kind = "role"
	case policy.User:
		kind = "user"
	case policy.FederatedUser:
		if a.Issuer == "" {
			q := fields["federated_user"]
			r.fail(q.key, "as: a federated user needs an issuer: the user who asked for the session, or root")
		} else if strings.HasPrefix(a.Issuer, "arn:") {
			if _, ok := entityName(a.Issuer, "user"); !ok {
				r.fail(fields["issuer"].value, "issuer: %q is not the ARN of a user", shorten(a.Issuer))
			}
		}
		return
	case policy.Anonymous, policy.Root, policy.WebIdentity, policy.SAML, policy.Service:
		return
	}
	if strings.HasPrefix(a.Name, "arn:") {
		if _, ok := entityName(a.Name, kind); !ok {
			r.fail(fields[kind].value, "as: %q is not the ARN of a %s", shorten(a.Name), kind)
		}
	}
}

// asWord reads a caller who is named by one word.
func (r *fileReader) asWord(p pair, n *yaml.Node) As {
	a := As{at: placeOf(n), Name: r.text(p, "as")}
	_, isRole := r.f.Roles[a.Name]
	_, isUser := r.f.Users[a.Name]
	_, roleARN := entityName(a.Name, "role")
	_, userARN := entityName(a.Name, "user")
	switch {
	case a.Name == "":
	case isRole && isUser:
		r.fail(n, "as: %q is a role and a user: write {role: %s} or {user: %s}", a.Name, a.Name, a.Name)
	case isRole || roleARN:
		a.Type = policy.AssumedRole
	case isUser || userARN:
		a.Type = policy.User
	case a.Name == "root":
		a.Type = policy.Root
	case a.Name == "anonymous":
		a.Type = policy.Anonymous
	default:
		r.fail(n, "as: %q is no role or user of this file (nor anonymous or root); {role: NAME} finds one on a server", shorten(a.Name))
	}
	return a
}
