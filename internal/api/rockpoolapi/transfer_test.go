package rockpoolapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

const transferred = "us-east-1:aaaaaaaa-0000-4000-8000-000000000001"

func own(t *testing.T, c *testenv.Client, operation string, in any) *testenv.Answer {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"X-Amz-Target": {"Rockpool." + operation}, "Content-Type": {"application/x-amz-json-1.1"}}
	return c.Do(t, "rockpool", http.MethodPost, "/", h, string(body))
}

type values = map[string]any

func poolOf(more values) values {
	p := values{"IdentityPoolId": transferred, "IdentityPoolName": "people", "AllowUnauthenticatedIdentities": true}
	for k, v := range more {
		p[k] = v
	}
	return p
}

func member(n int, more values) values {
	i := values{"IdentityId": fmt.Sprintf("us-east-1:%08d-0000-4000-8000-000000000000", n), "CreationDate": 1700000000.123 + float64(n), "LastModifiedDate": 1700000000.123 + float64(n)}
	for k, v := range more {
		i[k] = v
	}
	return i
}

func TestImportIdentityPool(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	var made struct {
		Created             bool
		Imported, Unchanged int
		Conflicts           []struct{ IdentityId, Reason, Message, Provider, Owner string }
	}
	logins := func(subject string) []values {
		return []values{{"Provider": "login.example", "Subject": subject, "Linked": 1700000001}}
	}
	list := []values{member(1, values{"Guest": true}), member(2, values{"Logins": logins("ann")}), member(3, values{"Logins": logins("ann")})}
	pool := poolOf(values{"DeveloperProviderName": "login.example", "SupportedLoginProviders": values{"api.twitter.com": "key;not-for-the-record"}})
	own(t, root, "ImportIdentityPool", values{"IdentityPoolId": transferred, "Pool": pool, "Identities": list}).JSON(t, &made)
	if !made.Created || made.Imported != 2 || len(made.Conflicts) != 1 {
		t.Fatalf("got %+v", made)
	}
	if c := made.Conflicts[0]; c.Reason != "LoginTaken" || c.Owner != list[1]["IdentityId"] || c.Provider != "login.example" || c.IdentityId != list[2]["IdentityId"] {
		t.Errorf("got %+v", c)
	}

	// Page by page, and the pool with the first.
	var page struct {
		Pool       values
		Identities []values
		NextToken  string
	}
	in := values{"IdentityPoolId": transferred, "MaxResults": 1}
	own(t, root, "ExportIdentityPool", in).JSON(t, &page)
	if page.Pool["IdentityPoolName"] != "people" || len(page.Identities) != 1 || page.Identities[0]["Guest"] != true || page.NextToken == "" {
		t.Fatalf("got %+v", page)
	}
	in["NextToken"] = page.NextToken
	page.Pool, page.NextToken, page.Identities = nil, "", nil
	own(t, root, "ExportIdentityPool", in).JSON(t, &page)
	if page.Pool != nil || len(page.Identities) != 1 || page.NextToken != "" || page.Identities[0]["CreationDate"] != 1700000002.123 {
		t.Errorf("got %+v", page)
	}
	in["NextToken"] = "x"
	if a := own(t, root, "ExportIdentityPool", in); a.Code() != "ValidationException" || a.Message() != "Invalid NextToken." {
		t.Errorf("a token that is none: %s", a.Body)
	}

	// Nothing of the identities and no secret is in the audit record.
	e.Stop()
	text, err := os.ReadFile(filepath.Join(e.Data, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); strings.Contains(s, "not-for-the-record") || strings.Contains(s, `"ann"`) || !strings.Contains(s, `"identities":{"count":3}`) {
		t.Errorf("the record is %s", s)
	}
}

func TestImportsThatAreRefused(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	must(t, own(t, root, "ImportIdentityPool", values{"IdentityPoolId": transferred, "Pool": poolOf(nil)}))
	cases := []struct {
		name          string
		in            values
		code, message string
	}{
		{"other settings", values{"IdentityPoolId": transferred, "Pool": poolOf(values{"IdentityPoolName": "others"})}, "ResourceConflictException", "with other settings (Name)"},
		{"two ids", values{"IdentityPoolId": transferred[:len(transferred)-1] + "2", "Pool": poolOf(nil)}, "ValidationException", "and its Pool is " + transferred},
		{"no pool", values{"IdentityPoolId": transferred[:len(transferred)-1] + "2"}, "ResourceNotFoundException", "not found"},
		{"another region", values{"IdentityPoolId": "eu" + transferred[2:], "Pool": poolOf(values{"IdentityPoolId": "eu" + transferred[2:]})}, "ValidationException", "server of that region"},
		{"a role that is not there", values{"IdentityPoolId": transferred, "Pool": poolOf(values{"Roles": values{"authenticated": "arn:aws:iam::" + testenv.Account + ":role/none"}})}, "ValidationException", "no such role"},
		{"a rule without a claim", values{"IdentityPoolId": transferred, "Pool": poolOf(values{"RoleMappings": values{"a": values{"Type": "Rules", "RulesConfiguration": values{"Rules": []values{{}}}}}})}, "ValidationException", "claim"},
		{"an identity without times", values{"IdentityPoolId": transferred, "Identities": []values{{"IdentityId": "a"}}}, "ValidationException", "creationDate"},
		{"too many", values{"IdentityPoolId": transferred, "Identities": slices.Repeat([]values{member(1, nil)}, 501)}, "ValidationException", "identities"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			if a := own(t, root, "ImportIdentityPool", tt.in); a.Code() != tt.code || !strings.Contains(a.Message(), tt.message) {
				t.Errorf("got %s", a.Body)
			}
		})
	}
}

