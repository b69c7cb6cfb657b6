package pool

import (
	"context"
	"fmt"
	"strings"
)

// GetID returns the id of the identity that the logins belong to, making it if
// needed; without logins it makes a new guest (cognito-identity.md 3.2).
// account is the optional AccountId of the request.
func (s *Service) GetID(ctx context.Context, poolID, account string, logins map[string]string) (string, error) {
	p, err := s.Pool(poolID)
	if err != nil {
		return "", err
	}
	if account != "" && account != p.Account {
		return "", &NoPool{ID: poolID}
	}
	if len(logins) == 0 && !p.AllowUnauthenticated {
		return "", &GuestsNotAllowed{PoolID: p.ID}
	}
	if err := s.throttle("GetId", p); err != nil {
		return "", err
	}
	proven, err := s.verify(ctx, p, logins)
	if err != nil {
		return "", err
	}
	if err := s.rememberEntities(ctx, p, proven); err != nil {
		return "", err
	}
	if len(proven) == 1 {
		// The usual sign-in: one read. A login always belongs to an identity
		// that is in use, because a merge moves logins with it.
		owner, err := s.Store.LoginOwner(ctx, p.ID, proven[0].Provider, proven[0].Subject)
		if err != nil {
			return "", fmt.Errorf("find login: %w", err)
		}
		if owner != "" {
			return owner, nil
		}
	}
	id, err := s.resolve(ctx, p, proof{logins: proven})
	if err != nil {
		return "", err
	}
	return id.ID, nil
}

// Identity returns one identity with its pool.
func (s *Service) Identity(ctx context.Context, id string) (*Identity, *Pool, error) {
	if !strings.HasPrefix(id, s.Region+":") {
		return nil, nil, &NoIdentity{ID: id}
	}
	i, err := s.Store.Identity(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("load identity: %w", err)
	}
	p, err := s.Pool(i.PoolID)
	if err != nil {
		// The pool is being deleted; its identities are gone with it.
		return nil, nil, &NoIdentity{ID: id}
	}
	return i, p, nil
}

// ListIdentities returns a page of a pool's identities in creation order.
func (s *Service) ListIdentities(ctx context.Context, poolID string, after Position, limit int, hideDisabled bool) ([]*Identity, error) {
	if _, err := s.Pool(poolID); err != nil {
		return nil, err
	}
	list, err := s.Store.ListIdentities(ctx, poolID, after, limit, hideDisabled)
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	return list, nil
}
