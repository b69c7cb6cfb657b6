package lint

import (
	"encoding/json"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// GuessKind says which kind of policy a text most likely is, for a file that does
// not tell: one that names principals is a trust policy when it is about STS alone
// and names no resource, and else the policy of a resource; everything else is an
// identity policy. What it cannot read it takes for an identity policy, and
// policy.Parse will say what is wrong.
func GuessKind(text []byte) policy.Kind {
	var d struct{ Statement json.RawMessage }
	if json.Unmarshal(text, &d) != nil {
		return policy.Identity
	}
	type member map[string]json.RawMessage
	var list []member
	if json.Unmarshal(d.Statement, &list) != nil {
		var one member
		if json.Unmarshal(d.Statement, &one) != nil {
			return policy.Identity
		}
		list = []member{one}
	}
	principals, trust := false, true
	for _, s := range list {
		principals = principals || s["Principal"] != nil || s["NotPrincipal"] != nil
		trust = trust && s["Resource"] == nil && s["NotResource"] == nil && aboutSTS(s["Action"])
	}
	switch {
	case !principals:
		return policy.Identity
	case trust:
		return policy.Trust
	}
	return policy.Resource
}

// aboutSTS reports whether all actions are of STS.
func aboutSTS(raw json.RawMessage) bool {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		var one string
		if json.Unmarshal(raw, &one) != nil {
			return false
		}
		list = []string{one}
	}
	for _, a := range list {
		if len(a) < 4 || !strings.EqualFold(a[:4], "sts:") {
			return false
		}
	}
	return len(list) > 0
}
