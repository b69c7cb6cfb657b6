package testenv_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

const (
	facebookApp, otherFacebookApp   = "7346241598935552", "7346241598935553"
	amazonClient, otherAmazonClient = "amzn1.application-oa2-client.0123456789abcdef", "amzn1.application-oa2-client.fedcba9876543210"
	appleBundle, appleService       = "com.example.app", "com.example.web"
	consumerKey, consumerSecret     = "consumerKey01234567890123", "consumer-secret_0123456789"
	userPoolName                    = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pretend1"
	supported                       = "Token is not from a supported provider of this identity pool."
)

// village is a server with a pool that accepts every kind of social login and a
// user pool with two clients, of which one demands ServerSideTokenCheck.
type village struct {
	*testenv.Env
	t    *testing.T
	pool string
	log  *syncBuffer

	facebook *pretend.Facebook
	amazon   *pretend.Amazon
	apple    *pretend.Apple
	twitter  *pretend.Twitter
	users    *pretend.UserPool
}

// syncBuffer is a log that a test reads while the server writes.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func apps(list ...string) pretend.ProviderConfig {
	c := pretend.ProviderConfig{Apps: make(map[string]string)}
	for _, app := range list {
		c.Apps[app] = consumerSecret
	}
	return c
}

func newVillage(t *testing.T, change func(*config.Config)) *village {
	t.Helper()
	v := &village{t: t, log: new(syncBuffer)}
	var errs [5]error
	v.facebook, errs[0] = pretend.NewFacebook(apps(facebookApp, otherFacebookApp))
	v.amazon, errs[1] = pretend.NewAmazon(apps(amazonClient, otherAmazonClient))
	v.apple, errs[2] = pretend.NewApple(apps(appleBundle, appleService, "com.example.other"))
	v.twitter, errs[3] = pretend.NewTwitter(apps(consumerKey, "otherConsumer"))
	v.users, errs[4] = pretend.NewUserPool(userPoolName, apps("webclient", "checkedclient", "strangeclient"))
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	usersAt := serve(v.users)
	v.Env = testenv.Start(t, testenv.Options{Log: slog.New(slog.NewTextHandler(v.log, nil)), Change: func(c *config.Config) {
		c.Providers = map[string]string{
			"graph.facebook.com": serve(v.facebook), "www.amazon.com": serve(v.amazon), "appleid.apple.com": serve(v.apple),
			"api.twitter.com": serve(v.twitter), userPoolName: usersAt,
		}
		c.UserPoolChecks = map[string]string{userPoolName: usersAt + "/pretend/introspect"}
		if change != nil {
			change(c)
		}
	}})
	root := v.Root()
	var made struct{ IdentityPoolId string }
	root.Cognito(t, "CreateIdentityPool", map[string]any{
		"IdentityPoolName": "village", "AllowUnauthenticatedIdentities": false,
		"SupportedLoginProviders": map[string]string{
			"graph.facebook.com": facebookApp, "www.amazon.com": amazonClient, "appleid.apple.com": appleBundle + ";" + appleService,
			"api.twitter.com": consumerKey + ";" + consumerSecret, "www.digits.com": "a;b",
		},
		"CognitoIdentityProviders": []map[string]any{
			{"ProviderName": userPoolName, "ClientId": "webclient"},
			{"ProviderName": userPoolName, "ClientId": "checkedclient", "ServerSideTokenCheck": true},
		},
	}).JSON(t, &made)
	v.pool = made.IdentityPoolId
	must(t, root.IAM(t, "CreateRole", "RoleName", "Villager", "AssumeRolePolicyDocument", trust(v.pool, "authenticated")))
	must(t, root.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": v.pool, "Roles": map[string]string{
		"authenticated": "arn:aws:iam::" + testenv.Account + ":role/Villager",
	}}))
	return v
}

func (v *village) getID(key, token string) *testenv.Answer {
	return v.Anonymous().Cognito(v.t, "GetId", map[string]any{"IdentityPoolId": v.pool, "Logins": map[string]string{key: token}})
}

func (v *village) signIn(key, token string) string {
	v.t.Helper()
	var id struct{ IdentityId string }
	v.getID(key, token).JSON(v.t, &id)
	var got credentials
	v.Anonymous().Cognito(v.t, "GetCredentialsForIdentity", map[string]any{
		"IdentityId": id.IdentityId, "Logins": map[string]string{key: token},
	}).JSON(v.t, &got)
	if got.IdentityId != id.IdentityId || !strings.HasPrefix(got.Credentials.AccessKeyId, "ASIA") {
		v.t.Errorf("%s: credentials %+v for %s", key, got, id.IdentityId)
	}
	return id.IdentityId
}

