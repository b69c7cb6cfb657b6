package wire

import (
	"regexp"
	"regexp/syntax"
	"sync"
	"unicode/utf8"
)

// Pattern is a pattern of the service model. AWS matches a pattern against the
// whole value.
type Pattern struct {
	// Text is the pattern as AWS writes it in an error message.
	Text string

	match func() func(string) bool
}

func newPattern(text, goText string) *Pattern {
	return &Pattern{Text: text, match: sync.OnceValue(func() func(string) bool { return compile(goText) })}
}

// Match reports whether the whole of s satisfies the pattern. The first call
// compiles it.
func (p *Pattern) Match(s string) bool { return p.match()(s) }

// compile makes the matcher of a pattern. Most patterns of the models are a few
// character classes and literals in a row, and some of those guard documents of a
// hundred kilobytes and more, so that form is a scan over the classes' ranges.
func compile(pattern string) func(string) bool {
	if items, ok := sequence(pattern); ok {
		return func(s string) bool { return matches(items, s) }
	}
	return regexp.MustCompile(`\A(?:` + pattern + `)\z`).MatchString
}

// item is one character class of a pattern: once, or as often as it fits.
type item struct {
	ranges   []rune
	ascii    [utf8.RuneSelf]bool
	repeated bool
	optional bool // repeated, perhaps not at all
}

// sequence reads a pattern that is a row of classes in which no repeated class
// has a character that may follow it. Taking as much as fits is then the only
// way to match.
func sequence(pattern string) ([]item, bool) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, false
	}
	parsed = parsed.Simplify()
	parts := []*syntax.Regexp{parsed}
	if parsed.Op == syntax.OpConcat {
		parts = parsed.Sub
	}
	var items []item
	for _, part := range parts {
		added, ok := itemsOf(part)
		if !ok {
			return nil, false
		}
		items = append(items, added...)
	}
	for i := range items {
		if !items[i].repeated {
			continue
		}
		for k := i + 1; k < len(items); k++ {
			if overlap(items[i].ranges, items[k].ranges) {
				return nil, false
			}
			if !items[k].optional {
				break
			}
		}
	}
	return items, len(items) > 0 // the empty pattern is not worth a row
}

// itemsOf reads one part of a pattern.
func itemsOf(part *syntax.Regexp) ([]item, bool) {
	var class item
	switch part.Op {
	case syntax.OpPlus, syntax.OpStar:
		class.repeated, class.optional = true, part.Op == syntax.OpStar
		part = part.Sub[0]
	case syntax.OpLiteral:
		if part.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		items := make([]item, len(part.Rune))
		for i, r := range part.Rune {
			items[i] = newItem(item{ranges: []rune{r, r}})
		}
		return items, true
	}
	switch {
	case part.Op == syntax.OpCharClass:
		class.ranges = part.Rune
	case part.Op == syntax.OpLiteral && len(part.Rune) == 1 && part.Flags&syntax.FoldCase == 0:
		class.ranges = []rune{part.Rune[0], part.Rune[0]}
	default:
		return nil, false
	}
	return []item{newItem(class)}, true
}

func newItem(t item) item {
	for c := range t.ascii {
		t.ascii[c] = inRanges(t.ranges, rune(c))
	}
	return t
}

// overlap reports a rune that both have.
func overlap(a, b []rune) bool {
	for i := 0; i < len(a); i += 2 {
		for k := 0; k < len(b); k += 2 {
			if a[i] <= b[k+1] && b[k] <= a[i+1] {
				return true
			}
		}
	}
	return false
}

func matches(items []item, s string) bool {
	for i := range items {
		t := &items[i]
		n := t.take(s)
		if n == 0 && !t.optional {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// take is how many bytes of s are t's.
func (t *item) take(s string) int {
	for i := 0; i < len(s); {
		size := 1
		if c := s[i]; c < utf8.RuneSelf {
			if !t.ascii[c] {
				return i
			}
		} else {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); !inRanges(t.ranges, r) {
				return i
			}
		}
		i += size
		if !t.repeated {
			return i
		}
	}
	return len(s)
}

func inRanges(ranges []rune, r rune) bool {
	lo, hi := 0, len(ranges)/2
	for lo < hi {
		mid := (lo + hi) / 2
		switch {
		case r < ranges[2*mid]:
			hi = mid
		case r > ranges[2*mid+1]:
			lo = mid + 1
		default:
			return true
		}
	}
	return false
}
