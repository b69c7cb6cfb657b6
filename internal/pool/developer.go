package pool

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxDeveloperUser is how long a developer's user identifier may be.
const maxDeveloperUser = 1024

// DeveloperTokenInput is a request of a backend that has authenticated somebody
// (cognito-identity.md 3.6).
type DeveloperTokenInput struct {
	PoolID     string
	IdentityID string // "" finds or makes the identity
	// Logins has the developer provider's name with the backend's user, whom
	// nobody verifies but the backend, and tokens of public providers beside it.
	Logins   map[string]string
	Tags     map[string]string
	Lifetime time.Duration // 0 means 15 minutes
}

// GetDeveloperToken is GetOpenIdTokenForDeveloperIdentity.
func (s *Service) GetDeveloperToken(ctx context.Context, in DeveloperTokenInput) (*Issued, error) {
	p, err := s.Pool(in.PoolID)
	if err != nil {
		return nil, err
	}
	user, ok := in.Logins[p.DeveloperProviderName]
	if p.DeveloperProviderName == "" || !ok {
		return nil, errNoDeveloper()
	}
	if err := checkDeveloperUser(user); err != nil {
		return nil, err
	}
	switch {
	case in.Lifetime == 0:
		in.Lifetime = developerLifetime
	case in.Lifetime < time.Second || in.Lifetime > maxDeveloperLifetime:
		return nil, &Invalid{Message: fmt.Sprintf("TokenDuration must be between 1 and %d seconds.", int(maxDeveloperLifetime.Seconds()))}
	}
	public := maps.Clone(in.Logins)
	delete(public, p.DeveloperProviderName)
	proven, err := s.verify(ctx, p, public)
	if err != nil {
		return nil, err
	}
	if err := s.rememberEntities(ctx, p, proven); err != nil {
		return nil, err
	}
	developer := verified{Provider: p.DeveloperProviderName, Subject: user, naming: naming{
		AMR: [2]string{p.DeveloperProviderName, developerAMR(p, user)},
	}}
	by := &caller{logins: append([]verified{developer}, proven...)}
	if by.identity, err = s.resolveDeveloper(ctx, p, in.IdentityID, by.logins); err != nil {
		return nil, err
	}
	return s.issue(ctx, p, by, sortedTags(in.Tags), in.Lifetime)
}

// developerAMR is the text that names a developer's user in an amr.
func developerAMR(p *Pool, user string) string {
	return p.DeveloperProviderName + ":" + p.ID + ":" + user
}

// resolveDeveloper settles the identity of logins of which the first is the
// developer's user. Who is named must be a guest, or proven by a login; a user who
// belongs to somebody else is taken over only when both were proven.
func (s *Service) resolveDeveloper(ctx context.Context, p *Pool, identityID string, logins []verified) (*Identity, error) {
	by := proof{logins: logins, developer: true}
	if identityID != "" {
		var err error
		if by.named, err = s.load(ctx, p, identityID); err != nil {
			return nil, err
		}
	}
	return s.resolve(ctx, p, by)
}

// DeveloperUsers is an identity with the developer's users that are linked to it,
// in the order they were linked.
type DeveloperUsers struct {
	Identity *Identity
	Users    []string
}

