package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// pathRule says how a path becomes canonical.
type pathRule uint8

const (
	// pathS3 decodes once and encodes once. "//", "." and ".." are parts of a key.
	pathS3 pathRule = iota
	// pathTwice removes dot segments and repeated slashes, decodes each
	// segment once and encodes it twice: every service but S3.
	pathTwice
	// pathAsSent removes dot segments and repeated slashes and encodes each
	// segment as it was sent once more. It is what SDKs do, and differs from
	// pathTwice when a client escapes other characters than the canonical set.
	pathAsSent
)

// appendPath appends the canonical path.
func appendPath(dst []byte, raw string, rule pathRule) ([]byte, error) {
	if rule != pathS3 {
		return appendNormalised(dst, raw, rule)
	}
	if raw == "" {
		return append(dst, '/'), nil
	}
	for i := 0; i < len(raw); {
		c, n := next(raw, i, false)
		if n < 0 {
			return dst, &Error{Code: BadTarget, Got: raw}
		}
		if c == '/' {
			dst = append(dst, c)
		} else {
			dst = appendEncoded(dst, c)
		}
		i = n
	}
	return dst, nil
}

// appendNormalised appends the path without empty and dot segments.
func appendNormalised(dst []byte, raw string, rule pathRule) ([]byte, error) {
	base := len(dst)
	trailing := true // whether the path ends in a slash
	for rest := raw; rest != ""; {
		var segment string
		segment, rest, trailing = strings.Cut(rest, "/")
		plain, err := decode(segment, false)
		if err != nil {
			return dst, err
		}
		switch plain {
		case "":
			continue
		case ".":
			trailing = true
			continue
		case "..":
			if i := bytes.LastIndexByte(dst[base:], '/'); i >= 0 {
				dst = dst[:base+i]
			}
			trailing = true
			continue
		}
		dst = append(dst, '/')
		if rule == pathAsSent {
			plain = segment
		}
		for i := 0; i < len(plain); i++ {
			switch c := plain[i]; {
			case unreserved(c):
				dst = append(dst, c)
			case rule == pathTwice:
				dst = append(dst, '%', '2', '5', upperHex[c>>4], upperHex[c&15])
			default:
				dst = appendEncoded(dst, c)
			}
		}
	}
	if trailing || len(dst) == base {
		dst = append(dst, '/')
	}
	return dst, nil
}

// appendHeaders appends the canonical headers: name, colon, values, newline.
func appendHeaders(dst []byte, r *http.Request, names []string) []byte {
	for _, name := range names {
		dst = append(dst, name...)
		dst = append(dst, ':')
		dst = appendHeaderValue(dst, r, name)
		dst = append(dst, '\n')
	}
	return dst
}

// appendHeaderValue appends the value of a signed header. net/http keeps some
// of them in fields of the request instead of the header map.
func appendHeaderValue(dst []byte, r *http.Request, name string) []byte {
	switch name {
	case "host":
		return append(dst, strings.Trim(host(r), " \t")...)
	case "content-length":
		if _, ok := r.Header["Content-Length"]; !ok {
			if r.ContentLength < 0 {
				return dst
			}
			return strconv.AppendInt(dst, r.ContentLength, 10)
		}
	case "transfer-encoding":
		if len(r.TransferEncoding) > 0 {
			return append(dst, strings.Join(r.TransferEncoding, ",")...)
		}
	}
	for i, v := range headerValues(r.Header, name) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendTrimmed(dst, v)
	}
	return dst
}

// headerValues returns the values of a header given by its lower-case name,
// without building the canonical spelling for the common ones.
func headerValues(h http.Header, lower string) []string {
	if v, ok := h[commonName(lower)]; ok {
		return v
	}
	for k, v := range h {
		if sameName(k, lower) {
			return v
		}
	}
	return nil
}

// commonName returns the spelling of net/http for the headers most signed.
func commonName(lower string) string {
	switch lower {
	case "x-amz-date":
		return "X-Amz-Date"
	case "x-amz-content-sha256":
		return "X-Amz-Content-Sha256"
	case "x-amz-security-token":
		return "X-Amz-Security-Token"
	case "x-amz-target":
		return "X-Amz-Target"
	case "x-amz-user-agent":
		return "X-Amz-User-Agent"
	case "content-type":
		return "Content-Type"
	case "accept-encoding":
		return "Accept-Encoding"
	case "amz-sdk-invocation-id":
		return "Amz-Sdk-Invocation-Id"
	case "amz-sdk-request":
		return "Amz-Sdk-Request"
	}
	return ""
}

// sameName reports whether a header name in any case has this lower-case form.
func sameName(name, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// appendTrimmed appends a header value without outer white space and with
// inner runs of spaces as one.
func appendTrimmed(dst []byte, v string) []byte {
	v = strings.Trim(v, " \t")
	if !strings.Contains(v, "  ") {
		return append(dst, v...)
	}
	for i := 0; i < len(v); i++ {
		if v[i] != ' ' || v[i-1] != ' ' {
			dst = append(dst, v[i])
		}
	}
	return dst
}

// variant is one reading of a request where clients differ.
type variant struct {
	path        pathRule
	plusIsSpace bool
}

// appendCanonical appends the canonical request.
func appendCanonical(dst []byte, r *http.Request, a *Authorization, v variant, payloadHash string) ([]byte, error) {
	path, query := target(r)
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	dst = append(dst, method...)
	dst = append(dst, '\n')
	dst, err := appendPath(dst, path, v.path)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '\n')
	if dst, err = appendQuery(dst, query, v.plusIsSpace, a.Form == Query); err != nil {
		return dst, err
	}
	dst = append(dst, '\n')
	dst = appendHeaders(dst, r, a.SignedHeaders)
	dst = append(dst, '\n')
	for i, name := range a.SignedHeaders {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, name...)
	}
	dst = append(dst, '\n')
	return append(dst, payloadHash...), nil
}

// appendStringToSign appends the string to sign for a canonical request.
func (a *Authorization) appendStringToSign(dst, canonical []byte) []byte {
	dst = a.appendPreamble(dst, Algorithm)
	sum := sha256.Sum256(canonical)
	return hex.AppendEncode(dst, sum[:])
}

// appendPreamble appends the three lines every string to sign begins with.
func (a *Authorization) appendPreamble(dst []byte, algorithm string) []byte {
	dst = append(dst, algorithm...)
	dst = append(dst, '\n')
	dst = append(dst, a.timestamp...)
	dst = append(dst, '\n')
	for _, s := range [...]string{a.Scope.Date, a.Scope.Region, a.Scope.Service} {
		dst = append(dst, s...)
		dst = append(dst, '/')
	}
	dst = append(dst, a.Scope.Terminator...)
	return append(dst, '\n')
}
