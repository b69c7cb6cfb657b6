package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// cutMark ends a text that was cut.
const cutMark = "…"

// What the parts of an explanation may spend of MaxExplanation. Each has its own,
// so that whoever writes one policy cannot crowd out what is said about another.
const (
	decisionShare = 16 << 10
	layerShare    = 20 << 10 // of each of the four layers a request can have
	fixShare      = 16 << 10
	keysShare     = 16 << 10
)

// text copies s into the explanation, cut to MaxValueLength and to what the part
// may still spend. The copy shares no memory with request or policy.
func (x *explainer) text(s string) string {
	s = clip(s, min(MaxValueLength, max(x.left, 0)))
	x.spend(s)
	return s
}

// spend pays for texts, about what they take as JSON.
func (x *explainer) spend(texts ...string) {
	for _, s := range texts {
		for i := range len(s) {
			switch c := s[i]; {
			case c < ' ', c == '<', c == '>', c == '&':
				x.left -= len(`\u0000`)
			case c == '"', c == '\\':
				x.left -= 2
			default:
				x.left--
			}
		}
	}
}

// clip copies s as valid UTF-8, cut at a character to at most n bytes and the
// mark.
func clip(s string, n int) string {
	mark := ""
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s, mark = s[:n], cutMark
	}
	return strings.ToValidUTF8(strings.Clone(s), "\uFFFD") + mark
}

// list copies n texts, at most MaxValues of them. No texts are nil.
func (x *explainer) list(n int, text func(int) string) []string {
	if n == 0 {
		return nil
	}
	list := make([]string, 0, min(n, MaxValues+1))
	for i := range n {
		if i == MaxValues || x.left <= 0 {
			return append(list, fmt.Sprintf("%s and %d more", cutMark, n-i))
		}
		list = append(list, x.text(text(i)))
	}
	return list
}
