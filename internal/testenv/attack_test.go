package testenv_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
	"github.com/rockpool-id/rockpool/sigv4"
)

// These tests attack a whole server with what a client can send. Each holds a
// rule of design.md 9; the packages test the rules one by one.

// user makes a user with one inline policy and a key.
func user(t *testing.T, e *testenv.Env, name, statements string) *testenv.Client {
	t.Helper()
	root := e.Root()
	must(t, root.IAM(t, "CreateUser", "UserName", name))
	if statements != "" {
		must(t, root.IAM(t, "PutUserPolicy", "UserName", name, "PolicyName", "Own", "PolicyDocument", `{"Version":"2012-10-17","Statement":[`+statements+`]}`))
	}
	a := must(t, root.IAM(t, "CreateAccessKey", "UserName", name))
	c := e.Anonymous()
	c.KeyID, c.Secret = a.Element("AccessKeyId"), a.Element("SecretAccessKey")
	return c
}

// session makes a client of the credentials in an answer of STS.
func session(t *testing.T, e *testenv.Env, a *testenv.Answer) *testenv.Client {
	t.Helper()
	must(t, a)
	c := e.Anonymous()
	c.KeyID, c.Secret, c.SessionToken = a.Element("AccessKeyId"), a.Element("SecretAccessKey"), a.Element("SessionToken")
	return c
}

