package policy

import (
	"strings"
	"testing"
)

func TestSize(t *testing.T) {
	tests := []struct {
		name, text string
		want       int
	}{
		{"nothing", "", 0},
		{"white space outside of strings is free", " {\n\t\"a\" :\r [ 1 ] } ", 9},
		{"white space inside counts", `" a b "`, 7},
		{"an escaped quote does not end a string", `"a\" b" "c"`, 7 + 3},
		{"characters, not bytes", `"éé"`, 4},
		{"a broken text has a size", `"\`, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Size([]byte(tt.text)); got != tt.want {
				t.Errorf("Size(%q) = %d, want %d", tt.text, got, tt.want)
			}
		})
	}
}

func TestRewritePrincipals(t *testing.T) {
	upper := func(s string) string {
		if s == "keep" {
			return s
		}
		return strings.ToUpper(s) + `"`
	}
	tests := []struct{ name, text, want string }{
		{"a string", `{"Statement":{"Principal":{"AWS": "abc"}}}`, `{"Statement":{"Principal":{"AWS": "ABC\""}}}`},
		{"lists, NotPrincipal, and every other byte kept", ` {"Statement" : [ {"Principal":{"AWS":["a","keep", "b"],"Service":"c"}},{"NotPrincipal":{"AWS":"d"},"Sid":"e"}, 7 ]} `, ` {"Statement" : [ {"Principal":{"AWS":["A\"","keep", "B\""],"Service":"c"}},{"NotPrincipal":{"AWS":"D\""},"Sid":"e"}, 7 ]} `},
		{"an unchanged value keeps its spelling", `{"Statement":{"Principal":{"AWS":"k\u0065ep"}}}`, `{"Statement":{"Principal":{"AWS":"k\u0065ep"}}}`},
		{"the bare star is no AWS value", `{"Statement":{"Principal":"*"}}`, `{"Statement":{"Principal":"*"}}`},
		{"AWS elsewhere is not a principal", `{"Principal":{"AWS":"a"},"Statement":{"Condition":{"AWS":"a"}}}`, `{"Principal":{"AWS":"a"},"Statement":{"Condition":{"AWS":"a"}}}`},
		{"not a policy", `{"Statement":`, `{"Statement":`},
		{"not an object", `["a"]`, `["a"]`},
		{"other types are left alone", `{"Statement":{"Principal":{"AWS":[7,null]}}}`, `{"Statement":{"Principal":{"AWS":[7,null]}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(RewritePrincipals([]byte(tt.text), upper)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestReadJSON(t *testing.T) {
	for _, text := range []string{
		`{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{a:1}`, `{"a" 1}`, `{"a":1 "b":2}`, `[`, `[1`, `[1,`, `[1 2]`, `[,]`, `tru`, `nul`, `+1`, `01`, `1.`, `.5`, `1e`, `1e+`, `-`, `--1`,
		`"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\ud800"`, `"\ud800\n"`, `"\ud800\u0041"`, `"\udc00\ud800"`, "\"\n\"", "\"\xc3\"", "\xef\xbb\xbf{}", `'a'`, `{} x`, ``, ` `, `[1] ]`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\x":1}`, `{"`,
	} {
		if _, err := readJSON(text); err == nil {
			t.Errorf("%q was read", text)
		} else if err.Error() == "" {
			t.Errorf("%q: no detail", text)
		}
	}
	if _, err := readJSON(strings.Repeat("[", 100)); err == nil || err.detail != "nested too deeply" {
		t.Errorf("a hundred brackets: %v", err)
	}
	n, err := readJSON(`{"s":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u00Ff","n":[-0.5e-7,0,10E+2],"b":[true,false,null],"o":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := n.get("s"); s.text != "\"\\/\b\f\n\r\té😀ÿ" {
		t.Errorf("string %q", s.text)
	}
	if l, _ := n.get("n"); len(l.items) != 3 || l.items[0].text != "-0.5e-7" {
		t.Errorf("numbers %+v", l)
	}
	if _, ok := n.get("x"); ok {
		t.Error("found a member that is not there")
	}
}

func TestManyMembersAreCheckedForDuplicates(t *testing.T) {
	var b strings.Builder
	b.WriteString("{")
	for i := range 100 {
		b.WriteString(`"` + strings.Repeat("k", i+1) + `":1,`)
	}
	if _, err := readJSON(b.String() + `"x":1}`); err != nil {
		t.Errorf("distinct members: %v", err)
	}
	for _, again := range []string{"k", strings.Repeat("k", 100)} {
		if _, err := readJSON(b.String() + `"` + again + `":1}`); err == nil || !err.duplicate {
			t.Errorf("member %q twice: %v", again, err)
		}
	}
}

// TestKeysOfEqualHash: names are compared in full, whatever their hashes say.
func TestKeysOfEqualHash(t *testing.T) {
	for _, tt := range []struct {
		s, low string
		want   bool
	}{
		{"aws:UserName", "aws:username", true}, {"aws:UserName", "aws:usernamf", false}, {"aws:UserName", "aws:username2", false},
		{"x:É", "x:é", true}, {"x:É", "x:è", false}, {"x:\u212A", "x:k", false}, {"", "", true},
	} {
		if got := equalLower(tt.s, tt.low); got != tt.want {
			t.Errorf("%q and %q: %v", tt.s, tt.low, got)
		}
	}
}

func TestShorten(t *testing.T) {
	if got, want := shorten(strings.Repeat("a", 199)+"é"), strings.Repeat("a", 199)+"…"; got != want {
		t.Errorf("cut inside a character: %q", got)
	}
}

func TestQuote(t *testing.T) {
	const s = "a\"\\\n\t\x01é→😀"
	for wide, want := range map[bool]string{true: `"a\"\\\n\t\u0001é→😀"`, false: `"a\"\\\n\t\u0001é\u2192\ud83d\ude00"`} {
		got := string(quote(nil, s, wide))
		if got != want {
			t.Errorf("quote(wide %v) = %s, want %s", wide, got, want)
		}
		if n, err := readJSON(got); err != nil || n.text != s {
			t.Errorf("reads back as %q, %v", n.text, err)
		}
	}
}
