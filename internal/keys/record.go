package keys

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind says what a ring key is for.
type Kind string

// The kinds of ring key.
const (
	Sealing Kind = "sealing" // 32 bytes, from which purpose keys are derived
	Signing Kind = "signing" // an RSA-2048 private key, PKCS #8, for RS512
	// SigningEC is a private key on P-256, PKCS #8, for ES256.
	SigningEC Kind = "signing-es256"
)

// State is a key's place in its life. A kind has at most one next and one
// current key.
type State string

// The states of a ring key, in the order in which a key meets them.
const (
	Next    State = "next"    // published, not used yet
	Current State = "current" // makes new records
	Retired State = "retired" // opens and verifies old records only
)

// Record is a ring key as it is stored. Sealed is the key itself under the
// master key; nothing else in a record is secret.
type Record struct {
	ID      string // eight hexadecimal digits, unique in the ring
	Kind    Kind
	State   State
	Serial  int       // counts the keys of a kind from 1
	Created time.Time // to the second
	Changed time.Time // when it entered its state, to the second
	Sealed  []byte
}

// Store keeps the ring's records. They are few (a handful per year), so they
// are read and written as one set.
//
// Load returns the set and its version; a store that never held a ring returns
// no records and version 0. Save replaces the whole set if the stored version
// is still version, stores version+1, and returns ErrConflict otherwise, so
// that two nodes never overwrite each other's keys. Save must not return
// before the set is durable: a token sealed with a lost key is lost.
type Store interface {
	Load(ctx context.Context) (records []Record, version int64, err error)
	Save(ctx context.Context, records []Record, version int64) error
}

// ErrConflict is returned by a Store's Save when the set has changed since it
// was loaded.
var ErrConflict = errors.New("keys: the key ring was changed by another node")

// ErrMalformed is returned by Open for bytes that are not a sealed record of a
// version we know.
var ErrMalformed = errors.New("keys: not a sealed record")

// ErrTampered is returned by Open for a record that was not sealed by its key
// for this purpose with this additional data, or was changed since.
var ErrTampered = errors.New("keys: a sealed record does not authenticate")

// UnknownKeyError is returned by Open for a record of a key that the ring does
// not hold: it was removed, or belongs to another installation.
type UnknownKeyError struct{ KeyID string }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("keys: sealed with key %s, which is not in the ring", e.KeyID)
}

// WrongMasterKeyError is returned when the master key does not open the stored
// ring. Source says where the master key came from.
type WrongMasterKeyError struct{ KeyID, Source string }

func (e *WrongMasterKeyError) Error() string {
	return fmt.Sprintf("keys: the master key from %s does not open the stored key ring (ring key %s): "+
		"restore the master key this data was created with", e.Source, e.KeyID)
}
