package iamapi

import (
	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/policy"
)

// Implementation serves the IAM API; it is an api.Implementation.
type Implementation struct {
	IAM *iam.Service
	// Sealer seals page markers.
	Sealer keys.Sealer
}

var _ api.Implementation[wire.API] = (*Implementation)(nil)

// As gives the API bound to one call.
func (i *Implementation) As(c *api.Call) wire.API {
	return &bound{Implementation: i, call: c}
}

// bound is the API for one call.
type bound struct {
	wire.Unimplemented
	*Implementation
	call *api.Call
}

func (b *bound) account() string { return b.call.Caller.Account }

func (b *bound) role(name *string) iam.Owner { return iam.RoleOwner(b.account(), *name) }

func (b *bound) user(name *string) iam.Owner { return iam.UserOwner(b.account(), *name) }

func (b *bound) group(name *string) iam.Owner { return iam.GroupOwner(b.account(), *name) }

// needsUserName refuses a call without a user name whose caller is no user.
type needsUserName struct{}

func (*needsUserName) Error() string { return "the caller is not a user, so the user must be named" }

// userNamed returns the user that a call means: the named one, or the caller.
// It is "" for the account root. A session of a role has no user.
func userNamed(c *caller.Principal, name *string) (string, error) {
	switch {
	case name != nil:
		return *name, nil
	case c.Type == policy.Root:
		return "", nil
	case c.Type == policy.User && c.User != nil:
		return c.User.Name, nil
	}
	return "", &needsUserName{}
}
