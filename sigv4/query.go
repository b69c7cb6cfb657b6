package sigv4

import (
	"net/http"
	"slices"
	"strings"
)

// target returns the path and the query as the client sent them, undecoded.
// A server request has them in RequestURI; r.URL may have been cleaned or cut
// by a router since. A client request has only r.URL.
func target(r *http.Request) (path, query string) {
	uri := r.RequestURI
	if uri == "" {
		uri = r.URL.RequestURI()
	}
	if uri[0] != '/' {
		// The absolute form that proxies are sent.
		if _, rest, ok := strings.Cut(uri, "://"); ok {
			i := strings.IndexAny(rest, "/?")
			if i < 0 {
				return "", ""
			}
			uri = rest[i:]
		}
	}
	path, query, _ = strings.Cut(uri, "?")
	return path, query
}

// host returns the Host the client sent, port included.
func host(r *http.Request) string {
	if r.Host == "" && r.URL != nil {
		return r.URL.Host
	}
	return r.Host
}

// pair is a query parameter, encoded.
type pair struct{ name, value string }

// cutPair returns the first parameter of a raw query, undecoded, and the rest;
// ok is false when there is none. Only "&" separates; empty elements are
// skipped; a parameter without "=" has an empty value.
func cutPair(raw string) (p pair, rest string, ok bool) {
	for raw != "" {
		var element string
		element, raw, _ = strings.Cut(raw, "&")
		if element != "" {
			p.name, p.value, _ = strings.Cut(element, "=")
			return p, raw, true
		}
	}
	return pair{}, "", false
}

// unreserved reports whether a byte stands for itself in a canonical request.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}

const upperHex = "0123456789ABCDEF"

// unhex returns the value of a hex digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// next returns the byte that raw[i:] encodes and the index after it, or a
// negative index when it is a broken escape.
func next(raw string, i int, plusIsSpace bool) (byte, int) {
	switch c := raw[i]; {
	case c == '%':
		if i+2 >= len(raw) {
			return 0, -1
		}
		hi, lo := unhex(raw[i+1]), unhex(raw[i+2])
		if hi < 0 || lo < 0 {
			return 0, -1
		}
		return byte(hi<<4 | lo), i + 3
	case c == '+' && plusIsSpace:
		return ' ', i + 1
	default:
		return c, i + 1
	}
}

// decode resolves percent escapes, and "+" when it stands for a space.
func decode(raw string, plusIsSpace bool) (string, error) {
	if !strings.Contains(raw, "%") && (!plusIsSpace || !strings.Contains(raw, "+")) {
		return raw, nil
	}
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		c, n := next(raw, i, plusIsSpace)
		if n < 0 {
			return "", &Error{Code: BadTarget, Got: raw}
		}
		b, i = append(b, c), n
	}
	return string(b), nil
}

// appendEncoded appends one byte in canonical form.
func appendEncoded(dst []byte, c byte) []byte {
	if unreserved(c) {
		return append(dst, c)
	}
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}

// reencode brings a component to canonical form: decoded once, encoded once.
// A component already in that form is returned as it is.
func reencode(raw string, plusIsSpace bool) (string, error) {
	i := 0
	for i < len(raw) && unreserved(raw[i]) {
		i++
	}
	if i == len(raw) {
		return raw, nil
	}
	b := make([]byte, i, len(raw)+16)
	copy(b, raw)
	for i < len(raw) {
		c, n := next(raw, i, plusIsSpace)
		if n < 0 {
			return "", &Error{Code: BadTarget, Got: raw}
		}
		b, i = appendEncoded(b, c), n
	}
	return string(b), nil
}

// appendQuery appends the canonical query: every parameter decoded and encoded
// again, sorted by encoded name and then value, "=" always there. A presigned
// request leaves its signature out.
func appendQuery(dst []byte, raw string, plusIsSpace, presigned bool) ([]byte, error) {
	if raw == "" {
		return dst, nil
	}
	var room [16]pair
	list := room[:0]
	for p, rest, ok := cutPair(raw); ok; p, rest, ok = cutPair(rest) {
		name, err := reencode(p.name, plusIsSpace)
		if err != nil {
			return dst, err
		}
		if presigned && name == "X-Amz-Signature" {
			continue
		}
		value, err := reencode(p.value, plusIsSpace)
		if err != nil {
			return dst, err
		}
		list = append(list, pair{name, value})
	}
	slices.SortFunc(list, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range list {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst, nil
}
