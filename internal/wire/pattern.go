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

// compile makes the matcher of a pattern. Most patterns of the models are one
// character class repeated, and some of those guard documents of a hundred
// kilobytes and more, so that form is a scan over the class's ranges.
func compile(pattern string) func(string) bool {
	re := regexp.MustCompile(`\A(?:` + pattern + `)\z`)
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return re.MatchString
	}
	parsed = parsed.Simplify()
	if (parsed.Op != syntax.OpPlus && parsed.Op != syntax.OpStar) || parsed.Sub[0].Op != syntax.OpCharClass {
		return re.MatchString
	}
	ranges, emptyOK := parsed.Sub[0].Rune, parsed.Op == syntax.OpStar
	var ascii [utf8.RuneSelf]bool
	for c := range ascii {
		ascii[c] = inRanges(ranges, rune(c))
	}
	return func(s string) bool {
		for i := 0; i < len(s); {
			if c := s[i]; c < utf8.RuneSelf {
				if !ascii[c] {
					return false
				}
				i++
				continue
			}
			r, size := utf8.DecodeRuneInString(s[i:])
			if !inRanges(ranges, r) {
				return false
			}
			i += size
		}
		return emptyOK || s != ""
	}
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
