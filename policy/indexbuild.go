package policy

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

const (
	// fewStatements are judged faster one after the other than found through an
	// index, and of someStatements it is soon seen which begin like the resource.
	fewStatements  = 6
	someStatements = 16
	// crowdSize statements may share a key before it is split.
	crowdSize = 8
	// manyActions in one statement are indexed by their services alone, which
	// bounds the statement's share of the index.
	manyActions = 8
)

// entry is one statement under one key while the index is built.
type entry struct {
	key    uint64
	order  uint32   // the statement, with allows after all denies
	demand uint8    // the literal early fields
	start  int8     // length of the resource's beginning, or one of the below
	copies uint8    // how many actions of the statement the resource has entries for
	window uint32   // the four bytes for byWindow; the asks of a valueMark
	glob   *pattern // the resource's, when it could be kept by four bytes
}

const (
	wholeField int8 = -1
	byWindow   int8 = -2
	unasked    int8 = -3 // under everyKey

	allowBit  = 1 << 31
	splitMark = 1<<32 - 1 // in the place of a statement: its key is split by actions
	valueMark = 1<<32 - 2 // … by values
)

// of returns the entry's statement.
func (e *entry) of(statements []statement) *statement { return &statements[e.order&^allowBit] }

// indexer builds the index of one policy, in time linear in the policy but
// for sorting, and with at most manyActions entries for each resource.
type indexer struct {
	statements []statement
	crowd      int
	entries    []entry
	actions    uint64 // as in index
	windows    int    // entries kept by four bytes
	asks       []keyAsk
	values     []uint64 // of the demand that is being looked at
	chosen     []uint64 // … that was the best so far
}

// newIndex builds the index of a policy. Keys with more than crowd statements
// are split.
func newIndex(statements []statement, crowd int) *index {
	b := indexer{statements: statements, crowd: crowd}
	for i := range statements {
		b.statement(i)
	}
	b.sort()
	b.chooseWindows()
	b.splitByAction()
	b.splitByValue()
	return b.assemble()
}

// needsIndex reports whether some request would have too many statements judged
// without an index: those whose beginnings are beginnings of one resource.
func needsIndex(statements []statement) bool {
	if len(statements) <= fewStatements || len(statements) > someStatements {
		return len(statements) > fewStatements
	}
	for i := range statements {
		met := 0
		for k := range statements {
			if strings.HasPrefix(statements[i].start, statements[k].start) {
				met++
			}
		}
		if met > fewStatements {
			return true
		}
	}
	return false
}

func (b *indexer) sort() {
	slices.SortFunc(b.entries, func(x, y entry) int {
		if x.key != y.key {
			return cmp.Compare(x.key, y.key)
		}
		return cmp.Compare(x.order, y.order)
	})
}

// statement enters one statement under the keys of its resources.
func (b *indexer) statement(i int) {
	s := &b.statements[i]
	order := uint32(i)
	if !s.deny {
		order |= allowBit
	}
	if s.anyResource || s.notResource {
		b.entries = append(b.entries, entry{key: everyKey, order: order, start: unasked})
		return
	}
	for k := range s.resources {
		if e, ok := resourceEntry(&s.resources[k]); ok {
			e.order = order
			b.entries = append(b.entries, e)
		}
	}
}

// resourceEntry makes the entry of one element of Resource. One that can
// match nothing has none.
func resourceEntry(r *arnPattern) (e entry, ok bool) {
	every := entry{key: everyKey, start: unasked}
	if r.shape != fieldsARN {
		return every, r.shape == anyARN
	}
	var d arnDemand
	var early [4]uint64
	for i := range early {
		if f := &r.fields[i]; !f.any && f.glob == nil {
			d.literal |= 1 << i
			early[i] = hashText(f.text)
		}
	}
	e.demand = d.literal
	last := &r.fields[4]
	switch {
	case last.any && d.literal == 0:
		return every, true // also what a request for * may match
	case last.any:
		e.key = keyOf(startKey, d.seed(&early), hashText(""))
	case last.glob == nil:
		e.start = wholeField
		e.key = keyOf(exactKey, d.seed(&early), hashText(last.text))
	default:
		start := last.glob.lit[:min(len(last.glob.lit), longestStart)]
		e.start, e.glob = int8(len(start)), last.glob
		e.key = keyOf(startKey, d.seed(&early), hashText(start))
	}
	return e, true
}

// groups calls f with the entries of each key. They are sorted.
func groups(entries []entry, f func(group []entry)) {
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].key == entries[0].key {
			n++
		}
		f(entries[:n:n])
		entries = entries[n:]
	}
}

// chooseWindows finds a better key for patterns whose beginning is that of a
// crowd, such as */team-7/* and home/${aws:username}/team-7/*: the four bytes
// that fewest patterns of all crowds have.
func (b *indexer) chooseWindows() {
	var counts counter
	count := func(w uint32) *uint32 { return counts.of(uint64(w) * 0x9E3779B97F4A7C15) }
	crowds := func(f func(e *entry, crowd int)) {
		groups(b.entries, func(group []entry) {
			if len(group) <= b.crowd {
				return
			}
			for i := range group {
				if group[i].glob != nil {
					f(&group[i], len(group))
				}
			}
		})
	}
	crowds(func(e *entry, _ int) {
		if counts.counts == nil {
			counts = newCounter(len(b.entries))
		}
		e.glob.windows(func(w uint32) { *count(w)++ })
	})
	if counts.counts == nil {
		return
	}
	crowds(func(e *entry, crowd int) {
		least := uint32(crowd) / 2
		e.glob.windows(func(w uint32) {
			if n := *count(w); n < least {
				least, e.window, e.start = n, w, byWindow
			}
		})
	})
	// The keys change only now, so that a crowd stayed one while it was read.
	for i := range b.entries {
		if e := &b.entries[i]; e.start == byWindow {
			e.key = keyOf(windowKey, 0, uint64(e.window))
			b.windows++
		}
	}
	if b.windows > 0 {
		b.sort()
	}
}

