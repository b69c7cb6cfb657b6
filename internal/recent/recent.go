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
// and no goroutine, and keeps every entry used at least once per half turn.
package recent

import "sync"

// Cache remembers values by key. Make one with New; it is safe for concurrent
// use.
type Cache[K comparable, V any] struct {
	mu         sync.RWMutex
	half       int
	young, old map[K]V
}

// New returns a cache of at most size entries. A size below 2 counts as 2.
func New[K comparable, V any](size int) *Cache[K, V] {
	return &Cache[K, V]{half: max(1, size/2), young: map[K]V{}}
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
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[key]; !ok && len(c.young) >= c.half {
		c.old, c.young = c.young, make(map[K]V, c.half)
	}
	c.young[key] = value
}

// Len returns how many entries are held; one may be counted twice.
func (c *Cache[K, V]) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.young) + len(c.old)
}
