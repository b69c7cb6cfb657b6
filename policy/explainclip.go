package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// cutMark ends a text that was cut.
const cutMark = "…"

// text copies s into the explanation, cut to MaxValueLength and to what is left
// of MaxExplanation. The copy shares no memory with request or policy.
func (x *explainer) text(s string) string {
	s = clip(s, min(MaxValueLength, max(x.left, 0)))
	x.left -= len(s)
	return s
}

// clip copies s, cut at a character to at most n bytes and the mark.
func clip(s string, n int) string {
	if len(s) <= n {
		return strings.Clone(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + cutMark
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
