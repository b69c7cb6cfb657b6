package pool

import (
	"context"
	"slices"
	"time"
)

// Extensions are the settings of a pool that AWS has no operation for.
type Extensions struct {
	Sessions           SessionSettings
	MergeVerifiedEmail EmailMerge
	SAML               SAMLSettings
}

// UpdateExtensions changes the settings that AWS has no operation for, all of them
// or none. f is given what is set and changes it; it must not keep it.
func (s *Service) UpdateExtensions(ctx context.Context, poolID string, f func(*Extensions)) (*Pool, error) {
	return s.change(ctx, poolID, func(p *Pool) error {
		e := Extensions{Sessions: p.Sessions, MergeVerifiedEmail: p.MergeVerifiedEmail.clone(), SAML: p.SAML.clone()}
		f(&e)
		if err := s.checkSessions(e.Sessions); err != nil {
			return err
		}
		if err := s.checkEmailMerge(p, e.MergeVerifiedEmail); err != nil {
			return err
		}
		if err := e.SAML.check(); err != nil {
			return err
		}
		e.Sessions.GuestPolicyARNs = slices.Clone(e.Sessions.GuestPolicyARNs)
		p.Sessions, p.MergeVerifiedEmail = e.Sessions, e.MergeVerifiedEmail.clone()
		p.SAML = e.SAML.clone()
		return nil
	})
}

// SessionDuration is how long the sessions of the pool last unless a role allows
// less.
func (p *Pool) SessionDuration() time.Duration {
	if p.Sessions.Duration == 0 {
		return defaultSessionDuration
	}
	return p.Sessions.Duration
}
