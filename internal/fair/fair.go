package fair

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// steps is how deep a Class goes, and width the length of the text of a step.
const (
	steps = 3
	width = 11 // 8 bytes
)

// unnamed is the text of a step without a name.
var unnamed = [width]byte{'-', '-', '-', '-', '-', '-', '-', '-', '-', '-', '-'}

// Class says whose a row is. It is a short text for a column: names are hashed, so
// that it has always the same length. The zero Class is that of rows that have none.
type Class string

// ClassOf names a class from the outside in; steps that are left out are unnamed.
// Hashes are cut to 64 bits: enough that nobody finds a name to share a room with
// somebody of their choice.
func ClassOf(names ...string) Class {
	var b strings.Builder
	b.Grow(steps * width)
	for i := range steps {
		if i >= len(names) || names[i] == "" {
			b.Write(unnamed[:])
			continue
		}
		sum := sha256.Sum256([]byte(names[i]))
		var text [width]byte
		base64.RawURLEncoding.Encode(text[:], sum[:8])
		b.Write(text[:])
	}
	return Class(b.String())
}

// step is the name of a class at one depth.
func (c Class) step(depth int) string {
	if len(c) != steps*width {
		return "" // not ours, or none: one class of its own
	}
	return string(c[depth*width : (depth+1)*width])
}

// Ledger says which rows of a store must go so that the rest fits.
type Ledger struct {
	room, grain int64
	root        node
	settled     bool
	over        int // nodes that hold more than their share
}

// node is a class or a step around classes.
type node struct {
	held, share int64
	whole       bool // what is inside is not told apart, or there is nothing inside
	members     map[string]*node
}

// New returns a Ledger for a store with room for rows of that size together. Shares
// are not divided further than grain: a few rows of ordinary size.
func New(room, grain int64) *Ledger { return &Ledger{room: room, grain: grain} }

// Add counts a row. Every row is added before the first question.
func (l *Ledger) Add(c Class, size int64) {
	n := &l.root
	n.held += size
	for depth := range steps {
		n = n.member(c.step(depth))
		n.held += size
	}
}

func (n *node) member(name string) *node {
	m, ok := n.members[name]
	if !ok {
		if n.members == nil {
			n.members = make(map[string]*node, 1)
		}
		m = &node{}
		n.members[name] = m
	}
	return m
}

// Over reports whether any row must go still.
func (l *Ledger) Over() bool {
	if !l.settled {
		return l.root.held > l.room
	}
	return l.over > 0
}

// Gone reports whether a row must go, and takes it out of the books then. Rows are
// asked about in the order of their age, the oldest first; one that was never added
// may stay.
func (l *Ledger) Gone(c Class, size int64) bool {
	if !l.settled {
		l.over = l.root.settle(l.room, l.grain)
		l.settled = true
	}
	n := &l.root
	for depth := 0; !n.whole; depth++ {
		m, ok := n.members[c.step(depth)]
		if !ok {
			return false
		}
		n = m
	}
	if n.held <= n.share {
		return false
	}
	if n.held -= size; n.held <= n.share {
		l.over--
	}
	return true
}

// settle divides a share among the members of n, and returns how many hold more than
// theirs.
func (n *node) settle(share, grain int64) (over int) {
	n.share = share
	if n.held <= share {
		n.whole = true
		return 0
	}
	level := n.level(share)
	if len(n.members) == 0 || level < grain && len(n.members) > 1 {
		n.whole = true
		return 1
	}
	for _, m := range n.members {
		over += m.settle(level, grain)
	}
	return over
}

// level is how much each member may hold so that all of them fit into the share:
// the highest at which those who hold more are cut to it. It is found by halving,
// in a number of steps that does not depend on the members.
func (n *node) level(share int64) int64 {
	low, high := int64(0), share // fits; may not fit
	for low < high {
		middle := low + (high-low+1)/2
		sum := int64(0)
		for _, m := range n.members {
			if sum += min(m.held, middle); sum > share {
				break
			}
		}
		if sum <= share {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}
