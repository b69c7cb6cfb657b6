package lint

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func newTestRun() *run { return &run{budget: 1 << 60, guesses: 1 << 30} }

func TestCovers(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"a text covers itself", "abc", "abc", true},
		{"a text covers no other", "abc", "abd", false},
		{"a star covers everything", "*", "a?b*c${k}", true},
		{"a beginning covers longer ones", "s3:Get*", "s3:GetObject*", true},
		{"but not shorter ones", "s3:GetObject*", "s3:Get*", false},
		{"a question mark is one character", "a?c", "abc", true},
		{"not none", "a?c", "ac", false},
		{"nor what a star stands for", "a?c", "a*c", false},
		{"a star stands for what a question mark does", "a*c", "a?c", true},
		{"stars in the middle", "a*b*c", "axxb?yyc", true},
		{"stars are tried again", "*ab", "aab", true},
		{"two stars are one", "a**", "a*", true},
		{"wildcards in any order", "?*", "*?", true},
		{"one more character", "??*", "*?", false},
		{"the same variable has the same value", "u/${aws:userid}/*", "u/${aws:userid}/x", true},
		{"another may have another", "u/${aws:userid}/*", "u/${aws:username}/x", false},
		{"a variable is not one character", "u/?", "u/${aws:username}", false},
		{"a literal star is a character", "a?", "a${*}", true},
		{"and no wildcard", "a${*}", "a*", false},
		{"an empty text", "", "", true},
		{"covers nothing else", "", "a", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vars := interner{}
			if got := newTestRun().covers(newGlob(tt.a, vars), newGlob(tt.b, vars)); got != tt.want {
				t.Errorf("covers(%q, %q) = %v", tt.a, tt.b, got)
			}
		})
	}
}

// matches is the plain matcher: recursive and obvious.
func matches(g glob, s []rune) bool {
	switch {
	case len(g) == 0:
		return len(s) == 0
	case g[0] == starSymbol:
		return matches(g[1:], s) || len(s) > 0 && matches(g, s[1:])
	case g[0] == partsSymbol:
		return matches(g[1:], s) || len(s) > 0 && s[0] != '/' && matches(g, s[1:])
	case len(s) == 0:
		return false
	case g[0] == partSymbol:
		return s[0] != '/' && matches(g[1:], s[1:])
	}
	return (g[0] == oneSymbol || g[0] == s[0]) && matches(g[1:], s[1:])
}

// texts lists all texts over a small alphabet up to a length.
func texts(alphabet string, longest int) [][]rune {
	all := [][]rune{nil}
	for from := 0; len(all[from]) < longest; from++ {
		for _, c := range alphabet {
			all = append(all, append(append([]rune{}, all[from]...), c))
		}
	}
	return all
}

// TestCoversIsSound compares covers with what the patterns match: a yes is never
// wrong. A no may be ("?*" and "*a"), but rarely.
func TestCoversIsSound(t *testing.T) {
	words := texts("abz", 6)
	random := rand.New(rand.NewPCG(1, 2))
	pattern := func() string {
		var b strings.Builder
		for range random.IntN(5) {
			b.WriteByte("aabb?**"[random.IntN(7)])
		}
		return b.String()
	}
	r, yes, missed := newTestRun(), 0, 0
	for range 3000 {
		at, bt := pattern(), pattern()
		a, b := newGlob(at, nil), newGlob(bt, nil)
		got, want := r.covers(a, b), true
		for _, w := range words {
			if matches(b, w) && !matches(a, w) {
				want = false
				break
			}
		}
		switch {
		case got && !want:
			t.Fatalf("covers(%q, %q), which is not so", at, bt)
		case got:
			yes++
		case want:
			missed++
		}
	}
	if yes < 100 || missed > yes/10 {
		t.Errorf("%d pairs covered, %d missed", yes, missed)
	}
}

func TestMeetsAgreesWithMatching(t *testing.T) {
	words := texts("ab/", 8)
	random := rand.New(rand.NewPCG(3, 4))
	forms := []string{"{x}", "{x}/{y...}", "a/{x}", "a/{x...}", "{x}/b/{y}", "ab"}
	r, yes := newTestRun(), 0
	for range 500 {
		var text strings.Builder
		for range random.IntN(4) {
			text.WriteByte("ab/?**"[random.IntN(6)])
		}
		form := forms[random.IntN(len(forms))]
		p, f := newGlob(text.String(), nil), formGlob(form)
		want := false
		for _, w := range words {
			if matches(p, w) && matches(f, w) {
				want = true
				break
			}
		}
		if got := r.meets(p, f); got != want {
			t.Fatalf("meets(%q, %q) = %v, by matching %v", text.String(), form, got, want)
		}
		if want {
			yes++
		}
	}
	if yes < 100 {
		t.Errorf("only %d pairs met: the test says little", yes)
	}
}

func FuzzCovers(f *testing.F) {
	f.Add("a*", "ab*", "abc")
	f.Add("?*", "*?", "x")
	f.Add("*a*b", "aab", "aab")
	f.Fuzz(func(t *testing.T, at, bt, word string) {
		if len(at)+len(bt)+len(word) > 60 || strings.ToValidUTF8(at+bt+word, "") != at+bt+word {
			return
		}
		a, b := newGlob(at, nil), newGlob(bt, nil)
		if !newTestRun().covers(a, a) {
			t.Errorf("%q does not cover itself", at)
		}
		if newTestRun().covers(a, b) && matches(b, []rune(word)) && !matches(a, []rune(word)) {
			t.Errorf("%q is said to cover %q, but %q", at, bt, word)
		}
	})
}
