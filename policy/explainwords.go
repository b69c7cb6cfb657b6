package policy

import "strings"

// removeWords says what to do about a statement that denies.
func removeWords(r StatementRef) string {
	if r.Index < 0 {
		return "Write " + r.String() + " anew: its stored text cannot be read, and what it denies is unknown, so it denies everything."
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
		words += "the permissions boundary" + name
	case SessionLayer:
		if words += "the session policy" + name + ", which is given when the session is made"; len(list) == 0 {
			words = "pass a session policy with this statement when the session is made: without one it may do nothing"
		}
	case TrustLayer:
		words += "the role's trust policy"
	default:
		if words += "the resource's policy,"; name != "" {
			words = "add this statement to the" + name
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
	if everybody {
		words += ". It lets in everybody, signed in or not"
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

// hint says how the closest statement of a layer could be made to do, if one
// thing about it is wrong.
func (x *explainer) hint(l Layer) string {
	for i := range x.out.Layers {
		layer := &x.out.Layers[i]
		if layer.Layer != l || len(layer.NearMisses) == 0 {
			continue
		}
		near := &layer.NearMisses[0]
		switch f := &near.Failed[0]; {
		case f.Element == "Condition" && len(near.Failed)+near.More > 1:
			return "make the request meet the conditions of " + near.String()
		case f.Element == "Condition":
			return "make the request meet the condition of " + near.String()
		case len(near.Failed)+near.More > 1 || f.Unset != nil:
		case f.Element == "Action":
			return "add " + shorten(x.out.Action) + " to the actions of " + near.String()
		case f.Element == "Resource":
			return "add the resource to those of " + near.String()
		case f.Element == "Principal":
			return "add the caller to the principals of " + near.String()
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
