package wiretest

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire"
)

// Fill gives every member of v, a pointer to a generated struct, a value of its
// own: two elements to every list and map, and text that each codec must escape.
// Values differ within one struct and do not depend on anything else. They do not
// keep the model's limits.
func Fill(shapes *wire.Shapes, v any) {
	f := filler{shapes: shapes}
	f.structure(reflect.ValueOf(v).Elem())
}

type filler struct {
	shapes *wire.Shapes
	n      int
}

func (f *filler) structure(v reflect.Value) {
	d := f.shapes.Of(v.Type())
	for i := range d.Fields {
		field := &d.Fields[i]
		target := v.Field(field.Index)
		if field.Value.Pointer {
			target.Set(reflect.New(field.Value.Type))
			target = target.Elem()
		}
		f.value(&field.Value, target, field.Name)
	}
}

func (f *filler) value(d *wire.Value, v reflect.Value, name string) {
	f.n++
	switch d.Kind {
	case wire.String:
		if d.Limits.Enum != nil {
			v.SetString(d.Limits.Enum[f.n%len(d.Limits.Enum)])
			return
		}
		v.SetString(fmt.Sprintf("%s %d <&>\"'\\+%%é€😀", name, f.n))
	case wire.Integer:
		v.SetInt(int64(f.n))
	case wire.Boolean:
		v.SetBool(f.n%2 == 0)
	case wire.Timestamp:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(f.n) * time.Hour)))
	case wire.Blob:
		v.SetBytes([]byte(strings.Repeat("\x00\xFF", f.n%5+1)))
	case wire.List:
		v.Set(reflect.MakeSlice(d.Type, 2, 2))
		for i := range 2 {
			f.value(d.Elem, v.Index(i), name)
		}
	case wire.Map:
		v.Set(reflect.MakeMap(d.Type))
		for i := range 2 {
			elem := reflect.New(d.Elem.Type).Elem()
			f.value(d.Elem, elem, name)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("k%d & é", i)), elem)
		}
	case wire.Structure:
		f.structure(v)
	}
}
