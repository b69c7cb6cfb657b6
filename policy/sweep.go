package policy

import "unicode/utf8"

// sweep is find in one pass over the text, whatever the chunk: all the places
// inside the chunk that a match could have come to are kept as bits and moved
// on together, byte by byte (the algorithm Shift-And). m is the chunk's least
// length. It takes memory, 40 bytes for each byte of the chunk at most.
func (c chunk) sweep(s string, values []string, m int) (after, work int, ok bool) {
	w := newSweeper(c, values, m)
	work = len(w.takes)
	for i := 0; i < len(s); {
		size := 1
		if s[i] >= utf8.RuneSelf {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		w.reached[0] |= 1 // a match may begin at any character
		if size > 1 {
			w.hold()
		}
		for end := i + size; i < end; {
			w.read(s[i])
			work += len(w.reached)
			if i++; i == end && size > 1 {
				w.release()
				work += 2 * len(w.reached)
			}
			if w.done() {
				return i, work, true
			}
		}
	}
	return 0, work, false
}

// sweeper is one sweep. Place j of the chunk is before its byte j, where a ?
// counts as one byte; place m is its end. A set of places is a list of words.
type sweeper struct {
	m       int
	reached []uint64    // where a match could have come to
	held    []uint64    // … at the end of the character that is being read
	one     []uint64    // the places before a ?
	takes   []uint64    // row after row: the places that take a byte
	row     [256]uint16 // the row of each byte; 0 is that of bytes not in the chunk
}

func newSweeper(c chunk, values []string, m int) *sweeper {
	w := &sweeper{m: m}
	rows := 1
	for _, a := range c {
		for _, b := range []byte(a.bytes(values)) {
			if w.row[b] == 0 {
				w.row[b] = uint16(rows)
				rows++
			}
		}
	}
	n := m/64 + 1
	memory := make([]uint64, (rows+3)*n)
	w.reached, w.held, w.one, w.takes = memory[:n], memory[n:2*n], memory[2*n:3*n], memory[3*n:]
	j := 0
	for _, a := range c {
		if a.kind == oneAtom {
			w.one[j/64] |= 1 << (j % 64)
			j++
			continue
		}
		for _, b := range []byte(a.bytes(values)) {
			w.takes[int(w.row[b])*n+j/64] |= 1 << (j % 64)
			j++
		}
	}
	// A ? takes any byte that is a character.
	for at := 0; at < len(w.takes); at += n {
		for k, places := range w.one {
			w.takes[at+k] |= places
		}
	}
	return w
}

// read moves the places that take b on by one and forgets the others.
func (w *sweeper) read(b byte) {
	row := w.takes[int(w.row[b])*len(w.reached):]
	moved := uint64(0)
	for k, places := range w.reached {
		places &= row[k]
		w.reached[k] = places<<1 | moved
		moved = places >> 63
	}
}

// hold puts aside the places before a ? while the bytes of one character are
// read: they move on when it ends.
func (w *sweeper) hold() {
	moved := uint64(0)
	for k, places := range w.reached {
		w.reached[k] = places &^ w.one[k]
		places &= w.one[k]
		w.held[k] = places<<1 | moved
		moved = places >> 63
	}
}

func (w *sweeper) release() {
	for k, places := range w.held {
		w.reached[k] |= places
	}
}

// done reports whether a match has come to the end of the chunk.
func (w *sweeper) done() bool { return w.reached[w.m/64]>>(w.m%64)&1 != 0 }