// counter counts things by hash. A collision makes both look commoner.
type counter struct {
	counts []uint32
	shift  uint8
}

// newCounter makes a counter for what n entries ask.
func newCounter(n int) counter {
	log := min(bits.Len(uint(n))+6, 16)
	return counter{counts: make([]uint32, 1<<log), shift: uint8(64 - log)}
}

func (c *counter) of(hash uint64) *uint32 { return &c.counts[hash>>c.shift] }

// windows calls f with every four bytes that a text must hold to match.
func (p *pattern) windows(f func(w uint32)) {
	for _, c := range p.chunks {
		for _, a := range c {
			for i := 0; i+windowSize <= len(a.text); i++ {
				f(window(a.text, i))
			}
		}
	}
}

// splitByAction moves the members of a crowd to keys that also ask for their
// actions.
func (b *indexer) splitByAction() {
	var moved []entry
	kept := b.entries[:0]
	groups(b.entries, func(group []entry) {
		if len(group) <= b.crowd {
			kept = append(kept, group...)
			return
		}
		mark := false
		for _, e := range group {
			keys, ok := b.actionKeys(e)
			if !ok {
				kept = append(kept, e)
				continue
			}
			moved = append(moved, keys...)
			mark = true
		}
		if mark {
			moved = append(moved, entry{key: group[0].key, order: splitMark, start: unasked})
		}
	})
	b.entries = append(kept, moved...)
	if len(moved) > 0 {
		b.sort()
	}
}

// actionKeys returns e once for each action of its statement; ok is false
// when the statement asks for no action in particular.
func (b *indexer) actionKeys(e entry) (keys []entry, ok bool) {
	s := e.of(b.statements)
	if s.notAction {
		return nil, false
	}
	for i := range s.actions {
		a := &s.actions[i]
		text, whole := a.text, a.shape == exactAction
		if star := strings.IndexAny(text, "*?"); star >= 0 {
			text = text[:star]
		}
		if len(s.actions) > manyActions {
			text, whole = text[:strings.IndexByte(text, ':')+1], false
		}
		sub := e
		if whole {
			sub.key = keyOf(actionKey, e.key, hashText(text))
		} else {
			text = text[:min(len(text), longestAction)]
			if text == "" {
				return nil, false
			}
			b.actions |= 1 << len(text)
			sub.key = keyOf(actionStartKey, e.key, hashText(text))
		}
		if !slices.ContainsFunc(keys, func(k entry) bool { return k.key == sub.key }) {
			keys = append(keys, sub)
		}
		if len(keys) > manyActions {
			return nil, false
		}
	}
	for i := range keys {
		keys[i].copies = uint8(len(keys))
	}
	return keys, true
}

// assemble packs the entries.
func (b *indexer) assemble() *index {
	ix := &index{actions: b.actions, asks: b.asks, list: make([]uint32, 0, len(b.entries))}
	if b.windows > 0 {
		ix.windows = newFilter(b.windows)
	}
	var shapes [16]arnDemand
	groups(b.entries, func(group []entry) {
		at := slot{key: group[0].key, first: uint32(len(ix.list))}
		at.allows = at.first
		for i, e := range group {
			ix.ask(&shapes[e.demand], &e)
			switch {
			case e.order == splitMark:
				at.split = true
				continue
			case e.order == valueMark:
				at.asks = uint16(e.window)
				ix.callers = ix.callers || at.asks&(1<<firstKeyAsk-1) != 0
				continue
			case i > 0 && e.order == group[i-1].order:
				continue
			case e.order < allowBit:
				at.allows++
			}
			ix.list = append(ix.list, e.order&^allowBit)
		}
		at.end = uint32(len(ix.list))
		ix.slots = append(ix.slots, at)
	})
	for literal, d := range shapes {
		if d.exact || d.lengths != 0 {
			d.literal = uint8(literal)
			ix.shapes = append(ix.shapes, d)
		}
	}
	ix.slots = slices.Clip(ix.slots)
	ix.direct()
	return ix
}

// ask notes what a request has to produce to meet e.
func (ix *index) ask(d *arnDemand, e *entry) {
	switch e.start {
	case unasked:
	case wholeField:
		d.exact = true
	case byWindow:
		ix.windows.add(e.window)
	default:
		d.lengths |= 1 << e.start
	}
}

// direct makes the directory, about one place for each slot.
func (ix *index) direct() {
	log := bits.Len(uint(len(ix.slots)))
	ix.shift = uint8(64 - log)
	ix.directory = make([]uint32, 1<<log+1)
	at := 0
	for i := range ix.directory {
		for at < len(ix.slots) && ix.slots[at].key>>ix.shift < uint64(i) {
			at++
		}
		ix.directory[i] = uint32(at)
	}
}
