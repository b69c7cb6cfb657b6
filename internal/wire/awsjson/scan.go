package awsjson

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The scalars of JSON, read as RFC 8259 has them and no more leniently.

func (d *decoder) boolean() (bool, error) {
	d.space()
	rest := d.data[d.pos:]
	switch {
	case len(rest) >= 4 && string(rest[:4]) == "true":
		d.pos += 4
		return true, nil
	case len(rest) >= 5 && string(rest[:5]) == "false":
		d.pos += 5
		return false, nil
	}
	return false, d.fail("expected true or false")
}

// number gives the text of a JSON number.
func (d *decoder) number() (string, error) {
	d.space()
	i, start := d.pos, d.pos
	digits := func() bool {
		from := i
		for i < len(d.data) && d.data[i] >= '0' && d.data[i] <= '9' {
			i++
		}
		return i > from
	}
	at := func(set string) bool {
		if i < len(d.data) && strings.IndexByte(set, d.data[i]) >= 0 {
			i++
			return true
		}
		return false
	}
	at("-")
	if !at("0") && !digits() {
		return "", d.fail("expected a number")
	}
	if at(".") && !digits() {
		return "", d.fail("expected a number")
	}
	if at("eE") {
		if at("+-"); !digits() {
			return "", d.fail("expected a number")
		}
	}
	d.pos = i
	return string(d.data[start:i]), nil
}

// integer reads a whole number, which may be written as 1.0 or 1e3.
func (d *decoder) integer() (int64, error) {
	text, err := d.number()
	if err != nil {
		return 0, err
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	const exact = 1 << 53
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, d.fail("expected a whole number in range")
	}
	return int64(f), nil
}

// time reads epoch seconds to the millisecond.
func (d *decoder) time() (time.Time, error) {
	text, err := d.number()
	if err != nil {
		return time.Time{}, err
	}
	const last = 253402300799 // the end of the year 9999
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) > last {
		return time.Time{}, d.fail("expected a time in range")
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), nil
}

// str reads a string. The result may lie in the request's buffer; callers copy it.
func (d *decoder) str() ([]byte, error) {
	if err := d.expect('"', "a string"); err != nil {
		return nil, err
	}
	end := bytes.IndexByte(d.data[d.pos:], '"')
	if end < 0 {
		return nil, d.fail("a string without an end")
	}
	text := d.data[d.pos : d.pos+end]
	if i := bytes.IndexByte(text, '\\'); i >= 0 {
		return d.escaped(d.pos + i)
	}
	if err := d.clean(text); err != nil {
		return nil, err
	}
	d.pos += end + 1
	return text, nil
}

// clean reports whether text, which has no escapes, may stand in a string.
func (d *decoder) clean(text []byte) error {
	// Eight at a time: most text is plain, and tokens are long.
	start := 0
	for ; start+8 <= len(text); start += 8 {
		const low, high = 0x2020202020202020, 0x8080808080808080
		if x := binary.LittleEndian.Uint64(text[start:]); ((x-low)|x)&high != 0 {
			break // one of them may be a control character or not ASCII
		}
	}
	for i, c := range text[start:] {
		if c < ' ' {
			return d.fail("a control character in a string")
		}
		if c >= utf8.RuneSelf {
			// The rest is not plain ASCII, the rare case.
			if bytes.ContainsFunc(text[start+i:], func(r rune) bool { return r < ' ' }) {
				return d.fail("a control character in a string")
			}
			if !utf8.Valid(text) {
				return d.fail("text that is not UTF-8")
			}
			return nil
		}
	}
	return nil
}

// escaped reads the rest of a string whose first escape stands at i.
func (d *decoder) escaped(i int) ([]byte, error) {
	if err := d.clean(d.data[d.pos:i]); err != nil {
		return nil, err
	}
	text := append([]byte(nil), d.data[d.pos:i]...)
	for d.pos = i; d.pos < len(d.data); {
		switch c := d.data[d.pos]; {
		case c == '"':
			d.pos++
			if !utf8.Valid(text) {
				return nil, d.fail("text that is not UTF-8")
			}
			return text, nil
		case c < ' ':
			return nil, d.fail("a control character in a string")
		case c != '\\':
			text = append(text, c)
			d.pos++
		default:
			r, err := d.escape()
			if err != nil {
				return nil, err
			}
			text = utf8.AppendRune(text, r)
		}
	}
	return nil, d.fail("a string without an end")
}

func (d *decoder) escape() (rune, error) {
	if d.pos+1 >= len(d.data) {
		return 0, d.fail("a string without an end")
	}
	c := d.data[d.pos+1]
	if c == 'u' {
		return d.codePoint()
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(from, c)
	if i < 0 {
		return 0, d.fail("an unknown escape")
	}
	d.pos += 2
	return rune(to[i]), nil
}

// codePoint reads a \u escape, or the two of a surrogate pair.
func (d *decoder) codePoint() (rune, error) {
	r, ok := d.hex4()
	if !ok {
		return 0, d.fail("an unknown escape")
	}
	const high, low, end = 0xD800, 0xDC00, 0xE000
	if r < high || r >= end {
		return r, nil
	}
	second, ok := d.hex4()
	if r >= low || !ok || second < low || second >= end {
		return 0, d.fail("half a surrogate pair")
	}
	return (r-high)<<10 + (second - low) + 0x10000, nil
}

func (d *decoder) hex4() (rune, bool) {
	if d.pos+6 > len(d.data) || d.data[d.pos] != '\\' || d.data[d.pos+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(d.data[d.pos+2:d.pos+6]), 16, 16)
	if err != nil {
		return 0, false
	}
	d.pos += 6
	return rune(n), true
}

// skip reads a value nobody wants, as strictly as one that somebody does.
func (d *decoder) skip() error {
	switch d.peek() {
	case '{':
		return d.each('{', '}', "an object", func() error {
			if _, err := d.str(); err != nil {
				return err
			}
			if err := d.expect(':', "a colon"); err != nil {
				return err
			}
			return d.skip()
		})
	case '[':
		return d.each('[', ']', "an array", d.skip)
	case '"':
		_, err := d.str()
		return err
	case 't', 'f':
		_, err := d.boolean()
		return err
	case 'n':
		if !d.null() {
			return d.fail("an unknown word")
		}
		return nil
	default:
		_, err := d.number()
		return err
	}
}
