package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/policy"
)

// spelled returns the i-th spelling of a name by the case of its letters.
func spelled(name string, i int) string {
	b := []byte(strings.ToLower(name))
	for k := range b {
		if 'a' <= b[k] && b[k] <= 'z' {
			b[k] -= byte(i&1) * ('a' - 'A')
			i >>= 1
		}
	}
	return string(b)
}

// listed joins n texts made from their numbers.
func listed(n int, one func(i int) string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = one(i)
	}
	return strings.Join(list, ",")
}

// stepsOf lints a document and returns the steps that took, more than the budget
// if they did not suffice.
func stepsOf(t *testing.T, text string, kind policy.Kind) int {
	t.Helper()
	d, err := policy.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(d, Options{Catalog: testCatalog, Now: testTime})
	r.check()
	return fullBudget - r.budget
}

// TestStepsAreLinear lints documents with twice as much of something, and wants
// no more than twice the steps: for each of them a rule may look at its statement,
// but not at all the others.
func TestStepsAreLinear(t *testing.T) {
	statement := func(elements string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + elements + `}]}`
	}
	// conditions on one key, under n spellings of an operator.
	conditions := func(operator, key, values string) func(n int) string {
		return func(n int) string {
			return `"Condition":{` + listed(n, func(i int) string { return fmt.Sprintf(`%q:{%q:%s}`, spelled(operator, i), key, values) }) + `}`
		}
	}
	const pool = "cognito-identity.amazonaws.com"
	provider := func(i int) string { return fmt.Sprintf(`"arn:aws:iam::111122223333:oidc-provider/gitlab.com/%d"`, i) }
	tests := []struct {
		name string
		kind policy.Kind
		make func(n int) string
	}{
		{"one key that may be missing", policy.Identity, func(n int) string {
			return statement(`"Action":"s3:GetObject","Resource":"*",` + conditions("ForAllValues:StringLike", "aws:TagKeys", `"x"`)(n))
		}},
		{"one key that must be missing and may not", policy.Identity, func(n int) string {
			null := conditions("Null", "aws:PrincipalTag/x", `"true"`)(16)
			return statement(`"Action":"s3:GetObject","Resource":"*",` + strings.TrimSuffix(null, "}") + "," +
				strings.TrimPrefix(conditions("StringNotEqualsIfExists", "aws:PrincipalTag/x", `"x"`)(n), `"Condition":{`))
		}},
		{"one key of a scan", policy.Identity, func(n int) string {
			return statement(`"Action":"dynamodb:GetItem","Resource":"*",` + conditions("ForAllValues:StringEquals", "dynamodb:LeadingKeys", `"x"`)(n))
		}},
		{"one key of another action", policy.Identity, func(n int) string {
			return statement(`"Action":"s3:GetObject","Resource":"*",` + conditions("ForAllValues:StringEquals", "dynamodb:Attributes", `"x"`)(n))
		}},
		{"MFA under many operators", policy.Identity, func(n int) string {
			one := statement(`"Action":"s3:GetObject","Resource":"*",` + conditions("ForAnyValue:Bool", "aws:MultiFactorAuthPresent", `"true"`)(n))
			return strings.Replace(one, "]}", `,{"Effect":"Deny","Action":"s3:PutObject","Resource":"*",`+conditions("ForAnyValue:Bool", "aws:MultiFactorAuthPresent", `"false"`)(n)+"}]}", 1)
		}},
		{"variables of a key with many conditions", policy.Identity, func(n int) string {
			variables := `"` + strings.Repeat("${accounts.google.com:sub}", n) + `"`
			return statement(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::x",` + conditions("StringNotLike", "accounts.google.com:aud", variables)(1))
		}},
		{"principals and conditions of identity pools", policy.Trust, func(n int) string {
			return statement(`"Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":[` + listed(n, func(int) string { return `"` + pool + `"` }) + `]},` +
				conditions("StringNotEquals", pool+":aud", `"x"`)(n))
		}},
		{"principals and conditions of issuers", policy.Trust, func(n int) string {
			return statement(`"Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":[` + listed(n, provider) + `]},` +
				conditions("StringEqualsIgnoreCase", "gitlab.com/x:sub", `"repo:*"`)(n))
		}},
		{"everybody under many conditions", policy.Trust, func(n int) string {
			return statement(`"Action":"sts:AssumeRole","Principal":{"AWS":[` + listed(n, func(int) string { return `"*"` }) + `]},` +
				conditions("StringNotEquals", "aws:PrincipalArn", `"x"`)(n))
		}},
		{"principals that cannot make many calls", policy.Trust, func(n int) string {
			return statement(`"Action":[` + listed(n, func(i int) string { return `"` + spelled("sts:AssumeRoleWithSAML", i) + `"` }) + `],"Principal":{"AWS":[` +
				listed(n, func(i int) string { return fmt.Sprintf(`"%012d"`, i) }) + `]}`)
		}},
		{"roles whose sessions are spared", policy.Resource, func(n int) string {
			return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","NotPrincipal":{"AWS":[` + listed(n, func(i int) string {
				return fmt.Sprintf(`"arn:aws:iam::111122223333:role/r%d","arn:aws:sts::111122223333:assumed-role/r%d/s"`, i, i)
			}) + `]}}]}`
		}},
		{"resources that match nothing", policy.Resource, func(n int) string {
			return statement(`"Principal":"*","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*",` + listed(n, func(int) string { return `"arn:x"` }) + `]`)
		}},
		{"actions of IAM on many short resources", policy.Identity, func(n int) string {
			return statement(`"Action":[` + listed(n, func(i int) string { return `"` + spelled("iam:AttachRolePolicy", i) + `"` }) + `],"Resource":"arn:aws:iam"`)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The first is small enough for the squares of both to stay below the budget.
			few, many := stepsOf(t, tt.make(600), tt.kind), stepsOf(t, tt.make(1200), tt.kind)
			t.Logf("%d steps, then %d", few, many)
			if many > 2*few+few/10+1000 {
				t.Errorf("%d steps for twice as much, after %d", many, few)
			}
		})
	}
}

