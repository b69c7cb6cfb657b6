package lint

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/policy"
)

// hostile are documents of about 128 KiB, the longest that the API takes, made to
// cost as much as they can.
func hostile() map[string]string {
	const size = 128 << 10
	fill := func(one string, sep string) string {
		n := size / (len(one) + len(sep))
		return strings.Repeat(one+sep, n-1) + one
	}
	doc := func(statements string) string {
		return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
	}
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	allow := func(actions, resources string) string {
		return doc(`{"Effect":"Allow","Action":[` + actions + `],"Resource":[` + resources + `]}`)
	}
	return map[string]string{
		"many statements":                doc(numbered(`{"Effect":"Allow","Action":"s3:Get%d","Resource":"*"}`)),
		"many different actions":         allow(numbered(`"s3:Get%d"`), `"*"`),
		"many patterns of actions":       allow(numbered(`"s3:*e*t*%d*"`), `"*"`),
		"one action many times":          allow(fill(`"s3:*"`, ","), `"*"`),
		"many unknown actions":           allow(numbered(`"iam:UpdateAssumeRolePolic%d"`), `"*"`),
		"many resources":                 allow(`"s3:*"`, numbered(`"arn:aws:s3:::*a*b*%d*"`)),
		"many resources and actions":     allow(strings.TrimSuffix(strings.Repeat(`"s3:Get*",`, 5000), ","), strings.TrimSuffix(strings.Repeat(`"arn:aws:dynamodb:*",`, 3000), ",")),
		"one endless pattern":            allow(`"s3:`+strings.Repeat("*a", size/2)+`"`, `"arn:aws:s3:::`+strings.Repeat("*a", size/2)+`"`),
		"variables without end":          allow(`"s3:*"`, `"arn:aws:s3:::`+strings.Repeat("${", size/2)+`"`),
		"many variables":                 allow(`"s3:*"`, `"arn:aws:s3:::`+strings.Repeat("${aws:usernam}", size/14)+`"`),
		"many conditions":                doc(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{` + numbered(`"aws:Nothing%d":"x"`) + `}}}`),
		"many sets without a guard":      doc(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{` + numbered(`"a:%d":"x"`) + `}}}`),
		"many keys that must be missing": doc(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Null":{` + numbered(`"a:%d":"true"`) + `}}}`),
		"many allows under many denies":  doc(fill(`{"Effect":"Allow","Action":"s3:*a*b*c","Resource":"arn:aws:s3:::a*b*c*d"}`, ",") + "," + fill(`{"Effect":"Deny","Action":"s3:*a*b*d","Resource":"arn:aws:s3:::a*b*c*e"}`, ",")),
	}
}

// TestHostileDocuments lints what was made to be slow: the work is bounded, and
// what was left out is said.
func TestHostileDocuments(t *testing.T) {
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse([]byte(text), policy.Identity)
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			found := Lint(d, Options{Catalog: testCatalog, Now: testTime})
			took := time.Since(begin)
			// A few hundred milliseconds at most; the limit leaves room for slow machines.
			if took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if len(found) > MaxFindings {
				t.Errorf("%d findings", len(found))
			}
			if len(found) == MaxFindings && !has(found, "too-large-to-compare") {
				t.Error("findings were left out in silence")
			}
			for _, f := range found {
				if len(f.Text)+len(f.Fix) > 1000 {
					t.Errorf("finding of %d bytes", len(f.Text)+len(f.Fix))
				}
			}
			t.Logf("%v, %d findings", took, len(found))
		})
	}
}

// TestComparingConditionsIsBounded lints a megabyte, the most that the command
// reads, of statements that differ in the last of many conditions or principals:
// comparing them costs steps like comparing patterns.
func TestComparingConditionsIsBounded(t *testing.T) {
	const size = 1 << 20
	var conditions, principals strings.Builder
	for i := range 60 {
		fmt.Fprintf(&conditions, `"a:%d":"v",`, i)
		fmt.Fprintf(&principals, `"%012d",`, i)
	}
	for name, one := range map[string]string{
		"conditions": `{"Effect":"Allow","Principal":"*","Action":"s3:Get","Resource":"*","Condition":{"StringEquals":{` + conditions.String() + `"a:z":"%d"}}}`,
		"values":     `{"Effect":"Allow","Principal":"*","Action":"s3:Get","Resource":"*","Condition":{"StringEquals":{"a:a":[` + strings.Repeat(`"v",`, 200) + `"v"],"a:z":"%d"}}}`,
		"principals": `{"Effect":"Allow","Principal":{"AWS":[` + principals.String() + `"%012d"]},"Action":"s3:Get","Resource":"*"}`,
	} {
		t.Run(name, func(t *testing.T) {
			var list []string
			for n := 0; n < size; n += len(list[len(list)-1]) {
				list = append(list, fmt.Sprintf(one, 100+len(list)))
			}
			d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(list, ",")+`]}`), policy.Resource)
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if found := Lint(d, Options{Catalog: testCatalog, Now: testTime}); !has(found, "too-large-to-compare") {
				t.Errorf("%d statements were compared without paying", len(list))
			}
			t.Logf("%v for %d statements", time.Since(begin), len(list))
		})
	}
}

