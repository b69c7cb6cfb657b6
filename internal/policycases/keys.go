package policycases

import (
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// request makes the request for one action on one resource. settled is the answer
// when no policy has a say.
func (q *question) request(engine *authz.Engine, f *File, action, resource string) (req *policy.Request, settled *policy.Decision) {
	account := q.resourceAccount(f, resource)
	known := &policy.Context{}
	if settled = q.fill(engine, known, f, action, resource, account); settled != nil {
		return nil, settled
	}
	// What the test says about a key replaces what is known.
	ctx := &policy.Context{}
	for k := range known.All() {
		if q.says(k.Key) {
			continue
		}
		if k.Multi {
			ctx.SetMulti(k.Key, k.Values)
		} else if len(k.Values) > 0 {
			ctx.Set(k.Key, k.Values[0])
		}
	}
	for _, k := range q.test.With {
		switch {
		case k.Absent:
		case k.Multi:
			ctx.SetMulti(k.Name, k.Values)
		case len(k.Values) == 1:
			ctx.Set(k.Name, k.Values[0])
		}
	}
	return &policy.Request{Principal: q.who.Principal, Action: action, Resource: resource, ResourceAccount: account, Context: ctx}, nil
}

func (q *question) says(key string) bool {
	for _, k := range q.test.With {
		if strings.EqualFold(k.Name, key) {
			return true
		}
	}
	return false
}

// resourceAccount is who owns a resource: what the test says, the account in the
// ARN, else the account of the file. "*" is nobody's, so the caller's own.
func (q *question) resourceAccount(f *File, resource string) string {
	switch {
	case q.role != nil:
		return q.role.account
	case q.test.ResourceAccount != "":
		return q.test.ResourceAccount
	case resource == "*":
		return ""
	}
	if a, err := arn.Parse(resource); err == nil && isAccount(a.Account) {
		return a.Account
	}
	return f.Account
}

// fill sets the keys that a server would know: by package authz for callers who
// are somebody at AWS, else as package sts does for those who are not yet.
func (q *question) fill(engine *authz.Engine, c *policy.Context, f *File, action, resource, account string) *policy.Decision {
	network := &condkey.Network{TLS: true, Region: f.Region, Time: q.at}
	var tags []sts.ContextKey
	if q.role != nil {
		tags = sts.RoleTagKeys(&iam.RoleEntry{Role: iam.Role{Tags: q.role.tags}})
	}
	switch q.who.Type {
	case policy.WebIdentity, policy.SAML, policy.Service:
		network.Fill(c, condkey.NewTimes())
		c.Set(condkey.ResourceAccount, account)
		if q.who.Type == policy.Service {
			c.Set(condkey.PrincipalIsAWSService, "true")
			c.Set("aws:PrincipalServiceName", q.who.Service)
		} else {
			c.Set(condkey.FederatedProvider, q.who.Provider)
		}
		for i := range tags {
			tags[i].Fill(c)
		}
		return nil
	case policy.Anonymous, policy.Root, policy.User, policy.AssumedRole, policy.FederatedUser:
	}
	if q.role != nil && q.who.Type == policy.Root {
		return &policy.Decision{Layer: policy.TrustLayer, Statement: -1} // iam-sts.md 3.6: root assumes no roles
	}
	listener := &keyListener{into: c}
	d := engine.Explain(&authz.Request{
		Caller: &q.who, Network: network, Action: action, Resource: resource, ResourceAccount: account, Keys: tags,
	}, listener)
	if !listener.asked {
		return &d.Decision
	}
	return nil
}

// keyListener copies the condition keys that package authz fills. The context is
// lent, and the decision made with it is not the test's: its policies come later.
type keyListener struct {
	into  *policy.Context
	asked bool
}

// Context takes the keys.
func (l *keyListener) Context(c *policy.Context) {
	l.asked = true
	for k := range c.All() {
		if k.Multi {
			l.into.SetMulti(k.Key, k.Values)
		} else if len(k.Values) > 0 {
			l.into.Set(k.Key, k.Values[0])
		}
	}
}

// Layer is told about a decision without policies, which says nothing.
func (*keyListener) Layer(policy.Layer, policy.Effect, *policy.Policy, int) {}