// TestStepsAreBounded lints documents in which everything has to be compared with
// everything. What was paid for ends soon after the budget.
func TestStepsAreBounded(t *testing.T) {
	const n = 12000 // entries of ten bytes are about as many as the API takes
	allow := func(actions, resources string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":[` + actions + `],"Resource":[` + resources + `]}]}`
	}
	tests := []struct{ name, text string }{
		{"actions that end before others go on", allow(listed(n, func(i int) string { return fmt.Sprintf(`"s3:%x%s"`, i, []string{"", "*"}[i%2]) }), `"arn:aws:s3:::b/*"`)},
		{"actions on short resources", allow(listed(n/2, func(int) string { return `"s3:*"` }), `"arn:aws:sts:::x",`+listed(n/2, func(int) string { return `"arn:x"` }))},
		{"conditions of other actions", strings.Replace(allow(listed(n/4, func(i int) string { return `"` + spelled("s3:getobject", i) + `"` }), `"arn:aws:s3:::b/*"`), `"Resource"`,
			`"Condition":{"StringEquals":{`+listed(n/4, func(i int) string { return fmt.Sprintf(`"iam:ResourceTag/%d":"x"`, i) })+`}},"Resource"`, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := policy.Parse([]byte(tt.text), policy.Resource)
			if err != nil {
				t.Fatal(err)
			}
			r := newRun(d, Options{Catalog: testCatalog, Now: testTime})
			r.check()
			t.Logf("%d steps, %d findings", fullBudget-r.budget, len(r.findings))
			if r.budget >= 0 || !has(r.findings, "too-large-to-compare") {
				t.Errorf("%d steps were enough", fullBudget-r.budget)
			}
			if r.budget < -10*n*sayCost {
				t.Errorf("went on for %d steps after the budget", -r.budget)
			}
		})
	}
}

// TestARefusalIsSaidLast: what AWS refuses a document for is said even behind
// more findings than are kept.
func TestARefusalIsSaidLast(t *testing.T) {
	text := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"AWS":[` +
		listed(2*MaxFindings, func(int) string { return `"*"` }) + `],"Federated":["cognito-identity.amazonaws.com","arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"]}}}`
	d, err := policy.Parse([]byte(text), policy.Trust)
	if err != nil {
		t.Fatal(err)
	}
	found, refused := Lint(d, Options{Catalog: testCatalog}), 0
	for _, f := range found {
		if f.Refused {
			refused++
		}
	}
	if refused == 0 || len(found) != MaxFindings || !has(found, "too-large-to-compare") {
		t.Errorf("%d of %d findings refuse the document", refused, len(found))
	}
}
