package awsjson

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"reflect"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

// maxDepth bounds the nesting of a request. The deepest shape of the models needs
// seven levels.
const maxDepth = 32

// Decode fills in, a pointer to an empty generated struct, from a request body. A
// body it refuses gives a SerializationException, whose message never repeats a
// value.
func Decode(shapes *wire.Shapes, body []byte, in any) *awserr.Error {
	d := decoder{data: body}
	v := reflect.ValueOf(in).Elem()
	err := d.structure(shapes.Of(v.Type()), v)
	if err == nil {
		if d.space(); d.pos != len(d.data) {
			err = d.fail("text after the object")
		}
	}
	if err != nil {
		return awserr.Sender("SerializationException", err.Error())
	}
	return nil
}

// syntaxError is a body that is not JSON, or not the JSON the shape wants.
type syntaxError struct {
	offset int
	what   string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("The request body is not valid: %s at byte %d.", e.what, e.offset)
}

type decoder struct {
	data  []byte
	pos   int
	depth int
}

func (d *decoder) fail(what string) error { return &syntaxError{d.pos, what} }

func (d *decoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

// peek gives the next byte that is not white space, or zero at the end.
func (d *decoder) peek() byte {
	d.space()
	if d.pos == len(d.data) {
		return 0
	}
	return d.data[d.pos]
}

func (d *decoder) expect(c byte, what string) error {
	if d.peek() != c {
		return d.fail("expected " + what)
	}
	d.pos++
	return nil
}

// null consumes the word null if it is next.
func (d *decoder) null() bool {
	if d.peek() == 'n' && bytes.HasPrefix(d.data[d.pos:], []byte("null")) {
		d.pos += 4
		return true
	}
	return false
}

// each calls f for every element between open and close, the opening one
// included. F reads the element.
func (d *decoder) each(open, close byte, what string, f func() error) error {
	if err := d.expect(open, what); err != nil {
		return err
	}
	if d.depth++; d.depth > maxDepth {
		return d.fail("nested too deeply")
	}
	defer func() { d.depth-- }()
	if d.peek() == close {
		d.pos++
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		switch d.peek() {
		case ',':
			d.pos++
		case close:
			d.pos++
			return nil
		default:
			return d.fail("expected a comma or an end")
		}
	}
}

func (d *decoder) structure(s *wire.Struct, v reflect.Value) error {
	var seen uint64
	return d.each('{', '}', "an object", func() error {
		name, err := d.str()
		if err != nil {
			return err
		}
		if err := d.expect(':', "a colon"); err != nil {
			return err
		}
		f := s.Field(name)
		if f == nil {
			return d.skip()
		}
		if seen&f.Bit != 0 {
			return d.fail("a member that occurs twice")
		}
		seen |= f.Bit
		if d.null() {
			return nil
		}
		target := v.Field(f.Index)
		if f.Value.Pointer {
			target.Set(reflect.New(f.Value.Type))
			target = target.Elem()
		}
		return d.value(&f.Value, target)
	})
}

func (d *decoder) value(desc *wire.Value, v reflect.Value) error {
	switch desc.Kind {
	case wire.String:
		text, err := d.str()
		if err != nil {
			return err
		}
		v.SetString(string(text))
		return nil
	case wire.Integer:
		n, err := d.integer()
		if err != nil {
			return err
		}
		if v.OverflowInt(n) {
			return d.fail("a number out of range")
		}
		v.SetInt(n)
		return nil
	case wire.Boolean:
		b, err := d.boolean()
		v.SetBool(b)
		return err
	case wire.Timestamp:
		t, err := d.time()
		v.Set(reflect.ValueOf(t))
		return err
	case wire.Blob:
		text, err := d.str()
		if err != nil {
			return err
		}
		blob := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, err := base64.StdEncoding.Strict().Decode(blob, text)
		if err != nil {
			return d.fail("a blob that is not base64")
		}
		v.SetBytes(blob[:n])
		return nil
	case wire.List:
		return d.list(desc, v)
	case wire.Map:
		return d.entries(desc, v)
	default:
		return d.structure(desc.Struct(), v)
	}
}

func (d *decoder) list(desc *wire.Value, v reflect.Value) error {
	list := reflect.MakeSlice(desc.Type, 0, 0)
	err := d.each('[', ']', "an array", func() error {
		elem := reflect.New(desc.Elem.Type).Elem()
		if err := d.value(desc.Elem, elem); err != nil {
			return err
		}
		list = reflect.Append(list, elem)
		return nil
	})
	v.Set(list)
	return err
}

func (d *decoder) entries(desc *wire.Value, v reflect.Value) error {
	if desc.Elem.Type == reflect.TypeFor[string]() {
		return d.stringMap(v)
	}
	m := reflect.MakeMap(desc.Type)
	err := d.each('{', '}', "an object", func() error {
		name, err := d.str()
		if err != nil {
			return err
		}
		key := reflect.ValueOf(string(name))
		if m.MapIndex(key).IsValid() {
			return d.fail("a key that occurs twice")
		}
		if err := d.expect(':', "a colon"); err != nil {
			return err
		}
		elem := reflect.New(desc.Elem.Type).Elem()
		if err := d.value(desc.Elem, elem); err != nil {
			return err
		}
		m.SetMapIndex(key, elem)
		return nil
	})
	v.Set(m)
	return err
}

// stringMap reads Logins, tags and the like without reflection per entry.
func (d *decoder) stringMap(v reflect.Value) error {
	m := make(map[string]string)
	err := d.each('{', '}', "an object", func() error {
		name, err := d.str()
		if err != nil {
			return err
		}
		if _, ok := m[string(name)]; ok {
			return d.fail("a key that occurs twice")
		}
		key := string(name)
		if err := d.expect(':', "a colon"); err != nil {
			return err
		}
		text, err := d.str()
		if err != nil {
			return err
		}
		m[key] = string(text)
		return nil
	})
	v.Set(reflect.ValueOf(m))
	return err
}
