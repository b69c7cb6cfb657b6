package policy

import (
	"unicode"
	"unicode/utf8"
)

// Names of actions and condition keys ignore letter case (spec 1.4, 1.8).

// lowerRune folds one character. A character outside ASCII never folds into
// ASCII: otherwise a session tag spelled with the Kelvin sign would pass for
// one spelled with k.
func lowerRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	if l := unicode.ToLower(r); l >= utf8.RuneSelf {
		return l
	}
	return r
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// lower returns the folded form of a condition key.
func lower(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = utf8.AppendRune(b, lowerRune(r))
	}
	return string(b)
}

// equalLower reports whether s folds to the already folded text low.
func equalLower(s, low string) bool {
	if len(s) == len(low) {
		i := 0
		for i < len(s) && s[i] < utf8.RuneSelf {
			if lowerByte(s[i]) != low[i] {
				return false
			}
			i++
		}
		if i == len(s) {
			return true
		}
		s, low = s[i:], low[i:]
	}
	return equalFold(s, low)
}

// hashKey hashes a condition key without regard to case (FNV-1a over the
// folded characters). It only shortens a search, so collisions are harmless.
func hashKey(s string) uint32 {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			h = (h ^ uint32(lowerByte(c))) * prime
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		h = (h ^ uint32(lowerRune(r))) * prime
		i += size
	}
	return h
}

// equalFold reports whether a and b are the same name.
func equalFold(a, b string) bool {
	for a != "" && b != "" {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra == utf8.RuneError || rb == utf8.RuneError {
			// Broken bytes are equal to themselves only.
			if a[:na] != b[:nb] {
				return false
			}
		} else if ra != rb && lowerRune(ra) != lowerRune(rb) {
			return false
		}
		a, b = a[na:], b[nb:]
	}
	return a == b
}
