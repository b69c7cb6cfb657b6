package wire

import (
	"reflect"
	"strings"
	"time"
)

// maxDescribed bounds a string in a description.
const maxDescribed = 4096

// Describe gives the present members of v, a pointer to a generated struct, for an
// audit record, under their lower camel case names. A sensitive value is replaced
// by hidden, or left out when hidden is nil. It gives nil when nothing is left.
func (s *Shapes) Describe(v any, hidden any) map[string]any {
	rv := reflect.ValueOf(v)
	if rv.IsNil() {
		return nil
	}
	return describeStruct(s.Of(rv.Elem().Type()), rv.Elem(), hidden)
}

func describeStruct(d *Struct, v reflect.Value, hidden any) map[string]any {
	var m map[string]any
	for i := range d.Fields {
		f := &d.Fields[i]
		fv := v.Field(f.Index)
		if fv.IsNil() {
			continue
		}
		if f.Value.Pointer {
			fv = fv.Elem()
		}
		if value := describe(&f.Value, fv, hidden); value != nil {
			if m == nil {
				m = make(map[string]any, len(d.Fields))
			}
			m[f.Path] = value
		}
	}
	return m
}

// describe gives nil for a value that is left out.
func describe(d *Value, v reflect.Value, hidden any) any {
	if d.Limits.Sensitive {
		return hidden
	}
	switch d.Kind {
	case String:
		text := v.String()
		if len(text) > maxDescribed {
			text = strings.ToValidUTF8(text[:maxDescribed], "") + "..."
		}
		return text
	case Integer:
		return v.Int()
	case Boolean:
		return v.Bool()
	case Timestamp:
		return v.Interface().(time.Time).UTC().Format(time.RFC3339)
	case Blob:
		return hidden
	case List:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			if item := describe(d.Elem, v.Index(i), hidden); item != nil {
				list = append(list, item)
			}
		}
		return list
	case Map:
		m := make(map[string]any, v.Len())
		for iter := v.MapRange(); iter.Next(); {
			if item := describe(d.Elem, iter.Value(), hidden); item != nil {
				m[iter.Key().String()] = item
			}
		}
		return m
	default:
		if m := describeStruct(d.Struct(), v, hidden); m != nil {
			return m
		}
		return nil
	}
}
