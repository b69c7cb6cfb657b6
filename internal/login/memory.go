package login

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
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
// gains nothing at another. Tokens are known by their SHA-256 digest only.
type memory struct {
	proven *otter.Cache[memoryKey, *proof]
	forged *otter.Cache[memoryKey, *snapshot]
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

// cacheClock gives the caches our time, and no ticks: expired entries leave
// when room is needed, so no goroutine runs behind an idle server.
type cacheClock struct{ now func() time.Time }

func (c cacheClock) NowNano() int64                      { return c.now().UnixNano() }
func (c cacheClock) Tick(time.Duration) <-chan time.Time { return nil }

// cacheLogger passes on what the caches complain about.
type cacheLogger struct{ log *slog.Logger }

func (l cacheLogger) Warn(ctx context.Context, msg string, err error) {
	l.log.LogAttrs(ctx, slog.LevelWarn, "token memory", slog.String("event", msg), slog.Any("error", err))
}

func (l cacheLogger) Error(ctx context.Context, msg string, err error) {
	l.log.LogAttrs(ctx, slog.LevelError, "token memory", slog.String("event", msg), slog.Any("error", err))
}

func newMemory(bytes int, now func() time.Time, log *slog.Logger) (*memory, error) {
	clock := cacheClock{now}
	logger := cacheLogger{log}
	proven, err := otter.New(&otter.Options[memoryKey, *proof]{
		MaximumWeight: uint64(bytes),
		Weigher: func(_ memoryKey, p *proof) uint32 {
			return uint32(1024 + 4*p.size) // decoded claims take a few times their text
		},
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[memoryKey, *proof]) time.Duration {
			return max(e.Value.claims.Expires.Sub(now()), 0)
		}),
		Clock:  clock,
		Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	forged, err := otter.New(&otter.Options[memoryKey, *snapshot]{
		MaximumSize:      maxForged,
		ExpiryCalculator: otter.ExpiryWriting[memoryKey, *snapshot](forgedFor),
		Clock:            clock,
		Logger:           logger,
	})
	if err != nil {
		return nil, err
	}
	return &memory{proven, forged}, nil
}

// isForged reports whether k's signature has already failed against the very
// same keys.
func (m *memory) isForged(k memoryKey, snap *snapshot) bool {
	seen, ok := m.forged.GetIfPresent(k)
	return ok && seen == snap
}
