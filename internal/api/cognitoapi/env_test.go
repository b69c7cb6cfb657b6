package cognitoapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

const (
	google   = "accounts.google.com"
	clientID = "web.apps.googleusercontent.com"
	acmeApp  = "acme-app"

	authRole  = "arn:aws:iam::" + testenv.Account + ":role/Auth"
	guestRole = "arn:aws:iam::" + testenv.Account + ":role/service-role/Guest"

	nobody  = "us-east-1:00000000-0000-4000-8000-000000000000"
	poolARN = "arn:aws:cognito-identity:us-east-1:" + testenv.Account + ":identitypool/"
)

// object is a JSON object of a request.
type object = map[string]any

// env is a whole server without pools.
type env struct {
	*testenv.Env
	t    *testing.T
	root *testenv.Client
}

func start(t *testing.T) *env {
	t.Helper()
	e := testenv.Start(t, testenv.Options{})
	return &env{Env: e, t: t, root: e.Root()}
}

// in is the same server in a subtest.
func (e *env) in(t *testing.T) *env { return &env{Env: e.Env, t: t, root: e.root} }

// call calls an operation as root, which must succeed, and returns the answer.
func (e *env) call(operation string, in object) object {
	e.t.Helper()
	a := e.root.Cognito(e.t, operation, in)
	if a.Status != http.StatusOK {
		e.t.Fatalf("%s: %d %s", operation, a.Status, a.Body)
	}
	var out object
	if a.Body != "" {
		a.JSON(e.t, &out)
	}
	return out
}

// public calls an unsigned operation.
func (e *env) public(operation string, in object) *testenv.Answer {
	e.t.Helper()
	return e.Anonymous().Cognito(e.t, operation, in)
}

// create makes a pool of this name with more members, and returns its id.
func (e *env) create(name string, more object) string {
	e.t.Helper()
	in := object{"IdentityPoolName": name, "AllowUnauthenticatedIdentities": false}
	for k, v := range more {
		in[k] = v
	}
	return e.call("CreateIdentityPool", in)["IdentityPoolId"].(string)
}

// iam calls IAM as root, which must succeed.
func (e *env) iam(operation string, parameters ...string) *testenv.Answer {
	e.t.Helper()
	a := e.root.IAM(e.t, operation, parameters...)
	if a.Status != http.StatusOK {
		e.t.Fatalf("%s: %d %s", operation, a.Status, a.Body)
	}
	return a
}

