package awsquery

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

// Decode fills in, a pointer to an empty generated struct, from a form. A value
// of the wrong type gives MalformedInput.
func Decode(shapes *wire.Shapes, form *Form, in any) *awserr.Error {
	v := reflect.ValueOf(in).Elem()
	if err := decodeStruct(shapes.Of(v.Type()), &form.root, v, ""); err != nil {
		return awserr.Sender("MalformedInput", err.Error())
	}
	return nil
}

// typeError is a parameter whose value is not of its type. It names the parameter
// and not the value, which may be a secret.
type typeError struct{ name, want string }

func (e *typeError) Error() string {
	return fmt.Sprintf("The parameter %s is not %s.", clip(e.name), e.want)
}

func decodeStruct(s *wire.Struct, n *node, v reflect.Value, prefix string) error {
	for i := range s.Fields {
		f := &s.Fields[i]
		c := n.children[f.Name]
		if c == nil {
			continue
		}
		target := v.Field(f.Index)
		if f.Value.Pointer {
			if !c.present && f.Value.Kind != wire.Structure {
				return &typeError{prefix + f.Name, "a single value"}
			}
			target.Set(reflect.New(f.Value.Type))
			target = target.Elem()
		}
		if err := decodeValue(&f.Value, c, target, prefix+f.Name); err != nil {
			return err
		}
	}
	return nil
}

func decodeValue(desc *wire.Value, n *node, v reflect.Value, name string) error {
	switch desc.Kind {
	case wire.List:
		return decodeList(desc, n, v, name)
	case wire.Map:
		return decodeMap(desc, n, v, name)
	case wire.Structure:
		if n.present && n.value != "" {
			return &typeError{name, "a structure"}
		}
		return decodeStruct(desc.Struct(), n, v, name+".")
	}
	if !n.present || n.children != nil {
		return &typeError{name, "a single value"}
	}
	switch desc.Kind {
	case wire.String:
		v.SetString(n.value)
	case wire.Integer:
		i, err := strconv.ParseInt(n.value, 10, 64)
		if err != nil || v.OverflowInt(i) {
			return &typeError{name, "an integer in range"}
		}
		v.SetInt(i)
	case wire.Boolean:
		if n.value != "true" && n.value != "false" {
			return &typeError{name, "true or false"}
		}
		v.SetBool(n.value == "true")
	case wire.Timestamp:
		t, ok := parseTime(n.value)
		if !ok {
			return &typeError{name, "a time"}
		}
		v.Set(reflect.ValueOf(t))
	case wire.Blob:
		blob, err := base64.StdEncoding.Strict().DecodeString(n.value)
		if err != nil {
			return &typeError{name, "base64"}
		}
		if blob == nil {
			blob = []byte{}
		}
		v.SetBytes(blob)
	}
	return nil
}

func decodeList(desc *wire.Value, n *node, v reflect.Value, name string) error {
	if n.present && n.value != "" {
		return &typeError{name, "a list"}
	}
	list := reflect.MakeSlice(desc.Type, 0, 0)
	if members := n.children["member"]; members != nil {
		items, ok := members.numbered()
		if !ok || (members.present && members.value != "") {
			return &typeError{name, "a list with numbered members"}
		}
		list = reflect.MakeSlice(desc.Type, len(items), len(items))
		for i, item := range items {
			if err := decodeValue(desc.Elem, item, list.Index(i), name+".member."+strconv.Itoa(i+1)); err != nil {
				return err
			}
		}
	}
	v.Set(list)
	return nil
}

func decodeMap(desc *wire.Value, n *node, v reflect.Value, name string) error {
	if n.present && n.value != "" {
		return &typeError{name, "a map"}
	}
	m := reflect.MakeMap(desc.Type)
	if entries := n.children["entry"]; entries != nil {
		items, ok := entries.numbered()
		if !ok || (entries.present && entries.value != "") {
			return &typeError{name, "a map with numbered entries"}
		}
		for _, item := range items {
			key, value := item.children["key"], item.children["value"]
			if key == nil || !key.present || key.children != nil || value == nil {
				return &typeError{name, "a map whose entries have a key and a value"}
			}
			k := reflect.ValueOf(key.value)
			if m.MapIndex(k).IsValid() {
				return &typeError{name, "a map with distinct keys"}
			}
			elem := reflect.New(desc.Elem.Type).Elem()
			if err := decodeValue(desc.Elem, value, elem, name+".entry"); err != nil {
				return err
			}
			m.SetMapIndex(k, elem)
		}
	}
	v.Set(m)
	return nil
}

// parseTime reads ISO 8601, or epoch seconds, which the protocol allows too. It
// keeps seconds, as answers do.
func parseTime(s string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		t = t.UTC().Truncate(time.Second)
		return t, t.Year() >= 0 && t.Year() <= 9999
	}
	f, err := strconv.ParseFloat(s, 64)
	const last = 253402300799 // the end of the year 9999
	if err != nil || math.IsNaN(f) || f < 0 || f > last {
		return time.Time{}, false
	}
	return time.Unix(int64(f), 0).UTC(), true
}
