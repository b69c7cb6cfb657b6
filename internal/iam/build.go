package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/policy"
)

// builder makes the next view from the last one. Entities that did not change
// keep their entries, and of those that did only the documents that changed are
// compiled again, so the cost of a write does not grow with the policies of
// others.
type builder struct {
	ctx context.Context
	s   *Service
	v   *View
	// stale holds the managed policies whose text in force has changed: whoever
	// uses one is built again.
	stale map[string]bool
	// staleGroups holds the unique ids of groups that were built again: so are
	// their members.
	staleGroups map[string]bool
}

func newBuilder(ctx context.Context, s *Service, last *View) *builder {
	return &builder{ctx: ctx, s: s, v: last.clone(), stale: make(map[string]bool), staleGroups: make(map[string]bool)}
}

// emptyView is the view of an empty store: AWS-managed policies and the root's
// key.
func (s *Service) emptyView() (*View, error) {
	b := newBuilder(context.Background(), s, &View{
		roles: map[string]*RoleEntry{}, users: map[string]*UserEntry{},
		groups: map[string]*GroupEntry{}, groupNames: map[scopedName]string{},
		roleNames: map[scopedName]string{}, userNames: map[scopedName]string{}, arns: map[string]string{},
		policies: map[string]*PolicyEntry{}, policyNames: map[scopedName]string{}, policyIDs: map[string]string{},
		keys: map[string]*AccessKey{}, providers: map[string]*OIDCProvider{}, saml: map[string]*SAMLEntry{},
		profiles: map[string]*InstanceProfile{}, profileNames: map[scopedName]string{}, aliases: map[string]string{},
	})
	all, err := awsManaged()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		b.putPolicy(p)
		if e := b.v.policies[p.ARN()]; e.Broken != nil {
			return nil, e.Broken
		}
	}
	if s.root.ID != "" {
		root := s.root
		root.Account, root.UserID, root.Active = s.account, "", true
		if root.Created.IsZero() {
			root.Created = s.now()
		}
		b.v.keys[root.ID] = &root
	}
	return b.v, nil
}

// apply brings the view from one version to the next. Deletions come first, so
// that a name may have been given to a new entity meanwhile.
func (b *builder) apply(e *Entities, deleted []Ref) {
	for _, ref := range deleted {
		b.remove(ref)
	}
	// Names are released before they are taken: two users may have swapped.
	for _, u := range e.Users {
		b.releaseUser(u.ID)
	}
	for _, g := range e.Groups {
		b.releaseGroup(g.ID)
	}
	for _, p := range e.Policies {
		b.putPolicy(p)
	}
	for _, g := range e.Groups {
		b.putGroup(g, b.v.groups[g.ID])
	}
	b.refreshGroups()
	for _, r := range e.Roles {
		b.putRole(r, b.v.roles[r.ID])
	}
	for _, u := range e.Users {
		b.putUser(u, b.v.users[u.ID])
	}
	for _, k := range e.Keys {
		b.putKey(k)
	}
	for _, p := range e.Providers {
		b.v.providers[p.ARN()] = p
	}
	for _, p := range e.SAMLProviders {
		b.putSAML(p)
	}
	for _, p := range e.InstanceProfiles {
		b.putProfile(p)
	}
	for _, a := range e.Aliases {
		b.v.aliases[a.Account] = a.Alias
	}
	b.refreshUsers()
}

