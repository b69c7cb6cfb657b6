package pool

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
)

// maxLogins is how many logins one identity may have (cognito-identity.md 8.4).
const maxLogins = 20

// maxRaces bounds how often a resolution starts again after losing a race. Each
// lost race means that somebody else's change was made, so a handful is plenty:
// from the second on, the losers of one person queue up (see turn).
const maxRaces = 10

// proof is what a request has proven and whom it names.
type proof struct {
	// named is the identity that the request names, nil for GetId.
	named  *Identity
	logins []verified
	// owned says that named is proven in another way, by a token of the pool's own.
	owned bool
	// developer says that the first login is a user whom a backend vouches for, and
	// who moves between identities only when the other one was proven too.
	developer bool
}

// resolve finds or makes the identity that a request is about. It implements the
// tables of cognito-identity.md 3.2 and 3.3 and the merge rule of 3.4; what it
// decides it applies in one Change, and starts again when that loses a race.
func (s *Service) resolve(ctx context.Context, p *Pool, by proof) (*Identity, error) {
	var id *Identity
	var seen bool
	err := s.race(p, by.key(), func(again bool) error {
		var err error
		if again && by.named != nil {
			if by.named, err = s.load(ctx, p, by.named.ID); err != nil {
				return err
			}
		}
		id, seen, err = s.resolveOnce(ctx, p, by)
		return err
	})
	if err != nil || seen || !p.mergesByEmail() {
		return id, err
	}
	return s.mergeByEmail(ctx, p, id, by.logins)
}

// key names what requests contend for that prove the same.
func (by *proof) key() string {
	if len(by.logins) > 0 {
		return by.logins[0].Provider + " " + by.logins[0].Subject
	}
	if by.named != nil {
		return by.named.ID
	}
	return ""
}

// race runs f until it loses no race any more; again is true after it lost one.
func (s *Service) race(p *Pool, key string, f func(again bool) error) error {
	for n := range maxRaces {
		err := s.turn(n, p, key, func() error { return f(n > 0) })
		if _, lost := errors.AsType[*Conflict](err); !lost {
			return err
		}
	}
	return &Conflict{What: "the identity"}
}

// turn runs f, and for who has lost twice alone among those with its key: when
// hundreds change one identity at once, a version that everybody reads and one can
// change would else let the last of them lose hundreds of times.
func (s *Service) turn(lost int, p *Pool, key string, f func() error) error {
	if lost > 1 {
		m := &s.turns[maphash.String(s.seed, p.ID+" "+key)%uint64(len(s.turns))]
		m.Lock()
		defer m.Unlock()
	}
	return f()
}

// resolveOnce tries once. seen is false when nobody had any of the logins before,
// so that they made the identity, or made somebody of a guest.
func (s *Service) resolveOnce(ctx context.Context, p *Pool, by proof) (id *Identity, seen bool, err error) {
	named := by.named
	if named != nil && named.Blocked {
		return nil, true, &Forbidden{ID: named.ID, Blocked: true}
	}
	if named != nil && !named.Disabled && (by.owned || len(by.logins) > 0) && named.ownsAll(by.logins) {
		return named, true, nil // the usual sign-in: one read
	}
	owners, unknown, err := s.owners(ctx, p, by.logins)
	if err != nil {
		return nil, true, err
	}
	first := len(by.logins) > 0 && len(owners) == 0 && !by.developer && !by.owned
	if first && p.mergesByEmail() {
		if err := s.checkAddress(ctx, p, by.logins); err != nil {
			return nil, true, err
		}
	}
	if named == nil {
		id, err = s.resolveUnnamed(ctx, p, owners, unknown)
	} else {
		id, err = s.resolveNamed(ctx, p, by, owners, unknown)
		owners = append(owners, named)
	}
	return id, !first, s.confirm(ctx, err, owners...)
}

// confirm returns err, or *Conflict instead of a refusal when one of the identities
// that it was decided on has changed: read one after the other while a merge goes
// on, they can show a login twice or nowhere. A change need not be confirmed: it
// names the versions that it was decided on.
func (s *Service) confirm(ctx context.Context, err error, seen ...*Identity) error {
	var lost *Conflict
	if err == nil || errors.As(err, &lost) {
		return err
	}
	for _, i := range seen {
		now, failed := s.Store.Identity(ctx, i.ID)
		if isGone(failed) || failed == nil && now.Version != i.Version {
			return &Conflict{What: "the identity"}
		}
	}
	return err
}

