package transfer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
)

// Mapping is what changes when a pool comes to another account, or is to use other
// roles there.
type Mapping struct {
	// Account is where the pool goes.
	Account string
	// Roles names roles to use in place of the file's, by ARN or name: the keys are
	// the file's, the values ARNs, or names in Account.
	Roles map[string]string
	// Documents rewrites the account in ARNs inside policy documents too. Without
	// it they stay as they are, byte for byte.
	Documents bool
}

// UnknownRole says that a mapping names a role which the pool does not have.
type UnknownRole struct{ Role string }

func (e *UnknownRole) Error() string { return fmt.Sprintf("the pool has no role %q to map", e.Role) }

// Apply changes a header. It gives the names of roles and policies whose documents
// name the account they come from, and were not rewritten.
func (m *Mapping) Apply(h *Header) (naming []string, err error) {
	replaced := make(map[string]string) // roles, by the file's ARN
	for from, to := range m.Roles {
		old, err := findRole(h, from)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(to, "arn:") {
			to = "arn:aws:iam::" + m.Account + ":role/" + strings.TrimPrefix(to, "/")
		}
		replaced[old] = to
	}
	h.Roles = slices.DeleteFunc(h.Roles, func(r Role) bool { _, ok := replaced[r.Arn]; return ok })
	needed := customerPolicies(h)
	h.Policies = slices.DeleteFunc(h.Policies, func(p Policy) bool { return !slices.Contains(needed, p.Arn) })

	move := &mover{account: m.Account, from: make(map[string]bool)}
	role := func(text string) string {
		if to, ok := replaced[text]; ok {
			return to
		}
		return move.arn(text)
	}
	p := &h.Pool
	for kind, r := range p.Roles {
		p.Roles[kind] = role(r)
	}
	for _, mapping := range p.RoleMappings {
		if mapping.RulesConfiguration != nil {
			for n := range mapping.RulesConfiguration.Rules {
				rule := &mapping.RulesConfiguration.Rules[n]
				rule.RoleARN = role(rule.RoleARN)
			}
		}
	}
	p.RoleMappings = moveKeys(move, p.RoleMappings)
	p.PrincipalTags = moveKeys(move, p.PrincipalTags)
	move.all(p.OpenIdConnectProviderARNs)
	move.all(p.SamlProviderARNs)
	if p.Saml != nil {
		p.Saml.Entities = moveKeys(move, p.Saml.Entities)
	}
	if p.Sessions != nil {
		move.all(p.Sessions.GuestPolicyArns)
	}
	for n := range h.OpenIDConnectProviders {
		h.OpenIDConnectProviders[n].Arn = move.arn(h.OpenIDConnectProviders[n].Arn)
	}
	for n := range h.SAMLProviders {
		h.SAMLProviders[n].Arn = move.arn(h.SAMLProviders[n].Arn)
	}
	for n := range h.Roles {
		r := &h.Roles[n]
		r.Arn, r.PermissionsBoundary = move.arn(r.Arn), move.arn(r.PermissionsBoundary)
		move.all(r.AttachedPolicies)
	}
	for n := range h.Policies {
		h.Policies[n].Arn = move.arn(h.Policies[n].Arn)
	}
	return m.documents(h, move.from), nil
}

// documents rewrites the documents of roles and policies, or says which of them
// name an account that they come from.
func (m *Mapping) documents(h *Header, from map[string]bool) (naming []string) {
	look := func(what string, document *string) {
		for _, account := range slices.Sorted(maps.Keys(from)) {
			// An account stands between the fourth and fifth colon of an ARN, and
			// nothing else of twelve digits stands between colons there.
			old := ":" + account + ":"
			if !strings.Contains(*document, old) {
				continue
			}
			if !m.Documents {
				naming = append(naming, what)
				return
			}
			*document = strings.ReplaceAll(*document, old, ":"+m.Account+":")
		}
	}
	for n := range h.Roles {
		r := &h.Roles[n]
		look("the trust policy of role "+r.RoleName, &r.AssumeRolePolicyDocument)
		for k := range r.Policies {
			look("policy "+r.Policies[k].PolicyName+" of role "+r.RoleName, &r.Policies[k].PolicyDocument)
		}
	}
	for n := range h.Policies {
		look("policy "+h.Policies[n].PolicyName, &h.Policies[n].PolicyDocument)
	}
	return naming
}

// findRole finds a role of the pool by ARN or name.
func findRole(h *Header, text string) (string, error) {
	for _, r := range poolRoles(&h.Pool, nil) {
		if r == text || lastName(r) == text {
			return r, nil
		}
	}
	return "", &UnknownRole{text}
}

// mover gives ARNs of IAM another account, and notes the accounts they had.
type mover struct {
	account string
	from    map[string]bool
}

func (m *mover) arn(text string) string {
	a, err := arn.Parse(text)
	if err != nil || a.Service != "iam" || a.Account == "aws" || a.Account == "" {
		return text
	}
	if a.Account != m.account {
		m.from[a.Account] = true
	}
	a.Partition, a.Account = "aws", m.account
	return a.String()
}

func (m *mover) all(list []string) {
	for n := range list {
		list[n] = m.arn(list[n])
	}
}

// moveKeys gives a map other keys where these are ARNs.
func moveKeys[V any](m *mover, in map[string]V) map[string]V {
	if in == nil {
		return nil
	}
	out := make(map[string]V, len(in))
	for key, v := range in {
		out[m.arn(key)] = v
	}
	return out
}
