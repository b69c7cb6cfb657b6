package policy

import (
	"strings"
	"testing"
	"unicode/utf8"
)

var allOfIt = dialect{wildcards: true, variables: true}

func TestPattern(t *testing.T) {
	ctx := &Context{}
	ctx.Set("aws:username", "j*e")
	ctx.Set("empty:key", "")
	ctx.Set("aws:PrincipalTag/Team", "${aws:username}")
	ctx.SetMulti("multi:key", []string{"one"})
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "A", false}, {"a", "ab", false},
		{"*", "", true}, {"*", "abc", true}, {"**", "abc", true}, {"a*", "a", true}, {"*a", "ba", true}, {"*a", "ab", false},
		{"a*b", "ab", true}, {"a*b", "aXb", true}, {"a*b", "aXbX", false}, {"a*a", "a", false},
		{"*ab*cd*", "xxabyycdzz", true}, {"*ab*cd*", "cdab", false}, {"*aab*", "aaab", true}, {"a*ab*b", "aab", false}, {"a*ab*b", "aabb", true}, {"*ab*bc", "xxabc", false}, {"*ab*bc", "xxabbc", true},
		{"?", "a", true}, {"?", "", false}, {"?", "ab", false}, {"?", "é", true}, {"??", "é", false}, {"?*", "é", true}, {"*?", "é", true}, {"*?", "", false},
		{"*a?c*", "xabxaéc", true}, {"*?b?*", "ab", false}, {"*?b?*", "abc", true}, {"*é?", "aéx", true}, {"*??", "é", false}, {"*x?", "x", false},
		{"a${*}b", "a*b", true}, {"a${*}b", "axb", false}, {"${?}", "?", true}, {"${?}", "x", false}, {"${$}{a}", "${a}", true},
		{"${aws:username}", "j*e", true}, {"${aws:username}", "joe", false}, {"${AWS:UserName}/*", "j*e/x", true}, {"*/${aws:username}", "a/j*e", true}, {"*${aws:username}*", "aaj*ebb", true}, {"*${aws:username}*", "ajoeb", false},
		{"${empty:key}", "", true}, {"*${empty:key}*", "", true}, {"*${empty:key}x*", "aax", true},
		{"${aws:PrincipalTag/team}", "${aws:username}", true}, {"${aws:PrincipalTag/team}", "j*e", false},
		{"${no:key}", "", false}, {"${no:key}", "${no:key}", false}, {"*${no:key}*", "x", false}, {"${multi:key}", "one", false},
		{"${no:key, 'd'}", "d", true}, {"${no:key, ''}", "", true}, {"${no:key, '*'}", "x", false}, {"${aws:username, 'd'}", "j*e", true}, {"${multi:key, 'd'}", "d", true},
		{"${no:key,'d'}", "d", false}, {"${no:key, d}", "d", false}, {"${}", "", false},
		{"${aws:username", "${aws:username", true}, {"${aws:username*", "${aws:usernameX", true}, {"$", "$", true}, {"${", "${", true}, {"}${", "}${", true},
		{"${a${b}}", "}", false}, {"a$b", "a$b", true}, {"$${aws:username}", "$j*e", true},
		{"${empty:key}${empty:key}${empty:key}${empty:key}${empty:key}${aws:username}", "j*e", true}, // more than fewVars
	}
	for _, tt := range tests {
		p := compilePattern(tt.pattern, allOfIt)
		if got := p.match(tt.text, ctx); got != tt.want {
			t.Errorf("%q against %q: %v, want %v", tt.pattern, tt.text, got, tt.want)
		}
	}
	literal := compilePattern("${aws:username}*", dialect{})
	if !literal.match("${aws:username}*", ctx) || literal.match("j*e*", ctx) {
		t.Error("without a dialect everything is literal")
	}
	old := compilePattern("${*}", dialect{wildcards: true})
	if !old.match("${xyz}", ctx) {
		t.Error("before variables the star in ${*} is a wildcard")
	}
}

func TestActionPatterns(t *testing.T) {
	tests := []struct {
		pattern, action string
		want            bool
	}{
		{"*", "s3:GetObject", true}, {"s3:GetObject", "S3:getobject", true}, {"s3:GetObject", "s3:GetObjects", false}, {"s3:Get*", "s3:GetObject", true}, {"s3:Get*", "s3:PutObject", false},
		{"s3:*Object", "s3:GetObject", true}, {"s3:*Object", "s3:GetObjectAcl", false}, {"s3:G?tObject", "s3:GETobject", true}, {"s3:*b*t", "s3:GetObject", true}, {"s3:*b*t*", "s3:", false}, {"s3:???", "s3:ab", false},
		{"*:*", "s3:GetObject", true}, {"**", "x:y", true}, {"s3: GetObject", "s3:GetObject", false}, {"s3:GetObject ", "s3:GetObject", false}, {"s3:*a*a*a", "s3:aXaXa", true}, {"s3", "s3:x", false},
	}
	for _, tt := range tests {
		p := compileAction(tt.pattern)
		if got := p.match([]byte(strings.ToLower(tt.action))); got != tt.want {
			t.Errorf("%q against %q: %v, want %v", tt.pattern, tt.action, got, tt.want)
		}
	}
}

// slowMatch is the definition of a glob, one rule a line.
func slowMatch(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return slowMatch(pattern[1:], s) || s != "" && slowMatch(pattern, s[size(s):])
	case s == "":
		return false
	case pattern[0] == '?':
		return slowMatch(pattern[1:], s[size(s):])
	}
	return pattern[:size(pattern)] == s[:size(s)] && slowMatch(pattern[size(pattern):], s[size(s):])
}

func size(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{{"*a*b", "xaxb"}, {"a?*", "aé"}, {"*ab*ab*", "aabab"}, {"**?", ""}, {"*aab", "aaab"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, s string) {
		if strings.Count(text, "*") > 6 || len(text)+len(s) > 200 || !utf8.ValidString(text) || !utf8.ValidString(s) {
			return // the slow matcher is exponential, and characters are defined for UTF-8
		}
		want := slowMatch(text, s)
		p := compilePattern(text, dialect{wildcards: true})
		if got := p.match(s, nil); got != want {
			t.Errorf("pattern %q against %q: %v, want %v", text, s, got, want)
		}
		// A variable's value is literal, whatever it holds.
		ctx := &Context{}
		ctx.Set("a:b", text)
		v := compilePattern("x*${a:b}*y", allOfIt)
		if got := v.match("x"+s+"y", ctx); got != strings.Contains(s, text) {
			t.Errorf("value %q in %q: %v", text, s, got)
		}
		if isASCII(text) && isASCII(s) {
			a := compileAction(text)
			if got, want := a.match([]byte(strings.ToLower(s))), slowMatch(strings.ToLower(text), strings.ToLower(s)); got != want {
				t.Errorf("action %q against %q: %v, want %v", text, s, got, want)
			}
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
