package policy

import "strings"

// removeWords says what to do about a statement that denies.
func removeWords(r StatementRef, conditional bool) string {
	if r.Index < 0 {
		return "Write " + r.String() + " anew: its stored text cannot be read, and what it denies is unknown, so it denies everything."
	}
	if conditional {
		return "Make the request in a way that the conditions of " + r.String() + " do not cover, or remove or narrow that statement."
	}
	return "Remove " + r.String() + ", or narrow it so that it no longer covers this request."
}

// addWords says where a new statement belongs, and what would do instead.
func (x *explainer) addWords(l Layer, everybody bool) string {
	list := x.policies(l)
	name := ""
	if len(list) == 1 && list[0].Name() != "" {
		name = " " + shorten(list[0].Name())
	}
	words := "add this statement to "
	switch l {
	case IdentityLayer:
		words += "a policy of " + entityName(&x.e.req.Principal)
	case BoundaryLayer:
		words += titled("the permissions boundary", name)
	case SessionLayer:
		if words += titled("the session policy", name) + ", which is given when the session is made"; len(list) == 0 {
			words = "pass a session policy with this statement when the session is made: without one it may do nothing"
		}
	case TrustLayer:
		words += "the role's trust policy"
	default:
		if words += "the resource's policy,"; name != "" {
			words = "add this statement to" + policyOf(name)
		}
		if words = strings.TrimSuffix(words, ","); len(list) == 0 {
			words = "give the resource a policy with this statement"
		}
		if x.out.ResourceAccount != "" {
			words += ", which account " + shorten(x.out.ResourceAccount) + " must do"
		}
	}
	if hint := x.hint(l); hint != "" {
		words = hint + ", or " + words
	}
	switch {
	case everybody:
		words += ". It lets in everybody, signed in or not"
	case l == TrustLayer && x.e.req.Principal.Type == WebIdentity && x.audience() == nil:
		words += ", with a condition on the audience: without one every token of this provider will do"
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

// titled adds a policy's name to what it is, unless it says no more than that.
func titled(what, name string) string {
	if name == "" || strings.Contains(what, strings.ToLower(name[1:])) {
		return what
	}
	return what + name
}

// policyOf names the policy of a resource.
func policyOf(name string) string {
	if strings.Contains(name, "policy") {
		return " the" + name
	}
	return " the resource's policy" + name
}

// hint says how the closest statement of a layer could be made to do, if one
// thing about it is wrong.
func (x *explainer) hint(l Layer) string {
	if list := x.out.closest(l); len(list) > 0 {
		near := &list[0]
		switch f := &near.Failed[0]; {
		case f.Element == "Condition" && len(near.Failed)+near.More > 1:
			return "make the request meet the conditions of " + near.String()
		case f.Remedy != "" && len(near.Failed) == 1:
			return f.Remedy + " " + near.String()
		}
	}
	return ""
}

// entityName is the user or role whose policies count.
func entityName(p *Principal) string {
	arn := p.EntityARN
	if arn == "" {
		arn = p.ARN
	}
	f, _ := splitARN(arn)
	kind, _, _ := strings.Cut(f[4], "/")
	if name := afterSlash(f[4]); strings.HasPrefix(name, "/") {
		return kind + " " + shorten(name[1:])
	}
	return "the caller"
}