// Importing is no way around iam:PassRole, and each permission is for one pool.
func TestPermissionsOfExportAndImport(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	role := must(t, root.IAM(t, "CreateRole", "RoleName", "admin", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+testenv.Account+`"},"Action":"sts:AssumeRole"}]}`)).Element("Arn")
	arn := "arn:aws:cognito-identity:us-east-1:" + testenv.Account + ":identitypool/" + transferred
	allow := func(statements string) string { return `{"Version":"2012-10-17","Statement":[` + statements + `]}` }
	mover := `{"Effect":"Allow","Action":["rockpool:ExportIdentityPool","rockpool:ImportIdentityPool"],"Resource":"` + arn + `"}`
	passer := `{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `","Condition":{"StringEquals":{"iam:PassedToService":"cognito-identity.amazonaws.com"}}}`
	with := values{"IdentityPoolId": transferred, "Pool": poolOf(values{"RoleMappings": nil, "Roles": values{"authenticated": role}})}

	if a := own(t, user(t, e, "nobody", ""), "ImportIdentityPool", with); a.Code() != "AccessDeniedException" || !strings.Contains(a.Message(), "rockpool:ImportIdentityPool on resource: "+arn) {
		t.Errorf("without permission: %s", a.Body)
	}
	one := user(t, e, "mover", allow(mover))
	if a := own(t, one, "ImportIdentityPool", with); a.Code() != "AccessDeniedException" || !strings.Contains(a.Message(), "iam:PassRole on resource: "+role) {
		t.Errorf("without iam:PassRole: %s", a.Body)
	}
	if a := root.Cognito(t, "DescribeIdentityPool", values{"IdentityPoolId": transferred}); a.Code() != "ResourceNotFoundException" {
		t.Errorf("a refused import made the pool: %s", a.Body)
	}
	must(t, own(t, user(t, e, "both", allow(mover+","+passer)), "ImportIdentityPool", with))
	must(t, own(t, one, "ExportIdentityPool", values{"IdentityPoolId": transferred}))
	other := transferred[:len(transferred)-1] + "2"
	if a := own(t, one, "ExportIdentityPool", values{"IdentityPoolId": other}); a.Code() != "AccessDeniedException" {
		t.Errorf("another pool: %s", a.Body)
	}
	if a := own(t, e.Anonymous(), "ExportIdentityPool", values{"IdentityPoolId": transferred}); a.Code() != "MissingAuthenticationTokenException" {
		t.Errorf("nobody: %s", a.Body)
	}
}
