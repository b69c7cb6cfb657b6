package pool

import (
	"context"
	"fmt"
)

// maxFound is how many logins a search gives, and how many merges a description.
const maxFound = 60

// Find says whom FindIdentities looks for: a subject, with its provider or at any,
// or an e-mail address in whatever case. An address is found where it is remembered
// (Config.RememberClaims).
type Find struct {
	PoolID            string
	Provider, Subject string
	Email             string
}

// Match is an identity that was found, with the logins it was found by.
type Match struct {
	Identity *Identity
	Logins   []Login
}

// FindIdentities finds identities by the people they belong to, 60 logins at most.
// With a subject and an address, both must be a login's.
func (s *Service) FindIdentities(ctx context.Context, f Find) ([]Match, error) {
	p, err := s.Pool(f.PoolID)
	if err != nil {
		return nil, err
	}
	if f.Subject == "" && f.Email == "" {
		return nil, &Invalid{Message: "A search needs a subject or an e-mail address."}
	}
	found, err := s.find(ctx, p, f)
	if err != nil {
		return nil, fmt.Errorf("find logins: %w", err)
	}
	var list []Match
	at := make(map[string]int)
	for _, l := range found {
		if f.Provider != "" && l.Login.Provider != f.Provider || f.Subject != "" && l.Login.Subject != f.Subject {
			continue
		}
		i, seen := at[l.Identity]
		if !seen {
			id, err := s.withPeople(ctx, p, l.Identity)
			if isGone(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			i = len(list)
			at[l.Identity] = i
			list = append(list, Match{Identity: id})
		}
		for _, known := range list[i].Identity.Logins {
			if known.Provider == l.Login.Provider && known.Subject == l.Login.Subject {
				list[i].Logins = append(list[i].Logins, known)
			}
		}
	}
	return list, nil
}

func (s *Service) find(ctx context.Context, p *Pool, f Find) ([]OwnedLogin, error) {
	switch {
	case f.Email != "":
		return s.Store.LoginsByEmail(ctx, p.ID, emailKey(f.Email), maxFound)
	case f.Provider == "":
		return s.Store.LoginsBySubject(ctx, p.ID, f.Subject, maxFound)
	}
	owner, err := s.Store.LoginOwner(ctx, p.ID, f.Provider, f.Subject)
	if err != nil || owner == "" {
		return nil, err
	}
	return []OwnedLogin{{Identity: owner, Login: Login{Provider: f.Provider, Subject: f.Subject}}}, nil
}

// Description is everything that is known of an identity.
type Description struct {
	Pool *Pool
	// Identity has its logins with what is remembered of each.
	Identity *Identity
	// Winners is the chain of identities that it was merged into, the one in use
	// last.
	Winners []*Identity
	// Merges are the merges that it was part of, those it lost first, the newest of
	// each first, 60 at most.
	Merges []*Merge
}

// DescribeLogins answers who an identity is: its logins with subjects, times and
// what is remembered of the person, and its merges.
func (s *Service) DescribeLogins(ctx context.Context, id string) (*Description, error) {
	_, p, err := s.Identity(ctx, id)
	if err != nil {
		return nil, err
	}
	d := &Description{Pool: p}
	if d.Identity, err = s.withPeople(ctx, p, id); err != nil {
		return nil, err
	}
	if d.Winners, err = s.Winners(ctx, d.Identity); err != nil {
		return nil, err
	}
	if d.Merges, err = s.Store.Merges(ctx, id, maxFound); err != nil {
		return nil, fmt.Errorf("find merges: %w", err)
	}
	return d, nil
}

// withPeople loads an identity with what is remembered of its logins.
func (s *Service) withPeople(ctx context.Context, p *Pool, id string) (*Identity, error) {
	i, err := s.load(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if i.Logins, err = s.Store.Logins(ctx, id); err != nil {
		return nil, fmt.Errorf("load logins: %w", err)
	}
	return i, nil
}