// user makes a user with one inline policy of these statements and a key.
func (e *env) user(name string, statements ...string) *testenv.Client {
	e.t.Helper()
	e.iam("CreateUser", "UserName", name)
	if len(statements) > 0 {
		e.iam("PutUserPolicy", "UserName", name, "PolicyName", "Own", "PolicyDocument",
			`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)
	}
	a := e.iam("CreateAccessKey", "UserName", name)
	c := e.Anonymous()
	c.KeyID, c.Secret = a.Element("AccessKeyId"), a.Element("SecretAccessKey")
	return c
}

func (e *env) roles(pool string) {
	e.t.Helper()
	trust := func(kind string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},` +
			`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},` +
			`"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"` + kind + `"}}}]}`
	}
	e.iam("CreateRole", "RoleName", "Auth", "AssumeRolePolicyDocument", trust("authenticated"))
	e.iam("CreateRole", "RoleName", "Guest", "Path", "/service-role/", "AssumeRolePolicyDocument", trust("unauthenticated"))
	e.setRoles(pool, object{"authenticated": authRole, "unauthenticated": guestRole})
}

func (e *env) setRoles(pool string, roles object) {
	e.t.Helper()
	e.call("SetIdentityPoolRoles", object{"IdentityPoolId": pool, "Roles": roles})
}

// allow is a policy statement.
func allow(actions, resource string, condition ...string) string {
	s := fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q`, actions, resource)
	for _, c := range condition {
		s += `,"Condition":` + c
	}
	return s + "}"
}

// refused holds an answer against the exact refusal, in body and headers. The
// codes of the layer in front of the service spell Message with a capital.
func refused(t *testing.T, what string, a *testenv.Answer, code, message string) {
	t.Helper()
	member := "message"
	switch code {
	case "AccessDeniedException", "MissingAuthenticationTokenException", "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException":
		member = "Message"
	}
	if a.Status != http.StatusBadRequest {
		t.Errorf("%s: status %d, want 400", what, a.Status)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil {
		t.Fatalf("%s: %v: %s", what, err, a.Body)
	}
	if len(body) != 2 || body["__type"] != code || body[member] != message {
		t.Errorf("%s:\n got %s\nwant %s with %s %q", what, a.Body, code, member, message)
	}
	for name, want := range map[string]string{
		"x-amzn-ErrorType": code + ":", "x-amzn-ErrorMessage": message, "Content-Type": "application/x-amz-json-1.1",
		"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: header %s is %q, want %q", what, name, got, want)
		}
	}
	if a.Header.Get("x-amzn-RequestId") == "" {
		t.Errorf("%s: no request id", what)
	}
}

// providers is a server with a pool that accepts Google and one OpenID Connect
// provider, both on loopback and with one key.
type providers struct {
	*env
	key    *logintest.Key
	acme   *logintest.Provider
	issuer string // the Logins key of acme
	pool   string
}

func startProviders(t *testing.T) *providers {
	t.Helper()
	key := logintest.NewRSAKey(t, "k1", "RS256", 2048)
	g := logintest.NewProvider(t, "https://"+google, key)
	acme := logintest.NewProvider(t, "https://id.acme.example/x", key)
	p := &providers{key: key, acme: acme, issuer: strings.TrimPrefix(acme.Issuer, "https://")}
	s := testenv.Start(t, testenv.Options{Change: func(c *config.Config) {
		c.Providers = map[string]string{google: g.URL, p.issuer: acme.URL}
	}})
	p.env = &env{Env: s, t: t, root: s.Root()}
	p.iam("CreateOpenIDConnectProvider", "Url", acme.Issuer, "ClientIDList.member.1", acmeApp, "ThumbprintList.member.1", strings.Repeat("0", 40))
	p.pool = p.create("providers", object{
		"AllowUnauthenticatedIdentities": true, "DeveloperProviderName": "login.dev.example",
		"SupportedLoginProviders":   object{google: clientID, "www.digits.com": "key;secret"},
		"OpenIdConnectProviderARNs": []string{p.acmeARN()},
	})
	p.roles(p.pool)
	return p
}

func (p *providers) acmeARN() string {
	return "arn:aws:iam::" + testenv.Account + ":oidc-provider/" + p.issuer
}

// claims are those of a good token.
func claims(issuer, audience, subject string) logintest.JSON {
	now := time.Now().Unix()
	return logintest.JSON{"iss": issuer, "aud": audience, "sub": subject, "iat": now, "exp": now + 3600}
}

// google and acme are Logins with one good token of a person.
func (p *providers) google(subject string) object {
	return object{google: p.key.Token(claims("https://"+google, clientID, subject))}
}

func (p *providers) acmes(subject string) object {
	return object{p.issuer: p.key.Token(claims(p.acme.Issuer, acmeApp, subject))}
}

func both(a, b object) object {
	m := object{}
	for _, x := range []object{a, b} {
		for k, v := range x {
			m[k] = v
		}
	}
	return m
}

func (p *providers) getID(logins object) *testenv.Answer {
	p.t.Helper()
	return p.public("GetId", object{"IdentityPoolId": p.pool, "Logins": logins})
}

func (p *providers) id(logins object) string {
	p.t.Helper()
	var out struct{ IdentityId string }
	p.getID(logins).JSON(p.t, &out)
	return out.IdentityId
}

func (p *providers) getCredentials(id string, logins object) *testenv.Answer {
	p.t.Helper()
	in := object{"IdentityId": id}
	if logins != nil {
		in["Logins"] = logins
	}
	return p.public("GetCredentialsForIdentity", in)
}

// signIn gets credentials, which must succeed, and returns the answered identity.
func (p *providers) signIn(id string, logins object) string {
	p.t.Helper()
	var out struct{ IdentityId string }
	p.getCredentials(id, logins).JSON(p.t, &out)
	return out.IdentityId
}
