package authz

import (
	"strconv"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/policy"
)

// fill sets every condition key of a request that is known (iam-sts.md 2.7). The keys of the service go first: should an edge name a global
// one by mistake, what is known here replaces it.
func (e *Engine) fill(c *policy.Context, r *Request) {
	for i := range r.Keys {
		r.Keys[i].Fill(c)
	}
	if r.Network != nil {
		r.Network.Fill(c, e.times)
	}
	switch {
	case r.ResourceAccount != "":
		c.Set(condkey.ResourceAccount, r.ResourceAccount)
	case r.Resource != "*" && r.Caller.Account != "":
		c.Set(condkey.ResourceAccount, r.Caller.Account) // none named: it is the caller's own
	}
	e.fillPrincipal(c, r.Caller)
	if r.Caller.Session != nil {
		e.fillSession(c, r)
	}
}

func (e *Engine) fillPrincipal(c *policy.Context, p *caller.Principal) {
	c.Set(condkey.UserID, p.UserID)
	if p.Anonymous() {
		c.Set(condkey.PrincipalAccount, "anonymous")
		c.Set(condkey.PrincipalType, "Anonymous")
		return
	}
	c.Set(condkey.PrincipalAccount, p.Account)
	c.Set(condkey.PrincipalType, principalType(p.Type))
	c.Set(condkey.PrincipalIsAWSService, strconv.FormatBool(p.Type == policy.Service))
	c.Set(condkey.PrincipalARN, principalARN(p))
	if p.UserName != "" {
		c.Set(condkey.UserName, p.UserName)
	}
	for _, t := range p.Tags {
		c.Set(e.tagKey(t.Key), t.Value)
	}
}

// fillSession sets the keys that only temporary credentials have.
func (e *Engine) fillSession(c *policy.Context, r *Request) {
	s := r.Caller.Session
	for i := range s.Context {
		s.Context[i].Fill(c)
	}
	e.times.FillIssued(c, s.Issued)
	c.Set(condkey.MultiFactorAuthActive, strconv.FormatBool(s.MFA))
	if s.MFA && r.Network != nil {
		c.Set(condkey.MultiFactorAuthAge, strconv.FormatInt(int64(r.Network.Time.Sub(s.MFATime).Seconds()), 10))
	}
	if s.SourceIdentity != "" {
		c.Set(condkey.SourceIdentity, s.SourceIdentity)
	}
	if s.Provider != "" {
		c.Set(condkey.FederatedProvider, s.Provider)
	}
}

// principalType gives aws:PrincipalType.
func principalType(t policy.PrincipalType) string {
	switch t {
	case policy.Root:
		return "Account"
	case policy.User:
		return "User"
	case policy.FederatedUser:
		return "FederatedUser"
	case policy.Service:
		return "Service"
	case policy.AssumedRole, policy.WebIdentity, policy.SAML:
		return "AssumedRole"
	case policy.Anonymous:
	}
	return "Anonymous"
}

// principalARN gives aws:PrincipalArn: for role sessions that of the role, with
// its path, and not that of the session.
func principalARN(p *caller.Principal) string {
	if p.Type == policy.AssumedRole {
		return p.EntityARN
	}
	return p.ARN
}

// tagKey gives the condition key of a principal tag without making it anew.
func (e *Engine) tagKey(key string) string {
	if name, ok := e.tagKeys.Get(key); ok {
		return name
	}
	name := condkey.PrincipalTagPrefix + key
	e.tagKeys.Put(key, name)
	return name
}
