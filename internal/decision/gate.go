package decision

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/recent"
	"github.com/rockpool-id/rockpool/policy"
)

// Explaining takes longer than deciding, and anybody can make requests that are
// denied. These bound the explanations made in a second, strangers' apart and each
// caller's, so that the flood of one, be it a guest or a job in a loop, does not
// hide why somebody else was denied. Over them a denial is still a denial, but
// nobody will be able to read why.
const (
	denialRate, denialBurst     = 500, 500
	callerRate, callerBurst     = 50, 250
	strangerRate, strangerBurst = 50, 250
	allowRate, allowBurst       = 500, 500
	// rememberedRequests is for how many requests the number of records is known.
	rememberedRequests = 8192
	// rememberedCallers is for how many callers the rate of denials is known. Who
	// is forgotten begins anew; denialRate bounds them all.
	rememberedCallers = 4096
)

// gate says which decisions are explained.
type gate struct {
	now      func() time.Time
	limited  atomic.Int64
	requests *recent.Cache[string, *request]
	callers  *recent.Cache[string, *bucket] // the buckets are guarded by mu

	mu                         sync.Mutex
	denied, strangers, allowed bucket
}

// request counts the decisions of one request.
type request struct{ admitted, refused, numbered atomic.Int64 }

func newGate(now func() time.Time) *gate {
	return &gate{
		now: now, requests: recent.New[string, *request](rememberedRequests),
		callers:   recent.New[string, *bucket](rememberedCallers),
		denied:    bucket{rate: denialRate, burst: denialBurst},
		strangers: bucket{rate: strangerRate, burst: strangerBurst},
		allowed:   bucket{rate: allowRate, burst: allowBurst},
	}
}

// admit takes a place for a decision, or counts it as not kept.
func (g *gate) admit(q Question) bool {
	r := g.request(q.RequestID)
	if r.admitted.Load() < MaxPerRequest && g.take(q) {
		r.admitted.Add(1)
		return true
	}
	r.refused.Add(1)
	g.limited.Add(1)
	return false
}

// take draws on the rate of decisions like this one.
func (g *gate) take(q Question) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case q.Effect == policy.Allow:
		return g.allowed.take(g.now())
	case q.Anonymous:
		return g.strangers.take(g.now())
	}
	return g.caller(q.Caller).take(g.now()) && g.denied.take(g.now())
}

// caller returns the bucket of one caller.
func (g *gate) caller(name string) *bucket {
	b, ok := g.callers.Get(name)
	if !ok {
		b = &bucket{rate: callerRate, burst: callerBurst}
		g.callers.Put(name, b)
	}
	return b
}

// next numbers the records of a request.
func (g *gate) next(requestID string) int { return int(g.request(requestID).numbered.Add(1)) - 1 }

// more is how many decisions of a request were not kept.
func (g *gate) more(requestID string) int {
	if r, ok := g.requests.Get(requestID); ok {
		return int(r.refused.Load())
	}
	return 0
}

func (g *gate) request(id string) *request {
	if r, ok := g.requests.Get(id); ok {
		return r
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if r, ok := g.requests.Get(id); ok {
		return r
	}
	r := &request{}
	g.requests.Put(id, r)
	return r
}

// bucket is a token bucket. It starts full.
type bucket struct {
	rate, burst float64 // a second; at once
	level       float64
	last        time.Time
}

func (b *bucket) take(now time.Time) bool {
	if b.last.IsZero() {
		b.level = b.burst
	} else if passed := now.Sub(b.last); passed > 0 {
		b.level = min(b.burst, b.level+passed.Seconds()*b.rate)
	}
	b.last = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}
