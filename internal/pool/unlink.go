package pool

import (
	"context"
	"fmt"
	"slices"
)

// Unlink is UnlinkIdentity: whoever proves an identity takes logins off it, by the
// names of their providers. A login that is off is a new identity the next time;
// without its last one an identity cannot be reached any more, and does not become
// a guest again (cognito-identity.md 3.5).
func (s *Service) Unlink(ctx context.Context, identityID string, logins map[string]string, remove []string) error {
	named, p, err := s.Identity(ctx, identityID)
	if err != nil {
		return err
	}
	if err := s.unlinkProven(ctx, p, named, logins, remove); err != nil {
		return &SignInRefused{IdentityID: named.ID, Pool: p, Err: err}
	}
	return nil
}

func (s *Service) unlinkProven(ctx context.Context, p *Pool, named *Identity, logins map[string]string, remove []string) error {
	if len(logins) == 0 || named.Blocked {
		return &Forbidden{ID: named.ID, Disabled: named.Disabled, Blocked: named.Blocked}
	}
	if err := s.throttle("UnlinkIdentity", p); err != nil {
		return err
	}
	by, err := s.prove(ctx, p, named, logins)
	if err != nil {
		return err
	}
	if err := s.rememberEntities(ctx, p, by.logins); err != nil {
		return err
	}
	if slices.Contains(remove, p.DeveloperProviderName) && p.DeveloperProviderName != "" {
		// Whom the backend vouches for is the backend's to say.
		return &NotPublicProvider{Provider: p.DeveloperProviderName}
	}
	return s.unlink(ctx, p, named.ID, func(id *Identity) ([]Login, error) {
		if id.Disabled || id.Blocked {
			return nil, &Forbidden{ID: id.ID, Disabled: id.Disabled, Blocked: id.Blocked}
		}
		// One login of the identity proves it, or a token of the pool's own; nothing
		// is linked here.
		owned := by.own != nil && id.isStill(p, by.own)
		if !owned && !slices.ContainsFunc(by.logins, func(v verified) bool { return id.owns(v.Provider, v.Subject) }) {
			return nil, &LoginsDontMatch{IdentityID: id.ID, Providers: providers(by.logins)}
		}
		var off []Login
		for _, l := range id.Logins {
			if slices.Contains(remove, l.Provider) {
				off = append(off, l)
			}
		}
		return off, nil
	})
}

// unlink takes the logins that choose names off an identity, and starts again when
// that loses a race.
func (s *Service) unlink(ctx context.Context, p *Pool, identityID string, choose func(*Identity) ([]Login, error)) error {
	return s.race(p, identityID, func(bool) error {
		id, err := s.load(ctx, p, identityID)
		if err != nil {
			return err
		}
		off, err := choose(id)
		if err != nil || len(off) == 0 {
			return err
		}
		if err := s.Store.Apply(ctx, &Change{PoolID: p.ID, Target: id.ID, TargetVersion: id.Version, Unlink: off, At: s.now()}); err != nil {
			return fmt.Errorf("unlink logins: %w", err)
		}
		return nil
	})
}

// DeleteIdentity removes an identity with its logins. Deleting an unknown one
// succeeds: it is gone.
func (s *Service) DeleteIdentity(ctx context.Context, id string) error {
	if err := s.Store.DeleteIdentity(ctx, id); err != nil {
		return fmt.Errorf("delete identity: %w", err)
	}
	return nil
}
