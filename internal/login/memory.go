package login

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/recent"
)

const (
	// usualMemory bounds the memory of verified tokens, by estimate.
	usualMemory = 8 << 20
	// maxForged bounds the memory of signatures that failed.
	maxForged = 2048
	// forgedFor is how long a failed signature is remembered.
	forgedFor = 2 * time.Minute
)

// A memory remembers the verdict on signatures, nothing else: whether a token
// is in time, meant for this audience and from an issuer that this caller
// accepts is decided afresh on every call, so a token verified for one pool
// gains nothing at another. Tokens are known by their SHA-256 digest only. An
// expired token leaves when room is needed: until then it only takes room.
type memory struct {
	proven *recent.Cache[memoryKey, *proof]
	forged *recent.Cache[memoryKey, failure]
	now    func() time.Time
}

// A failure is a signature that has failed against the keys of a snapshot.
type failure struct {
	snap *snapshot
	at   time.Time
}

// A memoryKey is a token and the key set that its signature was checked with.
type memoryKey struct {
	digest [sha256.Size]byte
	set    *keySet
}

func rememberedAs(token string, set *keySet) memoryKey {
	var buf [2048]byte // on the stack: most tokens fit
	return memoryKey{digest: sha256.Sum256(append(buf[:0], token...)), set: set}
}

// A proof is a signature that has verified: what it covers and with which key.
type proof struct {
	claims Claims
	alg    Algorithm
	key    *key
	size   int
	// checked is the snapshot in which key was last seen to be published.
	checked atomic.Pointer[snapshot]
}

// holds reports whether the key of p is still published: a withdrawn key takes
// the tokens it signed with it.
func (p *proof) holds(snap *snapshot) bool {
	if p.checked.Load() == snap {
		return true
	}
	if !snap.has(p.key) {
		return false
	}
	p.checked.Store(snap)
	return true
}

func newMemory(bytes int, now func() time.Time) *memory {
	return &memory{
		// Decoded claims take a few times their text.
		proven: recent.NewWeighted[memoryKey](bytes, func(p *proof) int { return 1024 + 4*p.size }),
		forged: recent.New[memoryKey, failure](maxForged),
		now:    now,
	}
}

// isForged reports whether k's signature has already failed against the very
// same keys.
func (m *memory) isForged(k memoryKey, snap *snapshot) bool {
	seen, ok := m.forged.Get(k)
	return ok && seen.snap == snap && m.now().Sub(seen.at) < forgedFor
}

// failed remembers that k's signature is not one of snap's keys.
func (m *memory) failed(k memoryKey, snap *snapshot) { m.forged.Put(k, failure{snap, m.now()}) }