// made fails the test if a token could not be made.
func made(t *testing.T) func(string, error) string {
	return func(token string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
}

// TestEveryProvider signs in with each kind of login: the same person is the same
// identity whatever the token, another application is refused in AWS's words, and
// a provider that is down is its own error.
func TestEveryProvider(t *testing.T) {
	v := newVillage(t, nil)
	people := pretend.MadeUp()
	token := made(t)
	for _, c := range []struct {
		name, key string
		// mint makes a token for a person and the pool's own application, a
		// second one, or another's.
		mint  func(person, app string) (string, error)
		apps  []string
		other string
		// wrong is the sentence for another's token.
		wrong string
		down  func(bool)
		// lasts says that tokens need no provider once its keys are known.
		lasts bool
	}{
		{"Facebook", "graph.facebook.com", func(p, a string) (string, error) { return v.facebook.MintAccessToken(p, a, 0) },
			[]string{facebookApp}, otherFacebookApp, supported, v.facebook.SetDown, false},
		{"Facebook Limited Login", "graph.facebook.com", func(p, a string) (string, error) {
			return v.facebook.MintLimitedLogin(p, a, pretend.TokenOptions{})
		}, []string{facebookApp}, otherFacebookApp, supported, v.facebook.SetDown, true},
		{"Login with Amazon", "www.amazon.com", func(p, a string) (string, error) { return v.amazon.MintAccessToken(p, a, 0) },
			[]string{amazonClient}, otherAmazonClient, supported, v.amazon.SetDown, false},
		{"Apple", "appleid.apple.com", func(p, a string) (string, error) { return v.apple.MintIDToken(p, a, pretend.TokenOptions{}) },
			[]string{appleBundle, appleService}, "com.example.other", "Invalid login token. Incorrect token audience.", v.apple.SetDown, true},
		{"X", "api.twitter.com", func(p, a string) (string, error) { return v.twitter.MintToken(p, a, 0) },
			[]string{consumerKey}, "otherConsumer", "Invalid login token. The login provider does not accept the token.", v.twitter.SetDown, false},
		{"a user pool", userPoolName, func(p, a string) (string, error) { return v.users.MintIDToken(p, a, pretend.TokenOptions{}) },
			[]string{"webclient", "checkedclient"}, "strangeclient", supported, v.users.SetDown, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := *v
			v.t = t
			id := v.signIn(c.key, token(c.mint(people[0].Email, c.apps[0])))
			for _, app := range c.apps {
				if again := v.signIn(c.key, token(c.mint(people[0].Email, app))); again != id {
					t.Errorf("with another token for %s the person is %s, was %s", app, again, id)
				}
			}
			if other := v.signIn(c.key, token(c.mint(people[1].Email, c.apps[0]))); other == id {
				t.Error("two people share an identity")
			}
			foreign := token(c.mint(people[0].Email, c.other))
			refused(t, "another application's token", v.getID(c.key, foreign), 400, "NotAuthorizedException", c.wrong)

			fresh, known := token(c.mint(people[0].Email, c.apps[0])), token(c.mint(people[0].Email, c.apps[0]))
			v.signIn(c.key, known)
			c.down(true)
			v.signIn(c.key, known) // known a moment ago
			if c.lasts {
				v.signIn(c.key, fresh)
			} else {
				a := v.getID(c.key, fresh)
				refused(t, "an outage", a, 400, "ExternalServiceException", "The login provider "+c.key+" could not be reached.")
			}
			c.down(false)
			v.signIn(c.key, fresh)
		})
	}
	// Limited Login and the access token name the same person.
	if a, b := v.signIn("graph.facebook.com", token(v.facebook.MintAccessToken(people[2].Email, facebookApp, 0))),
		v.signIn("graph.facebook.com", token(v.facebook.MintLimitedLogin(people[2].Email, facebookApp, pretend.TokenOptions{}))); a != b {
		t.Errorf("Facebook's person is %s and %s", a, b)
	}
	refused(t, "Digits", v.getID("www.digits.com", "a;b"), 400, "ExternalServiceException", "www.digits.com could not be reached")
}

