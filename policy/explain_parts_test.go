package policy

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// explainOne explains a request and returns the near misses of the first layer.
func explainOne(t *testing.T, req *Request, p *Policies) *Explanation {
	t.Helper()
	checkExplanation(t, req, p, map[string]int{})
	_, e := Explain(req, p)
	return e
}

// TestExplainMisplacedPolicies: policies that stand where they cannot grant are
// near misses, and say so.
func TestExplainMisplacedPolicies(t *testing.T) {
	bucket := mustCompile(t, Resource, everybody, Meta{Name: "bucket"})
	identity := mustCompile(t, Identity, everything, Meta{Name: "identity"})
	d, err := Parse([]byte(stmt(`"Effect":"Deny","NotPrincipal":{"AWS":"444455556666"},"Action":"*","Resource":"*"`)), Resource)
	if err != nil {
		t.Fatal(err)
	}
	d.statements[0].Effect = Allow
	empty, err := Parse([]byte(everything), Identity)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*Explanation{
		explainOne(t, getObject(callerOf(t, "user")), &Policies{Identity: []*Policy{Compile(changed(empty, func(s *Statement) { s.Resources = nil }), Meta{})}}),
		explainOne(t, getObject(callerOf(t, "user")), &Policies{Identity: []*Policy{Compile(changed(empty, func(s *Statement) { s.Actions = nil }), Meta{})}}),
	} {
		if len(e.Layers[0].NearMisses) != 0 {
			t.Errorf("near misses %+v", e.Layers[0].NearMisses)
		}
	}
	for note, p := range map[string]*Policies{
		"a policy that names principals grants nothing here":               {Identity: []*Policy{bucket}},
		"names nobody; the policy of a resource grants only to whom":       {Resource: identity},
		"names everybody but 444455556666 (NotPrincipal); an Allow with N": {Resource: Compile(d, Meta{})},
	} {
		e := explainOne(t, getObject(callerOf(t, "user")), p)
		var found []string
		for _, l := range e.Layers {
			for _, m := range l.NearMisses {
				found = append(found, m.clauses())
			}
		}
		if len(found) != 1 || !strings.Contains(found[0], note) {
			t.Errorf("%q, want %q", found, note)
		}
	}
}

// TestFixLeavesMisplacedPoliciesAside: without its Deny the layer grants nothing,
// because its Allow stands where it cannot grant.
func TestFixLeavesMisplacedPoliciesAside(t *testing.T) {
	p := &Policies{Identity: []*Policy{
		mustCompile(t, Resource, everybody, Meta{Name: "bucket"}),
		mustCompile(t, Identity, nothing, Meta{Name: "deny"}),
	}}
	if e := explainOne(t, getObject(callerOf(t, "user")), p); len(e.Fix.And) != 1 {
		t.Errorf("fix %+v", e.Fix)
	}
}

func TestListsEndWithTheirShare(t *testing.T) {
	x := &explainer{left: 6, e: evaluation{req: &Request{Context: &Context{}}}}
	got := x.list(5, func(int) string { return "abcd" })
	if diff := cmp.Diff([]string{"abcd", "ab…", "… and 3 more"}, got); diff != "" {
		t.Error(diff)
	}
	x.e.req.Context.Set("k", strings.Repeat("v", 50_000))
	m := meanings{x: x, variables: true}
	if n := len(m.fill(strings.Repeat("${k}", 100))); n != 50_000 {
		t.Errorf("filled in %d bytes", n)
	}
}

// changed copies a document and changes its first statement.
func changed(d *Document, change func(*Statement)) *Document {
	c := *d
	c.statements = append([]Statement{}, d.statements...)
	change(&c.statements[0])
	return &c
}