// LookupDeveloper finds the developer's users of an identity, or the identity of a
// user; given both, it checks that they belong together.
func (s *Service) LookupDeveloper(ctx context.Context, poolID, identityID, user string) (*DeveloperUsers, error) {
	p, err := s.Pool(poolID)
	if err != nil {
		return nil, err
	}
	if p.DeveloperProviderName == "" {
		return nil, errNoDeveloper()
	}
	if identityID == "" && user == "" {
		return nil, &Invalid{Message: "Either IdentityID or DeveloperUserIdentifier must be provided."}
	}
	id := identityID
	if id == "" {
		if id, err = s.developerOwner(ctx, p, user); err != nil {
			return nil, err
		}
	}
	identity, err := s.load(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if identityID != "" && user != "" && !identity.owns(p.DeveloperProviderName, user) {
		return nil, &Mismatch{IdentityID: identityID, User: user}
	}
	found := &DeveloperUsers{Identity: identity}
	for _, l := range identity.Logins {
		if l.Provider == p.DeveloperProviderName {
			found.Users = append(found.Users, l.Subject)
		}
	}
	return found, nil
}

// MergeDevelopers folds the identity of the source user into that of the
// destination user, which it returns.
func (s *Service) MergeDevelopers(ctx context.Context, poolID, provider, source, destination string) (*Identity, error) {
	p, err := s.developerPool(poolID, provider)
	if err != nil {
		return nil, err
	}
	var id *Identity
	err = s.race(p, provider+" "+destination, func(bool) error {
		var err error
		id, err = s.mergeDevelopers(ctx, p, source, destination)
		return err
	})
	return id, err
}

func (s *Service) mergeDevelopers(ctx context.Context, p *Pool, source, destination string) (*Identity, error) {
	both := make([]*Identity, 2)
	for i, user := range []string{source, destination} {
		id, err := s.developerOwner(ctx, p, user)
		if err != nil {
			return nil, err
		}
		if both[i], err = s.load(ctx, p, id); err != nil {
			return nil, err
		}
		switch at := both[i]; {
		case at.Blocked:
			return nil, &Forbidden{ID: at.ID, Blocked: true}
		case at.Disabled: // the user moved between the two reads
			return nil, &Conflict{What: "the identity of a developer's user"}
		}
	}
	if both[0].ID == both[1].ID {
		return both[1], nil
	}
	id, err := s.join(ctx, p, both[1], both, nil, ByDeveloper)
	return id, s.confirm(ctx, err, both...)
}

// UnlinkDeveloper takes a developer's user off an identity; the user is a new
// identity the next time.
func (s *Service) UnlinkDeveloper(ctx context.Context, poolID, identityID, provider, user string) error {
	p, err := s.developerPool(poolID, provider)
	if err != nil {
		return err
	}
	return s.unlink(ctx, p, identityID, func(id *Identity) ([]Login, error) {
		if id.Blocked {
			return nil, &Forbidden{ID: id.ID, Blocked: true}
		}
		for _, l := range id.Logins {
			if l.Provider == provider && l.Subject == user {
				return []Login{l}, nil
			}
		}
		return nil, &NotLinked{IdentityID: identityID, User: user}
	})
}

// developerPool is a pool with this developer provider.
func (s *Service) developerPool(poolID, provider string) (*Pool, error) {
	p, err := s.Pool(poolID)
	if err != nil {
		return nil, err
	}
	if p.DeveloperProviderName == "" || provider != p.DeveloperProviderName {
		return nil, errNoDeveloper()
	}
	return p, nil
}

// developerOwner is the identity of a developer's user.
func (s *Service) developerOwner(ctx context.Context, p *Pool, user string) (string, error) {
	owner, err := s.Store.LoginOwner(ctx, p.ID, p.DeveloperProviderName, user)
	if err != nil {
		return "", fmt.Errorf("find login: %w", err)
	}
	if owner == "" {
		return "", &NotLinked{User: user}
	}
	return owner, nil
}

func errNoDeveloper() error {
	return &Invalid{Message: "This identity pool does not support the specified developer provider"}
}

func checkDeveloperUser(user string) error {
	switch {
	case user == "" || len(user) > maxDeveloperUser:
		return &Invalid{Message: fmt.Sprintf("A developer user identifier has 1 to %d characters.", maxDeveloperUser)}
	case strings.ContainsRune(user, utf8.RuneError) || strings.ContainsFunc(user, unicode.IsControl):
		// JSON writes every text that is not Unicode as U+FFFD: two people would be one.
		return &Invalid{Message: "A developer user identifier has no control characters and no characters that are not Unicode."}
	}
	return nil
}
