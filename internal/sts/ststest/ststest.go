// Package ststest sets the scene for tests of sessions, callers and decisions: an
// IAM snapshot made of documents, a key ring in memory and a clock that only the
// test moves.
//
// The snapshot is the plainest thing that keeps the contract of iam.Snapshot:
// maps, filled before the test asks. What iam.Service does on top (limits,
// versions, storage) is tested there.
package ststest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/policy"
)

// Account owns everything in a scene unless a test says otherwise.
const Account = "111122223333"

// Region is the region of a scene.
const Region = "us-east-1"

// start is the time at which a clock begins.
func start() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at a fixed time.
func NewClock() *Clock { return &Clock{now: start()} }

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// MemoryStore is a keys.Store in memory.
type MemoryStore struct {
	mu      sync.Mutex
	records []keys.Record
	version int64
}

// Load implements keys.Store.
func (s *MemoryStore) Load(context.Context) ([]keys.Record, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records), s.version, nil
}

// Save implements keys.Store.
func (s *MemoryStore) Save(_ context.Context, records []keys.Record, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version != s.version {
		return keys.ErrConflict
	}
	s.records, s.version = slices.Clone(records), version+1
	return nil
}

// MasterKey returns a master key made of one letter.
func MasterKey(tb testing.TB, letter byte) keys.MasterKey {
	tb.Helper()
	m, err := keys.ParseMasterKey(strings.Repeat(string(letter), 43), "the test")
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// Ring returns a key ring of its own.
func Ring(tb testing.TB) *keys.Ring {
	tb.Helper()
	r, err := keys.Open(context.Background(), keys.Config{Store: &MemoryStore{}, Master: MasterKey(tb, 'A')})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// IAM is a snapshot that a test fills. It must not be changed while it is used.
type IAM struct {
	tb        testing.TB
	roles     map[string]*iam.RoleEntry  // by id
	users     map[string]*iam.UserEntry  // by id
	groups    map[string]*iam.GroupEntry // by ARN
	keys      map[string]*iam.AccessKey
	managed   map[string]*policy.Policy
	providers map[string]*iam.OIDCProvider // by ARN
	saml      map[string]*iam.SAMLEntry    // by ARN
	arns      map[string]string            // ARN to id
}

var _ iam.Snapshot = (*IAM)(nil)

// NewIAM returns an empty snapshot.
func NewIAM(tb testing.TB) *IAM {
	return &IAM{
		tb: tb, roles: map[string]*iam.RoleEntry{}, users: map[string]*iam.UserEntry{}, groups: map[string]*iam.GroupEntry{},
		keys: map[string]*iam.AccessKey{}, managed: map[string]*policy.Policy{},
		providers: map[string]*iam.OIDCProvider{}, saml: map[string]*iam.SAMLEntry{}, arns: map[string]string{},
	}
}

// Snapshot returns s as the function that services are configured with.
func (s *IAM) Snapshot() iam.Snapshot { return s }

// Compile compiles a document or fails the test.
func Compile(tb testing.TB, kind policy.Kind, document string, meta policy.Meta) *policy.Policy {
	tb.Helper()
	doc, err := policy.Parse([]byte(document), kind)
	if err != nil {
		tb.Fatalf("%s: %v\n%s", kind, err, document)
	}
	return policy.Compile(doc, meta)
}

// Role adds a role with a trust policy and identity policies. The id is made
// from the name. Principals of the trust policy are bound to the entities that
// exist now.
func (s *IAM) Role(role iam.Role, trust string, identity ...string) *iam.RoleEntry {
	s.tb.Helper()
	if role.Account == "" {
		role.Account = Account
	}
	if role.Path == "" {
		role.Path = "/"
	}
	if role.ID == "" {
		role.ID = "AROA" + strings.ToUpper(role.Name)
	}
	if role.MaxSession == 0 {
		role.MaxSession = time.Hour
	}
	role.Trust = trust
	e := &iam.RoleEntry{Role: role}
	if trust != "" {
		e.TrustPolicy = Compile(s.tb, policy.Trust, trust, policy.Meta{Name: role.Name, Bindings: maps.Clone(s.arns)})
	}
	e.Policies = s.identity(identity)
	s.roles[role.ID], s.arns[role.ARN()] = e, role.ID
	return e
}

// User adds a user with identity policies.
func (s *IAM) User(user iam.User, identity ...string) *iam.UserEntry {
	s.tb.Helper()
	if user.Account == "" {
		user.Account = Account
	}
	if user.Path == "" {
		user.Path = "/"
	}
	if user.ID == "" {
		user.ID = "AIDA" + strings.ToUpper(user.Name)
	}
	e := &iam.UserEntry{User: user, Policies: s.identity(identity)}
	s.users[user.ID], s.arns[user.ARN()] = e, user.ID
	return e
}

// Group adds a group with policies, and the users as its members.
func (s *IAM) Group(group iam.Group, members []*iam.UserEntry, identity ...string) *iam.GroupEntry {
	s.tb.Helper()
	if group.Account == "" {
		group.Account = Account
	}
	if group.Path == "" {
		group.Path = "/"
	}
	if group.ID == "" {
		group.ID = "AGPA" + strings.ToUpper(group.Name)
	}
	e := &iam.GroupEntry{Group: group}
	for _, p := range s.identity(identity) {
		e.Policies = append(e.Policies, p.WithSource("group "+group.Name))
	}
	for _, u := range members {
		u.Groups, u.MemberOf, u.Policies = append(u.Groups, group.ID), append(u.MemberOf, e), append(u.Policies, e.Policies...)
	}
	s.groups[group.ARN()] = e
	return e
}

func (s *IAM) identity(documents []string) []*policy.Policy {
	s.tb.Helper()
	var list []*policy.Policy
	for _, d := range documents {
		list = append(list, Compile(s.tb, policy.Identity, d, policy.Meta{Name: "inline"}))
	}
	return list
}

// Key adds an access key of a user, or of the account root for a user id of "".
// The secret is the id in lower case.
func (s *IAM) Key(id, userID string, active bool) {
	s.keys[id] = &iam.AccessKey{
		ID: id, Account: Account, UserID: userID, Active: active, Secret: keys.NewSecret(strings.ToLower(id)),
	}
}

// Managed adds a managed policy of the account.
func (s *IAM) Managed(name, document string) string {
	s.tb.Helper()
	arn := "arn:aws:iam::" + Account + ":policy/" + name
	s.managed[arn] = Compile(s.tb, policy.Managed, document, policy.Meta{Name: name, ARN: arn})
	return arn
}

// Provider adds an OpenID Connect provider.
func (s *IAM) Provider(p iam.OIDCProvider) string {
	if p.Account == "" {
		p.Account = Account
	}
	s.providers[p.ARN()] = &p
	return p.ARN()
}

// SAML adds a SAML provider.
func (s *IAM) SAML(p iam.SAMLEntry) string {
	if p.Account == "" {
		p.Account = Account
	}
	s.saml[p.ARN()] = &p
	return p.ARN()
}

// Delete removes the role, user, key, policy or provider with this id or ARN.
func (s *IAM) Delete(id string) {
	delete(s.roles, id)
	delete(s.users, id)
	delete(s.keys, id)
	delete(s.managed, id)
	delete(s.providers, id)
	delete(s.saml, id)
	maps.DeleteFunc(s.arns, func(_, v string) bool { return v == id })
}

// RoleByARN implements iam.Snapshot.
func (s *IAM) RoleByARN(arn string) (*iam.RoleEntry, bool) { return s.RoleByID(s.arns[arn]) }

// RoleByName implements iam.Snapshot.
func (s *IAM) RoleByName(account, name string) (*iam.RoleEntry, bool) {
	for _, r := range s.roles {
		if r.Account == account && strings.EqualFold(r.Name, name) {
			return r, true
		}
	}
	return nil, false
}

// RoleByID implements iam.Snapshot.
func (s *IAM) RoleByID(id string) (*iam.RoleEntry, bool) {
	r, ok := s.roles[id]
	return r, ok
}

// UserByName implements iam.Snapshot.
func (s *IAM) UserByName(account, name string) (*iam.UserEntry, bool) {
	for _, u := range s.users {
		if u.Account == account && strings.EqualFold(u.Name, name) {
			return u, true
		}
	}
	return nil, false
}

// UserByID implements iam.Snapshot.
func (s *IAM) UserByID(id string) (*iam.UserEntry, bool) {
	u, ok := s.users[id]
	return u, ok
}

// GroupByARN implements iam.Snapshot.
func (s *IAM) GroupByARN(arn string) (*iam.GroupEntry, bool) {
	g, ok := s.groups[arn]
	return g, ok
}

// AccessKey implements iam.Snapshot.
func (s *IAM) AccessKey(id string) (*iam.AccessKey, bool) {
	k, ok := s.keys[id]
	return k, ok
}

// OIDCProvider implements iam.Snapshot.
func (s *IAM) OIDCProvider(account, url string) (*iam.OIDCProvider, bool) {
	return s.OIDCProviderByARN((&iam.OIDCProvider{Account: account, URL: url}).ARN())
}

// OIDCProviderByARN implements iam.Snapshot.
func (s *IAM) OIDCProviderByARN(arn string) (*iam.OIDCProvider, bool) {
	p, ok := s.providers[arn]
	return p, ok
}

// SAMLProviderByARN implements iam.Snapshot.
func (s *IAM) SAMLProviderByARN(arn string) (*iam.SAMLEntry, bool) {
	p, ok := s.saml[arn]
	return p, ok
}

// ManagedPolicy implements iam.Snapshot.
func (s *IAM) ManagedPolicy(arn string) (*policy.Policy, bool) {
	p, ok := s.managed[arn]
	return p, ok
}

// CurrentARN implements iam.Snapshot.
func (s *IAM) CurrentARN(id string) (string, bool) {
	for arn, i := range s.arns {
		if i == id {
			return arn, true
		}
	}
	return "", false
}

// EntityID implements iam.Snapshot.
func (s *IAM) EntityID(arn string) (string, bool) {
	id, ok := s.arns[arn]
	return id, ok
}

// Version implements iam.Snapshot.
func (s *IAM) Version() int64 { return 1 }
