package policy

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// What wrong and hostile input may cost, counted and not timed: the memory of
// parsing and compiling by the byte of text, and the work of a decision in
// statements.

const (
	parseBytes   = 300 // allocated for each byte of a text, at most
	compileBytes = 100
)

// hostile is a text of about n bytes that is built to hurt, and the sentence
// of AWS it ends in, "" when it is a policy.
type hostile struct {
	name string
	make func(n int) string
	want string
}

func hostileTexts() []hostile {
	repeat := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n/(len(s)+1)+1), ",") }
	long := func(n int, s string) string { return strings.Repeat(s, n/len(s)+1) }
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, format+",", i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	const one = `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`
	action := func(s string) string { return stmt(`"Effect":"Allow","Action":"s3:` + s + `","Resource":"*"`) }
	resource := func(s string) string {
		return stmt(`"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::` + s + `"`)
	}
	condition := func(s string) string {
		return stmt(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{` + s + `}`)
	}
	list := func(list string) string { return `{"Version":"2012-10-17","Statement":[` + list + `]}` }
	return []hostile{
		{"the same statement", func(n int) string { return list(repeat(n, one)) }, ""},
		{"statements that differ", func(n int) string {
			return list(numbered(n, `{"Effect":"Allow","Action":"s3:a%[1]d","Resource":"arn:aws:s3:::%[1]d/*"}`))
		}, ""},
		{"statements that differ in a value", func(n int) string {
			return list(numbered(n, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"a:b":"%d"}}}`))
		}, ""},
		{"statements without anything", func(n int) string { return list(repeat(n, `{}`)) }, syntaxErrors},
		{"actions", func(n int) string {
			return stmt(`"Effect":"Allow","Action":[` + repeat(n, `"s3:*a*b"`) + `],"Resource":"*"`)
		}, ""},
		{"resources", func(n int) string {
			return stmt(`"Effect":"Allow","Action":"*","Resource":[` + repeat(n, `"arn:aws:s3:::*a*b"`) + `]`)
		}, ""},
		{"short resources", func(n int) string {
			return stmt(`"Effect":"Allow","Action":"*","Resource":[` + repeat(n, `"*"`) + `]`)
		}, ""},
		{"deep nesting", func(n int) string { return long(n, `{"a":[`) }, syntaxErrors},
		{"deep brackets", func(n int) string { return long(n, `[`) }, syntaxErrors},
		{"stars in an action", func(n int) string { return action(long(n, "*a")) }, ""},
		{"stars in a resource", func(n int) string { return resource(long(n, "*a")) }, ""},
		{"stars alone", func(n int) string { return resource(long(n, "*")) }, ""},
		{"question marks", func(n int) string { return resource("*" + long(n, "?") + "x*") }, ""},
		{"letters and question marks", func(n int) string { return resource("*" + long(n, "a?") + "x*") }, ""},
		{"huge numbers", func(n int) string {
			return condition(`"NumericEquals":{"a:b":[` + long(n/2, "9") + `,1e` + long(n/2, "9") + `]}`)
		}, ""},
		{"numbers that are none", func(n int) string { return condition(`"NumericEquals":{"a:b":` + long(n, "-") + `}`) }, syntaxErrors},
		{"dates that are none", func(n int) string { return condition(`"DateEquals":{"a:b":"` + long(n, "2026-") + `"}`) }, legacyParsing},
		{"values", func(n int) string { return condition(`"StringEquals":{"a:b":[` + numbered(n, `"%d"`) + `]}`) }, ""},
		{"patterns as values", func(n int) string { return condition(`"StringLike":{"a:b":[` + repeat(n, `"*a?9*"`) + `]}`) }, ""},
		{"condition keys", func(n int) string { return condition(`"StringEquals":{` + numbered(n, `"a:%d":"1"`) + `}`) }, ""},
		{"operators", func(n int) string {
			return condition(numbered(n, `"x%d":{}`))
		}, ""},
		{"open variables", func(n int) string { return resource(long(n, "${")) }, ""},
		{"variables", func(n int) string { return resource(long(n, "${aws:username}*")) }, ""},
		{"escaped stars", func(n int) string { return resource(long(n, "${*}")) }, ""},
		{"escapes", func(n int) string { return action(long(n, `\u0061`)) }, ""},
		{"half characters", func(n int) string { return action(long(n, `\ud800`)) }, syntaxErrors},
		{"duplicate members", func(n int) string { return `{` + repeat(n, `"Version":"2012-10-17"`) + `}` }, syntaxErrors},
		{"duplicate members at the end", func(n int) string {
			return `{` + numbered(n, `"a%d":1`) + `,"a0":1}`
		}, syntaxErrors},
		{"unknown members", func(n int) string { return `{` + numbered(n, `"a%d":1`) + `}` }, syntaxErrors},
		{"the same Sid", func(n int) string {
			return list(repeat(n, `{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}`))
		}, "Statement IDs (SID) in a single policy must be unique."},
		{"invalid UTF-8", func(n int) string { return `{"Id":"` + long(n, "\xff") + `"}` }, syntaxErrors},
		{"a string without an end", func(n int) string { return `{"Id":"` + long(n, "a") }, syntaxErrors},
		{"white space", func(n int) string { return long(n, " ") }, syntaxErrors},
		{"nothing", func(int) string { return "" }, syntaxErrors},
	}
}

