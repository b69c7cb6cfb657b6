package authz

import (
	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/policy"
)

// Who names a caller in an audit record, in CloudTrail's words. A nil caller
// is one that could not be established.
func Who(p *caller.Principal) audit.Principal {
	if p == nil {
		return audit.Principal{Type: "Unknown"}
	}
	a := audit.Principal{
		Type: recordType(p.Type), ID: p.UserID, ARN: p.ARN, Account: p.Account,
		AccessKeyID: p.AccessKeyID, UserName: p.UserName, Provider: p.Provider,
	}
	if p.Type == policy.AssumedRole {
		a.RoleARN = p.EntityARN
	}
	s := p.Session
	if s == nil {
		return a
	}
	a.SessionName, a.Identity, a.Pool, a.AMR = s.Name, s.IdentityID, s.IdentityPoolID, s.AMR
	if a.Provider == "" {
		a.Provider = s.Provider
	}
	return a
}

func recordType(t policy.PrincipalType) string {
	switch t {
	case policy.Anonymous:
		return "Anonymous"
	case policy.Root:
		return "Root"
	case policy.User:
		return "IAMUser"
	case policy.AssumedRole:
		return "AssumedRole"
	case policy.FederatedUser:
		return "FederatedUser"
	case policy.WebIdentity:
		return "WebIdentityUser"
	case policy.SAML:
		return "SAMLUser"
	case policy.Service:
		return "AWSService"
	}
	return "Unknown"
}
