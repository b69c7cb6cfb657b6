package limit

import (
	"math"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"github.com/rockpool-id/rockpool/internal/recent"
)

// Rates holds calls per second by operation. An operation that is not there has
// no limit.
type Rates map[string]float64

// AWS gives what AWS publishes per account and region (cognito-identity.md 8.4),
// times factor; 0 gives no limits. AWS publishes no number for the unsigned
// operations of STS and for UnlinkIdentity; they cost what
// GetCredentialsForIdentity does and get its number.
func AWS(factor float64) Rates {
	if factor <= 0 {
		return nil
	}
	return Rates{
		"GetId":                     25 * factor,
		"GetCredentialsForIdentity": 200 * factor,
		"GetOpenIdToken":            200 * factor,
		"UnlinkIdentity":            200 * factor,
		"AssumeRoleWithWebIdentity": 200 * factor,
		"AssumeRoleWithSAML":        200 * factor,
	}
}

// entries is the usual number of buckets, under 16 MB when all are in use.
const entries = 1 << 16

// Config says what is allowed. The zero Config allows everything.
type Config struct {
	PerAddress, PerPool Rates
	// Entries bounds the buckets of addresses, and those of pools; 0 means 65,536.
	Entries int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Limiter counts calls. Make one with New; it is safe for concurrent use.
type Limiter struct {
	cfg       Config
	addresses *recent.Cache[client, *rate.Limiter]
	pools     *recent.Cache[pool, *rate.Limiter]
}

type client struct {
	operation string
	addr      netip.Addr
}

type pool struct{ operation, id string }

// New returns a limiter whose buckets are full.
func New(c Config) *Limiter {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Entries == 0 {
		c.Entries = entries
	}
	return &Limiter{
		cfg:       c,
		addresses: recent.New[client, *rate.Limiter](c.Entries),
		pools:     recent.New[pool, *rate.Limiter](c.Entries),
	}
}

// AllowAddress counts one call of an operation from addr and reports whether it
// may go on.
func (l *Limiter) AllowAddress(operation string, addr netip.Addr) bool {
	if addr.Unmap().IsLoopback() {
		return true
	}
	return allow(l.addresses, client{operation, subscriber(addr)}, l.cfg.PerAddress[operation], l.cfg.Now)
}

// AllowPool counts one call of an operation in a pool, which must exist, and
// reports whether it may go on.
func (l *Limiter) AllowPool(operation, poolID string) bool {
	return allow(l.pools, pool{operation, poolID}, l.cfg.PerPool[operation], l.cfg.Now)
}

// allow takes from the bucket of key. Two first calls at once may each make a
// bucket, and what was taken from one of them is forgotten.
func allow[K comparable](buckets *recent.Cache[K, *rate.Limiter], key K, perSecond float64, now func() time.Time) bool {
	if perSecond <= 0 {
		return true
	}
	b, ok := buckets.Get(key)
	if !ok {
		b = rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(2*perSecond)))
		buckets.Put(key, b)
	}
	return b.AllowN(now(), 1)
}

// subscriber is the address that stands for everything one client can send from.
func subscriber(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil { // an IPv6 address has 64 bits
		return a
	}
	return p.Addr() // without a zone
}
