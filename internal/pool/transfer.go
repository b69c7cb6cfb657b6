package pool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"time"
)

// An imported pool and its identities keep the ids, times and states they had where
// they were exported. Whoever may import says which login belongs to which
// identity, as much as somebody who writes the database does: it is an
// administrator's permission (docs/export-format.md).

// PoolDiffers reports a pool that is there already with other settings than those
// to be imported.
type PoolDiffers struct {
	ID     string
	Fields []string
}

func (e *PoolDiffers) Error() string {
	return fmt.Sprintf("pool: %q is there and has other settings: %v", e.ID, e.Fields)
}

// Inserter takes in identities as they are elsewhere.
type Inserter interface {
	// InsertIdentities adds identities with their logins, all or none. It fails
	// with *Conflict when an id or a login is taken, and with *NoPool when the pool
	// is gone.
	InsertIdentities(ctx context.Context, poolID string, list []*Identity) error
}

// ImportReason says why an identity was not imported.
type ImportReason string

// The reasons.
const (
	// ImportExists: an identity with the id is there and differs, or is in another
	// pool.
	ImportExists ImportReason = "IdentityExists"
	// ImportLoginTaken: a login belongs to another identity.
	ImportLoginTaken ImportReason = "LoginTaken"
	// ImportInvalid: no identity can be so.
	ImportInvalid ImportReason = "InvalidIdentity"
)

// ImportConflict is an identity that was not imported, and why. Message is public.
type ImportConflict struct {
	ID              string
	Reason          ImportReason
	Message         string
	Provider, Owner string // of ImportLoginTaken
}

// Imported is what became of identities to be imported.
type Imported struct {
	Added, Unchanged int
	Conflicts        []ImportConflict
}

