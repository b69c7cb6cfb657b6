package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// maxLogins is how many logins one identity may have (cognito-identity.md 8.4).
const maxLogins = 20

// maxRaces bounds how often a resolution starts again after losing a race. Each
// lost race means that somebody else's change was made, so a handful is plenty.
const maxRaces = 10

// resolve finds or makes the identity that the verified logins belong to.
// named is the identity the request names, nil for GetId. It implements the
// tables of cognito-identity.md 3.2 and 3.3 and the merge rule of 3.4; what it
// decides it applies in one Change, and starts again when that loses a race.
// owned says that the caller has proven the named identity in another way, by a
// token of the pool's own.
func (s *Service) resolve(ctx context.Context, p *Pool, named *Identity, logins []verified, owned bool) (*Identity, error) {
	for range maxRaces {
		id, err := s.resolveOnce(ctx, p, named, logins, owned)
		var lost *Conflict
		if !errors.As(err, &lost) {
			return id, err
		}
		if named != nil {
			if named, err = s.load(ctx, p, named.ID); err != nil {
				return nil, err
			}
		}
	}
	return nil, &Conflict{What: "the identity"}
}

func (s *Service) resolveOnce(ctx context.Context, p *Pool, id *Identity, logins []verified, owned bool) (*Identity, error) {
	if id == nil {
		owners, unknown, err := s.owners(ctx, p, logins)
		if err != nil {
			return nil, err
		}
		return s.resolveUnnamed(ctx, p, owners, unknown)
	}
	if !id.Disabled && (owned || len(logins) > 0) && id.ownsAll(logins) {
		return id, nil // the usual sign-in: one read
	}
	owners, unknown, err := s.owners(ctx, p, logins)
	if err != nil {
		return nil, err
	}
	switch {
	case id.Disabled:
		return s.resolveDisabled(ctx, id, owners, unknown)
	case id.Guest && len(logins) == 0:
		if !p.AllowUnauthenticated {
			return nil, &GuestsNotAllowed{PoolID: p.ID}
		}
		return id, nil
	case len(logins) == 0:
		return nil, &Forbidden{ID: id.ID}
	case id.Guest:
		// A guest keeps its id when its logins are new; when they belong to
		// somebody already, that identity absorbs the guest.
		target := id
		if len(owners) > 0 {
			target = oldest(owners)
			owners = append(owners, id)
		}
		return s.join(ctx, p, target, owners, unknown)
	}
	// An authenticated identity must be proven by a login of its own.
	if !owned && !slices.ContainsFunc(owners, func(o *Identity) bool { return o.ID == id.ID }) {
		return nil, &LoginsDontMatch{IdentityID: id.ID, Providers: providers(logins)}
	}
	return s.join(ctx, p, id, owners, unknown)
}

// resolveUnnamed is GetId: table 3.2.
func (s *Service) resolveUnnamed(ctx context.Context, p *Pool, owners []*Identity, unknown []verified) (*Identity, error) {
	if len(owners) > 0 {
		return s.join(ctx, p, oldest(owners), owners, unknown)
	}
	if len(unknown) == 0 && !p.AllowUnauthenticated {
		return nil, &GuestsNotAllowed{PoolID: p.ID}
	}
	return s.create(ctx, p, unknown)
}

// resolveDisabled answers for an identity that lost a merge: with a login of
// the identity that won, the answer is the winner.
func (s *Service) resolveDisabled(ctx context.Context, id *Identity, owners []*Identity, unknown []verified) (*Identity, error) {
	if len(owners) == 1 && len(unknown) == 0 {
		parent := id
		for range maxLogins { // merges form a chain; bounded against a loop in bad data
			if parent.Parent == "" {
				break
			}
			next, err := s.Store.Identity(ctx, parent.Parent)
			if err != nil {
				return nil, fmt.Errorf("load parent identity: %w", err)
			}
			if parent = next; !parent.Disabled {
				break
			}
		}
		if !parent.Disabled && parent.ID == owners[0].ID {
			return parent, nil
		}
	}
	return nil, &Forbidden{ID: id.ID, Disabled: true}
}

// create makes a new identity with the logins, or a guest without any.
func (s *Service) create(ctx context.Context, p *Pool, logins []verified) (*Identity, error) {
	newID, err := s.newID()
	if err != nil {
		return nil, err
	}
	now := s.now()
	id := &Identity{ID: newID, PoolID: p.ID, Created: now, Modified: now, Guest: len(logins) == 0, Version: 1}
	for _, v := range logins {
		id.Logins = append(id.Logins, Login{Provider: v.Provider, Subject: v.Subject, Linked: now})
	}
	if err := s.Store.Apply(ctx, &Change{PoolID: p.ID, Create: id, At: now}); err != nil {
		return nil, fmt.Errorf("create identity: %w", err)
	}
	return id, nil
}