// TestNotesOfConditions: what is easily overlooked about a condition.
func TestNotesOfConditions(t *testing.T) {
	tests := []struct {
		name, condition, key, value string
		note                        string
	}{
		{"a value that is no number", `"NumericEquals":{"x:k":"1"}`, "x:k", "one", "this is not a number"},
		{"a value that is no address", `"IpAddress":{"x:k":"10.0.0.0/8"}`, "x:k", "10.0.0.0/8", "this is not an IP address or range"},
		{"an address with a zone", `"IpAddress":{"x:k":"fe80::/10"}`, "x:k", "fe80::1%eth0", "this is not an IP address or range"},
		{"a value that is no ARN", `"ArnLike":{"x:k":"arn:aws:s3:::b"}`, "x:k", "b", "this is not an ARN"},
		{"a value that is no bool", `"Bool":{"x:k":"true"}`, "x:k", "yes", "this is not true or false"},
		{"a policy without base64", `"BinaryEquals":{"x:k":"!"}`, "x:k", "b", `"!" in the policy is not base64`},
		{"a policy without a range", `"IpAddress":{"x:k":"10.0.0.0/33"}`, "x:k", "10.0.0.1", `"10.0.0.0/33" in the policy is not an IP address or range`},
		{"a policy without an ARN", `"ArnEquals":{"x:k":"b"}`, "x:k", "arn:aws:s3:::b", `"b" in the policy is not an ARN`},
		{"sound base64", `"BinaryEquals":{"x:k":"YQ=="}`, "x:k", "b", ""},
		{"another string", `"StringEquals":{"x:k":["a","b"]}`, "x:k", "c", ""},
		{"a string in the old version", `"StringEquals":{"x:k":"${x:k}"}`, "x:k", "c", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &Policies{Identity: []*Policy{mustCompile(t, Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+tt.condition+`}}}`, Meta{})}}
			r := getObject(callerOf(t, "user"))
			r.Context = &Context{}
			r.Context.Set(tt.key, tt.value)
			e := explainOne(t, r, p)
			if f := e.Layers[0].NearMisses[0].Failed[0]; f.Note != tt.note || f.Remedy == "" {
				t.Errorf("note %q, want %q; remedy %q", f.Note, tt.note, f.Remedy)
			}
		})
	}
}

