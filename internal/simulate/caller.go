package simulate

import (
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// Directory finds the entities behind callers; iam.Snapshot is one.
type Directory interface {
	RoleByName(account, name string) (*iam.RoleEntry, bool)
	EntityID(arn string) (string, bool)
}

// Caller is the principal with an ARN: a user, a session of a role, or a
// federated user. AWS takes users alone; sessions are what Rockpool mostly
// serves. A directory, which may be nil, knows the unique ids of entities and
// the paths of roles, which ARNs of sessions do not carry. The caller need not
// exist.
func Caller(text string, d Directory) (policy.Principal, error) {
	invalid := &Invalid{Field: FieldCaller, Value: text}
	a, err := arn.Parse(text)
	if err != nil || !accountID(a.Account) || a.Region != "" || strings.ContainsAny(text, "*?") {
		return policy.Principal{}, invalid
	}
	p := policy.Principal{Account: a.Account, ARN: text}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch {
	case name == "" || strings.HasSuffix(name, "/"):
		return policy.Principal{}, invalid
	case a.Service == "iam" && kind == "user":
		p.Type, p.EntityARN = policy.User, text
	case a.Service == "sts" && kind == "assumed-role":
		role, session, ok := strings.Cut(name, "/")
		if !ok || role == "" || session == "" || strings.Contains(session, "/") {
			return policy.Principal{}, invalid
		}
		p.Type, p.EntityARN = policy.AssumedRole, roleARN(a.Account, role, d)
	case a.Service == "sts" && kind == "federated-user" && !strings.Contains(name, "/"):
		p.Type = policy.FederatedUser
	default:
		return policy.Principal{}, invalid
	}
	if d != nil && p.EntityARN != "" {
		p.EntityID, _ = d.EntityID(p.EntityARN)
	}
	return p, nil
}

// roleARN is the ARN of a role that is known by name, without a path if the
// role does not exist.
func roleARN(account, name string, d Directory) string {
	if d != nil {
		if r, ok := d.RoleByName(account, name); ok {
			return r.ARN()
		}
	}
	return (&iam.Role{Account: account, Path: "/", Name: name}).ARN()
}

func accountID(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// describe sets the condition keys that follow from who the caller is, as
// package authz sets them for a real request (spec/iam-sts.md 2.7). What is not
// known of a simulated caller stays missing.
func describe(c *policy.Context, p *policy.Principal) {
	if p.Type == policy.Anonymous {
		c.Set(condkey.PrincipalAccount, "anonymous")
		c.Set(condkey.PrincipalType, "Anonymous")
		c.Set(condkey.UserID, "anonymous")
		return
	}
	who := p.ARN
	if p.Type == policy.AssumedRole {
		who = p.EntityARN
	}
	if who == "" {
		return // nobody in particular
	}
	c.Set(condkey.PrincipalARN, who)
	c.Set(condkey.PrincipalAccount, p.Account)
	c.Set(condkey.PrincipalIsAWSService, strconv.FormatBool(p.Type == policy.Service))
	switch p.Type {
	case policy.Root:
		c.Set(condkey.PrincipalType, "Account")
		c.Set(condkey.UserID, p.Account)
	case policy.User:
		c.Set(condkey.PrincipalType, "User")
		c.Set(condkey.UserName, lastPart(p.ARN))
		if p.EntityID != "" {
			c.Set(condkey.UserID, p.EntityID)
		}
	case policy.FederatedUser:
		c.Set(condkey.PrincipalType, "FederatedUser")
		c.Set(condkey.UserID, p.Account+":"+lastPart(p.ARN))
	case policy.AssumedRole:
		c.Set(condkey.PrincipalType, "AssumedRole")
		if p.EntityID != "" && p.ARN != "" {
			c.Set(condkey.UserID, p.EntityID+":"+lastPart(p.ARN))
		}
	case policy.WebIdentity, policy.SAML:
		c.Set(condkey.PrincipalType, "AssumedRole")
	case policy.Service:
		c.Set(condkey.PrincipalType, "Service")
	case policy.Anonymous: // above
	}
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
