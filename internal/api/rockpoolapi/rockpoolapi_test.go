package rockpoolapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/api/rockpoolapi"
	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

// explain calls ExplainDecision.
func explain(t *testing.T, c *testenv.Client, id string) *testenv.Answer {
	t.Helper()
	h := http.Header{"X-Amz-Target": {"Rockpool.ExplainDecision"}, "Content-Type": {"application/x-amz-json-1.1"}}
	return c.Do(t, "rockpool", http.MethodPost, "/", h, fmt.Sprintf(`{"RequestId":%q}`, id))
}

// user makes an IAM user with a policy, or none, and gives a client with its key.
func user(t *testing.T, e *testenv.Env, name, policy string) *testenv.Client {
	t.Helper()
	root := e.Root()
	must(t, root.IAM(t, "CreateUser", "UserName", name))
	if policy != "" {
		must(t, root.IAM(t, "PutUserPolicy", "UserName", name, "PolicyName", "Allowance", "PolicyDocument", policy))
	}
	key := must(t, root.IAM(t, "CreateAccessKey", "UserName", name))
	c := e.Root()
	c.KeyID, c.Secret = key.Element("AccessKeyId"), key.Element("SecretAccessKey")
	return c
}

func must(t *testing.T, a *testenv.Answer) *testenv.Answer {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	return a
}

// deniedID makes a request that must be denied and returns its id.
func deniedID(t *testing.T, a *testenv.Answer) string {
	t.Helper()
	if !strings.HasPrefix(a.Code(), "AccessDenied") {
		t.Fatalf("not denied: %d %s", a.Status, a.Body)
	}
	if id := a.Header.Get("x-amz-request-id"); id != "" {
		return id
	}
	return a.Header.Get("x-amzn-RequestId")
}

const readPictures = `{"Version":"2012-10-17","Statement":[
  {"Sid":"ReadPictures","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::pictures/*"}
]}`