// TestRelations: every operator has words of its own.
func TestRelations(t *testing.T) {
	for operator, want := range map[string]string{
		"StringEquals": `requires k to be "1"`, "StringNotEquals": `requires k not to be "1"`,
		"StringEqualsIgnoreCase": `requires k to be "1" in any letter case`, "StringNotLike": `requires k not to be like "1"`,
		"NumericLessThan": `requires k to be less than "1"`, "NumericLessThanEquals": `requires k to be at most "1"`,
		"NumericGreaterThan": `requires k to be more than "1"`, "NumericGreaterThanEquals": `requires k to be at least "1"`, "NumericEquals": `requires k to be "1"`,
		"DateLessThan": `requires k to be before "1"`, "DateLessThanEquals": `requires k to be no later than "1"`,
		"DateGreaterThan": `requires k to be after "1"`, "DateGreaterThanEquals": `requires k to be no earlier than "1"`, "DateNotEquals": `requires k not to be "1"`,
		"IpAddress": `requires k to be in "1"`, "ArnLike": `requires k to be "1"`, "BinaryEquals": `requires k to be "1"`, "Bool": `requires k to be "1"`,
		"ForAnyValue:StringLike": `requires some value of k to be like "1"`, "ForAllValues:StringNotEquals": `requires every value of k not to be "1"`,
		"Null": "requires k to be neither absent nor present, as Null knows true and false only",
	} {
		f := FailedElement{Element: "Condition", Operator: operator, Key: "k", Wanted: []string{"1"}, Missing: true}
		if got := f.clause(); got != want+" ("+operator+"), but the request does not have that key" {
			t.Errorf("%s: %q", operator, got)
		}
	}
	for value, want := range map[string]string{"true": "absent", "False": "present and not empty"} {
		if got := presence([]string{value}); got != want {
			t.Errorf("Null %s: %q", value, got)
		}
	}
	f := FailedElement{Element: "Condition", Operator: "StringEquals", Key: "k", Seen: []string{"a", "b", "c", "d", "e"}}
	if got, want := f.clause(), `requires k to be one of no values (StringEquals), but it has the values "a", "b", "c" and 2 others`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f = FailedElement{Element: "Action", Wanted: []string{"a", "b", "… and 70 more"}}
	if got, want := f.clause(), "allows only a, b and others"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m := MatchedCondition{Operator: "Null", Key: "k", Missing: true}
	if got, want := m.clause(), "k is not in the request (Null)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m = MatchedCondition{Operator: "Null", Key: "k", Wanted: []string{"false"}, Seen: []string{"v"}, Note: "n"}
	if got, want := m.clause(), `k is "v" (Null); n`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m = MatchedCondition{Operator: "StringLike", Key: "k", Wanted: []string{"${v}*"}, Meaning: []string{"U*"}, Seen: []string{"Ux"}}
	if got, want := m.clause(), `k is "Ux", which is like "U*" (StringLike)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNamesOfStatements(t *testing.T) {
	for want, r := range map[string]StatementRef{
		"S (policy P, line 4)":                   {Policy: "P", Sid: "S", Line: 4},
		"statement 3 (Policy of x, line 1)":      {Policy: "Policy of x", Index: 2, Line: 1},
		"S (policy P, group G, line 4)":          {Policy: "P", Source: "group G", Sid: "S", Line: 4},
		"policy P":                               {Policy: "P", Index: -1},
		"policy without name":                    {Index: -1},
		"policy P (group G)":                     {Policy: "P", Source: "group G", Index: -1},
		"statement 1":                            {},
		`"\u202eS" (policy "\x1b[31mP", line 1)`: {Policy: "\x1b[31mP", Sid: "\u202eS", Line: 1},
	} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestRootBehindASession: a federated session of the account root is allowed
// without a statement.
func TestRootBehindASession(t *testing.T) {
	who := Principal{Type: FederatedUser, Account: accountA, ARN: "arn:aws:sts::111122223333:federated-user/F", EntityARN: "arn:aws:iam::111122223333:root"}
	all := mustCompile(t, Session, everything, Meta{Name: "all"})
	e := explainOne(t, getObject(who), &Policies{Session: []*Policy{all}, HasSession: true})
	if want := "s3:GetObject on arn:aws:s3:::b/k is allowed: the account root is behind the session, and the session policies allow it"; e.Sentence() != want || e.Statement != nil {
		t.Errorf("got %q", e.Sentence())
	}
	e = explainOne(t, getObject(who), &Policies{Session: []*Policy{mustCompile(t, Session, nothing, Meta{})}, HasSession: true})
	if e.Fix == nil || len(e.Fix.And) != 1 || !strings.Contains(e.Text(), "session of arn:aws:iam::111122223333:root") {
		t.Errorf("fix %+v\n%s", e.Fix, e.Text())
	}
}

func TestUnnamedPolicies(t *testing.T) {
	p := &Policies{Identity: []*Policy{nil, mustCompile(t, Identity, everything, Meta{})}}
	_, e := Explain(getObject(callerOf(t, "user")), p)
	if got := strings.Join(e.Layers[0].Policies, ", "); got != "a policy that could not be read, a policy without name" {
		t.Errorf("got %q", got)
	}
	if want := "s3:GetObject on arn:aws:s3:::b/k is denied because policy without name cannot be read any more, so what it denies is unknown"; e.Sentence() != want {
		t.Errorf("got %q", e.Sentence())
	}
}

// TestTextOfAnything: words are made of data that was stored, whatever it holds.
func TestTextOfAnything(t *testing.T) {
	for _, e := range []*Explanation{
		{}, {DecidedBy: SessionLayer}, {DecidedBy: IdentityLayer, Layers: []LayerExplanation{{Layer: IdentityLayer, NearMisses: []NearMiss{{}}}}},
		{Effect: ExplicitDeny}, {Effect: Allow, DecidedBy: TrustLayer}, {Entity: "x", Principal: "y", Fix: &Fix{}}, {Keys: []KeyExplanation{{}}},
	} {
		if e.Text() == "" || e.Sentence() == "" {
			t.Errorf("%+v has no words", e)
		}
	}
	e := &Explanation{Keys: []KeyExplanation{{Key: "k", Values: []string{"a", "", "… and 3 more"}}}}
	if !strings.Contains(e.Text(), `k = "a", "", … and 3 more`) {
		t.Error(e.Text())
	}
	many := NearMiss{Failed: make([]FailedElement, 2), More: 3}
	e = &Explanation{DecidedBy: IdentityLayer, Layers: []LayerExplanation{{Layer: IdentityLayer, Policies: []string{"p"}, NearMisses: []NearMiss{many}}}}
	if !strings.Contains(e.Text(), "- has 3 more conditions that do not hold") {
		t.Error(e.Text())
	}
}

func TestResourceText(t *testing.T) {
	long := strings.Repeat("x", 2*MaxValueLength)
	for _, tt := range []struct {
		resource  string
		variables bool
		want      string
	}{
		{"*", true, "*"},
		{"arn:aws:s3:::b/a*b?c$d${e}", true, "arn:aws:s3:::b/a${*}b${?}c$d${$}{e}"},
		{"arn:aws:s3:::b/a*b?c$d${e}", false, "arn:aws:s3:::b/a*b?c$d${e}"},
		{"arn:aws:s3:::b/é\xff", true, "arn:aws:s3:::b/é?"},
		{"arn:aws:s3:::" + long, true, "arn:aws:s3:::" + long[:MaxValueLength-len("arn:aws:s3:::")] + "*"},
		{"arn:aws:s3:" + long + "::b", true, "*"},
	} {
		if got := resourceText(tt.resource, tt.variables); got != tt.want {
			t.Errorf("%.40s: %.60s, want %.60s", tt.resource, got, tt.want)
		}
	}
	for value, want := range map[string]string{"a${b}": "a${$}{b}", "$": "$"} {
		if got := plainValue(value, true); got != want || plainValue(value, false) != value {
			t.Errorf("%s: %s", value, got)
		}
	}
}

// TestFixOfATokenKeepsItsAudience: what is proposed for a trust policy never lets
// in every token of a provider, unless the request does not say more.
func TestFixOfATokenKeepsItsAudience(t *testing.T) {
	const provider = "arn:aws:iam::111122223333:oidc-provider/id.example.com/a"
	for _, version := range []string{`"Version":"2012-10-17",`, ""} {
		trust := mustCompile(t, Trust, `{`+version+`"Statement":{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sts:AssumeRole"}}`, Meta{})
		r := &Request{Principal: Principal{Type: WebIdentity, Provider: provider}, Action: "sts:AssumeRoleWithWebIdentity", Resource: "arn:aws:iam::111122223333:role/R", Context: &Context{}}
		e := explainOne(t, r, &Policies{Resource: trust, Trust: true})
		if !strings.Contains(e.Fix.Words, "without one every token of this provider will do") {
			t.Error(e.Fix.Words)
		}
		r.Context.Set("id.example.com/a:aud", "app-${1}")
		e = explainOne(t, r, &Policies{Resource: trust, Trust: true})
		want := `"Condition":{"StringEquals":{"id.example.com/a:aud":"app-${1}"}}`
		if version != "" {
			want = strings.Replace(want, "${", "${$}{", 1)
		}
		if !strings.Contains(e.Fix.Statement, want) {
			t.Error(e.Fix.Statement)
		}
	}
}

// TestWordsAreVisible: nothing in the words can be obeyed by a terminal or hidden
// from a reader, and a proposed statement means what it did.
func TestWordsAreVisible(t *testing.T) {
	const evil = "\x1b[2J\u009b31m\u202e\u200b\U000e0041\n"
	p := &Policies{Identity: []*Policy{mustCompile(t, Identity, stmt(`"Sid":"S","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b"`), Meta{Name: "P" + evil, Source: "group " + evil})}}
	r := getObject(callerOf(t, "user"))
	r.Resource += evil
	r.Principal.ARN += evil
	e := explainOne(t, r, p)
	for _, text := range []string{strings.ReplaceAll(e.Text(), "\n", ""), e.Sentence(), e.Fix.Words, e.Fix.Statement, e.Layers[0].NearMisses[0].Failed[0].Note, visible(evil)} {
		for _, c := range text {
			if !unicode.IsPrint(c) {
				t.Errorf("%q in %q", c, text)
			}
		}
	}
	if got, want := visible("aé"+evil), `aé\u001b[2J\u009b31m\u202e\u200b\udb40\udc41\u000a`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFixForASessionOfRoot: the root user needs no identity policy, so what is
// left to do for its session is to remove the Deny.
func TestFixForASessionOfRoot(t *testing.T) {
	req := getObject(callerOf(t, "federated"))
	req.Principal.EntityARN = "arn:aws:iam::" + req.Principal.Account + ":root"
	p := &Policies{
		Identity: []*Policy{mustCompile(t, Identity, nothing, Meta{Name: "nothing"})},
		Session:  []*Policy{mustCompile(t, Session, everything, Meta{})}, HasSession: true,
	}
	_, e := Explain(req, p)
	if e.Fix == nil || e.Fix.Remove == nil || e.Fix.Remove.Policy != "nothing" || e.Fix.And != nil {
		t.Errorf("the fix is %+v", e.Fix)
	}
}
