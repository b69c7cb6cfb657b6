package filestore

import (
	"container/list"
	"hash/maphash"
	"sync"
)

// cache keeps recently read rows unpacked, because a point read costs several
// times what a small object's answer does. It never returns a row that is out
// of date: a write takes the row out before its transaction begins and keeps
// it out until after the commit, and a row read meanwhile is not put in.
type cache struct {
	seed   maphash.Seed
	shards [cacheShards]cacheShard
}

const (
	cacheShards = 32
	// rowOverhead is roughly what an unpacked row takes beside its strings.
	rowOverhead = 600
)

type cacheKey struct {
	bucket int64
	key    string
}

type cacheShard struct {
	mu      sync.Mutex
	room    int // bytes left
	rows    map[cacheKey]*list.Element
	order   list.List        // of *cachedRow, most recently used first
	writing map[cacheKey]int // writes between begin and end
	changes uint64           // begins and ends so far
}

type cachedRow struct {
	key    cacheKey
	e      *entry
	weight int
}

// newCache makes a cache for about so many bytes; with 0 it keeps nothing.
func newCache(bytes int) *cache {
	c := &cache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		s := &c.shards[i]
		s.room = bytes / cacheShards
		s.rows, s.writing = map[cacheKey]*list.Element{}, map[cacheKey]int{}
	}
	return c
}

func (c *cache) shard(k cacheKey) *cacheShard {
	return &c.shards[(maphash.String(c.seed, k.key)^uint64(k.bucket))%cacheShards]
}

// get returns a row, or nil and the ticket to put it with once it was read.
func (c *cache) get(k cacheKey) (e *entry, ticket uint64) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.rows[k]; at != nil {
		s.order.MoveToFront(at)
		return at.Value.(*cachedRow).e, 0
	}
	return nil, s.changes
}

// put keeps a row that was read after get gave the ticket, unless something in
// the shard was written since: the row may be older than that write.
func (c *cache) put(k cacheKey, e *entry, ticket uint64) {
	weight := rowOverhead + len(k.key) + len(e.data) + 48*len(e.pieces)
	for name, value := range e.metadata {
		weight += 64 + len(name) + len(value)
	}
	for _, t := range e.tags {
		weight += 64 + len(t.Key) + len(t.Value)
	}
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != ticket || s.writing[k] > 0 || s.rows[k] != nil {
		return
	}
	for s.room < weight {
		oldest := s.order.Back()
		if oldest == nil {
			return // too large for the cache
		}
		s.remove(oldest)
	}
	s.room -= weight
	s.rows[k] = s.order.PushFront(&cachedRow{key: k, e: e, weight: weight})
}

func (s *cacheShard) remove(at *list.Element) {
	row := s.order.Remove(at).(*cachedRow)
	delete(s.rows, row.key)
	s.room += row.weight
}

// begin takes a row out for the time of a write; end must follow it.
func (c *cache) begin(k cacheKey) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	s.writing[k]++
	if at := s.rows[k]; at != nil {
		s.remove(at)
	}
}

func (c *cache) end(k cacheKey) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	if s.writing[k]--; s.writing[k] == 0 {
		delete(s.writing, k)
	}
}
