package policy

import (
	"fmt"
	"strings"
	"testing"
)

// alike are 40 statements about the same action and resource, each for a user
// of its own by condition and principal, with special in the place of number
// 17. All deny or allow, as special does.
func alike(t *testing.T, kind Kind, special string) *Policy {
	effect := "Allow"
	if strings.Contains(special, `"Deny"`) {
		effect = "Deny"
	}
	return mustCompile(t, kind, statementsOf(40, func(i int) string {
		if i == 17 {
			return special
		}
		resource := `,"Resource":"arn:aws:s3:::b/*"`
		action := "s3:GetObject"
		if kind == Trust {
			resource, action = "", "sts:AssumeRole"
		}
		return fmt.Sprintf(`{"Effect":%q,"Principal":{"AWS":"arn:aws:iam::111122223333:user/user-%d"},"Action":%q%s,"Condition":{"StringEquals":{"aws:username":"user-%d"},"Bool":{"aws:SecureTransport":"true"}}}`, effect, i, action, resource, i)
	}), Meta{Bindings: map[string]string{
		"arn:aws:iam::111122223333:user/bound": "AIDABOUNDBOUNDBOUNDB", strings.Repeat("c", 64): accountA,
	}})
}

// TestIndexByValuesKeepsWhatAsksForOthers holds, among statements that are
// kept by their values, one that these values are no key to.
func TestIndexByValuesKeepsWhatAsksForOthers(t *testing.T) {
	object := func(principal, condition string) string {
		return fmt.Sprintf(`{"Effect":"Allow",%s,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{%s}}`, principal, condition)
	}
	const joe, everybody = `"StringEquals":{"aws:username":"joe"}`, `"Principal":"*"`
	tests := []struct {
		name, statement string
		change          func(r *Request)
	}{
		{"a value", object(everybody, joe), nil},
		{"one of several values", object(everybody, `"StringEquals":{"aws:username":["ann","joe","sue"]}`), nil},
		{"more values than are indexed", object(everybody, `"StringEquals":{"aws:username":["1","2","3","4","5","6","7","8","joe"]}`), nil},
		{"a value under StringLike", object(everybody, `"StringLike":{"AWS:USERNAME":"joe"}`), nil},
		{"an escaped value", object(everybody, `"StringLike":{"aws:username":"j${*}e"}`), func(r *Request) { r.Context.Set("aws:username", "j*e") }},
		{"an empty value", object(everybody, `"StringEquals":{"aws:username":""}`), func(r *Request) { r.Context.Set("aws:username", "") }},
		{"a long value", object(everybody, `"StringEquals":{"aws:username":"`+strings.Repeat("j", 300)+`"}`), func(r *Request) { r.Context.Set("aws:username", strings.Repeat("j", 300)) }},
		{"a set", object(everybody, `"ForAnyValue:StringEquals":{"app:x":"joe"}`), func(r *Request) { r.Context.SetMulti("app:x", []string{"ann", "joe"}) }},
		{"a pattern", object(everybody, `"StringLike":{"aws:username":"j*"}`), nil},
		{"a value and a pattern", object(everybody, `"StringLike":{"aws:username":["ann","j*"]}`), nil},
		{"a variable", object(everybody, `"StringEquals":{"aws:username":"${app:name}"}`), func(r *Request) { r.Context.Set("app:name", "joe") }},
		{"any case", object(everybody, `"StringEqualsIgnoreCase":{"aws:username":"JOE"}`), nil},
		{"another value", object(everybody, `"StringNotEquals":{"aws:username":"ann"}`), nil},
		{"no key", object(everybody, `"StringEqualsIfExists":{"app:none":"joe"}`), nil},
		{"no key for all", object(everybody, `"ForAllValues:StringEquals":{"app:none":"joe"}`), nil},
		{"a missing key", object(everybody, `"Null":{"app:none":"true"}`), nil},
		{"a number", object(everybody, `"NumericEquals":{"app:n":"1.0"}`), func(r *Request) { r.Context.Set("app:n", "1") }},
		{"an ARN", object(everybody, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/a:b"}`), func(r *Request) { r.Context.Set("aws:PrincipalArn", "arn:aws:iam::111122223333:user/a:b") }},
		{"an ARN with a star", object(everybody, `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:user/joe"}`), func(r *Request) { r.Context.Set("aws:PrincipalArn", "arn:aws:iam::1:user/joe") }},
		{"an ARN with a pattern", object(everybody, `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::1:user/j?e"}`), func(r *Request) { r.Context.Set("aws:PrincipalArn", "arn:aws:iam::1:user/joe") }},
		{"a whole ARN in a variable", object(everybody, `"ArnEquals":{"aws:PrincipalArn":"${app:arn}"}`), func(r *Request) {
			r.Context.Set("aws:PrincipalArn", "arn:aws:iam::1:user/joe")
			r.Context.Set("app:arn", "arn:aws:iam::1:user/joe")
		}},
		{"a user", object(`"Principal":{"AWS":"arn:aws:iam::111122223333:user/U"}`, joe), nil},
		{"a user without an entity", object(`"Principal":{"AWS":"arn:aws:iam::111122223333:user/U"}`, joe), func(r *Request) { r.Principal.EntityARN = "" }},
		{"one of several users", object(`"Principal":{"AWS":["arn:aws:iam::111122223333:user/V","arn:aws:iam::111122223333:user/U"]}`, joe), nil},
		{"somebody and everybody", object(`"Principal":{"AWS":["arn:aws:iam::111122223333:user/V","*"]}`, joe), nil},
		{"an account", object(`"Principal":{"AWS":"444455556666"}`, joe), func(r *Request) {
			r.Principal = callerOf(t, "root-b")
			r.ResourceAccount = accountA
		}},
		{"an id", object(`"Principal":{"AWS":"AIDAUUUUUUUUUUUUUUUU"}`, joe), nil},
		{"a bound id", object(`"Principal":{"AWS":"arn:aws:iam::111122223333:user/bound"}`, joe), func(r *Request) { r.Principal.EntityID = "AIDABOUNDBOUNDBOUNDB" }},
		{"a canonical id", object(`"Principal":{"CanonicalUser":"`+strings.Repeat("c", 64)+`"}`, joe), func(r *Request) { r.Principal = callerOf(t, "role") }},
		{"a role in another case", object(`"Principal":{"AWS":"arn:aws:iam::111122223333:role/team/r"}`, joe), func(r *Request) { r.Principal = callerOf(t, "role") }},
		{"a role with a sign that folds to a letter", object(`"Principal":{"AWS":"arn:aws:iam::111122223333:role/KS"}`, joe), func(r *Request) {
			r.Principal = callerOf(t, "role")
			r.Principal.EntityARN = "arn:aws:iam::111122223333:role/\u212Aſ"
		}},
		{"a role with Greek letters", object(`"Principal":{"AWS":"arn:aws:iam::111122223333:role/Σς"}`, joe), func(r *Request) {
			r.Principal = callerOf(t, "role")
			r.Principal.EntityARN = "arn:aws:iam::111122223333:role/ςσ"
		}},
		{"a session", object(`"Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/R/sess"}`, joe), func(r *Request) { r.Principal = callerOf(t, "role") }},
		{"a service", object(`"Principal":{"Service":"s3.amazonaws.com"}`, joe), func(r *Request) { r.Principal = callerOf(t, "service s3.amazonaws.com") }},
		{"all but somebody", strings.Replace(object(`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/V"}`, joe), "Allow", "Deny", 1), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := getObject(callerOf(t, "user"))
			req.Resource, req.ResourceAccount = "arn:aws:s3:::b/k", accountA
			req.Context = &Context{}
			req.Context.Set("aws:username", "joe")
			if tt.change != nil {
				tt.change(req)
			}
			p := &Policies{Resource: alike(t, Resource, tt.statement)}
			if len(p.Resource.index.asks) == 0 && !p.Resource.index.callers {
				t.Error("nothing is kept by its values")
			}
			e := evaluation{req: req, policies: p}
			e.resource, _ = parseResource(req.Resource)
			if s := e.search(p.Resource, true, false); s.deny != 17 && s.allow != 17 {
				t.Errorf("found deny %d, allow %d, want 17", s.deny, s.allow)
			}
		})
	}
}

// TestIndexByProvider is the trust policy of many providers.
func TestIndexByProvider(t *testing.T) {
	for _, provider := range []string{"accounts.google.com", "arn:aws:iam::111122223333:saml-provider/P"} {
		p := &Policies{Trust: true, Resource: alike(t, Trust, fmt.Sprintf(`{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRole"}`, provider))}
		kind := "web "
		if strings.HasPrefix(provider, "arn:") {
			kind = "saml "
		}
		req := &Request{Principal: callerOf(t, kind+provider), Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/R", ResourceAccount: accountA}
		if d := Decide(req, p); d.Statement != 17 || !p.Resource.index.callers {
			t.Errorf("%s: %+v", provider, d)
		}
	}
}

// TestIndexByPrincipalsWhereTheyMeanNothing: what a bucket policy denies is
// denied in the place of an identity policy too, whoever it names.
func TestIndexByPrincipalsWhereTheyMeanNothing(t *testing.T) {
	q := alike(t, Resource, `{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/V"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`)
	req := getObject(callerOf(t, "user"))
	req.Resource = "arn:aws:s3:::b/k"
	if d := Decide(req, &Policies{Identity: []*Policy{q}}); d.Effect != ExplicitDeny || d.Statement != 17 || !q.index.callers {
		t.Errorf("%+v", d)
	}
}

// TestIndexByManyKeys splits by as many condition keys as there is room for,
// and keeps the rest together.
func TestIndexByManyKeys(t *testing.T) {
	const keys, each = 3 * mostAsks, 20
	p := &Policies{Identity: []*Policy{mustCompile(t, Identity, statementsOf(keys*each, func(i int) string {
		return withCondition(`"s3:GetObject"`, fmt.Sprintf(`"StringEquals":{"app:key-%d":"value-%d"}`, i/each, i%each))
	}), Meta{})}}
	if n := len(p.Identity[0].index.asks); n != mostAsks-firstKeyAsk {
		t.Errorf("%d keys", n)
	}
	req := getObject(callerOf(t, "user"))
	req.Resource = "arn:aws:s3:::b/k"
	for i := range keys * each {
		req.Context = &Context{}
		req.Context.Set(fmt.Sprintf("APP:key-%d", i/each), fmt.Sprintf("value-%d", i%each))
		if d := Decide(req, p); d.Statement != i {
			t.Fatalf("statement %d: %+v", i, d)
		}
		req.Context.Set(fmt.Sprintf("app:key-%d", i/each), fmt.Sprintf("value-%dx", i%each))
		if d := Decide(req, p); d.Effect != ImplicitDeny {
			t.Fatalf("another value than that of statement %d: %+v", i, d)
		}
	}
}

// TestIndexByValuesIsBounded brings more and longer values than a policy is
// worth.
func TestIndexByValuesIsBounded(t *testing.T) {
	p := mustCompile(t, Identity, statementsOf(100, func(i int) string {
		return withCondition(`"s3:GetObject"`, fmt.Sprintf(`"ForAnyValue:StringEquals":{"app:x":"%s%d"}`, strings.Repeat("v", 60), i))
	}), Meta{})
	req := getObject(callerOf(t, "user"))
	req.Resource, req.Context = "arn:aws:s3:::b/k", &Context{}
	for name, values := range map[string][]string{
		"many values":      strings.Split(strings.Repeat("x,", 100_000), ","),
		"many long values": strings.Split(strings.Repeat(strings.Repeat("v", 62)+",", 10_000), ","),
		"a long value":     {strings.Repeat("v", 1_000_000)},
		"no values":        nil,
	} {
		req.Context.SetMulti("app:x", values)
		if s, n := spent(t, req, p); n > p.Len()+1 || s.denies() || s.allows() {
			t.Errorf("%s: paid for %d of %d statements, found %d %d", name, n, p.Len(), s.deny, s.allow)
		}
	}
	// Few enough to look up one after the other, and too long to read.
	req.Context.SetMulti("app:x", strings.Split(strings.Repeat(strings.Repeat("v", 62)+",", p.weight/2), ","))
	if s, _ := spent(t, req, p); s.budget >= 0 {
		t.Errorf("long values cost no more than short ones: %d are left", s.budget)
	}
	// Values too long to be looked up are looked at all the same.
	req.Context.SetMulti("app:x", strings.Split(strings.Repeat(strings.Repeat("v", 100)+",", 2*p.weight), ","))
	if s, _ := spent(t, req, p); s.budget >= 0 {
		t.Errorf("looking at %d values is free: %d are left", 2*p.weight, s.budget)
	}
	req.Context.SetMulti("app:x", append(make([]string, 100_000), strings.Repeat("v", 60)+"42"))
	if s, _ := spent(t, req, p); s.allow != 42 {
		t.Errorf("found %d", s.allow)
	}
}

// TestIndexByTheRarestValue: of two conditions the one that tells the
// statements apart is used, wherever it stands.
func TestIndexByTheRarestValue(t *testing.T) {
	for name, conditions := range map[string]string{
		"first": `"app:user":"user-%d","app:team":"team-%d"`,
		"last":  `"app:team":"team-%[2]d","app:user":"user-%[1]d"`,
	} {
		p := mustCompile(t, Identity, statementsOf(1000, func(i int) string {
			return withCondition(`"s3:GetObject"`, fmt.Sprintf(`"StringEquals":{`+conditions+`}`, i, i%5))
		}), Meta{})
		req := getObject(callerOf(t, "user"))
		req.Resource, req.Context = "arn:aws:s3:::b/k", &Context{}
		req.Context.Set("app:user", "user-777")
		req.Context.Set("app:team", "team-2")
		if s, n := spent(t, req, p); s.allow != 777 || n > 3 {
			t.Errorf("%s: found %d, looked at %d", name, s.allow, n)
		}
	}
}
