package policycases_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/policycases"
)

// fakeServer answers IAM operations from a table and keeps what was asked.
type fakeServer struct {
	answers map[string]string // by action and the parameters that tell calls apart
	asked   []string
}

func (s *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	key := form.Get("Action")
	for _, name := range []string{"RoleName", "UserName", "GroupName", "PolicyName", "PolicyArn", "VersionId", "Marker"} {
		if v := form.Get(name); v != "" {
			key += " " + v
		}
	}
	if key == "" {
		key = r.Method + " " + r.URL.RequestURI()
	}
	s.asked = append(s.asked, key)
	answer, ok := s.answers[key]
	switch {
	case !ok && strings.HasPrefix(key, "GET "):
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<Error><Code>NoSuchBucketPolicy</Code></Error>")
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no "+key+"</Message></Error></ErrorResponse>")
	case strings.HasPrefix(key, "GET "):
		fmt.Fprint(w, answer)
	default:
		action := form.Get("Action")
		fmt.Fprintf(w, "<%sResponse><%sResult>%s</%sResult></%sResponse>", action, action, answer, action, action)
	}
}

const (
	serverTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"accounts.google.com:aud":"a+b"}}}]}`
	serverInline = `{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}]}`
	serverShared = `{"Version":"2012-10-17","Statement":[{"Sid":"Lists","Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`
	serverLimits = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`
	serverGroup  = `{"Version":"2012-10-17","Statement":[{"Sid":"Hands","Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}`
	serverBucket = `{"Version":"2012-10-17","Statement":[{"Sid":"NoLocked","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/red/locked"}]}`
)

// newFakeServer has a role with everything that a role can have, in lists of two
// pages.
func newFakeServer(t *testing.T) (*fakeServer, *policycases.Server) {
	t.Helper()
	const account = "arn:aws:iam::123456789012:"
	fake := &fakeServer{answers: map[string]string{
		"GetCallerIdentity": "<Account>123456789012</Account>",
		"GetRole app": "<Role><Arn>" + account + "role/deep/app</Arn><RoleId>AROAAPPAPPAPPAPPAPP12</RoleId><AssumeRolePolicyDocument>" + url.PathEscape(serverTrust) + "</AssumeRolePolicyDocument>" +
			"<PermissionsBoundary><PermissionsBoundaryArn>" + account + "policy/limits</PermissionsBoundaryArn></PermissionsBoundary>" +
			"<Tags><member><Key>team</Key><Value>red</Value></member></Tags></Role>",
		"ListRolePolicies app":                             "<PolicyNames><member>own</member></PolicyNames><IsTruncated>true</IsTruncated><Marker>m1</Marker>",
		"ListRolePolicies app m1":                          "<PolicyNames><member>own2</member></PolicyNames><IsTruncated>false</IsTruncated>",
		"GetRolePolicy app own":                            "<PolicyDocument>" + url.PathEscape(serverInline) + "</PolicyDocument>",
		"GetRolePolicy app own2":                           "<PolicyDocument>" + url.PathEscape(serverInline) + "</PolicyDocument>",
		"ListAttachedRolePolicies app":                     "<AttachedPolicies><member><PolicyArn>" + account + "policy/shared</PolicyArn></member></AttachedPolicies>",
		"GetPolicy " + account + "policy/shared":           "<Policy><DefaultVersionId>v3</DefaultVersionId></Policy>",
		"GetPolicyVersion " + account + "policy/shared v3": "<PolicyVersion><Document>" + url.PathEscape(serverShared) + "</Document></PolicyVersion>",
		"GetPolicy " + account + "policy/limits":           "<Policy><DefaultVersionId>v1</DefaultVersionId></Policy>",
		"GetPolicyVersion " + account + "policy/limits v1": "<PolicyVersion><Document>" + url.PathEscape(serverLimits) + "</Document></PolicyVersion>",
		"GetUser ann":                                      "<User><Arn>" + account + "user/ann</Arn><UserId>AIDAANNANNANNANNANN12</UserId></User>",
		"ListUserPolicies ann":                             "",
		"ListAttachedUserPolicies ann":                     "",
		"ListGroupsForUser ann":                            "<Groups><member><GroupName>staff</GroupName></member></Groups><IsTruncated>true</IsTruncated><Marker>m1</Marker>",
		"ListGroupsForUser ann m1":                         "<Groups><member><GroupName>audit</GroupName></member></Groups><IsTruncated>false</IsTruncated>",
		"GetGroup staff":                                   "<Group><Arn>" + account + "group/staff</Arn><GroupId>AGPASTAFF</GroupId></Group><Users/>",
		"ListGroupPolicies staff":                          "<PolicyNames><member>in</member></PolicyNames>",
		"GetGroupPolicy staff in":                          "<PolicyDocument>" + url.PathEscape(serverGroup) + "</PolicyDocument>",
		"ListAttachedGroupPolicies staff":                  "<AttachedPolicies><member><PolicyArn>" + account + "policy/shared</PolicyArn></member></AttachedPolicies>",
		"GetGroup audit":                                   "<Group><Arn>" + account + "group/audit</Arn></Group><Users/>",
		"ListGroupPolicies audit":                          "",
		"ListAttachedGroupPolicies audit":                  "",
		"GET /b?policy":                                    serverBucket,
	}}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	c, err := client.New(client.Config{Endpoint: server.URL, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	return fake, &policycases.Server{Client: c}
}

func TestServerReadsARole(t *testing.T) {
	_, server := newFakeServer(t)
	got, err := server.Role(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	want := &policycases.Stored{
		ARN: "arn:aws:iam::123456789012:role/deep/app", ID: "AROAAPPAPPAPPAPPAPP12", Trust: serverTrust,
		Inline:   []iam.InlinePolicy{{Name: "own", Document: serverInline}, {Name: "own2", Document: serverInline}},
		Attached: []string{"arn:aws:iam::123456789012:policy/shared"}, Boundary: "arn:aws:iam::123456789012:policy/limits",
		Tags: []iam.Tag{{Key: "team", Value: "red"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := server.Role(t.Context(), "nobody"); !errors.Is(err, policycases.ErrNotFound) {
		t.Errorf("a role that is not there: %v", err)
	}
	if _, err := server.BucketPolicy(t.Context(), "open"); !errors.Is(err, policycases.ErrNotFound) {
		t.Errorf("a bucket without a policy: %v", err)
	}
	if account, err := server.Account(t.Context()); err != nil || account != "123456789012" {
		t.Errorf("the account is %q (%v)", account, err)
	}
}

func TestAgainstAServer(t *testing.T) {
	fake, server := newFakeServer(t)
	const text = `
defaults: {as: {role: app, session: s}, do: s3:GetObject, resource_policy: {bucket: b}}
tests:
- {name: own folder, on: "arn:aws:s3:::b/red/1", expect: allow, because: {policy: own, statement: Own}}
- {name: other folder, on: "arn:aws:s3:::b/blue/1", expect: implicit deny}
- {name: locked, on: "arn:aws:s3:::b/red/locked", expect: explicit deny, because: {layer: resource, statement: NoLocked}}
- {name: boundary, do: s3:ListBucket, on: "arn:aws:s3:::b", expect: deny, because: no permissions boundary}
- {name: without it, as: {role: app, boundary: ~}, do: s3:ListBucket, on: "arn:aws:s3:::b", expect: allow, because: {policy: "arn:aws:iam::123456789012:policy/shared"}}
- {name: trust, as: {web_identity: accounts.google.com}, assume: app, with: {accounts.google.com:aud: a+b}, expect: allow}
- {name: a bucket without policy, on: "arn:aws:s3:::open/1", resource_policy: {bucket: open}, expect: deny}
- {name: a user without policies, as: {user: ann}, on: "arn:aws:s3:::b/red/1", expect: deny}
- {name: but with those of its groups, as: {user: ann}, do: s3:ListBucket, on: "arn:aws:s3:::b", expect: allow, because: {policy: "arn:aws:iam::123456789012:policy/shared", says: "group staff"}}
- {name: which deny too, as: {user: ann}, do: s3:DeleteObject, on: "arn:aws:s3:::b/red/1", expect: explicit deny, because: {policy: in, statement: Hands}}
- {name: a role by its ARN, as: "arn:aws:iam::123456789012:role/deep/app", on: "arn:aws:s3:::b/red/1", expect: allow}
`
	file, err := policycases.Read("t.yaml", []byte(text), policycases.Home{Account: "123456789012"})
	if err != nil {
		t.Fatal(err)
	}
	report, err := (&policycases.Runner{Documents: server, Now: noon}).Run(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range report.Files[0].Tests {
		for _, c := range test.Checks {
			if !c.Passed {
				t.Errorf("%s: %s", test.Name, c.Details())
			}
		}
	}
	sources := []string{}
	for _, p := range report.Coverage.Policies {
		sources = append(sources, p.Source)
	}
	want := []string{
		"server: arn:aws:iam::123456789012:policy/limits", "server: arn:aws:iam::123456789012:policy/shared", "server: bucket b",
		"server: group staff, policy in",
		"server: role app, policy own", "server: role app, policy own2", "server: role app, trust policy",
	}
	if d := cmp.Diff(want, sources); d != "" {
		t.Errorf("covered policies: %s", d)
	}
	if len(fake.asked) > 33 {
		t.Errorf("%d calls: %q", len(fake.asked), fake.asked)
	}
}

func TestProblemsWithAServer(t *testing.T) {
	_, server := newFakeServer(t)
	for _, tt := range []struct{ name, as, want string }{
		{"no such role", "{role: nobody}", `t.yaml:1:23: neither the file nor the server has a role "nobody"`},
		{"another path", `"arn:aws:iam::123456789012:role/app"`, `t.yaml:1:23: the role app of the server is arn:aws:iam::123456789012:role/deep/app, not arn:aws:iam::123456789012:role/app`},
		{"no such policy", `{role: app, policies: "arn:aws:iam::123456789012:policy/none"}`, `t.yaml:1:45: the server has no policy arn:aws:iam::123456789012:policy/none`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file, err := policycases.Read("t.yaml", []byte("tests: [{name: n, as: "+tt.as+", do: s3:GetObject, on: '*', expect: deny}]"), policycases.Home{Account: "123456789012"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = (&policycases.Runner{Documents: server, Now: noon}).Run(t.Context(), file)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	file, err := policycases.Read("t.yaml", []byte("tests: [{name: n, as: {role: app}, do: s3:GetObject, on: '*', expect: deny}]"), policycases.Home{Account: "123456789012"})
	if err != nil {
		t.Fatal(err)
	}
	gone := &policycases.Server{Client: mustClient(t, "http://127.0.0.1:1")}
	_, err = (&policycases.Runner{Documents: gone, Now: noon}).Run(t.Context(), file)
	var problems policycases.Problems
	if err == nil || errors.As(err, &problems) || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("a server that is not there: %v", err)
	}
}

func mustClient(t *testing.T, endpoint string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{Endpoint: endpoint, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
