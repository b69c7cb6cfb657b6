package policy

import (
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string. Text without escapes is shared with the document.
func (r *reader) str() (string, *jsonError) {
	r.off++ // opening quote
	start := r.off
	var b []byte
	escaped := false
	for r.off < len(r.text) {
		c := r.text[r.off]
		switch {
		case c == '"':
			s := r.text[start:r.off]
			if escaped {
				s = string(append(b, s...))
			}
			r.off++
			return s, nil
		case c == '\\':
			b = append(b, r.text[start:r.off]...)
			escaped = true
			char, err := r.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, char)
			start = r.off
		case c < ' ':
			return "", r.fail("control character in a string")
		case c < utf8.RuneSelf:
			r.off++
		default:
			char, size := utf8.DecodeRuneInString(r.text[r.off:])
			if char == utf8.RuneError && size == 1 {
				return "", r.fail("text is not valid UTF-8")
			}
			r.off += size
		}
	}
	return "", r.fail("string without an end")
}

// escape reads one escape sequence. Half a surrogate pair is refused: it has
// no character, and what it became would not print back.
func (r *reader) escape() (rune, *jsonError) {
	r.off++ // backslash
	c := r.peek()
	switch c {
	case '"', '\\', '/':
		r.off++
		return rune(c), nil
	case 'b':
		r.off++
		return '\b', nil
	case 'f':
		r.off++
		return '\f', nil
	case 'n':
		r.off++
		return '\n', nil
	case 'r':
		r.off++
		return '\r', nil
	case 't':
		r.off++
		return '\t', nil
	case 'u':
		first, ok := r.hex4()
		if !ok {
			return 0, r.fail("bad escape sequence")
		}
		if !utf16.IsSurrogate(first) {
			return first, nil
		}
		if r.peek() == '\\' {
			r.off++
			if second, ok := r.hex4(); ok {
				if char := utf16.DecodeRune(first, second); char != utf8.RuneError {
					return char, nil
				}
			}
		}
		return 0, r.fail("half a surrogate pair")
	}
	return 0, r.fail("bad escape sequence")
}

// hex4 reads "uXXXX".
func (r *reader) hex4() (rune, bool) {
	if len(r.text)-r.off < 5 || r.text[r.off] != 'u' {
		return 0, false
	}
	var char rune
	for _, c := range []byte(r.text[r.off+1 : r.off+5]) {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		char = char<<4 | rune(c)
	}
	r.off += 5
	return char, true
}

// quote appends s as a JSON string. Characters that IAM does not accept in a
// policy text (above U+00FF) are escaped unless wide is set.
func quote(b []byte, s string, wide bool) []byte {
	const hex = "0123456789abcdef"
	unicode4 := func(b []byte, r rune) []byte {
		return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < ' ':
			b = unicode4(b, r)
		case r <= 0xFF || wide:
			b = utf8.AppendRune(b, r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			b = unicode4(unicode4(b, hi), lo)
		default:
			b = unicode4(b, r)
		}
	}
	return append(b, '"')
}
