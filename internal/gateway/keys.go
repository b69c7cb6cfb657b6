package gateway

import "github.com/rockpool-id/rockpool/internal/sts"

// Keys collects the condition keys of one request without an allocation per
// key. A key that does not apply is not added: absent is not the same as empty
// (Null, …IfExists). The zero Keys is empty and ready. It must not be copied
// after the first Add.
type Keys struct {
	n, v   int
	keys   [8]sts.ContextKey // a plain request has six
	values [8]string
	more   []sts.ContextKey
}

// Add adds a single-valued key.
func (k *Keys) Add(name, value string) {
	var vs []string
	if k.v < len(k.values) {
		k.values[k.v] = value
		vs = k.values[k.v : k.v+1 : k.v+1]
		k.v++
	} else {
		vs = []string{value}
	}
	k.put(sts.ContextKey{Name: name, Values: vs})
}

// AddMulti adds a multi-valued key.
func (k *Keys) AddMulti(name string, values []string) {
	k.put(sts.ContextKey{Name: name, Values: values, Multi: true})
}

func (k *Keys) put(key sts.ContextKey) {
	switch {
	case k.more != nil:
		k.more = append(k.more, key)
	case k.n < len(k.keys):
		k.keys[k.n] = key
		k.n++
	default:
		k.more = append(append(make([]sts.ContextKey, 0, 2*len(k.keys)), k.keys[:]...), key)
	}
}

// List returns the keys in the order they were added. Later Adds do not change
// the list returned.
func (k *Keys) List() []sts.ContextKey {
	if k.more != nil {
		return k.more[:len(k.more):len(k.more)]
	}
	return k.keys[:k.n:k.n]
}
