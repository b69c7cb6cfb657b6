package testenv_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

const clientID = "story.apps.googleusercontent.com"

// story is a server with the workshop done on it: a private bucket, a pool that
// accepts the pretend Google, and a role that may read the bucket.
type story struct {
	*testenv.Env
	t      *testing.T
	google *pretend.Google
	pool   string
	now    func() time.Time
}

func startGoogle(t *testing.T, now func() time.Time) (*pretend.Google, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	g, err := pretend.New(pretend.Config{
		BaseURL: base, Now: now,
		Clients: []pretend.Client{
			{ID: clientID, Name: "Story", RedirectURIs: []string{"http://127.0.0.1:1/"}, Origins: []string{"http://127.0.0.1:1"}},
			{ID: "other.apps.googleusercontent.com", Name: "Other", RedirectURIs: []string{"http://127.0.0.1:1/"}, Origins: []string{"http://127.0.0.1:1"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: g, ReadHeaderTimeout: time.Minute}}
	s.Start()
	t.Cleanup(s.Close)
	return g, base
}

func trust(pool, amr string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},` +
		`"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"` + amr + `"}}}]}`
}

func readBucket(bucket string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"ReadPrivateBucket","Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],` +
		`"Resource":["arn:aws:s3:::` + bucket + `","arn:aws:s3:::` + bucket + `/*"]}]}`
}

func must(t *testing.T, a *testenv.Answer) *testenv.Answer {
	t.Helper()
	if a.Status >= 300 {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	return a
}

func newStory(t *testing.T, guests bool) *story {
	t.Helper()
	s := &story{t: t, now: time.Now}
	var base string
	s.google, base = startGoogle(t, nil)
	s.Env = testenv.Start(t, testenv.Options{Change: func(c *config.Config) {
		c.Providers = map[string]string{"accounts.google.com": base}
	}})
	s.furnish(guests)
	return s
}

// furnish does the workshop.
func (s *story) furnish(guests bool) {
	t := s.t
	t.Helper()
	root := s.Root()
	must(t, root.S3(t, "PUT", "/private-pictures", ""))
	must(t, root.S3(t, "PUT", "/private-pictures/sea/urchin.jpg", "a picture"))
	must(t, root.S3(t, "PUT", "/other-bucket", ""))
	must(t, root.S3(t, "PUT", "/other-bucket/secret.jpg", "not for you"))
	var made struct{ IdentityPoolId string }
	root.Cognito(t, "CreateIdentityPool", map[string]any{
		"IdentityPoolName": "story", "AllowUnauthenticatedIdentities": guests,
		"SupportedLoginProviders": map[string]string{"accounts.google.com": clientID},
	}).JSON(t, &made)
	s.pool = made.IdentityPoolId
	must(t, root.IAM(t, "CreateRole", "RoleName", "Cognito-IDPool-Role", "AssumeRolePolicyDocument", trust(s.pool, "authenticated")))
	must(t, root.IAM(t, "PutRolePolicy", "RoleName", "Cognito-IDPool-Role", "PolicyName", "ReadPrivateBucket", "PolicyDocument", readBucket("private-pictures")))
	must(t, root.IAM(t, "CreateRole", "RoleName", "Guest", "AssumeRolePolicyDocument", trust(s.pool, "unauthenticated")))
	must(t, root.IAM(t, "PutRolePolicy", "RoleName", "Guest", "PolicyName", "All", "PolicyDocument", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`))
	must(t, root.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": s.pool, "Roles": map[string]string{
		"authenticated":   "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role",
		"unauthenticated": "arn:aws:iam::" + testenv.Account + ":role/Guest",
	}}))
}

func (s *story) token(person int, o pretend.TokenOptions) string {
	s.t.Helper()
	token, err := s.google.MintIDToken(s.google.People()[person].Email, clientID, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

func (s *story) id(token string) string {
	s.t.Helper()
	in := map[string]any{"IdentityPoolId": s.pool}
	if token != "" {
		in["Logins"] = map[string]string{"accounts.google.com": token}
	}
	var out struct{ IdentityId string }
	s.Anonymous().Cognito(s.t, "GetId", in).JSON(s.t, &out)
	return out.IdentityId
}

type credentials struct {
	IdentityId  string
	Credentials struct {
		AccessKeyId, SecretKey, SessionToken string
		Expiration                           float64
	}
}

func (s *story) credentials(id, token string) (*testenv.Client, credentials) {
	s.t.Helper()
	in := map[string]any{"IdentityId": id}
	if token != "" {
		in["Logins"] = map[string]string{"accounts.google.com": token}
	}
	var out credentials
	s.Anonymous().Cognito(s.t, "GetCredentialsForIdentity", in).JSON(s.t, &out)
	c := s.Anonymous()
	c.KeyID, c.Secret, c.SessionToken = out.Credentials.AccessKeyId, out.Credentials.SecretKey, out.Credentials.SessionToken
	return c, out
}

func refused(t *testing.T, what string, a *testenv.Answer, status int, code, message string) {
	t.Helper()
	if a.Status != status || a.Code() != code || !strings.Contains(a.Message(), message) {
		t.Errorf("%s: %d %s %q; want %d %s with %q", what, a.Status, a.Code(), a.Message(), status, code, message)
	}
}

func TestStory(t *testing.T) {
	s := newStory(t, true)
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	if again := s.id(s.token(0, pretend.TokenOptions{})); again != id {
		t.Errorf("the same person is %s and %s", id, again)
	}
	if other := s.id(s.token(1, pretend.TokenOptions{})); other == id {
		t.Error("two people share an identity")
	}
	mira, got := s.credentials(id, token)
	if !strings.HasPrefix(got.Credentials.AccessKeyId, "ASIA") || got.IdentityId != id {
		t.Errorf("credentials %+v for %s", got, id)
	}
	if left := time.Until(time.Unix(int64(got.Credentials.Expiration), 0)); left < 59*time.Minute || left > 61*time.Minute {
		t.Errorf("credentials expire in %v, want an hour", left)
	}
	who := must(t, mira.STS(t, "GetCallerIdentity"))
	if arn := who.Element("Arn"); arn != "arn:aws:sts::"+testenv.Account+":assumed-role/Cognito-IDPool-Role/CognitoIdentityCredentials" {
		t.Errorf("caller is %s", arn)
	}

	list := must(t, mira.S3(t, "GET", "/private-pictures?list-type=2", ""))
	if key := list.Element("Key"); key != "sea/urchin.jpg" {
		t.Errorf("listing: %s", list.Body)
	}
	if a := must(t, mira.S3(t, "GET", "/private-pictures/sea/urchin.jpg", "")); a.Body != "a picture" {
		t.Errorf("picture is %q", a.Body)
	}
	const because = "because no identity-based policy allows the "
	refused(t, "another bucket", mira.S3(t, "GET", "/other-bucket/secret.jpg", ""), 403, "AccessDenied", because+"s3:GetObject action")
	refused(t, "a write", mira.S3(t, "PUT", "/private-pictures/x", "x"), 403, "AccessDenied", because+"s3:PutObject action")
	refused(t, "a delete", mira.S3(t, "DELETE", "/private-pictures/sea/urchin.jpg", ""), 403, "AccessDenied", because+"s3:DeleteObject action")
	refused(t, "the bucket's policy", mira.S3(t, "GET", "/private-pictures?policy", ""), 403, "AccessDenied", because+"s3:GetBucketPolicy action")
	refused(t, "a missing picture", mira.S3(t, "GET", "/private-pictures/none", ""), 404, "NoSuchKey", "")
	refused(t, "all buckets", mira.S3(t, "GET", "/", ""), 403, "AccessDenied", because+"s3:ListAllMyBuckets action")
	refused(t, "IAM", mira.IAM(t, "ListRoles"), 403, "AccessDenied", because+"iam:ListRoles action")
	refused(t, "the pool", mira.Cognito(t, "DescribeIdentityPool", map[string]any{"IdentityPoolId": s.pool}), 400, "AccessDeniedException", because+"cognito-identity:DescribeIdentityPool action")
	refused(t, "nobody", s.Anonymous().S3(t, "GET", "/private-pictures/sea/urchin.jpg", ""), 403, "AccessDenied", "Access Denied")

	// A change of policy counts at once, for sessions that exist too.
	root := s.Root()
	must(t, root.IAM(t, "DeleteRolePolicy", "RoleName", "Cognito-IDPool-Role", "PolicyName", "ReadPrivateBucket"))
	refused(t, "after the policy is gone", mira.S3(t, "GET", "/private-pictures/sea/urchin.jpg", ""), 403, "AccessDenied", because)
	must(t, root.IAM(t, "PutRolePolicy", "RoleName", "Cognito-IDPool-Role", "PolicyName", "ReadPrivateBucket", "PolicyDocument", readBucket("private-pictures")))

	// Everything survives a restart: identities, sessions, roles, objects.
	s.Restart()
	mira.URL = s.URL
	if a := must(t, mira.S3(t, "GET", "/private-pictures/sea/urchin.jpg", "")); a.Body != "a picture" {
		t.Errorf("after a restart the picture is %q", a.Body)
	}
	if again := s.id(s.token(0, pretend.TokenOptions{})); again != id {
		t.Errorf("after a restart the person is %s, was %s", again, id)
	}
	must(t, s.Root().IAM(t, "DeleteRolePolicy", "RoleName", "Cognito-IDPool-Role", "PolicyName", "ReadPrivateBucket"))
	must(t, s.Root().IAM(t, "DeleteRole", "RoleName", "Cognito-IDPool-Role"))
	refused(t, "a session of a deleted role", mira.S3(t, "GET", "/private-pictures/sea/urchin.jpg", ""), 400, "InvalidToken", "")
}

func TestGuests(t *testing.T) {
	s := newStory(t, true)
	id := s.id("")
	guest, _ := s.credentials(id, "")
	// The role allows everything; the ceiling of guests does not.
	must(t, guest.S3(t, "GET", "/private-pictures/sea/urchin.jpg", ""))
	refused(t, "IAM under the guests' ceiling", guest.IAM(t, "ListRoles"), 403, "AccessDenied", "because no session policy allows the iam:ListRoles action")

	// A guest who signs in keeps the identity, and it is no longer a guest's.
	token := s.token(2, pretend.TokenOptions{})
	_, got := s.credentials(id, token)
	if got.IdentityId != id {
		t.Errorf("the guest %s became %s", id, got.IdentityId)
	}
	a := s.Anonymous().Cognito(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id})
	refused(t, "an authenticated identity without login", a, 400, "NotAuthorizedException", "Access to Identity '"+id+"' is forbidden.")

	closed := newStory(t, false)
	a = closed.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": closed.pool, "Logins": map[string]string{}})
	refused(t, "guests are off", a, 400, "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
}

// TestTheRecordSaysWhyARoleWasRefused: the client gets AWS's bare sentence, the
// administrator the condition keys that the trust policy saw.
func TestTheRecordSaysWhyARoleWasRefused(t *testing.T) {
	s := newStory(t, true)
	must(t, s.Root().IAM(t, "UpdateAssumeRolePolicy", "RoleName", "Cognito-IDPool-Role", "PolicyDocument", trust("us-east-1:another-pool", "authenticated")))
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	a := s.Anonymous().Cognito(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": map[string]string{"accounts.google.com": token}})
	refused(t, "a role that trusts another pool", a, 400, "InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
	s.Stop()
	records, err := os.ReadFile(filepath.Join(s.Data, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"no statement allows", "cognito-identity.amazonaws.com:aud = " + s.pool, "cognito-identity.amazonaws.com:amr = authenticated, accounts.google.com"} {
		if !strings.Contains(string(records), want) {
			t.Errorf("the record does not say %q", want)
		}
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	s := newStory(t, false)
	good := s.token(0, pretend.TokenOptions{})
	other, err := s.google.MintIDToken(s.google.People()[0].Email, "other.apps.googleusercontent.com", pretend.TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	forger, _ := startGoogle(t, nil)
	forged, err := forger.MintIDToken(forger.People()[0].Email, clientID, pretend.TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	old, _ := startGoogle(t, func() time.Time { return time.Now().Add(-3 * time.Hour) })
	_ = old
	dot := strings.LastIndex(good, ".")
	cases := []struct{ name, key, token, message string }{
		{"another client's token", "accounts.google.com", other, "Invalid login token. Incorrect token audience."},
		{"a token of another Google", "accounts.google.com", forged, "Invalid login token. Couldn't verify signed token."},
		{"a tampered signature", "accounts.google.com", good[:dot+1] + flip(good[dot+1:]), "Invalid login token. Couldn't verify signed token."},
		{"no signature", "accounts.google.com", good[:dot+1], "Invalid login token."},
		{"not a token", "accounts.google.com", "EAAB-an-access-token", "Invalid login token. Not a valid OpenId Connect identity token."},
		{"a provider that is not configured", "graph.facebook.com", good, "Token is not from a supported provider of this identity pool."},
		{"an unknown provider", "evil.example", good, "Logins don't match. Please include at least one valid login for this identity or identity pool."},
		{"the pools' own key", "cognito-identity.amazonaws.com", good, "Invalid login token. Can't pass in a Cognito token."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := s.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": s.pool, "Logins": map[string]string{c.key: c.token}})
			refused(t, c.name, a, 400, "NotAuthorizedException", c.message)
			if kind := a.Header.Get("X-Amzn-Errortype"); kind != "NotAuthorizedException:" {
				t.Errorf("x-amzn-ErrorType is %q", kind)
			}
			if strings.Contains(a.Body, good[:40]) {
				t.Error("the answer holds the token")
			}
		})
	}
}

// flip changes the first character of a signature, which always changes bits
// of it; the last one may hold padding only.
func flip(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}

func TestOurOwnIssuerCannotBeRegistered(t *testing.T) {
	root := testenv.Start(t, testenv.Options{}).Root()
	for _, url := range []string{"https://cognito-identity.amazonaws.com", "https://Cognito-Identity.amazonaws.com/x"} {
		refused(t, url, root.IAM(t, "CreateOpenIDConnectProvider", "Url", url, "ClientIDList.member.1", "x"), 400, "ValidationError", "Invalid Open ID Connect Provider URL")
	}
}

func TestTrustInEveryPoolIsRefused(t *testing.T) {
	root := testenv.Start(t, testenv.Options{}).Root()
	open := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`
	refused(t, "CreateRole", root.IAM(t, "CreateRole", "RoleName", "Open", "AssumeRolePolicyDocument", open), 400, "MalformedPolicyDocument", "must limit the identity pool")
	must(t, root.IAM(t, "CreateRole", "RoleName", "Closed", "AssumeRolePolicyDocument", trust("us-east-1:pool", "authenticated")))
	refused(t, "UpdateAssumeRolePolicy", root.IAM(t, "UpdateAssumeRolePolicy", "RoleName", "Closed", "PolicyDocument", open), 400, "MalformedPolicyDocument", "must limit the identity pool")
}

func TestSessionsThatAreRefused(t *testing.T) {
	s := newStory(t, true)
	token := s.token(0, pretend.TokenOptions{})
	mira, _ := s.credentials(s.id(token), token)
	guest, _ := s.credentials(s.id(""), "")
	foreign := newStory(t, true)
	stranger, _ := foreign.credentials(foreign.id(""), "")

	changed := func(f func(c *testenv.Client)) *testenv.Client { c := *mira; f(&c); return &c }
	cases := []struct {
		name      string
		client    *testenv.Client
		s3Status  int
		s3Code    string
		jsonCode  string
		queryCode string
	}{
		{"a wrong secret", changed(func(c *testenv.Client) { c.Secret = guest.Secret }), 403, "SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"},
		{"a session key without its token", changed(func(c *testenv.Client) { c.SessionToken = "" }), 403, "InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId"},
		{"the token of another session", changed(func(c *testenv.Client) { c.SessionToken = guest.SessionToken }), 400, "InvalidToken", "UnrecognizedClientException", "InvalidClientTokenId"},
		{"a tampered token", changed(func(c *testenv.Client) { c.SessionToken = flipMiddle(c.SessionToken) }), 400, "InvalidToken", "UnrecognizedClientException", "InvalidClientTokenId"},
		{"a session of another server", changed(func(c *testenv.Client) {
			c.KeyID, c.Secret, c.SessionToken = stranger.KeyID, stranger.Secret, stranger.SessionToken
		}), 400, "InvalidToken", "UnrecognizedClientException", "InvalidClientTokenId"},
		{"an unknown key", changed(func(c *testenv.Client) { c.KeyID, c.SessionToken = "AKIAAAAAAAAAAAAAAAAA", "" }), 403, "InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId"},
		{"a clock an hour behind", changed(func(c *testenv.Client) { c.Now = func() time.Time { return time.Now().Add(-time.Hour) } }), 403, "RequestTimeTooSkewed", "InvalidSignatureException", "SignatureDoesNotMatch"},
		// IAM answers for every region (iam-sts.md 4.1), and denies.
		{"another region", changed(func(c *testenv.Client) { c.Region = "eu-north-1" }), 400, "AuthorizationHeaderMalformed", "InvalidSignatureException", "AccessDenied"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			refused(t, "S3", c.client.S3(t, "GET", "/private-pictures/sea/urchin.jpg", ""), c.s3Status, c.s3Code, "")
			refused(t, "Cognito", c.client.Cognito(t, "ListIdentityPools", map[string]any{"MaxResults": 1}), 400, c.jsonCode, "")
			refused(t, "IAM", c.client.IAM(t, "ListRoles"), 403, c.queryCode, "")
		})
	}
}

func flipMiddle(s string) string {
	i := len(s) / 2
	c := byte('A')
	if s[i] == c {
		c = 'B'
	}
	return s[:i] + string(c) + s[i+1:]
}

func TestExpiredSession(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	e := testenv.Start(t, testenv.Options{Now: now})
	root := e.Root()
	must(t, root.S3(t, "PUT", "/some-bucket", ""))
	var made struct{ IdentityPoolId string }
	root.Cognito(t, "CreateIdentityPool", map[string]any{"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": true}).JSON(t, &made)
	must(t, root.IAM(t, "CreateRole", "RoleName", "Guest", "AssumeRolePolicyDocument", trust(made.IdentityPoolId, "unauthenticated")))
	must(t, root.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": made.IdentityPoolId, "Roles": map[string]string{
		"unauthenticated": "arn:aws:iam::" + testenv.Account + ":role/Guest",
	}}))
	s := &story{t: t, Env: e, pool: made.IdentityPoolId}
	guest, _ := s.credentials(s.id(""), "")
	must(t, guest.STS(t, "GetCallerIdentity"))
	ahead.Store(int64(time.Hour + time.Second))
	refused(t, "S3", guest.S3(t, "GET", "/some-bucket", ""), 400, "ExpiredToken", "The provided token has expired.")
	refused(t, "STS", guest.STS(t, "GetCallerIdentity"), 403, "ExpiredToken", "The security token included in the request is expired")
	refused(t, "Cognito", guest.Cognito(t, "ListIdentityPools", map[string]any{"MaxResults": 1}), 400, "ExpiredTokenException", "The security token included in the request is expired")
}
