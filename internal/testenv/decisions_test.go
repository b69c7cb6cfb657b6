package testenv_test

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
	"github.com/rockpool-id/rockpool/internal/testenv"
	"github.com/rockpool-id/rockpool/policy"
)

// requestID is the id that a client shows its administrator.
func requestID(t *testing.T, a *testenv.Answer) string {
	t.Helper()
	for _, name := range []string{"x-amz-request-id", "x-amzn-RequestId"} {
		if id := a.Header.Get(name); id != "" {
			return id
		}
	}
	t.Fatalf("an answer without a request id: %d %s", a.Status, a.Body)
	return ""
}

// kept opens the data folder of a stopped server and finds records in it.
func kept(t *testing.T, e *testenv.Env) func(requestID string) []*decision.Record {
	t.Helper()
	e.Stop()
	db, err := sqldb.Open(e.Data)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.OpenDecisions(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := decision.Open(decision.Config{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := keeper.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(id string) []*decision.Record {
		t.Helper()
		found, err := keeper.Find(t.Context(), testenv.Account, id)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
}

// TestEveryDenialIsKept asks for what is refused at each door, and finds why under
// the request id of the answer.
func TestEveryDenialIsKept(t *testing.T) {
	s := newStory(t, true)
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	mira, _ := s.credentials(id, token)
	const roleARN = "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role"
	logins := map[string]string{"accounts.google.com": token}
	must(t, s.Root().IAM(t, "UpdateAssumeRolePolicy", "RoleName", "Cognito-IDPool-Role", "PolicyDocument", trust("us-east-1:another-pool", "authenticated")))
	must(t, s.Root().IAM(t, "CreateUser", "UserName", "joe"))
	key := must(t, s.Root().IAM(t, "CreateAccessKey", "UserName", "joe"))
	joe := s.Anonymous()
	joe.KeyID, joe.Secret = key.Element("AccessKeyId"), key.Element("SecretAccessKey")
	must(t, s.Root().IAM(t, "PutUserPolicy", "UserName", "joe", "PolicyName", "assume", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`))

	type want struct {
		action, resource, who string
		layer                 policy.Layer
		rule                  string
		key, value            string // a condition key and its value
	}
	identity := policy.IdentityLayer
	denials := map[string]struct {
		answer *testenv.Answer
		want   want
	}{
		"an S3 GET": {mira.S3(t, "GET", "/other-bucket/secret.jpg", ""), want{
			action: "s3:GetObject", resource: "arn:aws:s3:::other-bucket/secret.jpg", who: "AssumedRole", layer: identity}},
		"an S3 GET of nobody": {s.Anonymous().S3(t, "GET", "/private-pictures/sea/urchin.jpg", ""), want{
			action: "s3:GetObject", resource: "arn:aws:s3:::private-pictures/sea/urchin.jpg", who: "Anonymous", layer: policy.ResourceLayer}},
		"an IAM call": {mira.IAM(t, "ListRoles"), want{action: "iam:ListRoles", resource: "*", who: "AssumedRole", layer: identity}},
		"a call at the pool": {mira.Cognito(t, "DescribeIdentityPool", map[string]any{"IdentityPoolId": s.pool}), want{
			action: "cognito-identity:DescribeIdentityPool", resource: "arn:aws:cognito-identity:us-east-1:" + testenv.Account + ":identitypool/" + s.pool, who: "AssumedRole", layer: identity}},
		"a sign-in that the trust policy refuses": {
			s.Anonymous().Cognito(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": logins}), want{
				action: "sts:AssumeRoleWithWebIdentity", resource: roleARN, who: "WebIdentityUser", layer: policy.TrustLayer,
				key: "cognito-identity.amazonaws.com:aud", value: s.pool}},
		"a token that the trust policy refuses": {
			s.Anonymous().STS(t, "AssumeRoleWithWebIdentity", "RoleArn", roleARN, "RoleSessionName", "web", "WebIdentityToken", token), want{
				action: "sts:AssumeRoleWithWebIdentity", resource: roleARN, who: "WebIdentityUser", layer: policy.TrustLayer}},
		"a user whom the trust policy refuses": {joe.STS(t, "AssumeRole", "RoleArn", roleARN, "RoleSessionName", "joe"), want{
			action: "sts:AssumeRole", resource: roleARN, who: "IAMUser", layer: policy.TrustLayer}},
		"a role that does not exist": {joe.STS(t, "AssumeRole", "RoleArn", roleARN+"x", "RoleSessionName", "joe"), want{
			action: "sts:AssumeRole", resource: roleARN + "x", who: "IAMUser", layer: policy.TrustLayer, rule: "no such role"}},
	}
	allowed := must(t, mira.S3(t, "GET", "/private-pictures/sea/urchin.jpg", ""))
	deleted := mira.Do(t, "s3", "POST", "/private-pictures?delete", contentMD5(deleteMany), deleteMany)

	find := kept(t, s.Env)
	for name, d := range denials {
		t.Run(name, func(t *testing.T) {
			if d.answer.Status < 400 {
				t.Fatalf("it was allowed: %s", d.answer.Body)
			}
			found := find(requestID(t, d.answer))
			if len(found) != 1 {
				t.Fatalf("%d records", len(found))
			}
			r, x := found[0], found[0].Explanation
			got := want{x.Action, x.Resource, r.Principal.Type, x.DecidedBy, r.Rule, d.want.key, d.want.value}
			if got != d.want {
				t.Errorf("got  %+v\nwant %+v", got, d.want)
			}
			if x.Effect == policy.Allow || r.Message == "" || r.SourceIP != "127.0.0.1" || r.Region != testenv.Region {
				t.Errorf("%+v", r)
			}
			if d.want.key != "" && !slices.ContainsFunc(x.Keys, func(k policy.KeyExplanation) bool {
				return k.Key == d.want.key && slices.Contains(k.Values, d.want.value)
			}) {
				t.Errorf("the condition is missing in %+v", x.Keys)
			}
			if strings.Contains(x.Text(), token) {
				t.Error("the record has the token")
			}
		})
	}
	if n := len(find(requestID(t, allowed))); n != 0 {
		t.Errorf("a request that was allowed has %d records", n)
	}
	many := find(requestID(t, deleted))
	if len(many) != decision.MaxPerRequest || many[3].Explanation.Resource != "arn:aws:s3:::private-pictures/k3" {
		t.Errorf("deleting twenty objects left %d records: %s", len(many), deleted.Body)
	}
}

// TestWhichDecisionsAServerKeeps holds the setting.
func TestWhichDecisionsAServerKeeps(t *testing.T) {
	for what, wanted := range map[string]struct{ denied, allowed int }{"denials": {1, 0}, "all": {1, 1}, "off": {0, 0}} {
		t.Run(what, func(t *testing.T) {
			e := testenv.Start(t, testenv.Options{Change: func(c *config.Config) { c.Decisions = what }})
			allowed := must(t, e.Root().IAM(t, "ListRoles"))
			must(t, e.Root().S3(t, "PUT", "/private", ""))
			denied := e.Anonymous().S3(t, "GET", "/private/x", "")
			find := kept(t, e)
			if a, d := len(find(requestID(t, allowed))), len(find(requestID(t, denied))); a != wanted.allowed || d != wanted.denied {
				t.Errorf("%d records of an allowed request, %d of a denied one", a, d)
			}
		})
	}
}

// deleteMany asks S3 to delete twenty objects.
var deleteMany = func() string {
	var b strings.Builder
	b.WriteString("<Delete>")
	for i := range 20 {
		fmt.Fprintf(&b, "<Object><Key>k%d</Key></Object>", i)
	}
	return b.String() + "</Delete>"
}()

func contentMD5(body string) http.Header {
	sum := md5.Sum([]byte(body))
	return http.Header{"Content-Md5": {base64.StdEncoding.EncodeToString(sum[:])}}
}
