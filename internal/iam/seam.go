package iam

import (
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/policy"
)

// Tag is one tag of an IAM entity or session.
type Tag struct{ Key, Value string }

// InlinePolicy is a policy document embedded in a role, user or group.
type InlinePolicy struct{ Name, Document string }

// Role is a role as stored. Documents are byte for byte as they were written.
type Role struct {
	Account, ID, Name, Path string
	Description             string
	Created                 time.Time
	MaxSession              time.Duration
	Trust                   string
	// TrustBindings maps each user or role ARN named in Trust to the unique id
	// it had when the trust policy was written (spec/iam-sts.md 1.6).
	TrustBindings map[string]string
	Boundary      string // managed policy ARN, "" for none
	Inline        []InlinePolicy
	Attached      []string // managed policy ARNs
	Tags          []Tag
	Version       int64
}

// ARN returns the role's ARN with its path.
func (r *Role) ARN() string { return "arn:aws:iam::" + r.Account + ":role" + r.Path + r.Name }

// User is an IAM user as stored.
type User struct {
	Account, ID, Name, Path string
	Created                 time.Time
	Boundary                string
	Inline                  []InlinePolicy
	Attached                []string
	Groups                  []string // unique ids, in the order in which they were joined
	Tags                    []Tag
	Version                 int64
}

// ARN returns the user's ARN with its path.
func (u *User) ARN() string { return "arn:aws:iam::" + u.Account + ":user" + u.Path + u.Name }

// Group is a group of users as stored. Its members know it, not it them.
type Group struct {
	Account, ID, Name, Path string
	Created                 time.Time
	Inline                  []InlinePolicy
	Attached                []string
	Version                 int64
}

// ARN returns the group's ARN with its path.
func (g *Group) ARN() string { return "arn:aws:iam::" + g.Account + ":group" + g.Path + g.Name }

// AccessKey is a long-term key of a user, or of the account root (UserID "").
type AccessKey struct {
	ID, Account, UserID string
	Active              bool
	Created             time.Time
	Secret              keys.Secret
}

// OIDCProvider is a registered OpenID Connect provider. URL has no scheme.
type OIDCProvider struct {
	Account, URL string
	ClientIDs    []string
	Thumbprints  []string
	Created      time.Time
	Tags         []Tag
	Version      int64
	// Insecure is true when the provider was registered with http://, which
	// only development mode allows.
	Insecure bool
}

// ARN returns the provider's ARN.
func (p *OIDCProvider) ARN() string {
	return "arn:aws:iam::" + p.Account + ":oidc-provider/" + p.URL
}

// RoleEntry is a role in a snapshot with its policies compiled.
type RoleEntry struct {
	Role
	TrustPolicy    *policy.Policy // nil when it does not compile: nobody may assume
	Policies       []*policy.Policy
	BoundaryPolicy *policy.Policy
	// Broken is set when any policy failed to compile: the principal is denied
	// everything, because a Deny in it cannot be trusted to apply.
	Broken error
}

// UserEntry is a user in a snapshot with its policies compiled.
type UserEntry struct {
	User
	// Policies are the user's own, then those of its groups.
	Policies       []*policy.Policy
	BoundaryPolicy *policy.Policy
	MemberOf       []*GroupEntry // in the order in which they were joined
	Broken         error
}

// GroupEntry is a group in a snapshot with its policies compiled. They name the
// group as their source.
type GroupEntry struct {
	Group
	Policies []*policy.Policy
	Broken   error
}

// Snapshot is an immutable picture of all of IAM, compiled. A request takes one
// snapshot and keeps it to its end. Lookups never touch the database.
//
// The maps behind it are built by Service; see service.go.
type Snapshot interface {
	RoleByARN(arn string) (*RoleEntry, bool) // exact, with path
	RoleByName(account, name string) (*RoleEntry, bool)
	RoleByID(id string) (*RoleEntry, bool)
	UserByName(account, name string) (*UserEntry, bool)
	UserByID(id string) (*UserEntry, bool)
	GroupByARN(arn string) (*GroupEntry, bool) // exact, with path
	AccessKey(id string) (*AccessKey, bool)
	OIDCProvider(account, url string) (*OIDCProvider, bool) // url without scheme, exact
	OIDCProviderByARN(arn string) (*OIDCProvider, bool)
	SAMLProviderByARN(arn string) (*SAMLEntry, bool)
	ManagedPolicy(arn string) (*policy.Policy, bool) // default version, compiled
	// CurrentARN returns the ARN an entity with this unique id has now.
	CurrentARN(id string) (string, bool)
	// EntityID returns the unique id of the user or role with this ARN.
	EntityID(arn string) (string, bool)
	Version() int64
}
