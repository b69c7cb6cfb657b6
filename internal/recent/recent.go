// Package recent is a small bounded cache for the request path: what was used a
// moment ago is found without allocation, and what was not used for a while goes
// away by itself.
//
// It owns nothing but the remembering. Whether a value may still be used (an
// expired session, a removed key) is for its owner to check at each use: an
// entry has no lifetime of its own.
//
// The cache keeps two halves. New entries go to the young one; when that is full
// it becomes the old half and the old one is dropped whole. A hit in the old half
// moves the entry to the young one. That bounds memory, needs no list to keep
// and no goroutine, and keeps every entry used at least once per half turn. Full
// means a number of entries, or the sum of their weights (NewWeighted).
package recent

import "sync"

// Cache remembers values by key. Make one with New or NewWeighted; it is safe
// for concurrent use.
type Cache[K comparable, V any] struct {
	mu         sync.RWMutex
	half       int         // the most that the young half weighs
	weigh      func(V) int // nil: every entry weighs 1
	held       int         // what the young half weighs
	young, old map[K]V
}

// New returns a cache of at most size entries. A size below 2 counts as 2.
func New[K comparable, V any](size int) *Cache[K, V] {
	return NewWeighted[K, V](size, nil)
}

// NewWeighted returns a cache whose entries weigh at most limit together, or
// little more: one entry is held however heavy it is. The weight of a value must
// not change.
func NewWeighted[K comparable, V any](limit int, weigh func(V) int) *Cache[K, V] {
	return &Cache[K, V]{half: max(1, limit/2), weigh: weigh, young: map[K]V{}}
}

// Get returns the value remembered for key.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.RLock()
	v, ok := c.young[key]
	if ok {
		c.mu.RUnlock()
		return v, true
	}
	v, ok = c.old[key]
	c.mu.RUnlock()
	if ok {
		c.Put(key, v)
	}
	return v, ok
}

// Put remembers value for key.
func (c *Cache[K, V]) Put(key K, value V) {
	weight := c.weightOf(value)
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, ok := c.young[key]; ok {
		c.held -= c.weightOf(before)
	} else if c.held > 0 && c.held+weight > c.half {
		c.turn()
	}
	c.held += weight
	c.young[key] = value
}

// Remove forgets the value of key.
func (c *Cache[K, V]) Remove(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.young[key]; ok {
		c.held -= c.weightOf(v)
		delete(c.young, key)
	}
	delete(c.old, key)
}

// turn makes the young half the old one. The old one's memory is used again.
func (c *Cache[K, V]) turn() {
	c.old, c.young = c.young, c.old
	if c.young == nil {
		c.young = make(map[K]V, len(c.old))
	}
	clear(c.young)
	c.held = 0
}

func (c *Cache[K, V]) weightOf(v V) int {
	if c.weigh == nil {
		return 1
	}
	return c.weigh(v)
}

// Len returns how many entries are held; one may be counted twice.
func (c *Cache[K, V]) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.young) + len(c.old)
}
