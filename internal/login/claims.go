package login

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode"
)

// maxSubject bounds the sub claim. OpenID Connect allows 255 bytes, but issuers
// for workloads put paths and branch names there.
const maxSubject = 1024

// maxTime is the last second of the year 9999. A later exp is a mistake or an
// attempt to overflow something.
const maxTime = 253402300799

// read fills the fields of c from c.Raw, strictly: a registered claim of the
// wrong type is a refusal, not an absent claim.
func (c *Claims) read() error {
	for _, name := range [...]string{"iss", "sub", "aud", "exp", "iat"} {
		if _, ok := c.Raw[name]; !ok {
			return &Refusal{Kind: MissingClaim, Claim: name}
		}
	}
	var err error
	for _, f := range [...]struct {
		name string
		dst  *string
	}{{"iss", &c.Issuer}, {"sub", &c.Subject}, {"azp", &c.AuthorizedParty}} {
		v, present := c.Raw[f.name]
		s, isString := v.(string)
		if present && (!isString || s == "" || len(s) > maxSubject || hasControl(s)) {
			return &Refusal{Kind: Malformed, Claim: f.name, Got: describe(v)}
		}
		*f.dst = s
	}
	if c.Audience, err = readList(c.Raw, "aud"); err != nil {
		return err
	}
	if c.AMR, err = readList(c.Raw, "amr"); err != nil {
		return err
	}
	for _, f := range [...]struct {
		name string
		dst  *time.Time
	}{{"exp", &c.Expires}, {"iat", &c.IssuedAt}, {"nbf", &c.NotBefore}} {
		v, present := c.Raw[f.name]
		if !present {
			continue
		}
		if *f.dst, err = readTime(f.name, v); err != nil {
			return err
		}
	}
	return nil
}

// readList reads a claim that is a string or a list of strings. An empty list
// or element is malformed: no rule can be true of it.
func readList(raw map[string]any, name string) ([]string, error) {
	v, present := raw[name]
	if !present {
		return nil, nil
	}
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}, nil
		}
	case []any:
		if out, ok := textList(v); ok && (len(out) > 0 || name != "aud") {
			return out, nil
		}
	}
	return nil, &Refusal{Kind: Malformed, Claim: name, Got: describe(v), Want: "a string or a list of strings"}
}

// textList is list as strings, if all of its elements are strings with text.
func textList(list []any) ([]string, bool) {
	out := make([]string, len(list))
	for i, e := range list {
		s, ok := e.(string)
		if !ok || s == "" {
			return nil, false
		}
		out[i] = s
	}
	return out, true
}

// readTime reads a NumericDate (RFC 7519 section 2): seconds, fractions
// allowed, never before 1970.
func readTime(name string, v any) (time.Time, error) {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, &Refusal{Kind: Malformed, Claim: name, Got: describe(v), Want: "a number of seconds"}
	}
	if sec, err := strconv.ParseInt(string(n), 10, 64); err == nil && 0 <= sec && sec <= maxTime {
		return time.Unix(sec, 0), nil
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || f < 0 || f > maxTime || math.IsNaN(f) {
		return time.Time{}, &Refusal{Kind: Malformed, Claim: name, Got: shown(string(n)), Want: "seconds since 1970"}
	}
	sec, frac := math.Modf(f)
	return time.Unix(int64(sec), int64(frac*1e9)), nil
}

// describe names the type of a claim that should have been another.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		switch {
		case v == "":
			return "empty"
		case len(v) > maxSubject:
			return "too long"
		}
		return "text that cannot be used"
	case []any:
		if len(v) == 0 {
			return "an empty list"
		}
		return "a list"
	}
	return "an object"
}

// hasControl reports control characters: they have no place in an identifier
// and would let a caller forge log lines and database keys.
func hasControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}
