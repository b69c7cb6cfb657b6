package decision

import (
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// What a record may hold of one thing. A request can be large, and the next one
// has to fit as well.
const (
	maxText   = 512  // bytes of a value
	maxName   = 2048 // bytes of an ARN: keys of objects have up to 1,024
	maxValues = 20   // values of a list
	maxKeys   = 64   // condition keys
)

// cutMark ends what was cut.
const cutMark = "…"

// tidy bounds a record and takes out what no record may show. Nothing of a policy
// or a request is changed: what is cut is replaced.
func tidy(r *Record) {
	r.SourceIP, r.UserAgent, r.Region = cut(r.SourceIP, maxText), cut(r.UserAgent, maxText), cut(r.Region, maxText)
	r.Message = cut(r.Message, 2*maxName)
	if r.Explanation == nil {
		r.Explanation = &policy.Explanation{}
	}
	x := r.Explanation
	x.Resource, x.Principal = cut(x.Resource, maxName), cut(x.Principal, maxName)
	if len(x.Keys) > maxKeys {
		x.Keys = slices.Clone(x.Keys[:maxKeys])
	}
	for i := range x.Keys {
		k := &x.Keys[i]
		k.Values = values(k.Key, k.Values)
	}
	for i := range x.Layers {
		l := &x.Layers[i]
		l.Policies = values("", l.Policies)
		for j := range l.NearMisses {
			for n := range l.NearMisses[j].Failed {
				f := &l.NearMisses[j].Failed[n]
				f.Wanted, f.Seen = values("", f.Wanted), values(f.Key, f.Seen)
			}
		}
	}
	if m := r.Matched; m != nil {
		m.Principals, m.Actions, m.Resources = values("", m.Principals), values("", m.Actions), values("", m.Resources)
		if len(m.Conditions) > maxValues {
			m.Conditions = slices.Clone(m.Conditions[:maxValues])
		}
		for i := range m.Conditions {
			m.Conditions[i].Values = values("", m.Conditions[i].Values)
		}
	}
}

// values bounds the values of a condition key or a policy element.
func values(key string, list []string) []string {
	referer := strings.EqualFold(key, "aws:referer")
	fits := func(s string) bool { return len(s) <= maxText && (!referer || strings.IndexAny(s, "?#") < 0) }
	if len(list) <= maxValues && !slices.ContainsFunc(list, func(s string) bool { return !fits(s) }) {
		return list
	}
	out := make([]string, 0, min(len(list), maxValues+1))
	for _, s := range list[:min(len(list), maxValues)] {
		if referer {
			s = withoutQuery(s)
		}
		out = append(out, cut(s, maxText))
	}
	if len(list) > maxValues {
		out = append(out, cutMark)
	}
	return out
}

// withoutQuery cuts the query and the fragment of a URL: a page may have been
// reached by a presigned URL, or by one with a token in it.
func withoutQuery(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i+1] + cutMark
	}
	return s
}

// cut shortens a text at a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + cutMark
}
