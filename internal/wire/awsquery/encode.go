package awsquery

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rockpool-id/rockpool/internal/wire"
)

// Encode appends the answer of an operation to dst. A nil out is an operation
// without an output.
func Encode(dst []byte, shapes *wire.Shapes, namespace, operation, requestID string, out any) []byte {
	dst = append(dst, '<')
	dst = append(dst, operation...)
	dst = append(dst, `Response xmlns="`...)
	dst = appendText(dst, namespace)
	dst = append(dst, `">`...)
	if out != nil {
		v := reflect.ValueOf(out).Elem()
		dst = open(dst, operation+"Result")
		dst = appendStruct(dst, shapes.Of(v.Type()), v)
		dst = shut(dst, operation+"Result")
	}
	dst = append(dst, "<ResponseMetadata><RequestId>"...)
	dst = appendText(dst, requestID)
	dst = append(dst, "</RequestId></ResponseMetadata>"...)
	return shut(dst, operation+"Response")
}

func open(dst []byte, name string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	return append(dst, '>')
}

func shut(dst []byte, name string) []byte {
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>')
}

func appendStruct(dst []byte, s *wire.Struct, v reflect.Value) []byte {
	for i := range s.Fields {
		f := &s.Fields[i]
		fv := v.Field(f.Index)
		if fv.IsNil() && !(f.Required && f.Value.Kind == wire.List) {
			continue
		}
		if f.Value.Pointer {
			fv = fv.Elem()
		}
		dst = appendElement(dst, f.Name, &f.Value, fv)
	}
	return dst
}

func appendElement(dst []byte, name string, desc *wire.Value, v reflect.Value) []byte {
	dst = open(dst, name)
	switch desc.Kind {
	case wire.String:
		dst = appendText(dst, v.String())
	case wire.Integer:
		dst = strconv.AppendInt(dst, v.Int(), 10)
	case wire.Boolean:
		dst = strconv.AppendBool(dst, v.Bool())
	case wire.Timestamp:
		dst = v.Interface().(time.Time).UTC().AppendFormat(dst, "2006-01-02T15:04:05Z")
	case wire.Blob:
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
	case wire.List:
		for i := range v.Len() {
			dst = appendElement(dst, "member", desc.Elem, v.Index(i))
		}
	case wire.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			dst = append(dst, "<entry><key>"...)
			dst = appendText(dst, k.String())
			dst = append(dst, "</key>"...)
			dst = appendElement(dst, "value", desc.Elem, v.MapIndex(k))
			dst = append(dst, "</entry>"...)
		}
	default:
		dst = appendStruct(dst, desc.Struct(), v)
	}
	return shut(dst, name)
}

// appendText writes character data. A carriage return is escaped, because a
// parser would turn a plain one into a newline; what XML cannot carry becomes
// U+FFFD.
func appendText(dst []byte, s string) []byte {
	start := 0 // of what stands for itself
	for i := 0; i < len(s); {
		c := s[i]
		if plainText(c) {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == 0xFFFE || r == 0xFFFF {
				r = utf8.RuneError
			}
			dst = utf8.AppendRune(dst, r)
			i += size
		} else {
			dst = appendEscape(dst, c)
			i++
		}
		start = i
	}
	return append(dst, s[start:]...)
}

// plainText reports an ASCII character that stands for itself in character data.
func plainText(c byte) bool {
	switch c {
	case '&', '<', '>', '"':
		return false
	case '\n', '\t':
		return true
	}
	return ' ' <= c && c < utf8.RuneSelf
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '&':
		return append(dst, "&amp;"...)
	case '<':
		return append(dst, "&lt;"...)
	case '>':
		return append(dst, "&gt;"...)
	case '"':
		return append(dst, "&quot;"...)
	case '\r':
		return append(dst, "&#13;"...)
	}
	return append(dst, "\uFFFD"...)
}

// PercentEncode encodes a policy document for an IAM answer: every byte outside
// the unreserved set of RFC 3986 becomes %XX, so a space is %20 and a plus %2B.
func PercentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
