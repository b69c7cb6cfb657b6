package iam

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

// KeyUse is when and for what a key was last used.
type KeyUse struct {
	At              time.Time
	Service, Region string
}

// UseStore is a power that a Store may have besides: to remember the last use of
// access keys. Uses are noted apart from Commit, because they happen all the
// time and change no decision.
type UseStore interface {
	// KeyUse returns the last use of a key that was saved, and false for none.
	KeyUse(ctx context.Context, id string) (KeyUse, bool, error)
	// SaveKeyUses saves uses by key id. A use that is older than the saved one
	// changes nothing, so nodes may save in any order.
	SaveKeyUses(ctx context.Context, uses map[string]KeyUse) error
}

// usage remembers the last use of each key on this node.
type usage struct {
	mu    sync.RWMutex
	last  map[string]KeyUse
	fresh map[string]KeyUse // not saved yet
}

// usageGrain is how exact the time of last use is; AWS's own is not exact
// either. Within it, a use costs a read lock only.
const usageGrain = time.Minute

// RecordKeyUse notes that a long-term key signed an accepted request. It is
// cheap enough for the request path.
func (s *Service) RecordKeyUse(id, service, region string) {
	now := s.now()
	s.usage.mu.RLock()
	u, ok := s.usage.last[id]
	s.usage.mu.RUnlock()
	if ok && now.Sub(u.At) < usageGrain && u.Service == service && u.Region == region {
		return
	}
	s.usage.mu.Lock()
	defer s.usage.mu.Unlock()
	if s.usage.last == nil {
		s.usage.last, s.usage.fresh = make(map[string]KeyUse), make(map[string]KeyUse)
	}
	u = KeyUse{At: now, Service: service, Region: region}
	s.usage.last[id], s.usage.fresh[id] = u, u
}

// KeyUse returns the last use of a key: what this node saw, or what any node has
// saved, whichever is later.
func (s *Service) KeyUse(ctx context.Context, id string) (KeyUse, bool, error) {
	s.usage.mu.RLock()
	seen, ok := s.usage.last[id]
	s.usage.mu.RUnlock()
	store, can := s.store.(UseStore)
	if !can {
		return seen, ok, nil
	}
	saved, found, err := store.KeyUse(ctx, id)
	if err != nil {
		return KeyUse{}, false, fmt.Errorf("iam: read use of access key: %w", err)
	}
	if found && saved.At.After(seen.At) {
		return saved, true, nil
	}
	return seen, ok, nil
}

// SaveKeyUses saves what was noted since the last call. Watch does it at every
// tick; call it once more before the program ends.
func (s *Service) SaveKeyUses(ctx context.Context) error {
	store, can := s.store.(UseStore)
	if !can {
		return nil
	}
	s.usage.mu.Lock()
	uses := maps.Clone(s.usage.fresh)
	clear(s.usage.fresh)
	s.usage.mu.Unlock()
	if len(uses) == 0 {
		return nil
	}
	if err := store.SaveKeyUses(ctx, uses); err != nil {
		s.usage.mu.Lock()
		defer s.usage.mu.Unlock()
		for id, u := range uses {
			if _, newer := s.usage.fresh[id]; !newer {
				s.usage.fresh[id] = u
			}
		}
		return fmt.Errorf("iam: save use of access keys: %w", err)
	}
	return nil
}
