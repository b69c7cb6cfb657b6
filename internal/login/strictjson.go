package login

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a token's JSON. Real tokens need four or
// five levels (session tags, Keycloak's resource_access).
const maxDepth = 16

// Limits on how many values a JSON text may have, names not counted. Each
// costs time and memory that its bytes do not show. A token in which somebody
// is in hundreds of groups fits, and so does a key set with maxKeys keys.
const (
	maxTokenValues    = 500
	maxProviderValues = 10_000
)

// A jsonError says where a JSON text stopped being acceptable.
type jsonError struct {
	offset int
	reason string
	member string // the duplicate member, if that was the reason
}

// Error names the reason and the place, never the text itself.
func (e *jsonError) Error() string {
	return fmt.Sprintf("json: %s at byte %d", e.reason, e.offset)
}

// decodeObject reads one JSON object (RFC 8259) the strict way: no duplicate
// members at any level, no invalid UTF-8, no lone surrogates, nothing after
// the object, at most maxDepth levels and maxValues values. The readers of a signed token and its
// signer must agree on what it says, and every leniency of a general decoder
// is a chance to disagree. Numbers are kept as json.Number.
//
// The strings of the result are pieces of s, so they keep s alive.
func decodeObject(s string, maxValues int) (map[string]any, error) {
	d := decoder{s: s, left: maxValues}
	d.space()
	if d.peek() != '{' {
		return nil, d.fail("not an object")
	}
	// There are no more members than colons. A map that need not grow takes half
	// the time to fill.
	m, err := d.object(min(strings.Count(s, `":`), 32, maxValues))
	if err != nil {
		return nil, err
	}
	d.space()
	if d.i != len(s) {
		return nil, d.fail("text after the object")
	}
	return m, nil
}

type decoder struct {
	s     string
	i     int
	depth int
	left  int // how many more values there may be
}

func (d *decoder) fail(reason string) error { return &jsonError{offset: d.i, reason: reason} }

// peek returns the next byte, or 0 at the end: 0 is not valid anywhere.
func (d *decoder) peek() byte {
	if d.i < len(d.s) {
		return d.s[d.i]
	}
	return 0
}

func (d *decoder) space() {
	for d.i < len(d.s) {
		switch d.s[d.i] {
		case ' ', '\t', '\n', '\r':
			d.i++
		default:
			return
		}
	}
}

func (d *decoder) enter() error {
	if d.depth++; d.depth > maxDepth {
		return d.fail("nested too deeply")
	}
	d.i++ // the opening bracket
	d.space()
	return nil
}

func (d *decoder) value() (any, error) {
	if d.left--; d.left < 0 {
		return nil, d.fail("too many values")
	}
	switch c := d.peek(); {
	case c == '"':
		return d.string()
	case c == '{':
		return d.object(0)
	case c == '[':
		return d.array()
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	}
	for _, lit := range [...]struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}} {
		if strings.HasPrefix(d.s[d.i:], lit.text) {
			d.i += len(lit.text)
			return lit.value, nil
		}
	}
	return nil, d.fail("not a value")
}

// object reads an object of about so many members.
func (d *decoder) object(members int) (map[string]any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	m := make(map[string]any, members)
	if d.peek() == '}' {
		d.i++
		d.depth--
		return m, nil
	}
	for {
		if d.peek() != '"' {
			return nil, d.fail("not a member name")
		}
		start := d.i
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		if _, twice := m[name]; twice {
			return nil, &jsonError{offset: start, reason: "duplicate member", member: name}
		}
		d.space()
		if d.peek() != ':' {
			return nil, d.fail("no colon")
		}
		d.i++
		d.space()
		if m[name], err = d.value(); err != nil {
			return nil, err
		}
		more, err := d.next('}')
		if err != nil || !more {
			return m, err
		}
	}
}

func (d *decoder) array() ([]any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	list := []any{}
	if d.peek() == ']' {
		d.i++
		d.depth--
		return list, nil
	}
	for {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		more, err := d.next(']')
		if err != nil || !more {
			return list, err
		}
	}
}

// next reads what follows an element: a comma (more) or the closing bracket.
func (d *decoder) next(closing byte) (more bool, err error) {
	d.space()
	switch d.peek() {
	case ',':
		d.i++
		d.space()
		return true, nil
	case closing:
		d.i++
		d.depth--
		return false, nil
	}
	return false, d.fail("neither comma nor end")
}

func (d *decoder) number() (json.Number, error) {
	start := d.i
	if d.peek() == '-' {
		d.i++
	}
	if d.peek() == '0' {
		d.i++
	} else if !d.digits() {
		return "", d.fail("not a number")
	}
	if d.peek() == '.' {
		d.i++
		if !d.digits() {
			return "", d.fail("no digits after the point")
		}
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.i++
		if c := d.peek(); c == '+' || c == '-' {
			d.i++
		}
		if !d.digits() {
			return "", d.fail("no digits in the exponent")
		}
	}
	return json.Number(d.s[start:d.i]), nil
}

func (d *decoder) digits() bool {
	start := d.i
	for c := d.peek(); '0' <= c && c <= '9'; c = d.peek() {
		d.i++
	}
	return d.i > start
}

// string reads a string; d.i stands on its opening quote.
func (d *decoder) string() (string, error) {
	d.i++
	start, ascii := d.i, true
	for ; d.i < len(d.s); d.i++ {
		switch c := d.s[d.i]; {
		case c == '"':
			text := d.s[start:d.i]
			if !ascii && !utf8.ValidString(text) {
				return "", d.fail("invalid UTF-8")
			}
			d.i++
			return text, nil
		case c == '\\':
			return d.escaped(start)
		case c < 0x20:
			return "", d.fail("control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", d.fail("unterminated string")
}

// escaped reads the rest of a string in which d.i stands on the first escape.
func (d *decoder) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(d.s[start:d.i])
	for d.i < len(d.s) {
		c := d.s[d.i]
		switch {
		case c == '"':
			d.i++
			if text := b.String(); utf8.ValidString(text) {
				return text, nil
			}
			return "", d.fail("invalid UTF-8")
		case c < 0x20:
			return "", d.fail("control character in a string")
		case c != '\\':
			b.WriteByte(c)
			d.i++
			continue
		}
		d.i++
		at := strings.IndexByte(`"\/bfnrtu`, d.peek())
		if at < 0 {
			return "", d.fail("unknown escape")
		}
		d.i++
		if at < 8 {
			b.WriteByte("\"\\/\b\f\n\r\t"[at])
			continue
		}
		r, ok := d.hex4()
		if ok && utf16.IsSurrogate(r) {
			var low rune
			if ok = strings.HasPrefix(d.s[d.i:], `\u`); ok {
				d.i += 2
				low, ok = d.hex4()
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				ok = false
			}
		}
		if !ok {
			return "", d.fail("bad unicode escape")
		}
		b.WriteRune(r)
	}
	return "", d.fail("unterminated string")
}

func (d *decoder) hex4() (rune, bool) {
	if len(d.s)-d.i < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(d.s[d.i:d.i+4], 16, 16)
	d.i += 4
	return rune(n), err == nil
}
