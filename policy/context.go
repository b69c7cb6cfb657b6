package policy

import "iter"

// Context is the set of condition keys of one request: what the edge knows
// about the caller, the connection and the parameters (spec/iam-sts.md 2.7).
//
// Key names ignore case. A key is single-valued (Set) or multi-valued
// (SetMulti), which is a property of the key and not of how many values it
// carries today: a multi-valued key with one value still needs ForAnyValue or
// ForAllValues. A key that was never set is missing, which is not the same as
// empty.
//
// The zero value is ready to use. Reset forgets the keys and keeps the
// memory, so a pooled Context costs no allocation. Once filled, a Context may
// be read by many goroutines.
type Context struct {
	entries []contextEntry
	// first has, for the last bits of a hash, the place of the first entry whose
	// hash ends in them, counted from 1; 0 when there is none. Places that it
	// cannot count are all the last.
	first [64]uint8
}

type contextEntry struct {
	key    string
	hash   uint32
	multi  bool
	values []string
}

// Entry is one key of a Context, as All lists it. Values belong to the
// Context.
type Entry struct {
	Key    string // spelled as it was set
	Values []string
	Multi  bool
}

// Set gives the single-valued key its value, replacing an earlier one.
func (c *Context) Set(key, value string) {
	e := c.slot(key)
	e.multi = false
	e.values = append(e.values[:0], value)
}

// SetMulti gives the multi-valued key its values, replacing earlier ones. The
// slice is copied. With no values the key is present and counts as null.
func (c *Context) SetMulti(key string, values []string) {
	e := c.slot(key)
	e.multi = true
	e.values = append(e.values[:0], values...)
}

// Reset forgets every key and keeps the memory for the next request.
func (c *Context) Reset() {
	for i := range c.entries {
		e := &c.entries[i]
		clear(e.values[:cap(e.values)]) // do not keep the last caller's data alive
		*e = contextEntry{values: e.values[:0]}
	}
	c.entries = c.entries[:0]
	c.first = [64]uint8{}
}

// Get returns the values of key and whether the key is multi-valued; ok is
// false when it was never set. The slice belongs to the Context.
func (c *Context) Get(key string) (values []string, multi, ok bool) {
	if e := c.find(hashKey(key), key); e != nil {
		return e.values, e.multi, true
	}
	return nil, false, false
}

// Len returns how many keys are set.
func (c *Context) Len() int {
	if c == nil {
		return 0
	}
	return len(c.entries)
}

// All lists the keys in the order they were first set.
func (c *Context) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if c == nil {
			return
		}
		for i := range c.entries {
			e := &c.entries[i]
			if !yield(Entry{Key: e.key, Values: e.values, Multi: e.multi}) {
				return
			}
		}
	}
}

// slot finds the entry of key or makes one, reusing memory left by Reset.
func (c *Context) slot(key string) *contextEntry {
	hash := hashKey(key)
	if e := c.find(hash, key); e != nil {
		return e
	}
	if n := len(c.entries); n < cap(c.entries) {
		c.entries = c.entries[:n+1]
	} else {
		c.entries = append(c.entries, contextEntry{})
	}
	e := &c.entries[len(c.entries)-1]
	e.key, e.hash = key, hash
	if f := &c.first[hash%64]; *f == 0 {
		*f = uint8(min(len(c.entries), 255))
	}
	return e
}

// find looks a key up.
func (c *Context) find(hash uint32, key string) *contextEntry {
	rest := c.candidates(hash)
	for i := range rest {
		if e := &rest[i]; e.hash == hash && equalFold(e.key, key) {
			return e
		}
	}
	return nil
}

// lookup finds a key whose name is already folded and hashed, as compiled
// policies hold it.
func (c *Context) lookup(k *contextKey) *contextEntry {
	rest := c.candidates(k.hash)
	for i := range rest {
		if e := &rest[i]; e.hash == k.hash && (e.key == k.spelled || equalLower(e.key, k.name)) {
			return e
		}
	}
	return nil
}

// candidates returns the entries among which a key with the hash must be. Most
// often it is the first of them, or there are none.
func (c *Context) candidates(hash uint32) []contextEntry {
	if c == nil {
		return nil
	}
	first := int(c.first[hash%64])
	if first == 0 {
		return nil
	}
	return c.entries[first-1:]
}

// contextKey is a condition key named by a policy, prepared for lookup.
type contextKey struct {
	name    string // folded
	spelled string // as the policy has it, most often as the edge has it too
	hash    uint32
}

func newContextKey(key string) contextKey {
	low := lower(key)
	return contextKey{name: low, spelled: key, hash: hashKey(low)}
}
