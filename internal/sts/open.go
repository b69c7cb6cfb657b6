package sts

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/recent"
)

// Shards keep the nodes' cores from queueing for one lock.
const openedShards = 16

// recordHeader is how much of a sealed record names its key: version, key id,
// nonce. With the tag it is also the least a record has.
const recordHeader = 17

// openedTokens remembers opened tokens by digest. A session token is a bearer
// secret only together with the secret key, but even so its text is not kept.
type openedTokens [openedShards]*recent.Cache[[sha256.Size]byte, *opened]

type opened struct {
	session *Session
	secret  keys.Secret
	header  [recordHeader]byte
}

func newOpenedTokens(size int) openedTokens {
	var t openedTokens
	for i := range t {
		t[i] = recent.New[[sha256.Size]byte, *opened](size / openedShards)
	}
	return t
}

func (t *openedTokens) shard(digest *[sha256.Size]byte) *recent.Cache[[sha256.Size]byte, *opened] {
	return t[digest[0]%openedShards]
}

// Open returns the session of a token and its secret, or a *TokenError. The
// session is shared and must not be changed. Whether the session's role or user
// still exists is for the caller to check (package caller).
func (s *Service) Open(token string) (*Session, keys.Secret, error) {
	if len(token) > maxToken {
		return nil, keys.Secret{}, &TokenError{Reason: TokenMalformed}
	}
	var room [1024]byte // most tokens are shorter, and need no memory of their own
	digest := sha256.Sum256(append(room[:0], token...))
	shard := s.opened.shard(&digest)
	o, ok := shard.Get(digest)
	if !ok || !s.holds(o.header[:]) {
		var err error
		if o, err = s.unseal(token); err != nil {
			return nil, keys.Secret{}, err
		}
		// A token that is over already is not worth remembering, and one that
		// carries policies of unusual length not the room.
		if s.cfg.Now().Before(o.session.Expires) && o.session.policySize() <= maxRemembered {
			shard.Put(digest, o)
		}
	}
	if now := s.cfg.Now(); !now.Before(o.session.Expires) {
		return nil, keys.Secret{}, &TokenError{Reason: TokenExpired, Expired: o.session.Expires}
	}
	return o.session, o.secret, nil
}

func (s *Service) unseal(token string) (*opened, error) {
	// Strict, so that a token has one spelling: revocation and caches go by text.
	record, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(record) < recordHeader {
		return nil, &TokenError{Reason: TokenMalformed, Err: err}
	}
	plain, err := s.cfg.Sealer.Open(purposeSession, record, nil)
	if unknown, ok := errors.AsType[*keys.UnknownKeyError](err); ok {
		return nil, &TokenError{Reason: TokenUnknownKey, KeyID: unknown.KeyID, Err: err}
	}
	if err != nil {
		return nil, &TokenError{Reason: TokenMalformed, Err: err}
	}
	session, secret, err := decodeSession(plain)
	if err != nil {
		return nil, &TokenError{Reason: TokenMalformed, Err: err}
	}
	session.AMR = joinedAMR(session)
	return &opened{session: session, secret: secretText(secret), header: [recordHeader]byte(record)}, nil
}

// maxRemembered is how long the session policies of a remembered token may be.
// They travel compressed and open to 128 KiB and more.
const maxRemembered = 8 << 10

func (s *Session) policySize() int {
	n := 0
	for _, p := range s.Policies {
		n += len(p)
	}
	return n
}

// Expired reports whether the session is over at now.
func (s *Session) Expired(now time.Time) bool { return !now.Before(s.Expires) }

// joinedAMR is how the identity of a pool session was proven, in one text.
func joinedAMR(s *Session) string {
	for i := range s.Context {
		if s.Context[i].Name == CognitoAMR {
			return strings.Join(s.Context[i].Values, ",")
		}
	}
	return ""
}