func (b *builder) remove(ref Ref) {
	v := b.v
	switch ref.Kind {
	case KindRole:
		if r, ok := v.roles[ref.ID]; ok {
			delete(v.roles, ref.ID)
			delete(v.roleNames, scoped(r.Account, r.Name))
			delete(v.arns, r.ARN())
		}
	case KindUser:
		b.releaseUser(ref.ID)
		delete(v.users, ref.ID)
	case KindGroup:
		b.releaseGroup(ref.ID)
		delete(v.groups, ref.ID)
	case KindPolicy:
		if arn, ok := v.policyIDs[ref.ID]; ok {
			p := v.policies[arn]
			delete(v.policies, arn)
			delete(v.policyNames, scoped(p.Account, p.Name))
			delete(v.policyIDs, ref.ID)
			b.stale[arn] = true
		}
	case KindAccessKey:
		if ref.ID != b.s.root.ID {
			delete(v.keys, ref.ID)
		}
	case KindOIDCProvider:
		delete(v.providers, ref.ID)
	case KindSAMLProvider:
		delete(v.saml, ref.ID)
	case KindInstanceProfile:
		if p, ok := v.profiles[ref.ID]; ok {
			delete(v.profiles, ref.ID)
			delete(v.profileNames, scoped(p.Account, p.Name))
		}
	case KindAccountAlias:
		delete(v.aliases, ref.ID)
	}
}

// releaseUser gives up a user's name and ARN, which a rename changes.
func (b *builder) releaseUser(id string) {
	if u, ok := b.v.users[id]; ok {
		delete(b.v.userNames, scoped(u.Account, u.Name))
		delete(b.v.arns, u.ARN())
	}
}

func (b *builder) putPolicy(p *ManagedPolicy) {
	arn := p.ARN()
	next := &PolicyEntry{ManagedPolicy: *p}
	text := ""
	if d := p.DefaultVersion(); d != nil {
		text = d.Document
	}
	if last, ok := b.v.policies[arn]; ok && last.Compiled != nil && last.ID == p.ID && last.DefaultVersion().Document == text {
		next.Compiled = last.Compiled
	} else {
		next.Compiled, next.Broken = b.compile(arn, policy.Managed, text, policy.Meta{Name: p.Name, ARN: arn})
		b.stale[arn] = true
	}
	b.v.policies[arn] = next
	b.v.policyNames[scoped(p.Account, p.Name)] = arn
	b.v.policyIDs[p.ID] = arn
}

func (b *builder) putRole(r *Role, last *RoleEntry) {
	e := &RoleEntry{Role: *r}
	var old owned
	if last != nil {
		old = owned{last.Inline, last.Policies, last.Broken == nil}
	}
	var brokenTrust error
	if last != nil && last.TrustPolicy != nil && last.Trust == r.Trust && equalBindings(last.TrustBindings, r.TrustBindings) {
		e.TrustPolicy = last.TrustPolicy
	} else {
		e.TrustPolicy, brokenTrust = b.compile(r.ARN(), policy.Trust, r.Trust,
			policy.Meta{Name: "trust policy", Bindings: r.TrustBindings})
	}
	e.Policies, e.BoundaryPolicy, e.Broken = b.policies(r.ARN(), "", r.Inline, r.Attached, r.Boundary, old)
	e.Broken = errors.Join(e.Broken, brokenTrust)
	b.v.roles[r.ID] = e
	b.v.roleNames[scoped(r.Account, r.Name)] = r.ID
	b.v.arns[r.ARN()] = r.ID
}

func (b *builder) putUser(u *User, last *UserEntry) {
	e := &UserEntry{User: *u}
	var old owned
	if last != nil {
		old = owned{last.Inline, last.Policies, last.Broken == nil}
	}
	e.Policies, e.BoundaryPolicy, e.Broken = b.policies(u.ARN(), "", u.Inline, u.Attached, u.Boundary, old)
	b.join(e)
	b.v.users[u.ID] = e
	b.v.userNames[scoped(u.Account, u.Name)] = u.ID
	b.v.arns[u.ARN()] = u.ID
}

// owned is what an entity had before: its inline policies and, in the same
// order at the front of compiled, their programs.
type owned struct {
	inline   []InlinePolicy
	compiled []*policy.Policy
	usable   bool
}

func (o *owned) find(p InlinePolicy) (*policy.Policy, bool) {
	if !o.usable {
		return nil, false
	}
	i := slices.Index(o.inline, p)
	if i < 0 {
		return nil, false
	}
	return o.compiled[i], true
}