func TestTokensThatAProviderRefuses(t *testing.T) {
	v := newVillage(t, nil)
	token := made(t)
	mira := pretend.MadeUp()[0]
	const invalid = "Invalid login token. "
	revoked := token(v.amazon.MintAccessToken(mira.Email, amazonClient, 0))
	v.amazon.Revoke(revoked)
	lost := token(v.twitter.MintToken(mira.Email, consumerKey, 0))
	v.twitter.Revoke(lost)
	key, _, _ := strings.Cut(token(v.twitter.MintToken(mira.Email, consumerKey, 0)), ";")
	access := map[string]any{"token_use": "access", "aud": nil, "client_id": "webclient"}
	for _, c := range []struct{ name, key, token, message string }{
		{"a revoked token", "www.amazon.com", revoked, invalid + "The login provider does not accept the token."},
		{"an expired token", "graph.facebook.com", token(v.facebook.MintAccessToken(mira.Email, facebookApp, -time.Minute)), invalid + "The login provider does not accept the token."},
		{"a made-up token", "graph.facebook.com", "EAABmadeup", invalid + "The login provider does not accept the token."},
		{"a token of X taken back", "api.twitter.com", lost, invalid + "The login provider does not accept the token."},
		{"a token of X with another secret", "api.twitter.com", key + ";guessed", invalid + "The login provider does not accept the token."},
		{"a token of X without its secret", "api.twitter.com", key, invalid + "Not a valid OpenId Connect identity token."},
		{"Amazon's token at Facebook", "graph.facebook.com", token(v.amazon.MintAccessToken(mira.Email, amazonClient, 0)), invalid + "The login provider does not accept the token."},
		{"Apple's token at Facebook", "graph.facebook.com", token(v.apple.MintIDToken(mira.Email, appleBundle, pretend.TokenOptions{})), invalid + "Issuer doesn't match providerName"},
		{"an expired ID token", "appleid.apple.com", token(v.apple.MintIDToken(mira.Email, appleBundle, pretend.TokenOptions{Lifetime: -time.Minute})), invalid + "Token expired: "},
		{"an opaque token for Apple", "appleid.apple.com", "opaque", invalid + "Not a valid OpenId Connect identity token."},
		{"a user pool's access token", userPoolName, token(v.users.MintIDToken(mira.Email, "webclient", pretend.TokenOptions{Claims: access})), invalid + "Missing a required claim: aud"},
		{"a user pool of another region", "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pretend1", token(v.users.MintIDToken(mira.Email, "webclient", pretend.TokenOptions{})), supported},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := v.getID(c.key, c.token)
			refused(t, c.name, a, 400, "NotAuthorizedException", c.message)
		})
	}
}

// TestServerSideTokenCheck: one client of the user pool demands it, the other
// does not.
func TestServerSideTokenCheck(t *testing.T) {
	v := newVillage(t, nil)
	token := made(t)
	mira := pretend.MadeUp()[0]
	plain := token(v.users.MintIDToken(mira.Email, "webclient", pretend.TokenOptions{}))
	checked := token(v.users.MintIDToken(mira.Email, "checkedclient", pretend.TokenOptions{}))
	if v.signIn(userPoolName, plain) != v.signIn(userPoolName, checked) {
		t.Error("one person is two")
	}
	v.users.SignOut(mira)
	v.signIn(userPoolName, plain)
	refused(t, "signed out", v.getID(userPoolName, checked), 400, "NotAuthorizedException", "Invalid login token. The login provider does not accept the token.")

	// Without an endpoint to ask, a login that must be checked is refused.
	blind := newVillage(t, func(c *config.Config) { c.UserPoolChecks = nil })
	checked = token(blind.users.MintIDToken(mira.Email, "checkedclient", pretend.TokenOptions{}))
	refused(t, "nobody to ask", blind.getID(userPoolName, checked), 400, "ExternalServiceException", "could not be reached")
	blind.signIn(userPoolName, token(blind.users.MintIDToken(mira.Email, "webclient", pretend.TokenOptions{})))
}

