package iam

import (
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/policy"
)

// parseTrust applies the rules of a trust policy that need no other entity.
func (s *Service) parseTrust(role, document string) (*policy.Document, error) {
	d, err := parse(document, policy.Trust)
	if err != nil {
		return nil, err
	}
	if policy.Size([]byte(document)) > s.limits.TrustSize {
		return nil, &LimitExceeded{Quota: QuotaTrustSize, Limit: s.limits.TrustSize, Kind: KindRole, Name: role}
	}
	return d, nil
}

// bind checks that every AWS principal of a trust policy exists and returns the
// unique ids of the users and roles among them (spec/iam-sts.md 1.6). An
// account is bound to nothing: it cannot be recreated. A session or federated
// user is named by what it is called, so its role or issuer must exist but is
// not bound.
func (v *View) bind(d *policy.Document) (map[string]string, error) {
	bindings := make(map[string]string)
	for _, p := range d.PrincipalARNs() {
		kind, ok := v.principal(p)
		if !ok {
			return nil, &InvalidPrincipal{ARN: p}
		}
		switch kind {
		case entityPrincipal:
			bindings[p] = v.arns[p]
		case idPrincipal:
			bindings[p] = p
		}
	}
	return bindings, nil
}

type principalKind int

const (
	accountPrincipal principalKind = iota
	entityPrincipal
	idPrincipal
	sessionPrincipal
)

// principal classifies the value of an "AWS" principal and says whether what it
// names exists.
func (v *View) principal(p string) (principalKind, bool) {
	if p == "*" || isAccount(p) {
		return accountPrincipal, true
	}
	if strings.HasPrefix(p, prefixRole) || strings.HasPrefix(p, prefixUser) {
		_, ok := v.CurrentARN(p)
		return idPrincipal, ok
	}
	a, err := arn.Parse(p)
	if err != nil || a.Partition != "aws" || a.Region != "" || !isAccount(a.Account) {
		return 0, false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + kind {
	case "iam:root":
		return accountPrincipal, a.Resource == "root"
	case "iam:user", "iam:role":
		_, ok := v.arns[p]
		return entityPrincipal, ok
	case "sts:assumed-role":
		role, session, ok := strings.Cut(name, "/")
		_, exists := v.roleNames[scoped(a.Account, role)]
		return sessionPrincipal, ok && exists && isSessionName(session)
	case "sts:federated-user":
		return sessionPrincipal, isSessionName(name)
	}
	return 0, false
}

// isAccount reports whether s is an account id: twelve digits.
func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isSessionName keeps wildcards and paths out of a session's place: principals
// know no partial wildcard.
func isSessionName(s string) bool { return checkName(s, maxEntityName) == nil }