// TestOperatorsAgreeWithTheEngine takes every operator the engine knows apart and
// looks at the parts.
func TestOperatorsAgreeWithTheEngine(t *testing.T) {
	families := map[string]operatorFamily{
		"StringEquals": stringOperator, "StringNotEquals": stringOperator, "StringEqualsIgnoreCase": stringOperator,
		"StringNotEqualsIgnoreCase": stringOperator, "StringLike": stringOperator, "StringNotLike": stringOperator,
		"NumericEquals": numericOperator, "NumericNotEquals": numericOperator, "NumericLessThan": numericOperator,
		"NumericLessThanEquals": numericOperator, "NumericGreaterThan": numericOperator, "NumericGreaterThanEquals": numericOperator,
		"DateEquals": dateOperator, "DateNotEquals": dateOperator, "DateLessThan": dateOperator, "DateLessThanEquals": dateOperator,
		"DateGreaterThan": dateOperator, "DateGreaterThanEquals": dateOperator, "Bool": boolOperator, "BinaryEquals": binaryOperator,
		"IpAddress": ipOperator, "NotIpAddress": ipOperator, "ArnEquals": arnOperator, "ArnLike": arnOperator,
		"ArnNotEquals": arnOperator, "ArnNotLike": arnOperator, "Null": nullOperator,
	}
	for base, family := range families {
		for set, prefix := range map[setQualifier]string{noSet: "", allValues: "ForAllValues:", anyValue: "ForAnyValue:"} {
			for suffix, ifExists := range map[string]bool{"": false, "IfExists": true} {
				name := prefix + base + suffix
				if base == "Null" && ifExists {
					continue
				}
				document := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{%q:{"aws:x":"2026"}}}}`, name)
				if _, err := policy.Parse([]byte(document), policy.Identity); err != nil {
					t.Fatalf("the engine does not know %s", name)
				}
				op := newOperator(name)
				if op.family != family || op.set != set || op.ifExists != ifExists || op.base != base+suffix || op.negated != strings.Contains(base, "Not") {
					t.Errorf("%s is read as %+v", name, op)
				}
			}
		}
	}
}

// TestDemandsAgreesWithTheEngine decides requests without the key: an operator
// that demands the key lets no Allow apply, and every other does.
func TestDemandsAgreesWithTheEngine(t *testing.T) {
	for _, name := range []string{
		"StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists", "StringEqualsIfExists", "ForAllValues:StringEquals", "ForAllValues:StringNotEquals",
		"ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "ForAnyValue:StringEqualsIfExists", "NumericEquals", "NumericNotEquals",
		"DateLessThan", "Bool", "BoolIfExists", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnLike", "ArnNotLike",
	} {
		document := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{%q:{"aws:x":"2026"}}}}`, name)
		d, err := policy.Parse([]byte(document), policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		decision := policy.Decide(&policy.Request{
			Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "111122223333", Context: &policy.Context{},
			Principal: policy.Principal{Type: policy.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/u"},
		}, &policy.Policies{Identity: []*policy.Policy{policy.Compile(d, policy.Meta{})}})
		op := newOperator(name)
		if allowed := decision.Effect == policy.Allow; allowed == op.demands() {
			t.Errorf("%s: allowed without the key: %v; demands it: %v", name, allowed, op.demands())
		}
	}
}

// TestIncludedStatementsChangeNothing holds the rules on what can never matter
// against the engine: without the statement a finding speaks of, every request is
// decided as with it.
func TestIncludedStatementsChangeNothing(t *testing.T) {
	actions := []string{"s3:Get*", "s3:GetObject", "s3:*", "s3:?etObject", "*"}
	resources := []string{"*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a*", "arn:aws:s3:::b/a", "arn:aws:s3:::b/?", "arn:aws:s3:::b/${aws:userid}"}
	conditions := []string{"", `,"Condition":{"StringEquals":{"aws:userid":"a"}}`}
	var statements []string
	for _, effect := range []string{"Allow", "Deny"} {
		for _, a := range actions {
			for _, r := range resources {
				for _, c := range conditions {
					statements = append(statements, fmt.Sprintf(`{"Effect":%q,"Action":%q,"Resource":%q%s}`, effect, a, r, c))
				}
			}
		}
	}
	decide := func(list ...string) []policy.Effect {
		document := `{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`
		d, err := policy.Parse([]byte(document), policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		compiled := []*policy.Policy{policy.Compile(d, policy.Meta{})}
		var effects []policy.Effect
		for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:GetObjectAcl", "iam:GetRole"} {
			for _, key := range []string{"arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::b/b", "arn:aws:s3:::c/a", "*"} {
				for _, id := range []string{"a", "b", ""} {
					var ctx policy.Context
					if id != "" {
						ctx.Set("aws:userid", id)
					}
					effects = append(effects, policy.Decide(&policy.Request{
						Action: action, Resource: key, ResourceAccount: "111122223333", Context: &ctx,
						Principal: policy.Principal{Type: policy.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/u"},
					}, &policy.Policies{Identity: compiled}).Effect)
				}
			}
		}
		return effects
	}
	checked := 0
	for i, one := range statements {
		for j := i % 13; j < len(statements); j += 13 {
			pair := []string{one, statements[j]}
			if i == j {
				continue
			}
			d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(pair, ",")+`]}`), policy.Identity)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range Lint(d, Options{Catalog: testCatalog}) {
				if f.Code != "unreachable-allow" && f.Code != "shadowed-statement" {
					continue
				}
				checked++
				with, without := decide(pair...), decide(pair[1-f.Statement])
				for k := range with {
					if with[k] != without[k] {
						t.Fatalf("%s of statement %d in %v: it makes %v of %v", f.Code, f.Statement, pair, with[k], without[k])
					}
				}
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d findings: the test says little", checked)
	}
}

func TestFindingsAsJSON(t *testing.T) {
	f := Finding{Code: "c", Severity: Warning, Position: policy.Position{Offset: 9, Line: 2, Column: 3}, Statement: -1, Where: "Policy", Text: "t", Fix: "f"}
	got, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"code":"c","severity":"warning","line":2,"column":3,"statement":-1,"where":"Policy","text":"t","fix":"f"}`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if Worst([]Finding{{Severity: Info}, {Severity: Error}, {Severity: Warning}}) != Error || Worst(nil) != 0 {
		t.Error("the worst of findings")
	}
}

func TestGuessKind(t *testing.T) {
	tests := []struct {
		name, text string
		want       policy.Kind
	}{
		{"no principal", `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`, policy.Identity},
		{"a principal and STS", `{"Statement":{"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","STS:TagSession"]}}`, policy.Trust},
		{"a principal and a resource", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`, policy.Resource},
		{"one statement about something else", `{"Statement":[{"Principal":"*","Action":"sts:AssumeRole"},{"Principal":"*","Action":"s3:GetObject","Resource":"x"}]}`, policy.Resource},
		{"everybody but", `{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"1"},"Action":"s3:*","Resource":"x"}}`, policy.Resource},
		{"no JSON", `Statement: []`, policy.Identity},
		{"no statements", `{"Statement":7}`, policy.Identity},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := GuessKind([]byte(tt.text)); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// FuzzLint wants every document that parses to be linted, the same way twice, and
