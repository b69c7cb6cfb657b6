package pool

import (
	"cmp"
	"fmt"
	"slices"
)

// RoleChoice is the role for a sign-in with the reason for it, so that the
// audit record and the simulator can show both.
type RoleChoice struct {
	Kind string // Authenticated or Unauthenticated
	ARN  string
	// Rule says in words what chose the role, such as "default role" or
	// "rule 2: cognito:groups Contains admins".
	Rule string
	// Mapping is the key of the role mapping that was asked, or the SAML provider
	// whose assertion named the role; "" without one. It is the login that decided.
	// RuleIndex is the rule of it that matched, from 0; -1 when none did.
	Mapping   string
	RuleIndex int
}

// chooseRole picks the role for an identity and the logins it was proven by
// (cognito-identity.md 5.3). It depends on nothing else, so that a simulation
// gives what a sign-in would give. custom is the CustomRoleArn of the request.
//
// Of several logins the one that was linked first and has a mapping decides.
func chooseRole(p *Pool, id *Identity, guest bool, proven []verified, custom string) (RoleChoice, error) {
	if guest {
		return defaultRole(p, RoleChoice{Kind: Unauthenticated, RuleIndex: -1}, custom, "default role")
	}
	c := RoleChoice{Kind: Authenticated, RuleIndex: -1}
	for _, v := range inLinkOrder(id, proven) {
		if m, ok := p.RoleMappings[v.Mapping]; ok {
			c.Mapping = v.Mapping
			if m.Type == RulesMapping {
				return byRules(p, c, m, usableClaims(&v), custom)
			}
			return byToken(p, c, m, usableClaims(&v), custom)
		}
		if !samlKey(v.Provider) {
			continue
		}
		switch roles := samlRoles(usableClaims(&v), v.Provider); {
		case len(roles) == 0: // the assertion does not say
		case custom != "":
			if !slices.Contains(roles, custom) {
				return c, &RoleNotAllowed{ARN: custom, Source: "the SAML assertion"}
			}
			c.ARN, c.Rule, c.Mapping = custom, "asked for, and in the SAML assertion", v.Mapping
			return c, nil
		case len(roles) > 1:
			return c, &AmbiguousRole{Mapping: v.Provider}
		default:
			c.ARN, c.Rule, c.Mapping = roles[0], "only role in the SAML assertion", v.Mapping
			return c, nil
		}
	}
	return defaultRole(p, c, custom, "default role")
}

// defaultRole takes the pool's role for the kind of caller. Without a mapping
// nothing permits another one, so a custom role must be the same.
func defaultRole(p *Pool, c RoleChoice, custom, rule string) (RoleChoice, error) {
	c.ARN, c.Rule = p.Roles[c.Kind], rule
	if c.ARN == "" {
		return c, &NoRole{Kind: c.Kind}
	}
	if custom != "" && custom != c.ARN {
		return c, &RoleNotAllowed{ARN: custom, Source: "the logins of this request"}
	}
	return c, nil
}

// byToken takes the role from the token's role claims (5.3 step 3).
func byToken(p *Pool, c RoleChoice, m RoleMapping, claims map[string]any, custom string) (RoleChoice, error) {
	roles, preferred := tokenRoles(claims)
	switch {
	case custom != "" && !slices.Contains(roles, custom):
		return c, &RoleNotAllowed{ARN: custom, Source: "cognito:roles"}
	case custom != "":
		c.ARN, c.Rule = custom, "asked for, and in cognito:roles"
	case preferred != "":
		c.ARN, c.Rule = preferred, "cognito:preferred_role"
	case len(roles) == 1:
		c.ARN, c.Rule = roles[0], "only role in cognito:roles"
	case len(roles) > 1:
		return ambiguous(p, c, m, "several roles in cognito:roles")
	default:
		return ambiguous(p, c, m, "no role in the token")
	}
	return c, nil
}

// byRules takes the role of the first rule that matches; a custom role narrows
// the rules to those that give it (5.3 step 4).
func byRules(p *Pool, c RoleChoice, m RoleMapping, claims map[string]any, custom string) (RoleChoice, error) {
	for i := range m.Rules {
		r := &m.Rules[i]
		if custom != "" && r.RoleARN != custom || !r.matches(claims) {
			continue
		}
		c.ARN, c.RuleIndex = r.RoleARN, i
		c.Rule = fmt.Sprintf("rule %d: %s %s %s", i+1, r.Claim, r.Match, r.Value)
		return c, nil
	}
	if custom != "" {
		return c, &RoleNotAllowed{ARN: custom, Source: "the rules of " + c.Mapping}
	}
	return ambiguous(p, c, m, "no rule matches")
}

func ambiguous(p *Pool, c RoleChoice, m RoleMapping, why string) (RoleChoice, error) {
	if m.Ambiguous == UseAuthenticatedRole {
		return defaultRole(p, c, "", "default role, because "+why)
	}
	return c, &AmbiguousRole{Mapping: c.Mapping, Reason: why}
}

// inLinkOrder sorts logins by when the identity got them; what it does not have
// yet comes last, in the order of the keys.
func inLinkOrder(id *Identity, proven []verified) []verified {
	if len(proven) < 2 {
		return proven
	}
	place := func(v *verified) int {
		for i, l := range id.Logins {
			if l.Provider == v.Provider && l.Subject == v.Subject {
				return i
			}
		}
		return len(id.Logins)
	}
	sorted := slices.Clone(proven)
	slices.SortStableFunc(sorted, func(a, b verified) int {
		return cmp.Or(cmp.Compare(place(&a), place(&b)), cmp.Compare(a.Provider, b.Provider))
	})
	return sorted
}

// usableClaims are the claims of a login that rules and tag maps may read. Tokens
// of the providers that are asked online say no more than whose they are, however
// the check was made (cognito-identity.md 5.4).
func usableClaims(v *verified) map[string]any {
	switch v.Provider {
	case Facebook, Amazon, Twitter, Digits:
		claims := map[string]any{"iss": v.Provider, "sub": v.Subject, "aud": v.Client}
		if v.Provider == Amazon {
			claims["user_id"] = v.Subject // what the default tag map reads (6)
		}
		return claims
	}
	if v.Claims == nil {
		return map[string]any{"sub": v.Subject}
	}
	if !samlKey(v.Provider) {
		return v.Claims.Raw
	}
	// Every attribute of an assertion is a list, also with one value: a person of
	// the group "nonadmins" only must not pass for one of "admins".
	attributes := make(map[string]any, len(v.Claims.Raw))
	for name, value := range v.Claims.Raw {
		if _, list := value.([]any); !list {
			value = []any{value}
		}
		attributes[name] = value
	}
	return attributes
}
