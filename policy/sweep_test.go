package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestHostilePatternsAreBounded holds patterns that are exponential,
// cubic or quadratic for simpler matchers against texts that make them work,
// and counts what they cost.
func TestHostilePatternsAreBounded(t *testing.T) {
	const n, m = 50_000, 20_000 // an absurd header, the largest bucket policy
	long := func(part string, size int) string { return strings.Repeat(part, size/len(part)) }
	ctx := &Context{}
	ctx.Set("a:a", long("a", 900))
	ctx.Set("a:ab", long("a", 900)+"b")
	ctx.Set("a:empty", "")
	ctx.Set("a:broken", "a\xC3")
	tests := []struct {
		name, pattern, text string
		want                bool
	}{
		{"stars and letters", long("*a", m) + "b*", long("a", n), false},
		{"letters and stars", long("a*", m) + "b*", long("a", n), false},
		{"stars and ?", long("*?", m) + "b*", long("a", n), false},
		{"stars alone", long("*", m), long("a", n), true},
		{"? before a letter", "*" + long("?", m) + "x*", long("a", n), false},
		{"? before the last letter", "*" + long("?", m) + "x*", long("a", n) + "x", true},
		{"? of wide characters", "*" + long("?", m/4) + "x*", long("é", n/2) + "日x", true},
		{"letters and ? in turn", "*" + long("a?", m) + "b*", long("a", n), false},
		{"? behind many letters", "*" + long("a", m-2) + "?b*", long("a", n), false},
		{"letters behind a ?", "*?" + long("a", m-2) + "b*", long("a", n), false},
		{"letters behind a ?, wide", "*?" + long("é", m-2) + "b*", long("é", n), false},
		{"a long literal", "*" + long("a", m) + "b*", long("a", n), false},
		{"many chunks that nearly match", long("*a?a?a?b", m) + "*", long("aaaaaaa", n), false},
		{"many chunks of sixty", long("*"+long("a?", 60)+"b", m) + "*", long("a", n), false},
		{"many small chunks", long("*?a", m), long("xa", n), true},
		{"every byte", "*?" + everyASCII() + long("?", m-200) + "\x01*", long(everyASCII(), n), false},
		{"a value again and again", "*" + long("${a:a}", 300) + "b*", long("a", n), false},
		{"a value that nearly stands everywhere", "*?${a:ab}*", long("a", n), false},
		{"empty values", "*" + long("${a:empty}", m) + "x*", long("a", n), false},
		{"a value with half a character", "*${a:broken}" + long("?", 500) + "x*", long("aé", n), false},
		{"escapes", long("${*}", m) + "x", long("*", n), false},
		{"open variables", long("${", m), long("$", n), false},
		{"variables without an end", long("${a", m) + "}", long("$", n), false},
	}
	for _, tt := range tests {
		p := compilePattern(tt.pattern, allOfIt)
		var values []string
		size := len(tt.pattern)
		for i := range p.vars {
			v, _ := p.vars[i].resolve(ctx)
			values = append(values, v)
			size += len(v)
		}
		if p.exact {
			continue // one comparison
		}
		ok, work := p.glob(tt.text, values)
		if ok != tt.want {
			t.Errorf("%s: %v", tt.name, ok)
		}
		n, m := len(tt.text), size
		if most := 16*(n+m) + (2*n+3*m)*(1+m/64); work > most {
			t.Errorf("%s: work %d for a text of %d and a pattern of %d, at most %d", tt.name, work, n, m, most)
		}
		t.Logf("%s: work %d, %.1f for each byte of text and pattern", tt.name, work, float64(work)/float64(n+m))
	}
}

func everyASCII() string {
	var b strings.Builder
	for c := byte(2); c < utf8.RuneSelf; c++ {
		if c != '*' && c != '?' && c != '$' {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// TestSweepTakesLittleMemory: one row of bits for each byte value of the chunk.
func TestSweepTakesLittleMemory(t *testing.T) {
	const m = 10_000
	for _, text := range []string{strings.Repeat("a", m), strings.Repeat("ab", m/2), strings.Repeat(everyASCII(), 1+m/100)[:m]} {
		w := newSweeper(chunk{{kind: literalAtom, text: text}}, nil, m)
		if got := 8 * (len(w.takes) + len(w.reached) + len(w.held) + len(w.one)); got > 40*m {
			t.Errorf("%.10s…: %d bytes for a chunk of %d", text, got, m)
		}
	}
}

// TestSweepFindsWhatTryingEveryPlaceFinds compares the two ways to find a
// chunk, with characters of all widths, broken ones, and chunks longer than a
// word of bits.
func TestSweepFindsWhatTryingEveryPlaceFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	letters := []string{"a", "a", "a", "b", "é", "é", "日", "😀", "\xC3", "\xA9", "?"}
	random := func(n int, letters []string) string {
		var b strings.Builder
		for range n {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	found := 0
	for range 200_000 {
		var c chunk
		var values []string
		whole := r.IntN(2) == 0
		for range 1 + r.IntN(4) {
			switch r.IntN(3) {
			case 0:
				c = append(c, atom{kind: literalAtom, text: random(1+r.IntN(2), letters[:8])})
			case 1:
				for range 1 + r.IntN(3) {
					c = append(c, atom{kind: oneAtom})
				}
			case 2:
				alphabet := letters
				if whole {
					alphabet = letters[:8]
				}
				c = append(c, atom{kind: variableAtom, index: int32(len(values))})
				values = append(values, random(r.IntN(3), alphabet))
			}
		}
		if r.IntN(8) == 0 { // more than a word
			for range 60 + r.IntN(70) {
				c = append(c, atom{kind: oneAtom})
			}
		}
		s := random(r.IntN(12), letters)
		if r.IntN(4) == 0 {
			s = random(60+r.IntN(100), letters)
		}
		// The definition: of all places to begin, the one that ends first.
		want := -1
		for i := 0; i < len(s); {
			if n, _, ok := c.prefix(s[i:], values); ok && (want < 0 || i+n < want) {
				want = i + n
			}
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
		}
		m, _ := c.measure(values)
		if m == 0 {
			continue
		}
		after, _, ok := c.sweep(s, values, m)
		if ok != (want >= 0) || ok && after != want {
			t.Fatalf("chunk %+v with %q in %q: the sweep says %d %v, want %d", c, values, s, after, ok, want)
		}
		if after, _, ok := c.find(s, values); ok != (want >= 0) || ok && after != want {
			t.Fatalf("chunk %+v with %q in %q: find says %d %v, want %d", c, values, s, after, ok, want)
		}
		if ok {
			found++
		}
	}
	if found < 20_000 {
		t.Errorf("only %d were found: the texts have lost their balance", found)
	}
}