// every place to be in the text.
func FuzzLint(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text[:min(len(text), 400)], 1)
	}
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/*"}]}`, 1)
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:*"}]}`, 4)
	f.Fuzz(func(t *testing.T, text string, kind int) {
		d, err := policy.Parse([]byte(text), policy.Kind(kind))
		if err != nil {
			return
		}
		o := Options{Catalog: testCatalog, Now: testTime, Owner: Owner(kind % 4)}
		once, again := Lint(d, o), Lint(d, o)
		if len(once) != len(again) {
			t.Fatalf("%d findings, then %d", len(once), len(again))
		}
		for i, x := range once {
			if x != again[i] {
				t.Errorf("%v, then %v", x, again[i])
			}
			if x.Position.Line < 1 || x.Position.Offset > len(text) || x.Text == "" || x.Fix == "" || x.Severity == 0 || x.Where == "" {
				t.Errorf("finding lacks facts: %#v", x)
			}
		}
	})
}

func BenchmarkLint(b *testing.B) {
	d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::photos/${cognito-identity.amazonaws.com:sub}/*"},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::photos","Condition":{"StringLike":{"s3:prefix":"${cognito-identity.amazonaws.com:sub}/*"}}},
		{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`), policy.Identity)
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Catalog: testCatalog, Now: testTime, Owner: RoleOwner}
	b.ReportAllocs()
	for b.Loop() {
		Lint(d, o)
	}
}
