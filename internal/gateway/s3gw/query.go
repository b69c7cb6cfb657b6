package s3gw

import (
	"net/url"
	"strings"

	"github.com/rockpool-id/rockpool/sigv4"
)

// query is the parsed query of a request. A key occurs once or the request is
// refused: gateway and store could otherwise pick different ones.
type query struct {
	list []param
	raw  string
	plus bool // a "+" occurs in a value, so its meaning depends on the signer
}

type param struct{ name, value string }

// usualParams is enough for a presigned URL.
const usualParams = 12

// parseQuery splits a raw query on "&" only. A key without "=" has an empty
// value.
func (q *query) parse(raw string) error {
	q.raw, q.list = raw, nil
	if raw != "" {
		q.list = make([]param, 0, min(strings.Count(raw, "&")+1, usualParams))
	}
	for rest := raw; rest != ""; {
		var p string
		p, rest, _ = strings.Cut(rest, "&")
		if p == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(p, "=")
		name, ok1 := unescape(rawName, true)
		value, ok2 := unescape(rawValue, true)
		if !ok1 || !ok2 {
			return invalidURI()
		}
		if strings.IndexByte(rawValue, '+') >= 0 {
			q.plus = true
		}
		for i := range q.list {
			if strings.EqualFold(q.list[i].name, name) {
				return invalidArgument("The query parameter "+name+" must be given only once.", name, value)
			}
		}
		q.list = append(q.list, param{name, value})
	}
	return nil
}

// settle reads the values again as the signer meant them, once the signature
// has shown whether its "+" stands for itself or for a space.
func (q *query) settle(a *sigv4.Authorization) {
	if !q.plus || a == nil {
		return
	}
	values := a.Values()
	for i := range q.list {
		if v, ok := single(values, q.list[i].name); ok {
			q.list[i].value = v
		}
	}
}

func single(v url.Values, name string) (string, bool) {
	if vs := v[name]; len(vs) == 1 {
		return vs[0], true
	}
	return "", false
}

// get returns the value of a key; keys are matched exactly.
func (q *query) get(name string) (string, bool) {
	for i := range q.list {
		if q.list[i].name == name {
			return q.list[i].value, true
		}
	}
	return "", false
}

// value returns the value of a key, "" when absent.
func (q *query) value(name string) string {
	v, _ := q.get(name)
	return v
}

// has reports whether a key is present.
func (q *query) has(name string) bool {
	_, ok := q.get(name)
	return ok
}

// getFold returns a value whose key is compared without case, for the x-amz-*
// headers that presigners put into the query.
func (q *query) getFold(name string) (string, bool) {
	for i := range q.list {
		if len(q.list[i].name) == len(name) && strings.EqualFold(q.list[i].name, name) {
			return q.list[i].value, true
		}
	}
	return "", false
}