// TestAccessTokensAtSTS assumes a role directly with the tokens of Facebook and
// Amazon; the role's trust policy names application and person.
func TestAccessTokensAtSTS(t *testing.T) {
	v := newVillage(t, nil)
	token := made(t)
	people := pretend.MadeUp()
	for _, c := range []struct {
		provider, app, other, personKey, person string
		mint                                    func(person, app string) (string, error)
		down                                    func(bool)
	}{
		{"graph.facebook.com", facebookApp, otherFacebookApp, "id", v.facebook.UserID(people[0]),
			func(p, a string) (string, error) { return v.facebook.MintAccessToken(p, a, 0) }, v.facebook.SetDown},
		{"www.amazon.com", amazonClient, otherAmazonClient, "user_id", v.amazon.UserID(people[0]),
			func(p, a string) (string, error) { return v.amazon.MintAccessToken(p, a, 0) }, v.amazon.SetDown},
	} {
		t.Run(c.provider, func(t *testing.T) {
			role := "Web-" + c.provider
			document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + c.provider + `"},"Action":"sts:AssumeRoleWithWebIdentity",` +
				`"Condition":{"StringEquals":{"` + c.provider + `:app_id":"` + c.app + `","` + c.provider + ":" + c.personKey + `":"` + c.person + `"}}}]}`
			must(t, v.Root().IAM(t, "CreateRole", "RoleName", role, "AssumeRolePolicyDocument", document))
			arn := "arn:aws:iam::" + testenv.Account + ":role/" + role
			assume := func(token, provider string) *testenv.Answer {
				return v.Anonymous().STS(t, "AssumeRoleWithWebIdentity", "RoleArn", arn, "RoleSessionName", "phone", "WebIdentityToken", token, "ProviderId", provider)
			}
			good := token(c.mint(people[0].Email, c.app))
			a := must(t, assume(good, c.provider))
			if p, aud, sub := a.Element("Provider"), a.Element("Audience"), a.Element("SubjectFromWebIdentityToken"); p != c.provider || aud != c.app || sub != c.person {
				t.Errorf("provider %q, audience %q, subject %q", p, aud, sub)
			}
			const denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
			refused(t, "another person", assume(token(c.mint(people[1].Email, c.app)), c.provider), 403, "AccessDenied", denied)
			refused(t, "another application", assume(token(c.mint(people[0].Email, c.other)), c.provider), 403, "AccessDenied", denied)
			refused(t, "a made-up token", assume("EAABmadeup", c.provider), 403, "IDPRejectedClaim", "")
			refused(t, "a provider that has none", assume(good, "appleid.apple.com"), 400, "ValidationError", "appleid.apple.com is not a supported provider")
			c.down(true)
			refused(t, "an outage", assume(token(c.mint(people[0].Email, c.app)), c.provider), 400, "IDPCommunicationError", "")
			c.down(false)
		})
	}
}

// TestNothingSecretIsWritten looks for tokens and secrets in the log and in the
// records. (The database holds the consumer secret: it is part of the pool.)
func TestNothingSecretIsWritten(t *testing.T) {
	const appSecret = "facebook-app-secret-0123456789"
	v := newVillage(t, func(c *config.Config) {
		c.LogLevel = "debug"
		c.FacebookSecrets = map[string]config.SecretValue{otherFacebookApp: {Secret: keys.NewSecret(appSecret)}}
	})
	token := made(t)
	mira := pretend.MadeUp()[0]
	logins := map[string]string{
		"graph.facebook.com": token(v.facebook.MintAccessToken(mira.Email, facebookApp, 0)),
		"www.amazon.com":     token(v.amazon.MintAccessToken(mira.Email, amazonClient, 0)),
		"api.twitter.com":    token(v.twitter.MintToken(mira.Email, consumerKey, 0)),
	}
	secrets := []string{consumerSecret, appSecret}
	for key, login := range logins {
		v.signIn(key, login)
		secrets = append(secrets, strings.Split(login, ";")...)
	}
	for _, down := range []func(bool){v.facebook.SetDown, v.amazon.SetDown, v.twitter.SetDown} {
		down(true)
	}
	unlucky := map[string]string{
		"graph.facebook.com": token(v.facebook.MintAccessToken(mira.Email, facebookApp, 0)),
		"www.amazon.com":     token(v.amazon.MintAccessToken(mira.Email, amazonClient, 0)),
		"api.twitter.com":    token(v.twitter.MintToken(mira.Email, consumerKey, 0)),
	}
	for key, login := range unlucky {
		refused(t, "an outage", v.getID(key, login), 400, "ExternalServiceException", "")
		v.Anonymous().STS(t, "AssumeRoleWithWebIdentity", "RoleArn", "arn:aws:iam::"+testenv.Account+":role/Villager",
			"RoleSessionName", "x", "WebIdentityToken", login, "ProviderId", key)
		secrets = append(secrets, strings.Split(login, ";")...)
	}
	v.Stop()
	records, err := os.ReadFile(filepath.Join(v.Data, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(records), consumerKey+";HIDDEN") {
		t.Error("the record of the pool does not show the consumer key")
	}
	for _, s := range secrets {
		if strings.Contains(string(records), s) {
			t.Errorf("a record holds %q", s)
		}
		if strings.Contains(v.log.String(), s) {
			t.Errorf("the log holds %q", s)
		}
	}
}
