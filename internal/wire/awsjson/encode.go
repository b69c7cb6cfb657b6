package awsjson

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

// Encode appends out, a pointer to a generated struct, to dst as a JSON object.
func Encode(dst []byte, shapes *wire.Shapes, out any) []byte {
	v := reflect.ValueOf(out).Elem()
	return appendStruct(dst, shapes.Of(v.Type()), v)
}

func appendStruct(dst []byte, s *wire.Struct, v reflect.Value) []byte {
	dst = append(dst, '{')
	first := true
	for i := range s.Fields {
		f := &s.Fields[i]
		fv := v.Field(f.Index)
		if fv.IsNil() {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendString(dst, f.Name)
		dst = append(dst, ':')
		if f.Value.Pointer {
			fv = fv.Elem()
		}
		dst = appendValue(dst, &f.Value, fv)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, desc *wire.Value, v reflect.Value) []byte {
	switch desc.Kind {
	case wire.String:
		return appendString(dst, v.String())
	case wire.Integer:
		return strconv.AppendInt(dst, v.Int(), 10)
	case wire.Boolean:
		return strconv.AppendBool(dst, v.Bool())
	case wire.Timestamp:
		return appendTime(dst, v.Interface().(time.Time))
	case wire.Blob:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
		return append(dst, '"')
	case wire.List:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, desc.Elem, v.Index(i))
		}
		return append(dst, ']')
	case wire.Map:
		return appendMap(dst, desc, v)
	default:
		return appendStruct(dst, desc.Struct(), v)
	}
}

func appendMap(dst []byte, desc *wire.Value, v reflect.Value) []byte {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, k.String())
		dst = append(dst, ':')
		dst = appendValue(dst, desc.Elem, v.MapIndex(k))
	}
	return append(dst, '}')
}

// appendTime writes epoch seconds, with milliseconds when there are any.
func appendTime(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms%1000 == 0 {
		return strconv.AppendInt(dst, ms/1000, 10)
	}
	return strconv.AppendFloat(dst, float64(ms)/1000, 'f', 3, 64)
}

// appendString writes s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
