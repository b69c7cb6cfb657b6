package iam

import (
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// parseTrust applies the rules of a trust policy that need no other entity, and
// says what the linter found in one that is accepted.
func (s *Service) parseTrust(role, document string) (*policy.Document, []lint.Finding, error) {
	d, err := parse(document, policy.Trust)
	if err != nil {
		return nil, nil, err
	}
	if policy.Size([]byte(document)) > s.limits.TrustSize {
		return nil, nil, &LimitExceeded{Quota: QuotaTrustSize, Limit: s.limits.TrustSize, Kind: KindRole, Name: role}
	}
	if err := limitedToPools(d); err != nil {
		return nil, nil, err
	}
	found := s.findings(d, lint.AnyOwner)
	if err := refused(found); err != nil {
		return nil, nil, err
	}
	return d, found, nil
}

// identityPools is the principal of every identity pool there is, and the
// prefix of the condition keys that tell them apart.
const identityPools = "cognito-identity.amazonaws.com"

// limitedToPools refuses a statement that trusts identity pools without asking
// which: any pool, a foreign one too, could then have the role
// (cognito-identity.md 4.4, the confused deputy). One condition on the pools'
// keys is enough, as it is for AWS.
func limitedToPools(d *policy.Document) error {
	for i := range d.Len() {
		st := d.Statement(i)
		trusts := slices.ContainsFunc(st.Principals, func(p policy.PrincipalValue) bool {
			return p.Type == "Federated" && p.Text == identityPools
		})
		limited := slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool {
			return strings.HasPrefix(strings.ToLower(c.Key), identityPools+":")
		})
		if st.Effect == policy.Allow && trusts && !limited {
			return &MalformedPolicy{Cause: &policy.Error{
				Kind: policy.Trust, Line: st.Position.Line, Column: st.Position.Column,
				Message: "Trust policies for " + identityPools + " must limit the identity pool with a condition such as " + identityPools + ":aud.",
				Detail:  "a statement trusts every identity pool there is",
			}}
		}
	}
	return nil
}

// BindPrincipals checks that the users and roles that a trust or bucket policy
// names exist and returns their unique ids, for policy.Meta.Bindings
// (spec/iam-sts.md 1.6). One that does not exist is *InvalidPrincipal.
//
// A unique id stands for itself. Accounts are bound to nothing, they cannot be
// recreated; nor are sessions, which are named by what they are called, but the
// role of one must exist.
func BindPrincipals(s Snapshot, d *policy.Document) (map[string]string, error) {
	bindings := make(map[string]string)
	for _, arn := range d.PrincipalARNs() {
		id, ok := s.EntityID(arn)
		if !ok {
			return nil, &InvalidPrincipal{ARN: arn}
		}
		bindings[arn] = id
	}
	for _, id := range d.PrincipalIDs() {
		if _, ok := s.CurrentARN(id); !ok {
			return nil, &InvalidPrincipal{ARN: id}
		}
		bindings[id] = id
	}
	for i := range d.Len() {
		for _, p := range d.Statement(i).Principals {
			if account, role, ok := sessionRole(p.Text); ok {
				if _, exists := s.RoleByName(account, role); !exists {
					return nil, &InvalidPrincipal{ARN: p.Text}
				}
			}
		}
	}
	return bindings, nil
}

// ShowPrincipals returns a stored policy as a reader sees it: every bound
// principal with the ARN it has now, or with its raw unique id when it is gone.
// Apart from that the text is what was written.
func ShowPrincipals(s Snapshot, document string, bindings map[string]string) string {
	if len(bindings) == 0 {
		return document
	}
	return string(policy.RewritePrincipals([]byte(document), func(p string) string {
		id, bound := bindings[p]
		if !bound {
			return p
		}
		if arn, ok := s.CurrentARN(id); ok {
			return arn
		}
		return id
	}))
}

// TrustDocument returns a role's trust policy as a reader sees it.
func (v *View) TrustDocument(r *Role) string { return ShowPrincipals(v, r.Trust, r.TrustBindings) }

// sessionRole takes account and role out of the ARN of a role session.
func sessionRole(text string) (account, role string, ok bool) {
	a, err := arn.Parse(text)
	if err != nil || a.Service != "sts" {
		return "", "", false
	}
	name, ok := strings.CutPrefix(a.Resource, "assumed-role/")
	if !ok {
		return "", "", false
	}
	role, _, ok = strings.Cut(name, "/")
	return a.Account, role, ok
}
