package iam

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// View is an immutable picture of all of IAM with its policies compiled. It
// implements Snapshot for the request path and adds the lists that the IAM API
// shows. What it returns is shared and must not be changed.
type View struct {
	version int64

	roles      map[string]*RoleEntry  // by unique id
	users      map[string]*UserEntry  // by unique id
	groups     map[string]*GroupEntry // by unique id
	roleNames  map[scopedName]string  // to unique id
	userNames  map[scopedName]string
	groupNames map[scopedName]string
	arns       map[string]string // ARN of a role or user to unique id; groups are no principals

	policies    map[string]*PolicyEntry // by ARN
	policyNames map[scopedName]string   // to ARN
	policyIDs   map[string]string       // unique id to ARN

	keys      map[string]*AccessKey // by key id
	providers map[string]*OIDCProvider
	saml      map[string]*SAMLEntry // by ARN

	profiles     map[string]*InstanceProfile // by unique id
	profileNames map[scopedName]string
	aliases      map[string]string // by account
}

var _ Snapshot = (*View)(nil)

// Version returns the version of IAM that the view shows.
func (v *View) Version() int64 { return v.version }

// RoleByARN finds a role by its exact ARN, path included.
func (v *View) RoleByARN(arn string) (*RoleEntry, bool) { return v.RoleByID(v.arns[arn]) }

// RoleByName finds a role by its name in the case it was created with.
func (v *View) RoleByName(account, name string) (*RoleEntry, bool) {
	r, ok := v.roles[v.roleNames[scoped(account, name)]]
	if !ok || r.Name != name {
		return nil, false
	}
	return r, true
}

// RoleByID finds a role by its unique id.
func (v *View) RoleByID(id string) (*RoleEntry, bool) {
	r, ok := v.roles[id]
	return r, ok
}

// UserByName finds a user by its name in the case it was created with.
func (v *View) UserByName(account, name string) (*UserEntry, bool) {
	u, ok := v.users[v.userNames[scoped(account, name)]]
	if !ok || u.Name != name {
		return nil, false
	}
	return u, true
}

// UserByID finds a user by its unique id.
func (v *View) UserByID(id string) (*UserEntry, bool) {
	u, ok := v.users[id]
	return u, ok
}

// AccessKey finds an access key, active or not, by its id.
func (v *View) AccessKey(id string) (*AccessKey, bool) {
	k, ok := v.keys[id]
	return k, ok
}

// OIDCProvider finds a provider by its URL without scheme.
func (v *View) OIDCProvider(account, url string) (*OIDCProvider, bool) {
	return v.OIDCProviderByARN((&OIDCProvider{Account: account, URL: url}).ARN())
}

// OIDCProviderByARN finds a provider by its ARN.
func (v *View) OIDCProviderByARN(arn string) (*OIDCProvider, bool) {
	p, ok := v.providers[arn]
	return p, ok
}

// ManagedPolicy returns the compiled default version of a managed policy. A
// policy that no longer compiles is not found.
func (v *View) ManagedPolicy(arn string) (*policy.Policy, bool) {
	p, ok := v.policies[arn]
	if !ok || p.Compiled == nil {
		return nil, false
	}
	return p.Compiled, true
}

// CurrentARN returns the ARN of the role or user with this unique id.
func (v *View) CurrentARN(id string) (string, bool) {
	if r, ok := v.roles[id]; ok {
		return r.ARN(), true
	}
	if u, ok := v.users[id]; ok {
		return u.ARN(), true
	}
	return "", false
}

// EntityID returns the unique id of the role or user with this ARN.
func (v *View) EntityID(arn string) (string, bool) {
	id, ok := v.arns[arn]
	return id, ok
}

// Role finds a role by name, or answers *NotFound.
func (v *View) Role(account, name string) (*RoleEntry, error) {
	r, ok := v.RoleByName(account, name)
	if !ok {
		return nil, &NotFound{Kind: KindRole, Name: name}
	}
	return r, nil
}

// User finds a user by name, or answers *NotFound.
func (v *View) User(account, name string) (*UserEntry, error) {
	u, ok := v.UserByName(account, name)
	if !ok {
		return nil, &NotFound{Kind: KindUser, Name: name}
	}
	return u, nil
}

// Policy finds a managed policy by ARN, or answers *NotFound.
func (v *View) Policy(arn string) (*PolicyEntry, error) {
	p, ok := v.policies[arn]
	if !ok {
		return nil, &NotFound{Kind: KindPolicy, Name: arn}
	}
	return p, nil
}

