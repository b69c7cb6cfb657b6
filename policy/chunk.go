package policy

import (
	"strings"
	"unicode/utf8"
)

// How the chunks of a pattern meet a text. A character is one of UTF-8; a byte
// that belongs to none is a character of its own, in the text and in the
// values of variables.
//
// Every function returns the work it did beside its result: atoms looked at,
// 32 bytes compared, words of bits. A match costs no more than
//
//	16 (n + m) + (2 n + 3 m) (1 + m/64)
//
// for a text of n bytes and a pattern of m bytes with its variables filled in,
// and the second part only with chunks made to hurt. Tests hold it to that by
// the work, not by a clock.

// glob matches s against the chunks.
func (p *pattern) glob(s string, values []string) (ok bool, work int) {
	last := len(p.chunks) - 1
	n, work, ok := p.chunks[0].prefix(s, values)
	if !ok {
		return false, work
	}
	s = s[n:]
	if last == 0 {
		return s == "", work
	}
	end, more, ok := p.chunks[last].suffix(s, values)
	work += more
	if !ok {
		return false, work
	}
	s = s[:end]
	for _, c := range p.chunks[1:last] {
		after, more, ok := c.find(s, values)
		work += more
		if !ok {
			return false, work
		}
		s = s[after:]
	}
	return true, work
}

// comparing is the work of comparing n bytes.
func comparing(n int) int { return 1 + n/32 }

// prefix matches the chunk at the start of s and returns its length there.
func (c chunk) prefix(s string, values []string) (n, work int, ok bool) {
	i := 0
	for k := range c {
		a := &c[k]
		if a.kind == oneAtom {
			_, size := utf8.DecodeRuneInString(s[i:])
			work++
			if size == 0 {
				return 0, work, false
			}
			i += size
			continue
		}
		text := a.bytes(values)
		work += comparing(min(len(text), len(s)-i))
		if !strings.HasPrefix(s[i:], text) {
			return 0, work, false
		}
		i += len(text)
	}
	return i, work, true
}

// suffix matches the chunk at the end of s and returns where it begins.
func (c chunk) suffix(s string, values []string) (begin, work int, ok bool) {
	end := len(s)
	for k := len(c) - 1; k >= 0; k-- {
		a := &c[k]
		if a.kind == oneAtom {
			_, size := utf8.DecodeLastRuneInString(s[:end])
			work++
			if size == 0 {
				return 0, work, false
			}
			end -= size
			continue
		}
		text := a.bytes(values)
		work += comparing(min(len(text), end))
		if !strings.HasSuffix(s[:end], text) {
			return 0, work, false
		}
		end -= len(text)
	}
	return end, work, true
}

// find returns the offset just after the leftmost place where the chunk
// matches in s.
func (c chunk) find(s string, values []string) (after, work int, ok bool) {
	if len(c) == 1 && c[0].kind == literalAtom {
		i := strings.Index(s, c[0].text)
		if i < 0 {
			return 0, comparing(len(s)), false
		}
		after = i + len(c[0].text)
		return after, comparing(after), true
	}
	m, whole := c.measure(values)
	work = len(c)
	switch {
	case m > len(s):
		return 0, work, false
	case !whole:
		after, more, ok := c.sweep(s, values, m)
		return after, work + more, ok
	}
	// Trying every place in turn is quickest, as long as most fail at once.
	const patience = 64
	for i := 0; ; {
		// Jump to the next place where a leading literal stands.
		if c[0].kind == literalAtom {
			j := strings.Index(s[i:], c[0].text)
			if j < 0 {
				return 0, work + comparing(len(s)), false
			}
			i += j
		}
		n, more, ok := c.prefix(s[i:], values)
		if work += more; ok {
			return i + n, work + comparing(i), true
		}
		if work > 4*i+patience {
			after, more, ok := c.sweep(s[i:], values, m)
			return i + after, work + comparing(i) + more, ok
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		if size == 0 {
			return 0, work + comparing(i), false
		}
		i += size
	}
}

// bytes returns what an atom demands, nothing for a ?.
func (a *atom) bytes(values []string) string {
	if a.kind == variableAtom {
		return values[a.index]
	}
	return a.text
}

// measure returns the least number of bytes that the chunk matches, and
// whether the values of its variables are made of whole characters. Others
// could end inside a character of the text, where the first place to begin
// need not be the first to end.
func (c chunk) measure(values []string) (m int, whole bool) {
	whole = true
	for k := range c {
		switch a := &c[k]; a.kind {
		case literalAtom:
			m += len(a.text)
		case oneAtom:
			m++
		case variableAtom:
			m += len(values[a.index])
			whole = whole && utf8.ValidString(values[a.index])
		}
	}
	return m, whole
}
