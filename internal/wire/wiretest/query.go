package wiretest

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/url"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire"
)

// EncodeForm writes in, a pointer to a generated struct, as a client of the Query
// protocol does.
func EncodeForm(shapes *wire.Shapes, action, version string, in any) string {
	form := url.Values{"Action": {action}, "Version": {version}}
	v := reflect.ValueOf(in).Elem()
	formStruct(form, shapes.Of(v.Type()), v, "")
	return form.Encode()
}

func formStruct(form url.Values, d *wire.Struct, v reflect.Value, prefix string) {
	for i := range d.Fields {
		f := &d.Fields[i]
		fv := v.Field(f.Index)
		if fv.IsNil() {
			continue
		}
		if f.Value.Pointer {
			fv = fv.Elem()
		}
		formValue(form, &f.Value, fv, prefix+f.Name)
	}
}

func formValue(form url.Values, d *wire.Value, v reflect.Value, name string) {
	switch d.Kind {
	case wire.String:
		form.Set(name, v.String())
	case wire.Integer:
		form.Set(name, strconv.FormatInt(v.Int(), 10))
	case wire.Boolean:
		form.Set(name, strconv.FormatBool(v.Bool()))
	case wire.Timestamp:
		form.Set(name, v.Interface().(time.Time).Format("2006-01-02T15:04:05Z"))
	case wire.Blob:
		form.Set(name, base64.StdEncoding.EncodeToString(v.Bytes()))
	case wire.List:
		if v.Len() == 0 {
			form.Set(name, "")
		}
		for i := range v.Len() {
			formValue(form, d.Elem, v.Index(i), fmt.Sprintf("%s.member.%d", name, i+1))
		}
	case wire.Map:
		if v.Len() == 0 {
			form.Set(name, "")
		}
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		for i, k := range keys {
			form.Set(fmt.Sprintf("%s.entry.%d.key", name, i+1), k.String())
			formValue(form, d.Elem, v.MapIndex(k), fmt.Sprintf("%s.entry.%d.value", name, i+1))
		}
	case wire.Structure:
		formStruct(form, d.Struct(), v, name+".")
		if allNil(v) {
			form.Set(name, "")
		}
	}
}

func allNil(v reflect.Value) bool {
	for i := range v.NumField() {
		if !v.Field(i).IsNil() {
			return false
		}
	}
	return true
}

// element is a generic XML element.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func (e *element) child(name string) *element {
	for i := range e.Children {
		if e.Children[i].XMLName.Local == name {
			return &e.Children[i]
		}
	}
	return nil
}

// DecodeXML fills out from the answer of an operation and gives the request id. It
// fails on an element the shape does not have and on a name in another case.
func DecodeXML(shapes *wire.Shapes, answer []byte, namespace, operation string, out any) (requestID string, err error) {
	var root element
	if err := xml.Unmarshal(answer, &root); err != nil {
		return "", err
	}
	if root.XMLName.Local != operation+"Response" || root.XMLName.Space != namespace {
		return "", fmt.Errorf("root is %v", root.XMLName)
	}
	if meta := root.child("ResponseMetadata"); meta != nil && meta.child("RequestId") != nil {
		requestID = meta.child("RequestId").Text
	}
	result := root.child(operation + "Result")
	if out == nil {
		if result != nil {
			return "", fmt.Errorf("%s has a result", operation)
		}
		return requestID, nil
	}
	if result == nil {
		return "", fmt.Errorf("%s has no result", operation)
	}
	v := reflect.ValueOf(out).Elem()
	return requestID, xmlStruct(shapes.Of(v.Type()), result, v)
}

func xmlStruct(d *wire.Struct, e *element, v reflect.Value) error {
	for i := range e.Children {
		c := &e.Children[i]
		f := d.FieldNamed(c.XMLName.Local)
		if f == nil {
			return fmt.Errorf("%v has no member %s", d.Type, c.XMLName.Local)
		}
		target := v.Field(f.Index)
		if f.Value.Pointer {
			target.Set(reflect.New(f.Value.Type))
			target = target.Elem()
		}
		if err := xmlValue(&f.Value, c, target); err != nil {
			return err
		}
	}
	return nil
}

func xmlValue(d *wire.Value, e *element, v reflect.Value) error {
	switch d.Kind {
	case wire.String:
		v.SetString(e.Text)
	case wire.Integer:
		n, err := strconv.ParseInt(e.Text, 10, 64)
		if err != nil {
			return err
		}
		v.SetInt(n)
	case wire.Boolean:
		b, err := strconv.ParseBool(e.Text)
		if err != nil {
			return err
		}
		v.SetBool(b)
	case wire.Timestamp:
		t, err := time.Parse(time.RFC3339, e.Text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(t))
	case wire.Blob:
		b, err := base64.StdEncoding.DecodeString(e.Text)
		if err != nil {
			return err
		}
		v.SetBytes(b)
	case wire.List:
		list := reflect.MakeSlice(d.Type, len(e.Children), len(e.Children))
		for i := range e.Children {
			if name := e.Children[i].XMLName.Local; name != "member" {
				return fmt.Errorf("list element is called %s", name)
			}
			if err := xmlValue(d.Elem, &e.Children[i], list.Index(i)); err != nil {
				return err
			}
		}
		v.Set(list)
	case wire.Map:
		m := reflect.MakeMap(d.Type)
		for i := range e.Children {
			entry := &e.Children[i]
			key, value := entry.child("key"), entry.child("value")
			if entry.XMLName.Local != "entry" || key == nil || value == nil {
				return fmt.Errorf("map entry is %s", strings.TrimSpace(entry.XMLName.Local))
			}
			elem := reflect.New(d.Elem.Type).Elem()
			if err := xmlValue(d.Elem, value, elem); err != nil {
				return err
			}
			m.SetMapIndex(reflect.ValueOf(key.Text), elem)
		}
		v.Set(m)
	case wire.Structure:
		return xmlStruct(d.Struct(), e, v)
	}
	return nil
}