// allocated returns the bytes that f allocates.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// TestHostileDocuments reads, compiles, prints and decides texts built to
// hurt, at two sizes: each ends in AWS's sentence, takes the stated memory,
// and no more for a byte of a large text than of a small one.
func TestHostileDocuments(t *testing.T) {
	req := getObject(callerOf(t, "user"))
	req.Resource = "arn:aws:s3:::" + strings.Repeat("a", 1024)
	req.Context = &Context{}
	req.Context.Set("a:b", strings.Repeat("9", 1000))
	req.Context.Set("aws:username", "a")
	large := 300_000
	if testing.Short() {
		large = 60_000
	}
	for _, tt := range hostileTexts() {
		t.Run(tt.name, func(t *testing.T) {
			var perByte [2][2]int
			for i, n := range []int{large / 10, large} {
				text := []byte(tt.make(n))
				const overhead = 16 << 10 // of an empty policy, tables included
				size := len(text) + 1
				var d *Document
				var err error
				perByte[i][0] = max(0, allocated(func() { d, err = Parse(text, Identity) })-overhead) / size
				var e *Error
				if got := ""; errors.As(err, &e) {
					if got = e.Message; got != tt.want || d != nil || len(e.Detail) > 1000 {
						t.Errorf("%d bytes: error %q with details of %d bytes, want %q", n, got, len(e.Detail), tt.want)
					}
				} else if tt.want != "" {
					t.Errorf("%d bytes: no error, want %q", n, tt.want)
				}
				RewritePrincipals(text, strings.ToUpper)
				if d == nil {
					continue
				}
				var p *Policy
				perByte[i][1] = max(0, allocated(func() { p = Compile(d, Meta{}) })-overhead) / size
				s, judged := spent(t, req, p)
				if judged > p.Len()+1 {
					t.Errorf("%d bytes: paid for %d of %d statements", n, judged, p.Len())
				}
				if d := Decide(req, &Policies{Identity: []*Policy{p}}); d.Allowed() != (s.allows() && !s.denies()) {
					t.Errorf("%d bytes: %v", n, d)
				}
				if again, err := Parse(d.Print(), Identity); err != nil || !again.Equal(d) {
					t.Errorf("%d bytes: printed differently, %v", n, err)
				}
			}
			small, large := perByte[0], perByte[1]
			t.Logf("bytes allocated for each byte of text: parse %d, then %d; compile %d, then %d", small[0], large[0], small[1], large[1])
			if large[0] > parseBytes || large[1] > compileBytes {
				t.Errorf("parse %d, compile %d bytes for each byte of text", large[0], large[1])
			}
			if large[0] > 2*small[0]+64 || large[1] > 2*small[1]+64 {
				t.Errorf("grows faster than the text: parse %d to %d, compile %d to %d", small[0], large[0], small[1], large[1])
			}
		})
	}
}

// TestHundredThousandStatements on one action and resource: a decision looks
// at few of them when it can tell them apart, and at none twice when it
// cannot.
func TestHundredThousandStatements(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of work")
	}
	const n = 100_000
	same := func(condition func(i int) string) func(i int) string {
		return func(i int) string {
			return `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{` + condition(i) + `}}`
		}
	}
	tests := []struct {
		name   string
		one    func(i int) string
		value  string
		looks  int // at how many statements, at most
		effect Effect
	}{
		{"another value", same(func(i int) string { return fmt.Sprintf(`"StringEquals":{"a:b":"%d"}`, i) }), "x", 3, ImplicitDeny},
		{"the value of the last", same(func(i int) string { return fmt.Sprintf(`"StringEquals":{"a:b":"%d"}`, i) }), fmt.Sprint(n - 1), 3, ExplicitDeny},
		{"no value of the same pattern", same(func(int) string { return `"StringLike":{"a:b":"0*"}` }), "1", n + 1, ImplicitDeny},
		{"a value of the same pattern", same(func(int) string { return `"StringLike":{"a:b":"0*"}` }), "0", 3, ExplicitDeny},
	}
	var p *Policy
	for i, tt := range tests {
		if i%2 == 0 {
			p = mustCompile(t, Identity, statementsOf(n, tt.one), Meta{})
		}
		req := getObject(callerOf(t, "user"))
		req.Context = &Context{}
		req.Context.Set("a:b", tt.value)
		if d := Decide(req, &Policies{Identity: []*Policy{p}}); d.Effect != tt.effect {
			t.Errorf("%s: %v", tt.name, d.Effect)
		}
		if _, looks := spent(t, req, p); looks > tt.looks {
			t.Errorf("%s: looked at %d statements", tt.name, looks)
		}
	}
}
