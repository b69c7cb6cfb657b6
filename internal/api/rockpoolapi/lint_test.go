package rockpoolapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

func TestLintPolicy(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	call := func(c *testenv.Client, in map[string]string) *testenv.Answer {
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{"X-Amz-Target": {"Rockpool.LintPolicy"}, "Content-Type": {"application/x-amz-json-1.1"}}
		return c.Do(t, "rockpool", http.MethodPost, "/", h, string(body))
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`
	cases := []struct {
		name, document, kind, wantKind, severity, refused string
	}{
		{"a sound policy", readPictures, "", "identity", "", ""},
		{"an action that does not exist", strings.Replace(readPictures, "s3:GetObject", "s3:GetObjekt", 1), "identity", "identity", "warning,error", ""},
		{"a trust policy that anybody's pool satisfies", trust, "", "trust", "error", "yes"},
		{"a text that is no policy", `{"Version":`, "identity", "identity", "error", "yes"},
		{"a principal where none may be", trust, "identity", "identity", "error", "yes"},
		{"a trust policy by name", trust, "trust", "trust", "error", "yes"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			in := map[string]string{"PolicyDocument": tt.document}
			if tt.kind != "" {
				in["Kind"] = tt.kind
			}
			var out struct {
				Kind     string
				Findings []struct {
					Code, Severity, Text string
					Refused              bool
					Line                 int
				}
			}
			call(e.Root(), in).JSON(t, &out)
			if out.Kind != tt.wantKind || (len(out.Findings) == 0) != (tt.severity == "") {
				t.Fatalf("got %+v", out)
			}
			if tt.severity == "" {
				return
			}
			f := out.Findings[0]
			if !strings.Contains(tt.severity, f.Severity) || f.Code == "" || f.Text == "" || f.Refused != (tt.refused != "") {
				t.Errorf("got %+v", f)
			}
		})
	}
	nobody := user(t, e, "nobody", "")
	if a := call(nobody, map[string]string{"PolicyDocument": trust}); a.Code() != "AccessDeniedException" || !strings.Contains(a.Message(), "rockpool:LintPolicy") {
		t.Errorf("without permission: %s", a.Body)
	}
	if a := call(e.Root(), map[string]string{"PolicyDocument": trust, "Kind": "boundary"}); a.Code() != "ValidationException" {
		t.Errorf("a kind that is none: %s", a.Body)
	}
}
