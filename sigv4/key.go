package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
)

const redacted = "[redacted]"

// Secret is a secret access key. It cannot be printed, logged or marshalled;
// Reveal is the only way to the text. The zero Secret is the empty text.
type Secret struct {
	// A pointer, because fmt prints the unexported fields of an enclosing
	// struct without asking for the methods below.
	text *string
}

// NewSecret returns the secret with the given text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text of the secret.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal reports, in constant time, whether both secrets have the same text.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns a placeholder.
func (s Secret) String() string { return redacted }

// Format writes a placeholder, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns a placeholder.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns a placeholder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Key is a signing key: a secret bound to one date, region and service. It
// cannot be printed. The zero Key verifies nothing.
type Key struct {
	k *[sha256.Size]byte
}

// DeriveKey returns the signing key of a secret for a scope: the HMAC chain
// "AWS4"+secret → date (YYYYMMDD) → region → service → aws4_request.
func DeriveKey(secret Secret, date, region, service string) Key {
	k := mac([]byte("AWS4"+secret.Reveal()), []byte(date))
	k = mac(k[:], []byte(region))
	k = mac(k[:], []byte(service))
	k = mac(k[:], []byte(Terminator))
	return Key{&k}
}

// IsZero reports whether the key was never derived.
func (k Key) IsZero() bool { return k.k == nil }

// String returns a placeholder.
func (k Key) String() string { return redacted }

// Format writes a placeholder, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns a placeholder.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns a placeholder.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns a placeholder.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// sum returns the HMAC of text. A zero key signs with 32 zero bytes, so that
// an unknown access key costs the same as a known one; sign refuses it.
func (k Key) sum(text []byte) [sha256.Size]byte {
	var secret [sha256.Size]byte
	if k.k != nil {
		secret = *k.k
	}
	return mac(secret[:], text)
}

// mac returns HMAC-SHA256(key, text). Short texts, and every string to sign is
// one, are done on the stack: RFC 2104 is two hashes, and crypto/hmac allocates
// six times for them. A test holds the two equal.
func mac(key, text []byte) [sha256.Size]byte {
	const inner, outer = 0x36, 0x5c
	var room [sha256.BlockSize + 320]byte
	if len(key) > sha256.BlockSize || len(text) > len(room)-sha256.BlockSize {
		// Clones, so that the arguments of the common case stay on the stack.
		h := hmac.New(sha256.New, bytes.Clone(key))
		h.Write(bytes.Clone(text))
		return [sha256.Size]byte(h.Sum(nil))
	}
	pad := room[:sha256.BlockSize]
	copy(pad, key)
	for i := range pad {
		pad[i] ^= inner
	}
	n := copy(room[sha256.BlockSize:], text)
	sum := sha256.Sum256(room[:sha256.BlockSize+n])
	for i := range pad {
		pad[i] ^= inner ^ outer
	}
	n = copy(room[sha256.BlockSize:], sum[:])
	return sha256.Sum256(room[:sha256.BlockSize+n])
}

// KeyCache remembers derived keys, so that one is derived once per access key,
// date, region and service. It holds at most about the number of keys it was
// made for and is safe for concurrent use.
type KeyCache struct {
	mu         sync.RWMutex
	half       int
	young, old map[cacheKey]cacheEntry
}

type cacheKey struct{ accessKeyID, date, region, service string }

type cacheEntry struct {
	secret Secret
	key    Key
}

// NewKeyCache returns a cache of at most size keys. A size below 2 counts as 2.
func NewKeyCache(size int) *KeyCache {
	return &KeyCache{half: max(1, size/2), young: map[cacheKey]cacheEntry{}}
}

// Key returns the signing key of the access key for the scope, derived from
// secret. A key remembered for another secret is never returned.
func (c *KeyCache) Key(accessKeyID string, secret Secret, scope Scope) Key {
	ck := cacheKey{accessKeyID, scope.Date, scope.Region, scope.Service}
	c.mu.RLock()
	e, ok := c.young[ck]
	inYoung := ok
	if !ok {
		e, ok = c.old[ck]
	}
	c.mu.RUnlock()
	if ok && e.secret.Equal(secret) {
		if !inYoung {
			c.put(ck, e)
		}
		return e.key
	}
	e = cacheEntry{secret, DeriveKey(secret, scope.Date, scope.Region, scope.Service)}
	c.put(ck, e)
	return e.key
}

// put stores an entry in the young half. When that is full it becomes the old
// half and the old one is dropped: keys in use are promoted on their next hit,
// and yesterday's keys disappear by themselves.
func (c *KeyCache) put(ck cacheKey, e cacheEntry) {
	// The strings are parts of a request's header; keep only the part.
	ck = cacheKey{strings.Clone(ck.accessKeyID), strings.Clone(ck.date), strings.Clone(ck.region), strings.Clone(ck.service)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[ck]; !ok && len(c.young) >= c.half {
		c.old, c.young = c.young, make(map[cacheKey]cacheEntry, c.half)
	}
	c.young[ck] = e
}

// Len returns the number of keys held.
func (c *KeyCache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.young) + len(c.old)
}
