package decision

import (
	"regexp"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// What a record may hold. An explanation is bounded by the engine; the rest, and
// the whole, are bounded here.
const (
	maxText     = 512      // bytes of a header
	maxMessage  = 4096     // bytes of the sentence
	maxValues   = 64       // values of a list of the matched statement
	maxDocument = 32 << 10 // bytes of a record as JSON
)

const (
	cutMark = "…"        // ends what was cut
	hidden  = "[hidden]" // stands for what no record shows
)

// Condition keys whose values may hold what is not for records: a page may have
// been reached by a presigned URL or one with a token in it, and an external id
// is agreed between two parties.
const (
	keyReferer    = "aws:referer"
	keyExternalID = "sts:ExternalId"
)

// minSecret is the length from which a value is looked for inside other texts:
// shorter ones are hidden where they are a value, and are no secret elsewhere.
const minSecret = 4

// urlQuery is the query or fragment of a URL, wherever it stands in a text.
var urlQuery = regexp.MustCompile(`(?i)(https?://[^\s"'\\?#]*[?#])[^\s"'\\]*`)

// tidy takes out of a record what no record may show, and bounds it. The
// explanation is the record's own; nothing of a policy or a request is changed.
func tidy(r *Record) {
	r.SourceIP, r.Region = cut(r.SourceIP, maxText), cut(r.Region, maxText)
	r.UserAgent = cut(withoutQueries(r.UserAgent), maxText)
	r.Message = cut(r.Message, maxMessage)
	if r.Explanation == nil {
		r.Explanation = &policy.Explanation{}
	}
	newCleaner(r.Explanation).clean(r.Explanation)
	if m := r.Matched; m != nil {
		m.Principals, m.Actions, m.Resources = first(m.Principals), first(m.Actions), first(m.Resources)
		m.Conditions = first(m.Conditions)
		for i := range m.Conditions {
			m.Conditions[i].Values = wanted(m.Conditions[i].Key, first(m.Conditions[i].Values))
		}
	}
}

// cleaner replaces what no record shows in the texts of one explanation.
type cleaner struct{ secrets []string }

// newCleaner learns the values that are hidden wherever they stand.
func newCleaner(x *policy.Explanation) *cleaner {
	c := &cleaner{}
	for _, k := range x.Keys {
		if !strings.EqualFold(k.Key, keyExternalID) {
			continue
		}
		for _, v := range k.Values {
			if len(v) >= minSecret {
				c.secrets = append(c.secrets, v)
			}
		}
	}
	return c
}

func (c *cleaner) clean(x *policy.Explanation) {
	for i := range x.Keys {
		c.values(x.Keys[i].Key, x.Keys[i].Values)
	}
	for i := range x.Conditions {
		k := &x.Conditions[i]
		c.values(k.Key, k.Seen)
		k.Wanted = wanted(k.Key, k.Wanted)
		c.values("", k.Meaning)
		k.Note = c.text(k.Note)
	}
	for i := range x.Layers {
		for j := range x.Layers[i].NearMisses {
			for n := range x.Layers[i].NearMisses[j].Failed {
				f := &x.Layers[i].NearMisses[j].Failed[n]
				c.values(f.Key, f.Seen)
				f.Wanted = wanted(f.Key, f.Wanted)
				c.values("", f.Meaning)
				f.Note, f.Remedy = c.text(f.Note), c.text(f.Remedy)
			}
		}
	}
	c.fix(x.Fix)
}

func (c *cleaner) fix(f *policy.Fix) {
	if f == nil {
		return
	}
	f.Words, f.Statement = c.text(f.Words), c.text(f.Statement)
	for i := range f.And {
		c.fix(&f.And[i])
	}
}

// wanted gives what a policy says of a condition key, as a record shows it: who
// reads a record need not be allowed to read the policy.
func wanted(key string, list []string) []string {
	if strings.EqualFold(key, keyExternalID) && len(list) > 0 {
		return []string{hidden}
	}
	return list
}

// values cleans what a request had for a condition key.
func (c *cleaner) values(key string, list []string) {
	for i, s := range list {
		switch {
		case strings.EqualFold(key, keyExternalID):
			s = hidden
		case strings.EqualFold(key, keyReferer):
			if at := strings.IndexAny(s, "?#"); at >= 0 {
				s = s[:at+1] + cutMark
			}
		}
		list[i] = c.text(s)
	}
}

func (c *cleaner) text(s string) string {
	for _, secret := range c.secrets {
		s = strings.ReplaceAll(s, secret, hidden)
	}
	return withoutQueries(s)
}

// withoutQueries cuts the queries of URLs in a text.
func withoutQueries(s string) string {
	if !strings.Contains(s, "//") {
		return s
	}
	return urlQuery.ReplaceAllString(s, "$1"+cutMark)
}

// first gives the values of a list that a record holds.
func first[T any](list []T) []T { return list[:min(len(list), maxValues)] }

// cut shortens a text at a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + cutMark
}

// shorten leaves more and more out of a record until fits says that it is small
// enough: the statements that nearly matched first, then the text of the one that
// did, the condition keys and the fix. r itself stays as it is.
func shorten(r *Record, fits func(*Record) (bool, error)) error {
	short := *r
	x := *r.Explanation
	short.Explanation = &x
	for _, leaveOut := range [...]func(){
		func() {},
		func() {
			x.Layers = append([]policy.LayerExplanation(nil), x.Layers...)
			for i := range x.Layers {
				x.Layers[i].NearMisses = nil
			}
		},
		func() {
			x.KeysLeftOut, x.Keys, x.Conditions, x.Fix, short.Matched = x.KeysLeftOut+len(x.Keys), nil, nil, nil, nil
		},
		func() { x.Layers, short.UserAgent = nil, "" },
	} {
		leaveOut()
		if done, err := fits(&short); done || err != nil {
			return err
		}
	}
	return &TooLarge{RequestID: r.RequestID}
}

// TooLarge reports a record that does not fit however much is left out.
type TooLarge struct{ RequestID string }

func (e *TooLarge) Error() string {
	return "decision record of request " + e.RequestID + " is too large"
}
