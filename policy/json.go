package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A token-level JSON reader. encoding/json keeps the last of two equal member
// names, replaces broken text silently and loses positions; for a security
// document each of those is a hole or a riddle, so policies are read by these
// 200 lines. The grammar is RFC 8259 exactly, plus a depth limit.

// maxDepth bounds nesting. The deepest legal policy has six levels.
const maxDepth = 16

// Position is a place in a document's text. Line and Column count from one;
// Column counts bytes.
type Position struct {
	Offset, Line, Column int
}

type nodeKind uint8

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	stringNode
	arrayNode
	objectNode
)

// node is one JSON value with its place in the text.
type node struct {
	kind    nodeKind
	text    string // decoded string, or the literal of a number or bool
	items   []node
	members []member
	pos     Position
	end     int // offset just after the value
}

type member struct {
	name  string
	pos   Position
	value node
}

// get returns the member called name.
func (n *node) get(name string) (*node, bool) {
	for i := range n.members {
		if n.members[i].name == name {
			return &n.members[i].value, true
		}
	}
	return nil, false
}

// jsonError is what the reader reports; duplicate tells a well-formed text
// with a repeated member from one that is not JSON at all.
type jsonError struct {
	pos       Position
	detail    string
	duplicate bool
}

func (e *jsonError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.pos.Line, e.pos.Column, e.detail)
}

// readJSON reads the one value in text.
func readJSON(text string) (node, *jsonError) {
	r := reader{text: text, line: 1}
	r.space()
	n, err := r.value(0)
	if err != nil {
		return node{}, err
	}
	r.space()
	if r.off < len(text) {
		return node{}, r.fail("text after the end of the document")
	}
	return n, nil
}

type reader struct {
	text      string
	off       int
	line      int
	lineStart int

	// What is read of the objects and arrays that are open. Each is copied to
	// its own slice when it ends, which then has the right size.
	members []member
	items   []node
}

func (r *reader) pos() Position {
	return Position{Offset: r.off, Line: r.line, Column: r.off - r.lineStart + 1}
}

func (r *reader) fail(detail string) *jsonError {
	return &jsonError{pos: r.pos(), detail: detail}
}

// space skips white space. Newlines are legal nowhere else, so this is the
// only place that counts lines.
func (r *reader) space() {
	for r.off < len(r.text) {
		switch r.text[r.off] {
		case '\n':
			r.line++
			r.lineStart = r.off + 1
		case ' ', '\t', '\r':
		default:
			return
		}
		r.off++
	}
}

func (r *reader) peek() byte {
	if r.off < len(r.text) {
		return r.text[r.off]
	}
	return 0
}

func (r *reader) value(depth int) (node, *jsonError) {
	if depth > maxDepth {
		return node{}, r.fail("nested too deeply")
	}
	n := node{pos: r.pos()}
	var err *jsonError
	switch c := r.peek(); {
	case c == '{':
		n.kind = objectNode
		n.members, err = r.object(depth)
	case c == '[':
		n.kind = arrayNode
		n.items, err = r.array(depth)
	case c == '"':
		n.kind = stringNode
		n.text, err = r.str()
	case c == '-' || isDigit(c):
		n.kind = numberNode
		n.text, err = r.number()
	default:
		n.kind, n.text, err = r.word()
	}
	n.end = r.off
	return n, err
}

// duplicates above this many members are looked up in a map, so that an
// object of many members still costs linear time.
const manyMembers = 16

func (r *reader) object(depth int) ([]member, *jsonError) {
	r.off++ // {
	first := len(r.members)
	defer func() { r.members = r.members[:first] }()
	var seen map[string]bool
	r.space()
	if r.peek() == '}' {
		r.off++
		return nil, nil
	}
	for {
		r.space()
		m := member{pos: r.pos()}
		if r.peek() != '"' {
			return nil, r.fail("expected a member name")
		}
		var err *jsonError
		if m.name, err = r.str(); err != nil {
			return nil, err
		}
		members := r.members[first:]
		if len(members) == manyMembers {
			seen = make(map[string]bool)
			for _, old := range members {
				seen[old.name] = true
			}
		}
		if hasMember(members, seen, m.name) {
			return nil, &jsonError{pos: m.pos, detail: fmt.Sprintf("member %q appears twice", m.name), duplicate: true}
		}
		if seen != nil {
			seen[m.name] = true
		}
		r.space()
		if r.peek() != ':' {
			return nil, r.fail("expected a colon")
		}
		r.off++
		r.space()
		if m.value, err = r.value(depth + 1); err != nil {
			return nil, err
		}
		r.members = append(r.members, m)
		r.space()
		switch r.peek() {
		case ',':
			r.off++
		case '}':
			r.off++
			return slices.Clone(r.members[first:]), nil
		default:
			return nil, r.fail("expected a comma or the end of the object")
		}
	}
}

func hasMember(members []member, seen map[string]bool, name string) bool {
	if seen != nil {
		return seen[name]
	}
	for i := range members {
		if members[i].name == name {
			return true
		}
	}
	return false
}

func (r *reader) array(depth int) ([]node, *jsonError) {
	r.off++ // [
	first := len(r.items)
	defer func() { r.items = r.items[:first] }()
	r.space()
	if r.peek() == ']' {
		r.off++
		return []node{}, nil
	}
	for {
		r.space()
		n, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		r.items = append(r.items, n)
		r.space()
		switch r.peek() {
		case ',':
			r.off++
		case ']':
			r.off++
			return slices.Clone(r.items[first:]), nil
		default:
			return nil, r.fail("expected a comma or the end of the array")
		}
	}
}

func (r *reader) word() (nodeKind, string, *jsonError) {
	rest := r.text[r.off:]
	for _, w := range []struct {
		text string
		kind nodeKind
	}{{"true", boolNode}, {"false", boolNode}, {"null", nullNode}} {
		if strings.HasPrefix(rest, w.text) {
			r.off += len(w.text)
			return w.kind, w.text, nil
		}
	}
	return nullNode, "", r.fail("expected a JSON value")
}

func (r *reader) number() (string, *jsonError) {
	start := r.off
	if r.peek() == '-' {
		r.off++
	}
	switch {
	case r.peek() == '0':
		r.off++
	case !r.digits():
		return "", r.fail("expected a digit")
	}
	if r.peek() == '.' {
		r.off++
		if !r.digits() {
			return "", r.fail("expected a digit after the point")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.off++
		if c := r.peek(); c == '+' || c == '-' {
			r.off++
		}
		if !r.digits() {
			return "", r.fail("expected a digit in the exponent")
		}
	}
	return r.text[start:r.off], nil
}

// digits skips a run of digits and reports whether there was one.
func (r *reader) digits() bool {
	start := r.off
	for isDigit(r.peek()) {
		r.off++
	}
	return r.off > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
