package wire

import (
	"regexp"
	"testing"
)

// FuzzSequence: whatever pattern is read as a row of classes, the row matches
// what the regular expression matches.
func FuzzSequence(f *testing.F) {
	for _, pattern := range []string{`[\w-]+:[0-9a-f-]+`, `[\w+=,.@-]*`, `\d+`, `a*[b-d]+e`, `a*b*c`, `[a-c]+[c-e]+`, `(?i)ab`, `a|bc`, `[^:]+:.*`, ``, `é+[\x{FFFE}-\x{10FFFF}]`, `ab+c`, `a?b`} {
		for _, s := range []string{"us-east-1:0a-f", "abcde", "", "aab", "é\uFFFE", "a:\xff", "ab", "123\n"} {
			f.Add(pattern, s)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		items, ok := sequence(pattern)
		if !ok {
			return
		}
		slow, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
		if err != nil {
			return // it is no pattern when it stands in brackets
		}
		if got, want := matches(items, s), slow.MatchString(s); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, s, got, want)
		}
	})
}

func TestThePatternOfAnIdentityNeedsNoRegularExpression(t *testing.T) {
	if _, ok := sequence(`[\w-]+:[0-9a-f-]+`); !ok {
		t.Error("it does")
	}
}
