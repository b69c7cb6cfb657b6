package simulate

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// Entry gives a condition key its value. Type is one of IAM's words: a
// policy.ValueType, or one with "List" behind it for a key that may have many
// values. A list makes the key multi-valued however many values it has, so
// that conditions need ForAnyValue or ForAllValues; a list of none is present
// and null.
type Entry struct {
	Name   string
	Type   string // "" is "string", or "stringList" with other than one value
	Values []string
}

// set validates e and puts it into c.
func (e *Entry) set(c *policy.Context) error {
	if !strings.Contains(e.Name, ":") {
		return &Invalid{Field: FieldContext, Value: e.Name, Reason: "the name of a condition key has a prefix and a colon"}
	}
	element, list := strings.CutSuffix(e.Type, "List")
	if e.Type == "" {
		element, list = string(policy.StringValue), len(e.Values) != 1
	}
	of := policy.ValueType(element)
	switch of {
	case policy.StringValue, policy.NumericValue, policy.BooleanValue, policy.IPValue, policy.BinaryValue, policy.DateValue:
	default:
		return &Invalid{Field: FieldContext, Value: e.Name, Reason: fmt.Sprintf("there is no type %q", e.Type)}
	}
	if !list && len(e.Values) != 1 {
		return &Invalid{Field: FieldContext, Value: e.Name, Reason: fmt.Sprintf("the type %s takes one value, not %d; use %sList", e.Type, len(e.Values), e.Type)}
	}
	values := make([]string, len(e.Values))
	for i, v := range e.Values {
		if !of.Accepts(v) {
			return &Invalid{Field: FieldContext, Value: e.Name, Reason: fmt.Sprintf("%q is not of type %s", shorten(v), element)}
		}
		values[i] = v
		if of == policy.BinaryValue {
			raw, err := base64.StdEncoding.DecodeString(v) // accepted above
			if err != nil {
				return &Invalid{Field: FieldContext, Value: e.Name, Reason: err.Error()}
			}
			values[i] = string(raw)
		}
	}
	if list {
		c.SetMulti(e.Name, values)
	} else {
		c.Set(e.Name, values[0])
	}
	return nil
}

// setEntries puts all entries into c. A key given twice is a mistake, and
// guessing which was meant would decide for somebody.
func setEntries(c *policy.Context, list []Entry) error {
	for i := range list {
		if _, _, twice := c.Get(list[i].Name); twice {
			return &Invalid{Field: FieldContext, Value: list[i].Name, Reason: "the key is given twice"}
		}
		if err := list[i].set(c); err != nil {
			return err
		}
	}
	return nil
}

// shorten keeps messages short, whatever was sent.
func shorten(s string) string {
	const most = 64
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
