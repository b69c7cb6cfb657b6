package iam

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
)

// CreateAccessKey makes an active key for a user, or with userName "" for the
// account root. The secret is in the answer and cannot be read from the API
// again.
func (s *Service) CreateAccessKey(ctx context.Context, account, userName string) (*AccessKey, error) {
	id := prefixAccessKey + s.base32(16)
	secret := s.newSecret()
	sealed, err := s.sealer.Seal(KeyPurpose, []byte(secret.Reveal()), []byte(id))
	if err != nil {
		return nil, fmt.Errorf("iam: seal access key: %w", err)
	}
	after, err := s.update(ctx, func(v *View, w *Write) error {
		owner, err := v.keyOwner(account, userName)
		if err != nil {
			return err
		}
		if len(v.AccessKeys(account, owner)) >= MaxKeysPerUser {
			return &LimitExceeded{Quota: QuotaAccessKeys, Limit: MaxKeysPerUser, Kind: KindUser, Name: userName}
		}
		w.Keys = append(w.Keys, &SealedKey{ID: id, Account: account, UserID: owner, Active: true, Created: s.now(), Sealed: sealed})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.keys[id], nil
}

// newSecret makes a secret of AWS's form: 40 characters of base64.
func (s *Service) newSecret() keys.Secret {
	var b [30]byte
	s.read(b[:])
	return keys.NewSecret(base64.StdEncoding.EncodeToString(b[:]))
}

// UpdateAccessKey switches a key on or off.
func (s *Service) UpdateAccessKey(ctx context.Context, account, userName, id string, active bool) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		k, err := s.ownKey(v, account, userName, id)
		if err != nil {
			return err
		}
		if k.Active == active {
			return nil
		}
		if k.Secret.Empty() {
			return &Immutable{Kind: KindAccessKey, Name: id} // cannot be unsealed; it can only be deleted
		}
		sealed, err := s.sealer.Seal(KeyPurpose, []byte(k.Secret.Reveal()), []byte(id))
		if err != nil {
			return fmt.Errorf("seal access key: %w", err)
		}
		w.Keys = append(w.Keys, &SealedKey{ID: id, Account: account, UserID: k.UserID, Active: active, Created: k.Created, Sealed: sealed})
		return nil
	})
	return err
}

// DeleteAccessKey deletes a key. Requests signed with it fail from then on.
func (s *Service) DeleteAccessKey(ctx context.Context, account, userName, id string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		if _, err := s.ownKey(v, account, userName, id); err != nil {
			return err
		}
		w.Deleted = append(w.Deleted, Ref{KindAccessKey, id})
		return nil
	})
	return err
}

// resealBatch is how many keys one transaction reseals.
const resealBatch = 500

// ResealAccessKeys seals every stored secret anew, so that after a rotation of
// the key ring nothing depends on a retired ring key. Keys that do not open stay
// as they are. It returns how many were sealed, also when it fails half-way; to
// run it again does no harm.
func (s *Service) ResealAccessKeys(ctx context.Context) (int, error) {
	var ids []string
	for id, k := range s.view.Load().keys {
		if id != s.root.ID && !k.Secret.Empty() {
			ids = append(ids, id)
		}
	}
	done := 0
	for batch := range slices.Chunk(ids, resealBatch) {
		sealed := 0
		_, err := s.update(ctx, func(v *View, w *Write) error {
			sealed = 0
			for _, id := range batch {
				k, ok := v.keys[id]
				if !ok {
					continue // deleted meanwhile
				}
				record, err := s.sealer.Seal(KeyPurpose, []byte(k.Secret.Reveal()), []byte(id))
				if err != nil {
					return fmt.Errorf("seal access key: %w", err)
				}
				sealed++
				w.Keys = append(w.Keys, &SealedKey{ID: id, Account: k.Account, UserID: k.UserID, Active: k.Active, Created: k.Created, Sealed: record})
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done += sealed
	}
	return done, nil
}

// ownKey finds a key of the named user ("" for root) that may be changed.
func (s *Service) ownKey(v *View, account, userName, id string) (*AccessKey, error) {
	owner, err := v.keyOwner(account, userName)
	if err != nil {
		return nil, err
	}
	k, ok := v.keys[id]
	if !ok || k.Account != account || k.UserID != owner {
		return nil, &NotFound{Kind: KindAccessKey, Name: id}
	}
	if id == s.root.ID {
		return nil, &Immutable{Kind: KindAccessKey, Name: id}
	}
	return k, nil
}

// keyOwner returns the unique id of the user, or "" for the root.
func (v *View) keyOwner(account, userName string) (string, error) {
	if userName == "" {
		return "", nil
	}
	u, err := v.User(account, userName)
	if err != nil {
		return "", err
	}
	return u.ID, nil
}

// KeyUse is when and for what a key was last used.
type KeyUse struct {
	At              time.Time
	Service, Region string
}

// usage remembers the last use of each key on this node since it started.
type usage struct {
	mu   sync.RWMutex
	last map[string]KeyUse
}

// usageGrain is how exact the time of last use is, as AWS's own is not exact;
// within it a use costs a read lock only.
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
		s.usage.last = make(map[string]KeyUse)
	}
	s.usage.last[id] = KeyUse{At: now, Service: service, Region: region}
}

// KeyUse returns the last use of a key that this node saw since it started.
func (s *Service) KeyUse(id string) (KeyUse, bool) {
	s.usage.mu.RLock()
	defer s.usage.mu.RUnlock()
	u, ok := s.usage.last[id]
	return u, ok
}