// policies collects the programs of an entity: inline ones first, then managed
// ones, in the order in which they were attached. source is Meta.Source of all.
func (b *builder) policies(owner, source string, inline []InlinePolicy, attached []string, boundary string, old owned) ([]*policy.Policy, *policy.Policy, error) {
	var broken error
	all := make([]*policy.Policy, 0, len(inline)+len(attached))
	for _, p := range inline {
		c, ok := old.find(p)
		if !ok {
			var err error
			c, err = b.compile(owner, policy.Identity, p.Document, policy.Meta{Name: p.Name, Source: source})
			broken = errors.Join(broken, err)
		}
		all = append(all, c)
	}
	for _, arn := range attached {
		c, err := b.managed(owner, arn)
		broken = errors.Join(broken, err)
		if source != "" {
			c = c.WithSource(source)
		}
		all = append(all, c)
	}
	var bound *policy.Policy
	if boundary != "" {
		var err error
		bound, err = b.managed(owner, boundary)
		broken = errors.Join(broken, err)
	}
	if broken != nil {
		return nil, nil, broken
	}
	return all, bound, nil
}

func (b *builder) managed(owner, arn string) (*policy.Policy, error) {
	p, ok := b.v.policies[arn]
	switch {
	case !ok:
		return nil, b.broken(owner, arn, &NotFound{Kind: KindPolicy, Name: arn})
	case p.Broken != nil:
		return nil, b.broken(owner, arn, p.Broken)
	}
	return p.Compiled, nil
}

func (b *builder) compile(owner string, kind policy.Kind, text string, meta policy.Meta) (*policy.Policy, error) {
	d, err := policy.Parse([]byte(text), kind)
	if err != nil {
		name := meta.ARN
		if name == "" {
			name = meta.Name
		}
		return nil, b.broken(owner, name, err)
	}
	return policy.Compile(d, meta), nil
}

// broken makes and logs the reason why an entity is denied everything.
func (b *builder) broken(owner, name string, cause error) error {
	err := &BrokenPolicy{Owner: owner, Policy: name, Cause: cause}
	b.s.log.ErrorContext(b.ctx, "stored policy is unusable, its principal is denied everything",
		"owner", owner, "policy", name, "error", cause)
	return err
}

func (b *builder) putKey(k *SealedKey) {
	if k.ID == b.s.root.ID {
		return // the operator's root key stands above a stored one
	}
	secret, err := b.s.sealer.Open(KeyPurpose, k.Sealed, []byte(k.ID))
	if err != nil {
		// Without its secret a key verifies nothing; showing it as inactive
		// keeps it visible, so that its owner can delete it.
		b.s.log.ErrorContext(b.ctx, "access key cannot be unsealed and is unusable", "key", k.ID, "error", err)
		b.v.keys[k.ID] = &AccessKey{ID: k.ID, Account: k.Account, UserID: k.UserID, Created: k.Created}
		return
	}
	b.v.keys[k.ID] = &AccessKey{ID: k.ID, Account: k.Account, UserID: k.UserID, Active: k.Active,
		Created: k.Created, Secret: keys.NewSecret(string(secret))}
}

// refreshUsers builds again whoever uses a managed policy or a group that
// changed.
func (b *builder) refreshUsers() {
	if len(b.stale) == 0 && len(b.staleGroups) == 0 {
		return
	}
	uses := func(attached []string, boundary string) bool { return b.stale[boundary] || b.usesStale(attached) }
	for _, r := range b.v.roles {
		if uses(r.Attached, r.Boundary) {
			b.putRole(&r.Role, r)
		}
	}
	for _, u := range b.v.users {
		if uses(u.Attached, u.Boundary) || slices.ContainsFunc(u.Groups, func(id string) bool { return b.staleGroups[id] }) {
			b.putUser(&u.User, u)
		}
	}
}

func equalBindings(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// parse accepts a document or says why it is refused, in the domain's terms.
func parse(text string, kind policy.Kind) (*policy.Document, error) {
	d, err := policy.Parse([]byte(text), kind)
	if err == nil {
		return d, nil
	}
	if e, ok := errors.AsType[*policy.Error](err); ok {
		return nil, &MalformedPolicy{Cause: e}
	}
	return nil, fmt.Errorf("parse policy: %w", err)
}
