package lint

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/policy"
)

// TestIncludedStatementsOfResourcesChangeNothing is
// TestIncludedStatementsChangeNothing with principals, and for all elements that
// say what is left out.
func TestIncludedStatementsOfResourcesChangeNothing(t *testing.T) {
	const account = "111122223333"
	user := "arn:aws:iam::" + account + ":user/u"
	principals := []string{
		`"Principal":"*"`, `"Principal":{"AWS":"*"}`, `"Principal":{"AWS":"` + account + `"}`, `"Principal":{"AWS":"` + user + `"}`,
		`"Principal":{"AWS":["` + user + `","` + account + `"]}`, `"NotPrincipal":{"AWS":"` + user + `"}`,
	}
	abouts := []string{
		`"Action":"s3:Get*"`, `"Action":"s3:GetObject"`, `"NotAction":"s3:GetObject"`, `"NotAction":["s3:Get*","s3:PutObject"]`, `"Action":"*"`,
	}
	resources := []string{
		`"Resource":"arn:aws:s3:::b/*"`, `"Resource":"*"`, `"NotResource":"arn:aws:s3:::b/a"`, `"NotResource":["arn:aws:s3:::b/a","arn:aws:s3:::b/c*"]`,
		`"NotResource":"arn:aws:s3:::b/${aws:username}"`,
	}
	var statements []string
	for _, effect := range []string{"Allow", "Deny"} {
		for _, p := range principals {
			if effect == "Allow" && strings.HasPrefix(p, `"Not`) {
				continue // refused
			}
			for _, a := range abouts {
				for _, r := range resources {
					statements = append(statements, fmt.Sprintf(`{"Effect":%q,%s,%s,%s}`, effect, p, a, r))
				}
			}
		}
	}
	callers := []policy.Principal{
		{Type: policy.Anonymous},
		{Type: policy.User, Account: account, ARN: user},
		{Type: policy.User, Account: account, ARN: user + "2"},
		{Type: policy.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root"},
		{Type: policy.User, Account: "444455556666", ARN: "arn:aws:iam::444455556666:user/v"},
	}
	everything, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	decide := func(list ...string) []policy.Effect {
		d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(list, ",")+`]}`), policy.Resource)
		if err != nil {
			t.Fatal(err)
		}
		var effects []policy.Effect
		for _, caller := range callers {
			for _, allowed := range []bool{false, true} {
				policies := &policy.Policies{Resource: policy.Compile(d, policy.Meta{})}
				if allowed {
					policies.Identity = []*policy.Policy{policy.Compile(everything, policy.Meta{})}
				}
				for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"} {
					for _, key := range []string{"a", "b", "cc"} {
						effects = append(effects, policy.Decide(&policy.Request{
							Action: action, Resource: "arn:aws:s3:::b/" + key, ResourceAccount: account, Context: &policy.Context{}, Principal: caller,
						}, policies).Effect)
					}
				}
			}
		}
		return effects
	}
	checked := 0
	for i, one := range statements {
		for j := i % 29; j < len(statements); j += 29 {
			if i == j {
				continue
			}
			pair := []string{one, statements[j]}
			d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(pair, ",")+`]}`), policy.Resource)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range Lint(d, Options{Catalog: testCatalog}) {
				if f.Code != "unreachable-allow" && f.Code != "shadowed-statement" || f.Where != "Statement" {
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

func TestLintWithoutAnything(t *testing.T) {
	if found := Lint(nil, Options{}); found != nil {
		t.Errorf("no document has %v", found)
	}
	d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObjet","Resource":"*"}}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	if found := Lint(d, Options{}); len(found) != 1 || found[0].Code != "unknown-action" || found[0].Statement != 0 {
		t.Errorf("without options: %v", found)
	}
}

func TestLogIsBounded(t *testing.T) {
	var out bytes.Buffer
	found := make([]Finding, 50)
	for i := range found {
		found[i] = Finding{Code: "c", Severity: Info + Severity(i%2)}
	}
	Log(t.Context(), slog.New(slog.NewTextHandler(&out, nil)), found, slog.String("name", "n"))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != maxLogged+1 || !strings.Contains(lines[0], "level=INFO") || !strings.Contains(lines[1], "level=WARN") {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	if last := lines[maxLogged]; !strings.Contains(last, "left_out=30") || !strings.Contains(last, "name=n") {
		t.Errorf("the last line says %s", last)
	}
}