func TestKeysOfOthersAreOutOfReach(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	user(t, e, "admin", `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	own := user(t, e, "own", `{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::`+testenv.Account+`:user/own"}`)
	keys := user(t, e, "keys", `{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"*"},`+
		`{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::`+testenv.Account+`:user/admin"}`)

	refused(t, "a key of another user", own.IAM(t, "CreateAccessKey", "UserName", "admin"), 403, "AccessDenied", "user/admin")
	refused(t, "a key of nobody is not one of root", keys.IAM(t, "CreateAccessKey", "UserName", ""), 400, "ValidationError", "")
	refused(t, "a denied user in another case", keys.IAM(t, "CreateAccessKey", "UserName", "Admin"), 404, "NoSuchEntity", "")
	for _, operation := range []string{"UpdateAccessKey", "DeleteAccessKey"} {
		refused(t, operation+" of root's key as one's own", keys.IAM(t, operation, "AccessKeyId", testenv.RootKeyID, "Status", "Inactive"), 404, "NoSuchEntity", "")
		refused(t, operation+" of root's key by no name", keys.IAM(t, operation, "UserName", "", "AccessKeyId", testenv.RootKeyID, "Status", "Inactive"), 400, "ValidationError", "")
	}
	if a := must(t, root.IAM(t, "ListAccessKeys")); strings.Count(a.Body, "<AccessKeyId>") != 1 {
		t.Errorf("root has other keys now: %s", a.Body)
	}
	must(t, own.IAM(t, "CreateAccessKey")) // what is allowed works

	// A key that is switched off stops at once.
	must(t, root.IAM(t, "UpdateAccessKey", "UserName", "own", "AccessKeyId", own.KeyID, "Status", "Inactive"))
	refused(t, "a key that is off", own.STS(t, "GetCallerIdentity"), 403, "InvalidClientTokenId", "")
}

func TestAParameterHasOneMeaning(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, c := range map[string]struct{ path, body string }{
		"twice in a body":          {"/", "Action=GetUser&Version=2010-05-08&UserName=a&UserName=b"},
		"in the query and a body":  {"/?UserName=a", "Action=GetUser&Version=2010-05-08&UserName=b"},
		"an action in both":        {"/?Action=ListUsers", "Action=DeleteUser&Version=2010-05-08&UserName=b"},
		"twice, one of it escaped": {"/", "Action=GetUser&Version=2010-05-08&UserName=a&User%4eame=b"},
	} {
		a := root.Do(t, "iam", http.MethodPost, c.path, form, c.body)
		refused(t, name, a, 400, "MalformedQueryString", "more than once")
	}
}

// A signature is good for the service it names, wherever headers send it.
func TestASignatureIsForOneService(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, service := range []string{"s3", "sts", "cognito-identity"} {
		refused(t, "IAM signed for "+service, root.Do(t, service, http.MethodPost, "/", form, "Action=ListUsers&Version=2010-05-08"), 403, "SignatureDoesNotMatch", "")
	}
	target := http.Header{"X-Amz-Target": {"AWSCognitoIdentityService.ListIdentityPools"}, "Content-Type": {"application/x-amz-json-1.1"}}
	for _, service := range []string{"s3", "sts", "iam"} {
		refused(t, "Cognito signed for "+service, root.Do(t, service, http.MethodPost, "/", target, `{"MaxResults":1}`), 400, "InvalidSignatureException", "")
	}
	if a := root.Do(t, "iam", http.MethodGet, "/some-bucket", nil, ""); a.Status < 400 {
		t.Errorf("S3 signed for IAM: %d %s", a.Status, a.Body)
	}
}

func TestSessionsOfUsersAreClosedToIAM(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	dev := user(t, e, "dev", `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	must(t, dev.IAM(t, "ListUsers"))
	temporary := session(t, e, dev.STS(t, "GetSessionToken"))
	federated := session(t, e, dev.STS(t, "GetFederationToken", "Name", "bob", "Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`))
	rootly := session(t, e, e.Root().STS(t, "GetSessionToken"))
	for name, c := range map[string]*testenv.Client{"GetSessionToken": temporary, "GetFederationToken": federated, "root's GetSessionToken": rootly} {
		refused(t, name+" and IAM", c.IAM(t, "CreateUser", "UserName", "evil"), 403, "AccessDenied", "")
		refused(t, name+" and a longer session", c.STS(t, "GetFederationToken", "Name", "eve"), 403, "AccessDenied", "")
		refused(t, name+" and another session", c.STS(t, "GetSessionToken"), 403, "AccessDenied", "")
		mixed := *c
		mixed.KeyID, mixed.Secret = dev.KeyID, dev.Secret
		refused(t, name+"'s token with a long-term key", mixed.STS(t, "GetCallerIdentity"), 403, "InvalidClientTokenId", "")
	}
}

// Whoever gets the name of a role that is gone gets neither its sessions nor
// what others granted to it.
func TestANewRoleOfAnOldName(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	dev := user(t, e, "dev", `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`)
	arn := "arn:aws:iam::" + testenv.Account + ":role/R"
	trusts := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + testenv.Account + `"},"Action":"sts:AssumeRole"}}`
	make := func() { must(t, root.IAM(t, "CreateRole", "RoleName", "R", "AssumeRolePolicyDocument", trusts)) }
	make()
	must(t, root.S3(t, "PUT", "/some-bucket", ""))
	must(t, root.S3(t, "PUT", "/some-bucket/k", "v"))
	must(t, root.S3(t, "PUT", "/some-bucket?policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+arn+`"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/*"}}`))
	old := session(t, e, dev.STS(t, "AssumeRole", "RoleArn", arn, "RoleSessionName", "same"))
	must(t, old.S3(t, "GET", "/some-bucket/k", ""))
	must(t, root.IAM(t, "DeleteRole", "RoleName", "R"))
	make()
	refused(t, "a session of the old role", old.S3(t, "GET", "/some-bucket/k", ""), 400, "InvalidToken", "")
	young := session(t, e, dev.STS(t, "AssumeRole", "RoleArn", arn, "RoleSessionName", "same"))
	refused(t, "a grant to the old role", young.S3(t, "GET", "/some-bucket/k", ""), 403, "AccessDenied", "")
}

func TestRolesOfAPoolMustBePassed(t *testing.T) {
	s := newStory(t, false)
	must(t, s.Root().IAM(t, "CreateRole", "RoleName", "Admin", "AssumeRolePolicyDocument", trust(s.pool, "authenticated")))
	admin := "arn:aws:iam::" + testenv.Account + ":role/Admin"
	pools := user(t, s.Env, "pools", `{"Effect":"Allow","Action":"cognito-identity:*","Resource":"*"},`+
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::`+testenv.Account+`:role/Guest"}`)
	set := func(role string) *testenv.Answer {
		return pools.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": s.pool, "Roles": map[string]string{"authenticated": role}})
	}
	refused(t, "a role not to be passed", set(admin), 400, "NotAuthorizedException", "Access to Role '"+admin+"' is forbidden.")
	refused(t, "a role of another account", set("arn:aws:iam::999999999999:role/Admin"), 400, "NotAuthorizedException", "")
	refused(t, "a pattern of roles", set("arn:aws:iam::"+testenv.Account+":role/*"), 400, "NotAuthorizedException", "")
	must(t, set("arn:aws:iam::"+testenv.Account+":role/Guest"))
	token := s.token(0, pretend.TokenOptions{})
	a := s.Anonymous().Cognito(t, "GetCredentialsForIdentity", map[string]any{
		"IdentityId": s.id(token), "Logins": map[string]string{"accounts.google.com": token}, "CustomRoleArn": admin,
	})
	refused(t, "a role of one's own choice", a, 400, "NotAuthorizedException", "")
	// A guest's role does not trust who is signed in.
	a = s.Anonymous().Cognito(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": s.id(token), "Logins": map[string]string{"accounts.google.com": token}})
	refused(t, "a role that does not trust the caller", a, 400, "InvalidIdentityPoolConfigurationException", "")
	// Nor can a token go around the pool.
	a = s.Anonymous().STS(t, "AssumeRoleWithWebIdentity", "RoleArn", admin, "RoleSessionName", "me", "WebIdentityToken", token)
	refused(t, "a role of the pool by Google's token", a, 403, "AccessDenied", "")
}

// What a client may choose is text in a policy variable, never a pattern.
func TestVariablesHoldText(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	must(t, root.S3(t, "PUT", "/some-bucket", ""))
	for _, key := range []string{"a/k", "*/k", "$%7Baws:username%7D/k"} {
		must(t, root.S3(t, "PUT", "/some-bucket/"+key, "v"))
	}
	dev := user(t, e, "dev", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/${aws:UserAgent}/*"}`)
	get := func(agent, key string) *testenv.Answer {
		return dev.Do(t, "s3", http.MethodGet, "/some-bucket/"+key, http.Header{"User-Agent": {agent}}, "")
	}
	must(t, get("a", "a/k"))
	must(t, get("*", "*/k"))
	must(t, get("${aws:username}", "$%7Baws:username%7D/k"))
	for _, agent := range []string{"*", "?", "${*}", "${?}", "${aws:username}", "a/k\x00", ""} {
		if strings.ContainsRune(agent, 0) {
			continue // no HTTP client can send it
		}
		refused(t, "the agent "+agent, get(agent, "a/k"), 403, "AccessDenied", "")
	}
}

func TestCopiesNeedTheirSource(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	for _, b := range []string{"/open-bucket", "/shut-bucket"} {
		must(t, root.S3(t, "PUT", b, ""))
	}
	must(t, root.S3(t, "PUT", "/open-bucket/a", "open"))
	must(t, root.S3(t, "PUT", "/shut-bucket/secret", "secret"))
	must(t, root.S3(t, "PUT", "/open-bucket/%2E%2E/shut-bucket/secret", "a key like any other"))
	dev := user(t, e, "dev", `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::open-bucket","arn:aws:s3:::open-bucket/*"]}`)
	started := must(t, dev.S3(t, "POST", "/open-bucket/part?uploads", "")).Element("UploadId")
	for _, source := range []string{
		"shut-bucket/secret", "/shut-bucket/secret", "shut-bucket%2Fsecret", "%73hut-bucket/secret", "/shut-bucket/secret?versionId=null",
		"open-bucket/../shut-bucket/secret?versionId=1", "shut-bucket/secret?versionId=null&x=y", "//shut-bucket/secret", "shut-bucket",
		"arn:aws:s3:us-east-1:" + testenv.Account + ":accesspoint/ap/object/secret",
	} {
		for _, path := range []string{"/open-bucket/copy", "/open-bucket/part?partNumber=1&uploadId=" + started} {
			a := dev.Do(t, "s3", http.MethodPut, path, http.Header{"X-Amz-Copy-Source": {source}}, "")
			if a.Status < 400 {
				t.Errorf("%s from %s: %d %s", path, source, a.Status, a.Body)
			}
		}
	}
	must(t, dev.Do(t, "s3", http.MethodPut, "/open-bucket/copy", http.Header{"X-Amz-Copy-Source": {"open-bucket/../shut-bucket/secret"}}, ""))
	if a := must(t, dev.S3(t, "GET", "/open-bucket/copy", "")); a.Body != "a key like any other" {
		t.Errorf("the copy holds %q", a.Body)
	}
	// An upload belongs to its bucket and key.
	for _, path := range []string{"/open-bucket/other?uploadId=", "/shut-bucket/part?uploadId="} {
		if a := dev.S3(t, "GET", path+started, ""); a.Status < 400 {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
}

// A presigned URL does what its signer wrote and nothing else.
func TestPresignedURLsAreNarrow(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	must(t, root.S3(t, "PUT", "/some-bucket", ""))
	must(t, root.S3(t, "PUT", "/some-bucket/k", "v"))
	must(t, root.S3(t, "PUT", "/some-bucket/secret", "s"))
	signer := sigv4.Signer{AccessKeyID: root.KeyID, Secret: sigv4.NewSecret(root.Secret), Region: root.Region, Service: "s3"}
	presign := func(method, path string) string {
		r, err := http.NewRequestWithContext(t.Context(), method, e.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		u, err := signer.Presign(r, "", time.Now(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return u.String()
	}
	send := func(method, target string, header http.Header) *testenv.Answer {
		r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range header {
			r.Header[k] = v
		}
		return testenv.Send(t, r)
	}
	get, put := presign("GET", "/some-bucket/k"), presign("PUT", "/some-bucket/new")
	if a := must(t, send("GET", get, nil)); a.Body != "v" {
		t.Errorf("got %q", a.Body)
	}
	for name, a := range map[string]*testenv.Answer{
		"another method":          send("DELETE", get, nil),
		"another key":             send("GET", strings.Replace(get, "/k?", "/secret?", 1), nil),
		"a sub-resource":          send("GET", get+"&acl", nil),
		"a sub-resource in front": send("GET", strings.Replace(get, "?", "?tagging&", 1), nil),
		"a copy":                  send("PUT", put, http.Header{"X-Amz-Copy-Source": {"some-bucket/secret"}}),
		"a copy in the query":     send("PUT", put+"&X-Amz-Copy-Source=some-bucket%2Fsecret", nil),
		"an ACL":                  send("PUT", put, http.Header{"X-Amz-Acl": {"bucket-owner-full-control"}}),
		"metadata":                send("PUT", put, http.Header{"X-Amz-Meta-A": {"b"}}),
		"a longer life":           send("GET", strings.Replace(get, "X-Amz-Expires=60", "X-Amz-Expires=600", 1), nil),
		"a second signature":      send("GET", get+"&X-Amz-Signature=00", nil),
		"a header signature too":  send("GET", get, http.Header{"Authorization": {"AWS4-HMAC-SHA256 x"}}),
		"without the signature":   send("GET", get[:strings.Index(get, "&X-Amz-Signature=")], nil),
		"another host":            send("GET", strings.Replace(get, "127.0.0.1", "localhost", 1), nil),
	} {
		if a.Status < 400 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	refused(t, "what a copy would have made", root.S3(t, "GET", "/some-bucket/new", ""), 404, "NoSuchKey", "")
}

// An unknown, repeated or misspelt query key never becomes another operation.
func TestQueryKeysDoNotFallThrough(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	must(t, root.S3(t, "PUT", "/some-bucket", ""))
	must(t, root.S3(t, "PUT", "/some-bucket/k", "v"))
	for _, c := range []struct{ method, path string }{
		{"PUT", "/new-bucket?unknown"}, {"PUT", "/some-bucket/k?unknown"}, {"DELETE", "/some-bucket/k?unknown"}, {"DELETE", "/some-bucket?unknown"},
		{"PUT", "/some-bucket/k?Tagging"}, {"DELETE", "/some-bucket/k?TAGGING"}, {"GET", "/some-bucket?Policy"}, {"PUT", "/some-bucket/k?ACL"},
		{"GET", "/some-bucket?acl&policy"}, {"GET", "/some-bucket/k?versionId=null&versionId=null"}, {"GET", "/some-bucket?prefix=a&Prefix=b"},
		{"DELETE", "/some-bucket/k?versionid=null"}, {"PUT", "/some-bucket/k?versionId=null"}, {"POST", "/some-bucket/k"}, {"PATCH", "/some-bucket/k"},
		{"GET", "/some-bucket/k?%74agging&tagging"}, {"DELETE", "/some-bucket/k?x-amz-acl=private"},
	} {
		if a := root.S3(t, c.method, c.path, ""); a.Status < 400 {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Body)
		}
	}
	if a := must(t, root.S3(t, "GET", "/some-bucket/k", "")); a.Body != "v" {
		t.Errorf("the object holds %q", a.Body)
	}
	refused(t, "the bucket that a fall-through would make", root.S3(t, "GET", "/new-bucket", ""), 404, "NoSuchBucket", "")
}

func TestPublicAccessIsBlocked(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root, nobody := e.Root(), e.Anonymous()
	must(t, root.S3(t, "PUT", "/some-bucket", ""))
	must(t, root.S3(t, "PUT", "/some-bucket/k", "v"))
	policy := func(statement string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/*",` + statement + `}}`
	}
	for _, public := range []string{
		`"Principal":"*"`, `"Principal":{"AWS":"*"}`, `"Principal":{"AWS":["` + testenv.Account + `","*"]}`,
		`"Principal":"*","Condition":{"StringLike":{"aws:UserAgent":"x"}}`, `"Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`,
		`"Principal":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.1"}}`, `"Principal":"*","Condition":{"StringEqualsIfExists":{"aws:PrincipalAccount":"` + testenv.Account + `"}}`,
		`"Principal":"*","Condition":{"ForAllValues:StringEquals":{"aws:PrincipalAccount":"` + testenv.Account + `"}}`,
		`"Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}`,
		`"Principal":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":["` + testenv.Account + `","${aws:PrincipalAccount}"]}}`,
		`"Principal":"*","Condition":{"Null":{"aws:PrincipalAccount":"false"}}`,
	} {
		refused(t, public, root.S3(t, "PUT", "/some-bucket?policy", policy(public)), 403, "AccessDenied", "BlockPublicPolicy")
	}
	// With writes of public policies let through, they still serve the account only.
	block := func(policies, restrict string) string {
		return "<PublicAccessBlockConfiguration><BlockPublicPolicy>" + policies + "</BlockPublicPolicy><RestrictPublicBuckets>" + restrict + "</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
	}
	must(t, root.S3(t, "PUT", "/some-bucket?publicAccessBlock", block("false", "true")))
	must(t, root.S3(t, "PUT", "/some-bucket?policy", policy(`"Principal":"*"`)))
	refused(t, "a restricted public bucket", nobody.S3(t, "GET", "/some-bucket/k", ""), 403, "AccessDenied", "Access Denied")
	dev := user(t, e, "dev", "")
	must(t, dev.S3(t, "GET", "/some-bucket/k", ""))
	must(t, root.S3(t, "PUT", "/some-bucket?publicAccessBlock", block("false", "false")))
	must(t, nobody.S3(t, "GET", "/some-bucket/k", ""))
	refused(t, "an answer of one's own making", nobody.S3(t, "GET", "/some-bucket/k?response-content-type=text%2Fhtml", ""), 400, "InvalidRequest", "")
	// A policy for the account's principals is none for strangers.
	must(t, root.S3(t, "PUT", "/some-bucket?policy", policy(`"Principal":{"AWS":"`+testenv.Account+`"}`)))
	refused(t, "an account's policy", nobody.S3(t, "GET", "/some-bucket/k", ""), 403, "AccessDenied", "Access Denied")
	refused(t, "a user whom the account has not allowed", dev.S3(t, "GET", "/some-bucket/k", ""), 403, "AccessDenied", "")
}

// A page token opens the listing it was made for.
func TestPageTokensStayWithTheirListing(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	for _, b := range []string{"/some-bucket", "/other-bucket"} {
		must(t, root.S3(t, "PUT", b, ""))
		for _, k := range []string{"/p/1", "/p/2", "/q/1"} {
			must(t, root.S3(t, "PUT", b+k, ""))
		}
	}
	next := must(t, root.S3(t, "GET", "/some-bucket?list-type=2&prefix=p%2F&max-keys=1", "")).Element("NextContinuationToken")
	token := "&continuation-token=" + url.QueryEscape(next)
	must(t, root.S3(t, "GET", "/some-bucket?list-type=2&prefix=p%2F"+token, ""))
	for _, path := range []string{"/some-bucket?list-type=2", "/some-bucket?list-type=2&prefix=q%2F", "/other-bucket?list-type=2&prefix=p%2F"} {
		refused(t, path, root.S3(t, "GET", path+token, ""), 400, "InvalidArgument", "continuation token")
	}
	refused(t, "IAM with a token of S3", root.IAM(t, "ListUsers", "Marker", next), 400, "ValidationError", "")
}

// lines is a log that a test reads while a server writes.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// Whatever is sent, right or wrong, no token, secret or signature is written down.
func TestSecretsAreNotWrittenDown(t *testing.T) {
	var log lines
	google, base := startGoogle(t, nil)
	e := testenv.Start(t, testenv.Options{
		Log:    slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Change: func(c *config.Config) { c.Providers = map[string]string{"accounts.google.com": base} },
	})
	s := &story{t: t, Env: e, google: google}
	root := e.Root()
	var made struct{ IdentityPoolId string }
	root.Cognito(t, "CreateIdentityPool", map[string]any{"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": false, "SupportedLoginProviders": map[string]string{"accounts.google.com": clientID}}).JSON(t, &made)
	s.pool = made.IdentityPoolId
	must(t, root.IAM(t, "CreateRole", "RoleName", "R", "AssumeRolePolicyDocument", trust(s.pool, "authenticated")))
	must(t, root.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": s.pool, "Roles": map[string]string{"authenticated": "arn:aws:iam::" + testenv.Account + ":role/R"}}))
	must(t, root.S3(t, "PUT", "/some-bucket", ""))

	token := s.token(0, pretend.TokenOptions{})
	mira, _ := s.credentials(s.id(token), token)
	dev := user(t, e, "dev", "")
	secrets := map[string]string{
		"a login token": token[len(token)-40:], "a session token": mira.SessionToken[len(mira.SessionToken)-40:], "a session's secret": mira.Secret,
		"a user's secret": dev.Secret, "root's secret": testenv.RootSecret, "the start of a login token": token[:60], "the start of a session token": mira.SessionToken[:60],
	}

	nobody := e.Anonymous()
	for _, bad := range []string{token + "x", strings.Repeat(token, 60), token[:len(token)-4], token + "." + token} {
		nobody.Cognito(t, "GetId", map[string]any{"IdentityPoolId": s.pool, "Logins": map[string]string{"accounts.google.com": bad}})
		nobody.STS(t, "AssumeRoleWithWebIdentity", "RoleArn", "arn:aws:iam::"+testenv.Account+":role/R", "RoleSessionName", "x", "WebIdentityToken", bad)
	}
	nobody.STS(t, "AssumeRoleWithWebIdentity", "RoleArn", "arn:aws:iam::"+testenv.Account+":role/R", "RoleSessionName", "me", "WebIdentityToken", token)
	for _, c := range []*testenv.Client{mira, {URL: mira.URL, KeyID: mira.KeyID, Secret: "wrong", SessionToken: mira.SessionToken, Region: mira.Region}} {
		c.S3(t, "GET", "/some-bucket/k", "")
		c.IAM(t, "ListUsers")
		c.STS(t, "GetCallerIdentity")
		c.Cognito(t, "ListIdentityPools", map[string]any{"MaxResults": 1})
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+"/some-bucket/k", nil)
	if err != nil {
		t.Fatal(err)
	}
	signer := sigv4.Signer{AccessKeyID: mira.KeyID, Secret: sigv4.NewSecret(mira.Secret), SessionToken: mira.SessionToken, Region: mira.Region, Service: "s3"}
	u, err := signer.Presign(r, "", time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	secrets["a presigned URL's signature"] = u.Query().Get("X-Amz-Signature")
	for _, tail := range []string{"", "&acl", "&X-Amz-Security-Token=" + mira.SessionToken, "&x-amz-security-token=" + mira.SessionToken} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String()+tail, nil)
		if err != nil {
			t.Fatal(err)
		}
		testenv.Send(t, r)
	}
	target := http.Header{"X-Amz-Target": {"AWSCognitoIdentityService.ListIdentityPools"}, "Content-Type": {"application/x-amz-json-1.1"}}
	for _, path := range []string{"/?X-Amz-Security-Token=" + mira.SessionToken + "%zz", "/?X-Amz-Signature=" + secrets["a presigned URL's signature"] + "%zz"} {
		nobody.Do(t, "", http.MethodPost, path, target, `{"MaxResults":1}`)
	}
	e.Stop() // flushes the records

	record, err := os.ReadFile(filepath.Join(e.Data, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range secrets {
		if strings.Contains(string(record), secret) {
			t.Errorf("the audit record holds %s", name)
		}
		if i := strings.Index(log.b.String(), secret); i >= 0 {
			t.Errorf("the log holds %s: %.300s", name, log.b.String()[max(0, i-200):])
		}
	}
	for name, want := range map[string]os.FileMode{"audit.jsonl": 0o600, "master-key": 0o600} {
		info, err := os.Stat(filepath.Join(e.Data, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want mode %o", name, info, err, want)
		}
	}
}

// A grant to a name that nobody has would be whoever's takes the name later.
func TestBucketPoliciesNameWhoExists(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	root := e.Root()
	must(t, root.S3(t, "PUT", "/some-bucket", ""))
	user(t, e, "dev", "")
	iam, sts := "arn:aws:iam::"+testenv.Account+":", "arn:aws:sts::"+testenv.Account+":"
	policy := func(principal string) *testenv.Answer {
		return root.S3(t, "PUT", "/some-bucket?policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+principal+
			`"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/*"}}`)
	}
	for _, ghost := range []string{iam + "user/ghost", iam + "role/ghost", sts + "assumed-role/ghost/session", "AROAAAAAAAAAAAAAAAAAA", iam + "user/Dev", iam + "user/*"} {
		refused(t, ghost, policy(ghost), 400, "MalformedPolicy", "Invalid principal in policy")
	}
	must(t, policy(iam+"user/dev"))
	must(t, policy(testenv.Account))
}