var idPattern = regexp.MustCompile(`^[a-z0-9-]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// ImportPool makes a pool with the id and the creation time that it has elsewhere.
// A pool that is there with the same settings stays as it is; one with others is
// refused with *PoolDiffers.
func (s *Service) ImportPool(ctx context.Context, account string, in *Pool) (created bool, err error) {
	p := in.clone()
	p.Account, p.Version = account, 1
	if err := s.checkImported(p); err != nil {
		return false, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	pools := *s.pools.Load()
	if old, ok := pools[p.ID]; ok {
		if old.Account != account {
			return false, &NoPool{ID: p.ID}
		}
		p.SAML.learn(old.SAML)
		if fields := differences(old, p); len(fields) > 0 {
			return false, &PoolDiffers{ID: p.ID, Fields: fields}
		}
		return false, nil
	}
	count := 0
	for _, other := range pools {
		if other.Account == account {
			count++
		}
	}
	if count >= s.MaxPools {
		return false, &LimitExceeded{Message: fmt.Sprintf("Cannot exceed quota for IdentityPoolsPerAccount: %d", s.MaxPools)}
	}
	if p.Created.IsZero() {
		p.Created = s.now()
	}
	p.Created = p.Created.UTC().Truncate(time.Millisecond)
	// It may have been deleted here, and not to the end.
	if err := s.Sweep(ctx); err != nil {
		return false, err
	}
	if err := s.Store.InsertPool(ctx, p); err != nil {
		return false, fmt.Errorf("insert pool: %w", err)
	}
	s.swap(func(m map[string]*Pool) { m[p.ID] = p })
	return true, nil
}

// checkImported holds a pool to every rule that the operations which write one hold
// it to.
func (s *Service) checkImported(p *Pool) error {
	if !idPattern.MatchString(p.ID) {
		return &Invalid{Message: fmt.Sprintf("%q is not the id of an identity pool.", p.ID)}
	}
	if r := Region(p.ID); r != s.Region {
		return &Invalid{Message: fmt.Sprintf("The pool's ids begin with %s: it can only be imported by a server of that region, and this one's is %s.", r, s.Region)}
	}
	tags := p.Tags
	p.Tags = map[string]string{}
	if err := errors.Join(mergeTags(p, tags), s.check(p), p.checkMappings(p.RoleMappings), s.checkSessions(p.Sessions), s.checkEmailMerge(p, p.MergeVerifiedEmail), p.SAML.check()); err != nil {
		return err
	}
	for kind := range p.Roles {
		if kind != Authenticated && kind != Unauthenticated {
			return &Invalid{Message: fmt.Sprintf("%q is not a kind of role: it is %s or %s.", kind, Authenticated, Unauthenticated)}
		}
	}
	for _, role := range slices.Concat(slices.Sorted(maps.Values(p.Roles)), mappedRoles(p.RoleMappings)) {
		if err := s.checkRole(p, role); err != nil {
			return err
		}
	}
	for _, provider := range slices.Sorted(maps.Keys(p.TagMaps)) {
		if !p.taggable(provider) {
			return notTaggable(provider)
		}
	}
	return nil
}

// differences names the settings in which two pools differ. When and by which
// account a pool was made, and how often it was changed, are no settings; an empty
// collection is none.
func differences(a, b *Pool) []string {
	var names []string
	av, bv := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range av.NumField() {
		name := av.Type().Field(i).Name
		if name == "Account" || name == "Created" || name == "Version" {
			continue
		}
		x, y := av.Field(i), bv.Field(i)
		if k := x.Kind(); (k == reflect.Map || k == reflect.Slice) && x.Len() == 0 && y.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(x.Interface(), y.Interface()) {
			names = append(names, name)
		}
	}
	return names
}

// ImportIdentities adds identities to a pool as they are elsewhere. One that is
// there just so stays; what cannot be added is listed, and changes nothing.
// Importing is repeatable, so a client that lost the answer asks again.
func (s *Service) ImportIdentities(ctx context.Context, poolID string, list []*Identity) (*Imported, error) {
	p, err := s.Pool(poolID)
	if err != nil {
		return nil, err
	}
	var sound []*Identity
	var invalid []ImportConflict
	for _, i := range list {
		next := importable(p, i)
		if problem := s.unsound(next); problem != "" {
			invalid = append(invalid, ImportConflict{ID: i.ID, Reason: ImportInvalid, Message: problem})
			continue
		}
		sound = append(sound, next)
	}
	for range maxRaces {
		out, fresh, err := s.compare(ctx, p, sound)
		if err != nil {
			return nil, err
		}
		if len(fresh) > 0 {
			err = s.Store.InsertIdentities(ctx, p.ID, fresh)
		}
		if lost := (*Conflict)(nil); errors.As(err, &lost) {
			continue // somebody signed in, or another import runs
		}
		if err != nil {
			return nil, fmt.Errorf("insert identities: %w", err)
		}
		out.Added = len(fresh)
		out.Conflicts = append(invalid, out.Conflicts...)
		return out, nil
	}
	return nil, &Conflict{What: "the identities"}
}

// importable is an identity in the form it is stored in.
func importable(p *Pool, i *Identity) *Identity {
	next := *i
	next.PoolID, next.Version = p.ID, 1
	next.Created, next.Modified = millis(i.Created), millis(i.Modified)
	next.Logins = slices.Clone(i.Logins)
	for n := range next.Logins {
		l := &next.Logins[n]
		l.Linked = millis(l.Linked)
		l.Remembered, l.Person = time.Time{}, nil // the next sign-in tells
	}
	slices.SortFunc(next.Logins, Login.Compare)
	return &next
}

func millis(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

// Bounds of what an imported identity may say.
const (
	maxProviderName = 2048 // an issuer's URL
	maxSubject      = 2048
)

// unsound says why no identity can be like this, "" when one can.
func (s *Service) unsound(i *Identity) string {
	epoch := time.Unix(0, 0)
	switch {
	case !idPattern.MatchString(i.ID) || Region(i.ID) != s.Region:
		return fmt.Sprintf("The id is not of the form %s:UUID with small letters.", s.Region)
	case !i.Created.After(epoch) || i.Modified.Before(i.Created):
		return "An identity is created after 1970, and changed after that."
	case i.Guest && len(i.Logins) > 0:
		return "A guest has no logins."
	case i.Disabled != (i.Parent != ""):
		return "A disabled identity has a parent, and no other has."
	case i.Disabled && len(i.Logins) > 0:
		return "A disabled identity has no logins: its parent has them."
	case i.Disabled && (!idPattern.MatchString(i.Parent) || Region(i.Parent) != s.Region || i.Parent == i.ID):
		return "The parent is not another identity of the region."
	case len(i.Logins) > maxLogins:
		return fmt.Sprintf("An identity has at most %d logins.", maxLogins)
	}
	for n, l := range i.Logins {
		switch {
		case l.Provider == "" || len(l.Provider) > maxProviderName || l.Subject == "" || len(l.Subject) > maxSubject:
			return fmt.Sprintf("A login has a provider and a subject of at most %d characters.", maxSubject)
		case !l.Linked.After(epoch):
			return "A login is linked after 1970."
		case slices.ContainsFunc(i.Logins[:n], func(o Login) bool { return o.Provider == l.Provider && o.Subject == l.Subject }):
			return "A login is there twice."
		}
	}
	return ""
}

// compare says which identities are new, and what is in the way of the others.
func (s *Service) compare(ctx context.Context, p *Pool, list []*Identity) (out *Imported, fresh []*Identity, err error) {
	out = &Imported{}
	type login struct{ provider, subject string }
	ids, logins := make(map[string]*Identity, len(list)), make(map[login]string, len(list))
	refuse := func(id string, r ImportReason, message string) {
		out.Conflicts = append(out.Conflicts, ImportConflict{ID: id, Reason: r, Message: message})
	}
next:
	for _, i := range list {
		there, err := s.Store.Identity(ctx, i.ID)
		if unknown := (*NoIdentity)(nil); errors.As(err, &unknown) {
			there, err = ids[i.ID], nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("load identity: %w", err)
		}
		switch {
		case there != nil && same(there, i):
			out.Unchanged++
			continue
		case there != nil && there.PoolID != p.ID:
			refuse(i.ID, ImportExists, "An identity with this id is in another identity pool.")
			continue
		case there != nil:
			refuse(i.ID, ImportExists, "The identity is there already and differs.")
			continue
		}
		for _, l := range i.Logins {
			owner, err := s.Store.LoginOwner(ctx, p.ID, l.Provider, l.Subject)
			if err != nil {
				return nil, nil, fmt.Errorf("find login: %w", err)
			}
			if owner == "" {
				owner = logins[login{l.Provider, l.Subject}]
			}
			if owner != "" {
				out.Conflicts = append(out.Conflicts, ImportConflict{
					ID: i.ID, Reason: ImportLoginTaken, Provider: l.Provider, Owner: owner,
					Message: fmt.Sprintf("A login of %s belongs to the identity %s.", l.Provider, owner),
				})
				continue next
			}
		}
		for _, l := range i.Logins {
			logins[login{l.Provider, l.Subject}] = i.ID
		}
		ids[i.ID] = i
		fresh = append(fresh, i)
	}
	return out, fresh, nil
}

// same reports whether an identity is just like another. What is remembered of its
// people is not compared.
func same(a, b *Identity) bool {
	return a.PoolID == b.PoolID && a.Created.Equal(b.Created) && a.Modified.Equal(b.Modified) && a.Guest == b.Guest &&
		a.Disabled == b.Disabled && a.Parent == b.Parent && a.Blocked == b.Blocked &&
		slices.EqualFunc(a.Logins, b.Logins, func(x, y Login) bool { return x.Compare(y) == 0 })
}
