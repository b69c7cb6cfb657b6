package sigv4

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
)

// PostPolicy is the policy of an S3 browser upload: until when a form is good,
// and what its fields may hold.
type PostPolicy struct {
	Expiration time.Time
	conditions []postCondition
	minSize    int64
	maxSize    int64
}

// postCondition is one of {"f":"v"}, ["eq","$f","v"] and ["starts-with","$f","p"].
type postCondition struct {
	operator string // eq or starts-with
	field    string // lower case, without the dollar
	written  string // the field as written
	value    string
}

// Policy returns the policy of a verified form, see ParsePost.
func (a *Authorization) Policy() (*PostPolicy, error) {
	raw, err := base64.StdEncoding.DecodeString(a.policy)
	if err != nil {
		return nil, badPolicy("Could not decode policy.")
	}
	return ParsePostPolicy(raw)
}

// ParsePostPolicy reads a policy document.
func ParsePostPolicy(document []byte) (*PostPolicy, error) {
	var doc struct {
		Expiration *string           `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return nil, badPolicy("Invalid JSON.")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, badPolicy("Invalid JSON.")
	}
	switch {
	case doc.Expiration == nil:
		return nil, badPolicy("Policy missing expiration.")
	case doc.Conditions == nil:
		return nil, badPolicy("Policy missing conditions.")
	}
	expiration, err := time.Parse(time.RFC3339, *doc.Expiration)
	if err != nil {
		return nil, badPolicy("Invalid 'expiration' value: '" + *doc.Expiration + "'")
	}
	p := &PostPolicy{Expiration: expiration.UTC(), maxSize: math.MaxInt64}
	for _, raw := range doc.Conditions {
		if err := p.add(raw); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func badPolicy(text string) error { return &Error{Code: BadPolicy, Form: Post, Part: text} }

// add reads one condition.
func (p *PostPolicy) add(raw json.RawMessage) error {
	if bytes.HasPrefix(raw, []byte("{")) {
		var simple map[string]string
		if json.Unmarshal(raw, &simple) != nil || len(simple) != 1 {
			return badPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
		}
		for field, value := range simple {
			p.conditions = append(p.conditions, postCondition{"eq", strings.ToLower(field), "$" + field, value})
		}
		return nil
	}
	var list []any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&list) != nil || len(list) != 3 {
		return badPolicy("Invalid Condition: must be an object or a list of three.")
	}
	operator, _ := list[0].(string)
	switch operator = strings.ToLower(operator); operator {
	case "content-length-range":
		low, ok1 := size(list[1])
		high, ok2 := size(list[2])
		if !ok1 || !ok2 || low > high {
			return badPolicy("Invalid content-length-range: must be two sizes in order.")
		}
		// Of two ranges both hold.
		p.minSize, p.maxSize = max(p.minSize, low), min(p.maxSize, high)
		return nil
	case "eq", "starts-with":
		field, ok1 := list[1].(string)
		value, ok2 := list[2].(string)
		if !ok1 || !ok2 || !strings.HasPrefix(field, "$") {
			return badPolicy("Invalid Condition: the field must begin with '$' and the value be a string.")
		}
		p.conditions = append(p.conditions, postCondition{operator, strings.ToLower(field[1:]), field, value})
		return nil
	}
	return badPolicy("Invalid Condition: unknown operation '" + operator + "'.")
}

// size reads a non-negative whole number, which some signers write as a string.
func size(v any) (int64, bool) {
	var n json.Number
	switch v := v.(type) {
	case json.Number:
		n = v
	case string:
		n = json.Number(v)
	}
	i, err := n.Int64()
	return i, err == nil && i >= 0
}

// Check holds a form against the policy: not expired, every condition true,
// every field covered by a condition. fields are those before the file, with
// ${filename} in the key replaced, and "bucket" set to the bucket addressed.
// The file's size is checked by CheckSize, when it is known.
func (p *PostPolicy) Check(fields url.Values, now time.Time) error {
	if !now.Before(p.Expiration) {
		return &Error{Code: PolicyExpired, Form: Post, ServerTime: now.UTC()}
	}
	form := map[string]string{}
	for name, values := range fields {
		lower := strings.ToLower(name)
		if _, twice := form[lower]; twice || len(values) != 1 {
			return &Error{Code: Duplicate, Form: Post, Part: name}
		}
		form[lower] = values[0]
	}
	for _, c := range p.conditions {
		if value, ok := form[c.field]; !ok || !c.holds(value) {
			return &Error{Code: PolicyFailed, Form: Post, Part: c.String()}
		}
	}
	var extra []string
	for name := range form {
		if !unchecked(name) && !slices.ContainsFunc(p.conditions, func(c postCondition) bool { return c.field == name }) {
			extra = append(extra, name)
		}
	}
	if extra == nil {
		return nil
	}
	slices.Sort(extra)
	return &Error{Code: ExtraField, Form: Post, Part: strings.Join(extra, ", ")}
}

// holds compares. A content type may be a list; every item must begin so.
func (c postCondition) holds(value string) bool {
	if c.operator == "eq" {
		return value == c.value
	}
	if c.field != "content-type" {
		return strings.HasPrefix(value, c.value)
	}
	for item := range strings.SplitSeq(value, ",") {
		if !strings.HasPrefix(strings.TrimSpace(item), c.value) {
			return false
		}
	}
	return true
}

// String prints the condition as S3's error message does.
func (c postCondition) String() string {
	return `["` + c.operator + `", "` + c.written + `", "` + c.value + `"]`
}

// SizeRange returns the file sizes allowed; without a content-length-range
// they are 0 and the largest number.
func (p *PostPolicy) SizeRange() (low, high int64) { return p.minSize, p.maxSize }

// CheckSize holds the size of the file against the content-length-range.
func (p *PostPolicy) CheckSize(n int64) error {
	switch {
	case n > p.maxSize:
		return &Error{Code: FileTooLarge, Form: Post, Size: n, Limit: p.maxSize}
	case n < p.minSize:
		return &Error{Code: FileTooSmall, Form: Post, Size: n, Limit: p.minSize}
	}
	return nil
}