// Provider finds an OpenID Connect provider by ARN, or answers *NotFound.
func (v *View) Provider(arn string) (*OIDCProvider, error) {
	p, ok := v.providers[arn]
	if !ok {
		return nil, &NotFound{Kind: KindOIDCProvider, Name: arn}
	}
	return p, nil
}

// Roles lists an account's roles under a path prefix, by name.
func (v *View) Roles(account, pathPrefix string) []*RoleEntry {
	return list(v.roles, func(r *RoleEntry) bool {
		return r.Account == account && strings.HasPrefix(r.Path, pathPrefix)
	}, func(r *RoleEntry) string { return r.Name })
}

// Users lists an account's users under a path prefix, by name.
func (v *View) Users(account, pathPrefix string) []*UserEntry {
	return list(v.users, func(u *UserEntry) bool {
		return u.Account == account && strings.HasPrefix(u.Path, pathPrefix)
	}, func(u *UserEntry) string { return u.Name })
}

// Policies lists the managed policies of an account, or with AWSAccount the
// AWS-managed ones, under a path prefix, by name.
func (v *View) Policies(account, pathPrefix string) []*PolicyEntry {
	return list(v.policies, func(p *PolicyEntry) bool {
		return p.Account == account && strings.HasPrefix(p.Path, pathPrefix)
	}, func(p *PolicyEntry) string { return p.Name })
}

// AccessKeys lists the keys of a user, or with userID "" of the account root,
// by id.
func (v *View) AccessKeys(account, userID string) []*AccessKey {
	return list(v.keys, func(k *AccessKey) bool {
		return k.Account == account && k.UserID == userID
	}, func(k *AccessKey) string { return k.ID })
}

// OIDCProviders lists an account's OpenID Connect providers, by URL.
func (v *View) OIDCProviders(account string) []*OIDCProvider {
	return list(v.providers, func(p *OIDCProvider) bool { return p.Account == account },
		func(p *OIDCProvider) string { return p.URL })
}

// list returns the values of m that keep wants, ordered by a key.
func list[K comparable, V any](m map[K]V, keep func(V) bool, key func(V) string) []V {
	var out []V
	for _, e := range m {
		if keep(e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b V) int { return cmp.Compare(key(a), key(b)) })
	return out
}

// PolicyUse says how often a managed policy is attached, and how often it is a
// permissions boundary.
type PolicyUse struct{ Attached, Boundary int }

// PolicyUses counts the use of every managed policy at once, by ARN.
func (v *View) PolicyUses() map[string]PolicyUse {
	uses := make(map[string]PolicyUse)
	count := func(attached []string, boundary string) {
		for _, arn := range attached {
			u := uses[arn]
			u.Attached++
			uses[arn] = u
		}
		if boundary != "" {
			u := uses[boundary]
			u.Boundary++
			uses[boundary] = u
		}
	}
	for _, r := range v.roles {
		count(r.Attached, r.Boundary)
	}
	for _, u := range v.users {
		count(u.Attached, u.Boundary)
	}
	for _, g := range v.groups {
		count(g.Attached, "")
	}
	return uses
}

func (v *View) countRoles(account string) int {
	return count(v.roles, func(r *RoleEntry) bool { return r.Account == account })
}

func (v *View) countUsers(account string) int {
	return count(v.users, func(u *UserEntry) bool { return u.Account == account })
}

func (v *View) countPolicies(account string) int {
	return count(v.policies, func(p *PolicyEntry) bool { return p.Account == account })
}

func (v *View) countProviders(account string) int {
	return count(v.providers, func(p *OIDCProvider) bool { return p.Account == account })
}

func count[K comparable, V any](m map[K]V, keep func(V) bool) int {
	n := 0
	for _, e := range m {
		if keep(e) {
			n++
		}
	}
	return n
}

// clone copies the maps, not what they point to.
func (v *View) clone() *View {
	c := *v
	c.roles, c.users = maps.Clone(v.roles), maps.Clone(v.users)
	c.groups, c.groupNames = maps.Clone(v.groups), maps.Clone(v.groupNames)
	c.roleNames, c.userNames, c.arns = maps.Clone(v.roleNames), maps.Clone(v.userNames), maps.Clone(v.arns)
	c.policies, c.policyNames, c.policyIDs = maps.Clone(v.policies), maps.Clone(v.policyNames), maps.Clone(v.policyIDs)
	c.keys, c.providers, c.saml = maps.Clone(v.keys), maps.Clone(v.providers), maps.Clone(v.saml)
	c.profiles, c.profileNames, c.aliases = maps.Clone(v.profiles), maps.Clone(v.profileNames), maps.Clone(v.aliases)
	return &c
}
