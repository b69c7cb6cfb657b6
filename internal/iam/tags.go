package iam

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mergeTags returns have with add put on top. Tag keys are compared without
// case; a new tag replaces one of the same key, in the new spelling.
func mergeTags(kind Kind, name string, have, add []Tag) ([]Tag, error) {
	for i, t := range add {
		if err := checkTag(t); err != nil {
			return nil, err
		}
		if findTag(add[:i], t.Key) >= 0 {
			return nil, &Invalid{Field: FieldTagTwice, Value: t.Key}
		}
	}
	out := slices.Clone(have)
	for _, t := range add {
		if i := findTag(out, t.Key); i >= 0 {
			out[i] = t
		} else {
			out = append(out, t)
		}
	}
	if len(out) > maxTags {
		return nil, &LimitExceeded{Quota: QuotaTags, Limit: maxTags, Kind: kind, Name: name}
	}
	return out, nil
}

// removeTags returns have without the given keys.
func removeTags(have []Tag, keys []string) []Tag {
	return slices.DeleteFunc(slices.Clone(have), func(t Tag) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, t.Key) })
	})
}

func findTag(tags []Tag, key string) int {
	return slices.IndexFunc(tags, func(t Tag) bool { return strings.EqualFold(t.Key, key) })
}

func checkTag(t Tag) error {
	if t.Key == "" || utf8.RuneCountInString(t.Key) > maxTagKey || strings.ContainsFunc(t.Key, notInTag) {
		return &Invalid{Field: FieldTagKey, Value: t.Key}
	}
	if len(t.Key) >= 4 && strings.EqualFold(t.Key[:4], "aws:") {
		return &Invalid{Field: FieldTagReserved, Value: t.Key}
	}
	if utf8.RuneCountInString(t.Value) > maxTagValue || strings.ContainsFunc(t.Value, notInTag) {
		return &Invalid{Field: FieldTagValue, Value: t.Value}
	}
	return nil
}

// notInTag reports a character that neither tag keys nor values may hold:
// [\p{L}\p{Z}\p{N}_.:/=+\-@].
func notInTag(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}
