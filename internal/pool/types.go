package pool

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Pool is the configuration of one identity pool. Pools handed out by Service
// are shared and must not be changed.
type Pool struct {
	ID                   string // "region:uuid"
	Account              string
	Name                 string
	AllowUnauthenticated bool
	AllowClassicFlow     bool
	// SupportedLoginProviders maps a social provider's key to its client id;
	// several ids are separated by semicolons.
	SupportedLoginProviders map[string]string
	DeveloperProviderName   string
	OIDCProviderARNs        []string
	UserPools               []UserPool
	SAMLProviderARNs        []string
	Tags                    map[string]string
	Roles                   map[string]string // "authenticated", "unauthenticated" → role ARN
	// RoleMappings chooses roles by provider, in the form of its name that
	// RoleMapping describes.
	RoleMappings map[string]RoleMapping `json:",omitempty"`
	// TagMaps are the attributes for access control, by provider.
	TagMaps map[string]TagMap `json:",omitempty"`
	// Sessions is what AWS does not let one set.
	Sessions SessionSettings
	// MergeVerifiedEmail says which new logins belong to a person who is known; its
	// zero value, none.
	MergeVerifiedEmail EmailMerge
	// SAML is what the pool says and remembers of its SAML providers.
	SAML    SAMLSettings
	Created time.Time
	Version int64
}

// UserPool is one user pool client that may sign in to a pool.
type UserPool struct {
	ProviderName         string
	ClientID             string
	ServerSideTokenCheck bool
}

// The keys of Pool.Roles.
const (
	Authenticated   = "authenticated"
	Unauthenticated = "unauthenticated"
)

// Region returns the region part of an id of the form "region:uuid".
func Region(id string) string {
	region, _, _ := strings.Cut(id, ":")
	return region
}

// ARN returns the pool's ARN (cognito-identity.md 8.1).
func (p *Pool) ARN() string {
	return "arn:aws:cognito-identity:" + Region(p.ID) + ":" + p.Account + ":identitypool/" + p.ID
}

// clone returns a deep copy that may be changed.
func (p *Pool) clone() *Pool {
	c := *p
	c.SupportedLoginProviders = maps.Clone(p.SupportedLoginProviders)
	c.OIDCProviderARNs = slices.Clone(p.OIDCProviderARNs)
	c.UserPools = slices.Clone(p.UserPools)
	c.SAMLProviderARNs = slices.Clone(p.SAMLProviderARNs)
	c.Tags = maps.Clone(p.Tags)
	c.Roles = maps.Clone(p.Roles)
	c.RoleMappings = cloneMappings(p.RoleMappings)
	c.TagMaps = maps.Clone(p.TagMaps) // a map in it is replaced, never changed
	c.Sessions.GuestPolicyARNs = slices.Clone(p.Sessions.GuestPolicyARNs)
	c.MergeVerifiedEmail = p.MergeVerifiedEmail.clone()
	c.SAML = p.SAML.clone()
	return &c
}

// Identity is one identity of a pool.
type Identity struct {
	ID      string // "region:uuid"
	PoolID  string
	Created time.Time
	// Modified is when logins were last linked or unlinked.
	Modified time.Time
	// Guest is true until the first login is linked, and never again after.
	Guest bool
	// Disabled identities lost a merge; Parent is the identity that won it.
	Disabled bool
	Parent   string
	// Blocked identities were disabled by an administrator: nobody gets
	// credentials or tokens of one, and nothing is linked to it or taken off it.
	Blocked bool
	Logins  []Login
	// Version increases with every change; a Change names the version it saw.
	Version int64
}

// Login is one login linked to an identity.
type Login struct {
	Provider string // the Logins key
	Subject  string
	Linked   time.Time
	// Remembered is when Person was last kept; zero for never.
	Remembered time.Time
	// Person is what is remembered of whom the login belongs to; nil for nothing.
	// It is read for the directory only: Store.Identity leaves it out.
	Person *Person
}

// Person is what a provider said of somebody when they last signed in, kept so that
// an identity has a face. It decides nothing but what EmailMerge permits.
type Person struct {
	Email             string `json:"email,omitempty"`
	EmailVerified     bool   `json:"email_verified,omitempty"`
	Name              string `json:"name,omitempty"`
	PreferredUsername string `json:"preferred_username,omitempty"`
	// Vouched is true when the provider has verified the address and is the one
	// that can: see vouched.
	Vouched bool `json:"vouched,omitempty"`
}

// Providers returns the provider names of the linked logins, each once, in the
// order they were linked.
func (i *Identity) Providers() []string {
	var names []string
	for _, l := range i.Logins {
		if !slices.Contains(names, l.Provider) {
			names = append(names, l.Provider)
		}
	}
	return names
}

// has reports whether a login of provider is linked.
func (i *Identity) has(provider string) bool {
	return slices.ContainsFunc(i.Logins, func(l Login) bool { return l.Provider == provider })
}

func (i *Identity) owns(provider, subject string) bool {
	return slices.ContainsFunc(i.Logins, func(l Login) bool { return l.Provider == provider && l.Subject == subject })
}
