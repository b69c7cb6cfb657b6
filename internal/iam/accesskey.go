package iam

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"

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