// resolveNamed is GetCredentialsForIdentity and GetOpenIdToken: table 3.3.
func (s *Service) resolveNamed(ctx context.Context, p *Pool, by proof, owners []*Identity, unknown []verified) (*Identity, error) {
	id := by.named
	if id.Disabled {
		// With a login of the identity that won, the answer is about the winner
		// (3.3), as if it had been named.
		winner, err := s.winner(ctx, id)
		if err != nil {
			return nil, err
		}
		if !contains(owners, winner.ID) {
			return nil, &Forbidden{ID: id.ID, Disabled: true}
		}
		id = winner
	}
	for _, o := range owners {
		if o.ID == id.ID {
			id = o // read later
		}
	}
	switch {
	case id.Guest && len(by.logins) == 0:
		if !p.AllowUnauthenticated {
			return nil, &GuestsNotAllowed{PoolID: p.ID}
		}
		return id, nil
	case len(by.logins) == 0 && !by.owned:
		return nil, &Forbidden{ID: id.ID}
	case by.developer && !contains(owners, id.ID) && slices.ContainsFunc(owners, by.ownsFirst):
		return nil, &DeveloperUserTaken{IdentityID: id.ID}
	case id.Guest:
		// A guest keeps its id when its logins are new; when they belong to
		// somebody already, that identity absorbs the guest.
		target := id
		if len(owners) > 0 {
			target = oldest(owners)
			owners = append(owners, id)
		}
		return s.join(ctx, p, target, owners, unknown, BySignIn)
	}
	// An authenticated identity must be proven by a login of its own.
	if !by.owned && !contains(owners, id.ID) {
		return nil, &LoginsDontMatch{IdentityID: id.ID, Providers: providers(by.logins)}
	}
	return s.join(ctx, p, id, owners, unknown, BySignIn)
}

func (by *proof) ownsFirst(o *Identity) bool {
	return o.owns(by.logins[0].Provider, by.logins[0].Subject)
}

func contains(list []*Identity, id string) bool {
	return slices.ContainsFunc(list, func(i *Identity) bool { return i.ID == id })
}

// resolveUnnamed is GetId: table 3.2.
func (s *Service) resolveUnnamed(ctx context.Context, p *Pool, owners []*Identity, unknown []verified) (*Identity, error) {
	if len(owners) > 0 {
		return s.join(ctx, p, oldest(owners), owners, unknown, BySignIn)
	}
	if len(unknown) == 0 && !p.AllowUnauthenticated {
		return nil, &GuestsNotAllowed{PoolID: p.ID}
	}
	return s.create(ctx, p, unknown)
}

// maxMerges bounds a chain of merges against a loop in bad data. Nothing else does:
// an identity that won may lose later.
const maxMerges = 100

// winner is the identity in use at the end of the chain of merges that id lost.
func (s *Service) winner(ctx context.Context, id *Identity) (*Identity, error) {
	chain, err := s.Winners(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 || chain[len(chain)-1].Disabled || chain[len(chain)-1].Blocked {
		return nil, &Forbidden{ID: id.ID, Disabled: true}
	}
	return chain[len(chain)-1], nil
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
		id.Logins = append(id.Logins, s.newLogin(&v, now))
	}
	if err := s.Store.Apply(ctx, &Change{PoolID: p.ID, Create: id, At: now}); err != nil {
		return nil, fmt.Errorf("create identity: %w", err)
	}
	return id, nil
}

// join makes target the owner of all logins of the owners and of the unknown
// ones; the other owners are disabled. With nothing to change it writes nothing.
func (s *Service) join(ctx context.Context, p *Pool, target *Identity, owners []*Identity, unknown []verified, cause Cause) (*Identity, error) {
	now := s.now()
	c := &Change{PoolID: p.ID, Target: target.ID, TargetVersion: target.Version, Cause: cause, At: now}
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
		c.Link = append(c.Link, s.newLogin(&v, now))
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
	// As it will be read from now on: what depends on the order, such as the role,
	// must not be another at the next sign-in.
	slices.SortFunc(joined.Logins, Login.Compare)
	joined.Guest = false
	joined.Modified = now
	joined.Version++
	for _, m := range c.Disable {
		s.Log.Info("identities merged", "pool", p.ID, "parent", target.ID, "disabled", m.ID, "cause", cause)
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
		if contains(owners, owner) {
			continue
		}
		o, err := s.Store.Identity(ctx, owner)
		switch {
		case isGone(err):
			return nil, nil, &Conflict{What: "the identity of a login"}
		case err != nil:
			return nil, nil, fmt.Errorf("load identity: %w", err)
		case !o.owns(v.Provider, v.Subject) || o.Disabled:
			// The login moved between the two reads.
			return nil, nil, &Conflict{What: "the identity of a login"}
		case o.Blocked:
			return nil, nil, &Forbidden{ID: o.ID, Blocked: true}
		}
		owners = append(owners, o)
	}
	for _, v := range unknown {
		if slices.ContainsFunc(owners, func(o *Identity) bool { return o.owns(v.Provider, v.Subject) }) {
			return nil, nil, &Conflict{What: "the identity of a login"} // linked since
		}
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

// isGone reports an error about an identity that is not there.
func isGone(err error) bool {
	var gone *NoIdentity
	return errors.As(err, &gone)
}
