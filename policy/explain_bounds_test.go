package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestExplanationsAreBounded: anyone who is denied can cause an explanation, and
// it is stored. Whatever request and policies hold, it stays small and quick.
func TestExplanationsAreBounded(t *testing.T) {
	repeat := func(n int, f func(int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = f(i)
		}
		return strings.Join(list, ",")
	}
	long := strings.Repeat("v", 50_000)
	denies := repeat(40, func(i int) string { return fmt.Sprintf(`{"Sid":"T%d","Effect":"Deny","Action":"*","Resource":"*"}`, i) })
	hostile := map[string]string{
		"many statements": repeat(3_000, func(i int) string {
			return fmt.Sprintf(`{"Sid":"S%d","Effect":"Allow","Action":"s3:Get%d","Resource":"*"}`, i, i)
		}),
		"many denies": repeat(3_000, func(i int) string {
			return fmt.Sprintf(`{"Sid":"S%d","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"x:a%d":"*"}}}`, i, i)
		}) + `,{"Sid":"Late","Effect":"Deny","Action":"*","Resource":"*"},` + denies,
		"a deny with many conditions": `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{` + repeat(1_000, func(i int) string { return fmt.Sprintf(`"y:k%d":"v"`, i) }) + `}}}`,
		"many conditions": repeat(20, func(i int) string {
			return `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{` + repeat(1_000, func(i int) string { return fmt.Sprintf(`"x:k%d":"v"`, i) }) + `}}}`
		}),
		"many long values": repeat(6, func(i int) string {
			return `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"x:long":[` + repeat(200, func(i int) string { return `"` + long[:4000] + `<&>\u0022"` }) + `]}}}`
		}),
		"many long variables": repeat(5, func(i int) string {
			return `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::x` + strings.Repeat("${x:long}", 3_000) + strings.Repeat("${no:key}", 5_000) + `","Condition":{"StringEquals":{"x:long":"` + strings.Repeat("${x:long}", 1_000) + `"}}}`
		}),
		"many long resources": `{"Effect":"Allow","Action":"*","Resource":[` + repeat(3_000, func(i int) string { return fmt.Sprintf(`"arn:aws:s3:::%d-%s"`, i, long[:60]) }) + `]}`,
		"long names":          `{"Sid":"` + strings.Repeat("S", 200_000) + `","Effect":"Allow","Action":"s3:` + long + `","Resource":"*"}`,
	}
	req := getObject(callerOf(t, "role"))
	req.Resource = "arn:aws:s3:::b/" + strings.Repeat("\x00<", 30_000)
	req.Context = &Context{}
	req.Context.Set("x:long", long)
	req.Context.SetMulti("x:a1", strings.Split(strings.Repeat("\xff,", 10_000), ","))
	for i := range 100 {
		req.Context.Set(fmt.Sprintf("x:a%d", i), long)
	}
	for name, statements := range hostile {
		t.Run(name, func(t *testing.T) {
			all := mustCompile(t, Managed, `{"Version":"2012-10-17","Statement":[`+statements+`]}`, Meta{Name: name})
			named := mustCompile(t, Resource, `{"Version":"2012-10-17","Statement":[`+strings.ReplaceAll(statements, `"Effect"`, `"Principal":"*","Effect"`)+`]}`, Meta{Name: name})
			start := time.Now()
			_, e := Explain(req, &Policies{Identity: []*Policy{all, all, all}, Boundary: all, Session: []*Policy{all, all}, HasSession: true, Resource: named})
			text, err := json.Marshal(e)
			took := time.Since(start)
			if err != nil {
				t.Fatal(err)
			}
			const structure = 64 << 10
			if len(text) > MaxExplanation+structure {
				t.Errorf("%d bytes of JSON", len(text))
			}
			var back Explanation
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e, &back); diff != "" {
				t.Errorf("read back: %s", diff[:1000])
			}
			if e.Fix == nil || !e.Fix.Incomplete && e.Fix.Words == "" {
				t.Errorf("fix %+v", e.Fix)
			}
			if n := len(e.Text()) + len(e.Sentence()); n > 2*MaxExplanation {
				t.Errorf("%d bytes of words", n)
			}
			t.Logf("%d bytes of JSON, %d of text, %v", len(text), len(e.Text()), took)
			if took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestLongHeaderIsCut(t *testing.T) {
	p := &Policies{Identity: []*Policy{mustCompile(t, Identity, stmt(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":"aws-*"}}`), Meta{Name: "P"})}}
	r := getObject(callerOf(t, "user"))
	r.Context = &Context{}
	r.Context.Set("aws:UserAgent", "x"+strings.Repeat("é", 25_000))
	_, e := Explain(r, p)
	want := "x" + strings.Repeat("é", MaxValueLength/2-1) + "…"
	if got := e.Keys[0].Values[0]; got != want {
		t.Errorf("%d bytes: %.20s…%s", len(got), got, got[max(0, len(got)-10):])
	}
	if got := e.Layers[0].NearMisses[0].Failed[0].Seen[0]; got != want {
		t.Errorf("%d bytes", len(got))
	}
	r.Context.SetMulti("aws:UserAgent", make([]string, 70))
	_, e = Explain(r, p)
	if got := e.Keys[0].Values; len(got) != MaxValues+1 || got[MaxValues] != "… and 6 more" {
		t.Errorf("%q", got)
	}
}

func TestManyKeysAreCounted(t *testing.T) {
	var conditions []string
	for i := range MaxKeys + 7 {
		conditions = append(conditions, fmt.Sprintf(`"x:%d":"true"`, i))
	}
	p := &Policies{Identity: []*Policy{
		mustCompile(t, Identity, stmt(`"Effect":"Allow","Action":"*","Resource":"*"`), Meta{}),
		mustCompile(t, Identity, stmt(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{`+strings.Join(conditions, ",")+`}}`), Meta{}),
	}}
	_, e := Explain(getObject(callerOf(t, "user")), p)
	if len(e.Keys) != MaxKeys || e.KeysLeftOut != 7 || !strings.Contains(e.Text(), "… and 7 more") {
		t.Errorf("%d keys and %d more\n%s", len(e.Keys), e.KeysLeftOut, e.Text())
	}
}

func TestExplainWithoutRequest(t *testing.T) {
	for _, f := range []func() (Decision, *Explanation){
		func() (Decision, *Explanation) { return Explain(nil, &Policies{}) },
		func() (Decision, *Explanation) { return Explain(getObject(Principal{}), nil) },
		func() (Decision, *Explanation) { return Explain(nil, nil) },
	} {
		if d, e := f(); d != (Decision{Statement: -1}) || e.Problem == "" || e.Effect != ImplicitDeny || e.Fix != nil {
			t.Errorf("%+v: %+v", d, e)
		}
	}
	for problem, change := range map[string]func(*Request){
		"the kind of caller is unknown":                func(r *Request) { r.Principal.Type = 99 },
		"the caller has no account":                    func(r *Request) { r.Principal.Account = "" },
		"the action has a character outside ASCII":     func(r *Request) { r.Action = "s3:Gé" },
		"the action has more than 128 characters":      func(r *Request) { r.Action = "s3:" + strings.Repeat("x", 126) },
		`the action is not of the form "service:Name"`: func(r *Request) { r.Action = "s3:" },
		"the resource is neither an ARN nor *":         func(r *Request) { r.Resource = "" },
	} {
		r := getObject(callerOf(t, "user"))
		change(r)
		if d, e := Explain(r, &Policies{}); e.Problem != problem || d != Decide(r, &Policies{}) {
			t.Errorf("problem %q, want %q", e.Problem, problem)
		}
	}
}

func TestEffectsAndLayersInJSON(t *testing.T) {
	for text, want := range map[string]Effect{`"allowed"`: Allow, `"explicitDeny"`: ExplicitDeny, `"implicitDeny"`: ImplicitDeny} {
		var e Effect
		if err := json.Unmarshal([]byte(text), &e); err != nil || e != want {
			t.Errorf("%s: %v %v", text, e, err)
		}
	}
	for text, want := range map[string]Layer{`""`: NoLayer, `"identity-based policy"`: IdentityLayer, `"permissions boundary"`: BoundaryLayer, `"session policy"`: SessionLayer, `"resource-based policy"`: ResourceLayer, `"role trust policy"`: TrustLayer} {
		var l Layer
		if err := json.Unmarshal([]byte(text), &l); err != nil || l != want {
			t.Errorf("%s: %v %v", text, l, err)
		}
	}
	for _, text := range []string{`"Allowed"`, `""`, `1`, `"policy"`} {
		e, l := Allow, TrustLayer
		if err := json.Unmarshal([]byte(text), &e); err == nil || e != Allow {
			t.Errorf("effect %s: %v %v", text, e, err)
		}
		if err := json.Unmarshal([]byte(text), &l); err == nil && text != `""` {
			t.Errorf("layer %s: %v", text, l)
		}
	}
}

// BenchmarkExplain explains denials by policies of 10 and 1,000 statements.
func BenchmarkExplain(b *testing.B) {
	for _, n := range []int{10, 1000} {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"Sid":"S%d","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket-%d/${aws:PrincipalTag/team}/*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, i, i))
		}
		p := &Policies{Identity: []*Policy{mustCompile(b, Managed, `{"Version":"2012-10-17","Statement":[`+strings.Join(list, ",")+`]}`, Meta{Name: "P"})}}
		req := getObject(callerOf(b, "role"))
		req.Resource, req.Context = "arn:aws:s3:::bucket-7/blue/cat.jpg", &Context{}
		fill(req.Context)
		for _, kind := range []string{"explain", "text", "json"} {
			b.Run(fmt.Sprintf("%d/%s", n, kind), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, e := Explain(req, p)
					switch kind {
					case "text":
						_ = e.Text()
					case "json":
						_, _ = json.Marshal(e)
					}
				}
			})
		}
	}
}
