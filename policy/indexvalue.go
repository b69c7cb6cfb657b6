package policy

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// A key that too many statements share even with the action is split once
// more, by a value that a request must have for the statement to apply: one of
// a condition's literal values, or one of the principals (indexdemand.go).
//
// A request opens such a key with the values it has itself: those of the
// condition keys in use, and the few names of its caller.

// The bits of slot.asks say which values of a request a key is split by. The
// first are kinds of principal, the others condition keys.
const (
	firstKeyAsk = int(oneProvider) + 1
	mostAsks    = 16
)

// keyAsk is a condition key that some key of the index is split by.
type keyAsk struct {
	key     contextKey
	seed    uint64
	longest int // of the values; nothing longer is among them
}

// seed makes equal texts under different asks differ.
func (k principalKind) seed() uint64 { return mixKey(principalSeed, uint64(k)) }
func (k *contextKey) seed() uint64   { return mixKey(conditionSeed, hashText(k.name)) }

// openValues shows s the statements under key that demand a value which the
// request has.
func (ix *index) openValues(s *search, key uint64, asks uint16) bool {
	for rest := asks; rest != 0; rest &= rest - 1 {
		a := bits.TrailingZeros16(rest)
		if a < firstKeyAsk {
			kind := principalKind(a)
			if !s.spend(1) || !ix.openValue(s, key, kind.seed(), s.e.req.Principal.named(kind), kind == userOrRole) {
				return false
			}
			continue
		}
		k := &ix.asks[a-firstKeyAsk]
		e := s.e.req.Context.lookup(&k.key)
		if e == nil {
			continue
		}
		for _, v := range e.values {
			if !s.spend(1) || len(v) <= k.longest && !ix.openValue(s, key, k.seed, v, false) {
				return false
			}
		}
	}
	return true
}

func (ix *index) openValue(s *search, key, seed uint64, value string, fold bool) bool {
	if !s.spend(len(value) / 8) {
		return false
	}
	found := ix.find(mixKey(key, hashValue(seed, value, fold)))
	return found == nil || ix.show(s, found)
}

// hashValue is the hash of a value below a seed; with fold, the same for all
// that strings.EqualFold takes for equal.
func hashValue(seed uint64, value string, fold bool) uint64 {
	if fold {
		return keyOf(valueKey, seed, hashFolded(value))
	}
	return keyOf(valueKey, seed, hashText(value))
}

// hashFolded is the same for texts that strings.EqualFold takes for equal: of
// the characters that fold into each other it hashes the least.
func hashFolded(s string) uint64 {
	h := hashStart
	for _, r := range s {
		least := r
		if r >= utf8.RuneSelf {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				least = min(least, f)
			}
		}
		if least < utf8.RuneSelf {
			least = rune(lowerByte(byte(least)))
		}
		h = mixKey(h, uint64(least))
	}
	return h
}

// named returns the name by which a principal of the kind knows the caller.
func (p *Principal) named(kind principalKind) string {
	switch kind {
	case wholeAccount:
		return p.Account
	case userOrRole:
		if p.EntityARN != "" {
			return p.EntityARN
		}
	case entityID:
		return p.EntityID
	case oneService:
		return p.Service
	case oneProvider:
		return p.Provider
	}
	return p.ARN // also a user's, who has no other
}
