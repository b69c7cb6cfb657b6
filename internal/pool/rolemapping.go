package pool

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MappingType says where a role mapping finds the role.
type MappingType string

// The types of role mapping.
const (
	TokenMapping MappingType = "Token" // in the token's cognito:roles claims
	RulesMapping MappingType = "Rules" // by the first rule that matches a claim
)

// AmbiguousResolution says what happens when a role mapping finds no one role.
type AmbiguousResolution string

// The two resolutions.
const (
	UseAuthenticatedRole AmbiguousResolution = "AuthenticatedRole"
	DenyAmbiguous        AmbiguousResolution = "Deny"
)

// RoleMapping chooses the role of logins of one provider (cognito-identity.md
// 5.2). In Pool.RoleMappings it stands under the provider's name in the form of
// that table: a social key, user pool and client, or the ARN of an IAM provider.
type RoleMapping struct {
	Type      MappingType
	Ambiguous AmbiguousResolution
	Rules     []MappingRule `json:",omitempty"`
}

// MatchType is how a rule compares a claim.
type MatchType string

// The match types (cognito-identity.md 5.4).
const (
	MatchEquals     MatchType = "Equals"
	MatchContains   MatchType = "Contains"
	MatchStartsWith MatchType = "StartsWith"
	MatchNotEqual   MatchType = "NotEqual"
)

// MappingRule gives RoleARN to a login whose claim matches.
type MappingRule struct {
	Claim   string
	Match   MatchType
	Value   string
	RoleARN string
}

// Quotas of cognito-identity.md 8.4.
const (
	maxRoleMappings = 10
	maxMappingRules = 25
)

// HasRoleMappings reports whether roles are chosen by mappings, which closes the
// classic flow (cognito-identity.md 4.1).
func (p *Pool) HasRoleMappings() bool { return len(p.RoleMappings) > 0 }

// matches reports whether the rule holds for claims.
//
// A claim that is missing or an object never matches, not even NotEqual. A list of
// one counts as its element. In a longer list Contains looks for an element, and
// NotEqual wants none; the other two need one value.
func (r *MappingRule) matches(claims map[string]any) bool {
	list, ok := claimTexts(claims[r.Claim])
	if !ok || len(list) == 0 {
		return false
	}
	_, isList := claims[r.Claim].([]any)
	switch r.Match {
	case MatchEquals:
		return len(list) == 1 && list[0] == r.Value
	case MatchStartsWith:
		return len(list) == 1 && strings.HasPrefix(list[0], r.Value)
	case MatchNotEqual:
		return !slices.Contains(list, r.Value)
	case MatchContains:
		if isList {
			return slices.Contains(list, r.Value)
		}
		return strings.Contains(list[0], r.Value)
	}
	return false
}

// claimTexts is a claim as texts: a boolean or number by its text form, a list by
// its elements. An object, null, or a list that holds one has no text.
func claimTexts(v any) ([]string, bool) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	out := make([]string, 0, len(list))
	for _, e := range list {
		switch e := e.(type) {
		case string:
			out = append(out, e)
		case json.Number:
			out = append(out, e.String())
		case bool:
			out = append(out, fmt.Sprint(e))
		default:
			return nil, false
		}
	}
	return out, true
}

// tokenRoles reads the role claims of a user pool's token: the list of
// cognito:roles, as a JSON array or separated by commas, and the preferred one.
func tokenRoles(claims map[string]any) (roles []string, preferred string) {
	switch v := claims["cognito:roles"].(type) {
	case string:
		for r := range strings.SplitSeq(v, ",") {
			if r = strings.TrimSpace(r); r != "" && !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	case []any:
		for _, e := range v {
			if r, ok := e.(string); ok && r != "" && !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	preferred, _ = claims["cognito:preferred_role"].(string)
	return roles, preferred
}

// samlRoleAttribute lists the roles that a SAML assertion lets its subject take,
// as pairs of role and provider (cognito-identity.md 5.5).
const samlRoleAttribute = "https://aws.amazon.com/SAML/Attributes/Role"

// samlRoles reads the pairs of the assertion that name this provider. AWS takes
// the two ARNs of a pair in either order.
func samlRoles(claims map[string]any, provider string) []string {
	values, _ := claimTexts(claims[samlRoleAttribute])
	var roles []string
	for _, v := range values {
		first, second, ok := strings.Cut(v, ",")
		if !ok {
			continue
		}
		first, second = strings.TrimSpace(first), strings.TrimSpace(second)
		if first == provider {
			first, second = second, first
		}
		if second == provider && first != "" && !slices.Contains(roles, first) {
			roles = append(roles, first)
		}
	}
	return roles
}

// checkMappings refuses role mappings that could never work.
func (p *Pool) checkMappings(mappings map[string]RoleMapping) error {
	if len(mappings) > maxRoleMappings {
		return &Invalid{Message: fmt.Sprintf("An identity pool can have role mappings for at most %d providers.", maxRoleMappings)}
	}
	for _, key := range slices.Sorted(maps.Keys(mappings)) {
		m := mappings[key]
		switch {
		case !p.mappable(key):
			return &Invalid{Message: fmt.Sprintf("(%s) is not a valid RoleMapping ProviderName or is not a configured provider.", key)}
		case m.Ambiguous == "":
			return &Invalid{Message: fmt.Sprintf("AmbiguousRoleResolution is required in the RoleMapping of %s.", key)}
		case m.Type == RulesMapping && len(m.Rules) == 0:
			return &Invalid{Message: fmt.Sprintf("RulesConfiguration is required in the RoleMapping of %s, whose Type is Rules.", key)}
		case m.Type != RulesMapping && len(m.Rules) > 0:
			return &Invalid{Message: fmt.Sprintf("RulesConfiguration is not used in the RoleMapping of %s, whose Type is %s.", key, m.Type)}
		case len(m.Rules) > maxMappingRules:
			return &Invalid{Message: fmt.Sprintf("The RoleMapping of %s has more than %d rules.", key, maxMappingRules)}
		}
	}
	return nil
}

// mappable reports whether key names a provider of the pool in the form of
// cognito-identity.md 5.2.
func (p *Pool) mappable(key string) bool {
	if _, social := p.SupportedLoginProviders[key]; social {
		return true
	}
	return slices.Contains(p.OIDCProviderARNs, key) || slices.Contains(p.SAMLProviderARNs, key) ||
		slices.ContainsFunc(p.UserPools, func(u UserPool) bool { return u.ProviderName+":"+u.ClientID == key })
}

// mappedRoles lists the roles that mappings name, each once and sorted.
func mappedRoles(mappings map[string]RoleMapping) []string {
	var roles []string
	for _, m := range mappings {
		for i := range m.Rules {
			roles = append(roles, m.Rules[i].RoleARN)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

func cloneMappings(m map[string]RoleMapping) map[string]RoleMapping {
	c := maps.Clone(m)
	for key, mapping := range c {
		mapping.Rules = slices.Clone(mapping.Rules)
		c[key] = mapping
	}
	return c
}