// join makes target the owner of all logins of the owners and of the unknown
// ones; the other owners are disabled. With nothing to change it writes nothing.
func (s *Service) join(ctx context.Context, p *Pool, target *Identity, owners []*Identity, unknown []verified) (*Identity, error) {
	now := s.now()
	c := &Change{PoolID: p.ID, Target: target.ID, TargetVersion: target.Version, At: now}
	for _, o := range owners {
		if o.ID == target.ID {
			continue
		}
		for _, l := range o.Logins {
			c.Move = append(c.Move, LoginMove{From: o.ID, Login: l})
		}
		c.Disable = append(c.Disable, Merged{ID: o.ID, Version: o.Version})
	}
	for _, v := range unknown {
		c.Link = append(c.Link, Login{Provider: v.Provider, Subject: v.Subject, Linked: now})
	}
	if len(c.Link) == 0 && len(c.Disable) == 0 {
		return target, nil
	}

	joined := *target
	joined.Logins = slices.Clone(target.Logins)
	for _, m := range c.Move {
		if m.Login.Provider != p.DeveloperProviderName && joined.has(m.Login.Provider) {
			return nil, &LoginTaken{Provider: m.Login.Provider, Reason: "both identities have a login of this provider"}
		}
		joined.Logins = append(joined.Logins, m.Login)
	}
	for _, l := range c.Link {
		if l.Provider != p.DeveloperProviderName && joined.has(l.Provider) {
			return nil, &LoginTaken{Provider: l.Provider, Reason: "the identity has another login of this provider"}
		}
		joined.Logins = append(joined.Logins, l)
	}
	if len(joined.Logins) > maxLogins {
		return nil, &LoginTaken{Provider: joined.Logins[maxLogins].Provider, Reason: fmt.Sprintf("an identity has at most %d logins", maxLogins)}
	}
	if err := s.Store.Apply(ctx, c); err != nil {
		return nil, fmt.Errorf("link logins: %w", err)
	}
	joined.Guest = false
	joined.Modified = now
	joined.Version++
	if len(c.Disable) > 0 {
		for _, m := range c.Disable {
			s.Log.Info("identities merged", "pool", p.ID, "parent", target.ID, "disabled", m.ID)
		}
	}
	return &joined, nil
}

// owners loads the identities that own any of the logins, each once, and
// returns the logins that nobody owns.
func (s *Service) owners(ctx context.Context, p *Pool, logins []verified) (owners []*Identity, unknown []verified, err error) {
	for _, v := range logins {
		owner, err := s.Store.LoginOwner(ctx, p.ID, v.Provider, v.Subject)
		if err != nil {
			return nil, nil, fmt.Errorf("find login: %w", err)
		}
		if owner == "" {
			unknown = append(unknown, v)
			continue
		}
		if slices.ContainsFunc(owners, func(o *Identity) bool { return o.ID == owner }) {
			continue
		}
		o, err := s.Store.Identity(ctx, owner)
		var gone *NoIdentity
		switch {
		case errors.As(err, &gone):
			return nil, nil, &Conflict{What: "the identity of a login"}
		case err != nil:
			return nil, nil, fmt.Errorf("load identity: %w", err)
		case !o.owns(v.Provider, v.Subject) || o.Disabled:
			// The login moved between the two reads.
			return nil, nil, &Conflict{What: "the identity of a login"}
		}
		owners = append(owners, o)
	}
	return owners, unknown, nil
}

// load reads an identity and checks that it belongs to the pool.
func (s *Service) load(ctx context.Context, p *Pool, id string) (*Identity, error) {
	i, err := s.Store.Identity(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	if i.PoolID != p.ID {
		return nil, &NoIdentity{ID: id}
	}
	return i, nil
}

// oldest picks the winner of a merge among authenticated identities.
func oldest(list []*Identity) *Identity {
	return slices.MinFunc(list, func(a, b *Identity) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
}

func providers(logins []verified) []string {
	names := make([]string, len(logins))
	for i, v := range logins {
		names[i] = v.Provider
	}
	return names
}

// ownsAll reports whether every login is linked to the identity.
func (i *Identity) ownsAll(logins []verified) bool {
	for _, v := range logins {
		if !i.owns(v.Provider, v.Subject) {
			return false
		}
	}
	return true
}