func TestExplainDecision(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	must(t, root.S3(t, http.MethodPut, "/pictures", ""))
	must(t, root.S3(t, http.MethodPut, "/staff", ""))
	mira := user(t, e, "mira", readPictures)

	id := deniedID(t, mira.S3(t, http.MethodGet, "/staff/rota.txt", ""))
	var out struct {
		RequestId string
		Decisions []struct {
			RequestId, Account, Region, SourceIp, Action, Resource, PrincipalArn, Effect, DecidedBy, Message, Text, EncodedAuthorizationMessage string
			Time                                                                                                                                float64
			Principal                                                                                                                           struct{ Type, Arn, UserName string }
			Layers                                                                                                                              []struct {
				Layer      string
				NearMisses []struct {
					Statement struct {
						Policy, Sid string
						Line        int
					}
					Failed []struct {
						Element      string
						Wanted, Seen []string
					}
				}
			}
			Fix struct{ Statement string }
		}
	}
	explain(t, root, id).JSON(t, &out)
	if len(out.Decisions) != 1 || out.RequestId != id {
		t.Fatalf("got %+v", out)
	}
	d := out.Decisions[0]
	resource := "arn:aws:s3:::staff/rota.txt"
	got := []string{
		d.RequestId, d.Account, d.Region, d.SourceIp, d.Action, d.Resource, d.PrincipalArn, d.Effect, d.DecidedBy,
		d.Principal.Type, d.Principal.UserName, d.Layers[0].Layer,
	}
	arn := "arn:aws:iam::" + testenv.Account + ":user/mira"
	want := []string{
		id, testenv.Account, testenv.Region, "127.0.0.1", "s3:GetObject", resource, arn, "implicitDeny", "identity-based policy",
		"IAMUser", "mira", "identity-based policy",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if age := time.Since(time.UnixMilli(int64(d.Time * 1000))); age < 0 || age > time.Minute {
		t.Errorf("it was %v ago", age)
	}
	miss := d.Layers[0].NearMisses[0]
	if miss.Statement.Policy != "Allowance" || miss.Statement.Sid != "ReadPictures" || miss.Statement.Line != 2 ||
		miss.Failed[0].Element != "Resource" || miss.Failed[0].Wanted[0] != "arn:aws:s3:::pictures/*" || miss.Failed[0].Seen[0] != resource {
		t.Errorf("the near miss is %+v", miss)
	}
	for _, part := range []string{"ReadPictures", "arn:aws:s3:::pictures/*", "To allow it"} {
		if !strings.Contains(d.Text, part) {
			t.Errorf("the words do not say %q: %s", part, d.Text)
		}
	}
	if !strings.Contains(d.Fix.Statement, resource) || d.EncodedAuthorizationMessage == "" || !strings.Contains(d.Message, "is not authorized to perform: s3:GetObject") {
		t.Errorf("fix %q, message %q", d.Fix.Statement, d.Message)
	}
	if a := explain(t, e.Root(), id); a.Code() != "" {
		t.Errorf("a second time: %s", a.Body)
	}
}

// Whoever is denied learns nothing by asking, not even whether there is a record.
func TestOnlyWhoMayReadsExplanations(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	must(t, e.Root().S3(t, http.MethodPut, "/staff", ""))
	denied := user(t, e, "denied", readPictures)
	id := deniedID(t, denied.S3(t, http.MethodGet, "/staff/rota.txt", ""))
	unknown := strings.Repeat("0", len(id))

	refusal := func(id string) string {
		a := explain(t, denied, id)
		if a.Status != http.StatusBadRequest || a.Code() != "AccessDeniedException" {
			t.Fatalf("got %d %s", a.Status, a.Body)
		}
		return strings.ReplaceAll(a.Message(), id, "ID")
	}
	if known, unknown := refusal(id), refusal(unknown); known != unknown {
		t.Errorf("somebody denied can tell a record from none: %q, %q", known, unknown)
	}
	want := "User: arn:aws:iam::" + testenv.Account + ":user/denied is not authorized to perform: rockpool:ExplainDecision on resource: " +
		"arn:aws:rockpool:us-east-1:" + testenv.Account + ":decision/ID because no identity-based policy allows the rockpool:ExplainDecision action"
	if got := refusal(id); got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	one := user(t, e, "one", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"rockpool:ExplainDecision",
	  "Resource":"arn:aws:rockpool:us-east-1:`+testenv.Account+`:decision/`+id+`"}}`)
	if a := explain(t, one, id); a.Code() != "" {
		t.Errorf("who may read this one: %s", a.Body)
	}
	if a := explain(t, one, unknown); a.Code() != "AccessDeniedException" {
		t.Errorf("who may read another one: %s", a.Body)
	}
	if a := explain(t, e.Anonymous(), id); a.Code() != "MissingAuthenticationTokenException" {
		t.Errorf("nobody: %s", a.Body)
	}
	// The refusals of this service can be explained like any other.
	var own struct{ Decisions []struct{ Action string } }
	explain(t, e.Root(), deniedID(t, explain(t, denied, id))).JSON(t, &own)
	if len(own.Decisions) != 1 || own.Decisions[0].Action != "rockpool:ExplainDecision" {
		t.Errorf("got %+v", own)
	}
}

func TestNoRecord(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	allowed := must(t, e.Root().S3(t, http.MethodPut, "/pictures", "")).Header.Get("x-amz-request-id")
	cases := []struct{ name, id, code, message string }{
		{"a request that was allowed", allowed, "ResourceNotFoundException", "There is no record of request " + allowed + ". Either no policy denied it"},
		{"a request nobody made", "0", "ResourceNotFoundException", "it is older than 7 days"},
		{"an id that is none", "../etc", "ValidationException", "Value '../etc' at 'requestId' failed to satisfy constraint: Member must satisfy regular expression pattern"},
		{"an empty id", "", "ValidationException", "'requestId' failed to satisfy constraint"},
		{"a very long id", strings.Repeat("a", 129), "ValidationException", "'requestId' failed to satisfy constraint"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			a := explain(t, e.Root(), tt.id)
			if a.Status != http.StatusBadRequest || a.Code() != tt.code || !strings.Contains(a.Message(), tt.message) {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
		})
	}
}

func TestTheReasonFollowsTheSetting(t *testing.T) {
	for setting, want := range map[string]string{"off": "the setting is off", "all": "it asked nothing that policies decide"} {
		e := testenv.Start(t, testenv.Options{Change: func(c *config.Config) { c.Decisions = setting }})
		if a := explain(t, e.Root(), "0"); a.Code() != "ResourceNotFoundException" || !strings.Contains(a.Message(), want) {
			t.Errorf("%s: %s", setting, a.Body)
		}
	}
}

// A record outlives the server that made it.
func TestExplanationsSurviveARestart(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	must(t, e.Root().S3(t, http.MethodPut, "/staff", ""))
	id := deniedID(t, e.Anonymous().S3(t, http.MethodGet, "/staff/rota.txt", ""))
	e.Restart()
	var out struct {
		Decisions []struct{ Principal struct{ Type string } }
	}
	explain(t, e.Root(), id).JSON(t, &out)
	if len(out.Decisions) != 1 || out.Decisions[0].Principal.Type != "Anonymous" {
		t.Errorf("got %+v", out)
	}
}

func TestUnknownOperations(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	for _, target := range []string{"Rockpool.DeleteEverything", "Rockpool.", "Rockpool", "Rockpool.explaindecision"} {
		a := e.Root().Do(t, "rockpool", http.MethodPost, "/", http.Header{"X-Amz-Target": {target}}, "{}")
		if a.Code() != "UnknownOperationException" || a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", target, a.Status, a.Body)
		}
	}
	// A signature for another service is not one for this.
	h := http.Header{"X-Amz-Target": {"Rockpool.ExplainDecision"}}
	if a := e.Root().Do(t, "s3", http.MethodPost, "/", h, `{"RequestId":"0"}`); a.Status != http.StatusBadRequest || a.Code() != "InvalidSignatureException" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := rockpoolapi.New(rockpoolapi.Config{}); err == nil {
		t.Error("it has no parts and was made")
	}
}
