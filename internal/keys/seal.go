package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
)

const (
	formatVersion = 1
	idSize        = 4
	nonceSize     = 12
	tagSize       = 16
	headerSize    = 1 + idSize + nonceSize
	keySize       = 32
	// overhead is what sealing adds to a record.
	overhead = headerSize + tagSize
)

// keyID is a ring key's id as sealed records carry it.
type keyID [idSize]byte

func (id keyID) String() string { return hex.EncodeToString(id[:]) }

func parseKeyID(s string) (keyID, error) {
	var id keyID
	if len(s) != 2*idSize {
		return id, fmt.Errorf("key id %q does not have %d digits", s, 2*idSize)
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return id, fmt.Errorf("key id %q: %w", s, err)
	}
	return id, nil
}

// sealer seals under one key. It derives a cipher per purpose once; purposes
// are constants of the program, so the map does not grow with requests.
type sealer struct {
	id    keyID
	key   []byte
	aeads sync.Map // purpose -> cipher.AEAD
}

func (s *sealer) aead(purpose string) (cipher.AEAD, error) {
	if a, ok := s.aeads.Load(purpose); ok {
		return a.(cipher.AEAD), nil
	}
	// The version is part of the derivation, so a record relabelled with
	// another version meets another key.
	k, err := hkdf.Expand(sha256.New, s.key, fmt.Sprintf("rockpool/seal/v%d/%s", formatVersion, purpose), keySize)
	if err != nil {
		return nil, fmt.Errorf("keys: derive key for %s: %w", purpose, err)
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, fmt.Errorf("keys: cipher for %s: %w", purpose, err)
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("keys: cipher for %s: %w", purpose, err)
	}
	got, _ := s.aeads.LoadOrStore(purpose, a)
	return got.(cipher.AEAD), nil
}

func (s *sealer) seal(random io.Reader, purpose string, plain, aad []byte) ([]byte, error) {
	a, err := s.aead(purpose)
	if err != nil {
		return nil, err
	}
	out := make([]byte, headerSize, overhead+len(plain))
	out[0] = formatVersion
	copy(out[1:], s.id[:])
	nonce := out[1+idSize : headerSize]
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("keys: read randomness: %w", err)
	}
	return a.Seal(out, nonce, plain, aad), nil
}

func (s *sealer) open(purpose string, sealed, aad []byte) ([]byte, error) {
	a, err := s.aead(purpose)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, sealed[1+idSize:headerSize], sealed[headerSize:], aad)
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// header reads the clear part of a sealed record.
func header(sealed []byte) (keyID, error) {
	if len(sealed) < overhead || sealed[0] != formatVersion {
		return keyID{}, ErrMalformed
	}
	return keyID(sealed[1 : 1+idSize]), nil
}

// KeyID returns the id of the ring key that sealed a record, so that an owner of
// stored records can find those under an old key. It proves nothing.
func KeyID(sealed []byte) (string, error) {
	id, err := header(sealed)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}
