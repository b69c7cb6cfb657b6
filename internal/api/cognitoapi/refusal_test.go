package cognitoapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

// Sentences of cognito-identity.md 2.3, byte for byte: clients compare them.
const (
	noGuests    = "Unauthenticated access is not supported for this identity pool."
	noMatch     = "Logins don't match. Please include at least one valid login for this identity or identity pool."
	unsupported = "Token is not from a supported provider of this identity pool."
	noTrust     = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
	badToken    = "Invalid login token. "

	notAuthorized = "NotAuthorizedException"
	notFound      = "ResourceNotFoundException"
	badParameter  = "InvalidParameterException"
)

// TestLoginsThatAreRefused is the part of the table of cognito-identity.md 2.3
// about logins: GetId and GetCredentialsForIdentity answer the same.
func TestLoginsThatAreRefused(t *testing.T) {
	p := startProviders(t)
	guest := p.id(nil)
	stranger := logintest.NewRSAKey(t, "k1", "RS256", 2048)
	good := func() logintest.JSON { return claims("https://"+google, clientID, "1") }
	token := func(change logintest.JSON) string { return p.key.Token(good().With(change)) }
	past := time.Now().Unix() - 100
	foreign := p.key.Token(claims("https://other.example", clientID, "1"))
	userPool := "cognito-idp.us-east-1.amazonaws.com/us-east-1_abc"

	cases := []struct {
		name          string
		logins        object
		code, message string
	}{
		{"a provider that nobody knows", object{"evil.example": foreign}, notAuthorized, noMatch},
		{"an unknown provider beside a good login", both(p.google("1"), object{"evil.example": foreign}), notAuthorized, noMatch},
		{"a provider's name in other letters", object{"Accounts.Google.Com": token(nil)}, notAuthorized, noMatch},
		{"a known provider that the pool has not", object{"www.amazon.com": token(nil)}, notAuthorized, unsupported},
		{"a user pool that the pool has not", object{userPool: token(nil)}, notAuthorized, unsupported},
		{"a SAML provider that the pool has not", object{"arn:aws:iam::" + testenv.Account + ":saml-provider/x": "PHNhbWw+"}, notAuthorized, unsupported},
		{"another issuer than the key says", object{google: foreign}, notAuthorized, badToken + "Issuer doesn't match providerName"},
		{"a token of another provider of the pool", object{google: p.acmes("1")[p.issuer]}, notAuthorized, badToken + "Issuer doesn't match providerName"},
		{"a signature of another key", object{google: stranger.Token(good())}, notAuthorized, badToken + "Couldn't verify signed token."},
		{"a key that the provider has not", object{google: p.key.As("k9", "RS256").Token(good())}, notAuthorized, badToken + "Couldn't verify signed token."},
		{"an access token", object{google: "EAABsbCS1iHgBA"}, notAuthorized, badToken + "Not a valid OpenId Connect identity token."},
		{"a token without audience", object{google: token(logintest.JSON{"aud": logintest.Absent()})}, notAuthorized, badToken + "Missing a required claim: aud"},
		{"a token without subject", object{google: token(logintest.JSON{"sub": logintest.Absent()})}, notAuthorized, badToken + "Missing a required claim: sub"},
		{"a token for another client", object{google: token(logintest.JSON{"aud": "other"})}, notAuthorized, badToken + "Incorrect token audience."},
		{"a token for another client of the registered provider", object{p.issuer: p.key.Token(claims(p.acme.Issuer, "other", "1"))}, notAuthorized, badToken + "Incorrect token audience."},
		{"a bad token beside a good one", both(p.google("1"), object{p.issuer: "x"}), notAuthorized, badToken + "Not a valid OpenId Connect identity token."},
		{"the developer provider", object{"login.dev.example": "user-1"}, badParameter, "Please provide a valid public provider."},
		{"a provider that is no more", object{"www.digits.com": "a;b"}, "ExternalServiceException", "The login provider www.digits.com could not be reached."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q := &providers{env: p.in(t), key: p.key, acme: p.acme, issuer: p.issuer, pool: p.pool}
			refused(t, "GetId", q.getID(c.logins), c.code, c.message)
			refused(t, "GetCredentialsForIdentity", q.getCredentials(guest, c.logins), c.code, c.message)
		})
	}

	// The clock's second is in the sentence, so it is read back from there.
	var now int64
	a := p.getID(object{google: token(logintest.JSON{"exp": past, "iat": past - 3600})})
	if _, err := fmt.Sscanf(a.Message(), badToken+"Token expired: %d >= ", &now); err != nil || now < past+100 || now > past+200 {
		t.Errorf("the sentence for an expired token is %q", a.Message())
	}
	refused(t, "an expired token", a, notAuthorized, fmt.Sprintf(badToken+"Token expired: %d >= %d", now, past))

	cognito := object{"cognito-identity.amazonaws.com": foreign}
	refused(t, "a pool's token for GetId", p.getID(cognito), notAuthorized, badToken+"Can't pass in a Cognito token.")
	refused(t, "a foreign token for a pool's", p.getCredentials(guest, cognito), notAuthorized, badToken+"Not a Cognito token.")

	var list struct{ Identities []object }
	p.root.Cognito(t, "ListIdentities", object{"IdentityPoolId": p.pool, "MaxResults": 60}).JSON(t, &list)
	if len(list.Identities) != 1 {
		t.Errorf("refused calls made identities: %v", list.Identities)
	}
}

func TestProviderThatCannotBeReached(t *testing.T) {
	p := startProviders(t)
	p.acme.SetDown(true)
	a := p.getID(p.acmes("1"))
	refused(t, "a provider that is down", a, "ExternalServiceException", "The login provider "+p.issuer+" could not be reached.")
}

// TestSignInsThatAreRefused is the rest of the table: pools, identities, roles.
func TestSignInsThatAreRefused(t *testing.T) {
	p := startProviders(t)
	closed := p.create("closed", object{"SupportedLoginProviders": object{google: clientID}})
	bare := p.create("bare", object{"AllowUnauthenticatedIdentities": true})
	inPool := func(pool string, logins any) *testenv.Answer {
		return p.public("GetId", object{"IdentityPoolId": pool, "Logins": logins})
	}
	forbidden := func(id string) string { return "Access to Identity '" + id + "' is forbidden." }

	refused(t, "an unknown pool", inPool(nobody, nil), notFound, "IdentityPool '"+nobody+"' not found.")
	other := "eu-west-1:" + strings.TrimPrefix(p.pool, "us-east-1:")
	refused(t, "a pool of another region", inPool(other, nil), notFound, "IdentityPool '"+other+"' not found.")
	a := p.public("GetId", object{"IdentityPoolId": p.pool, "AccountId": "999999999999"})
	refused(t, "a pool of another account", a, notFound, "IdentityPool '"+p.pool+"' not found.")
	refused(t, "a guest of a pool without guests", inPool(closed, nil), notAuthorized, noGuests)
	refused(t, "empty logins are none", inPool(closed, object{}), notAuthorized, noGuests)
	refused(t, "any login of a pool without providers", inPool(bare, p.google("1")), notAuthorized, noMatch)

	refused(t, "an unknown identity", p.getCredentials(nobody, p.google("1")), notFound, "Identity '"+nobody+"' not found.")
	refused(t, "a pool's id for an identity's", p.getCredentials(p.pool, nil), notFound, "Identity '"+p.pool+"' not found.")
	refused(t, "an identity of another region", p.getCredentials(other, nil), notFound, "Identity '"+other+"' not found.")

	anna, bert := p.id(p.google("anna")), p.id(p.acmes("bert"))
	for what, logins := range map[string]object{"no logins": nil, "empty logins": {}} {
		refused(t, "an authenticated identity and "+what, p.getCredentials(anna, logins), notAuthorized, forbidden(anna))
	}
	refused(t, "a login of somebody else", p.getCredentials(anna, p.acmes("bert")), notAuthorized, noMatch)
	refused(t, "a login of nobody yet", p.getCredentials(anna, p.google("new")), notAuthorized, noMatch)
	bob := p.id(p.google("bob"))
	p.signIn(bob, both(p.google("bob"), p.acmes("bob")))
	refused(t, "two subjects of one provider", p.getCredentials(anna, both(p.google("anna"), p.acmes("bob"))),
		"ResourceConflictException", "Login is already linked to another account.")
	refused(t, "two subjects of one provider for GetId", p.getID(both(p.google("anna"), p.acmes("bob"))),
		"ResourceConflictException", "Login is already linked to another account.")

	guest := p.id(nil)
	if got := p.signIn(guest, p.google("anna")); got != anna {
		t.Errorf("the guest became %s, want %s", got, anna)
	}
	refused(t, "an identity that a merge disabled", p.getCredentials(guest, nil), notAuthorized, forbidden(guest))
	refused(t, "a disabled identity and another's login", p.getCredentials(guest, p.acmes("bert")), notAuthorized, forbidden(guest))
	if got := p.signIn(guest, p.google("anna")); got != anna {
		t.Errorf("the disabled identity's own login gives %s, want %s", got, anna)
	}

	a = p.public("GetCredentialsForIdentity", object{"IdentityId": bert, "Logins": p.acmes("bert"), "CustomRoleArn": guestRole})
	refused(t, "a role of one's own choice", a, notAuthorized, "Role '"+guestRole+"' is not allowed by the logins of this request.")
	p.setRoles(p.pool, object{"authenticated": guestRole})
	refused(t, "a role that does not trust the caller", p.getCredentials(bert, p.acmes("bert")), "InvalidIdentityPoolConfigurationException", noTrust)
	refused(t, "no role for guests", p.getCredentials(p.id(nil), nil), "InvalidIdentityPoolConfigurationException", noTrust)
	p.setRoles(p.pool, object{"authenticated": authRole})
	p.iam("DeleteRole", "RoleName", "Auth")
	refused(t, "a role that is gone", p.getCredentials(bert, p.acmes("bert")), "InvalidIdentityPoolConfigurationException", noTrust)

	// The guest switch comes before the kind of identity.
	lost := p.id(nil)
	p.call("UpdateIdentityPool", object{
		"IdentityPoolId": p.pool, "IdentityPoolName": "p", "AllowUnauthenticatedIdentities": false, "SupportedLoginProviders": object{google: clientID},
	})
	for what, id := range map[string]string{"a guest": lost, "an authenticated identity": anna, "a disabled identity": guest} {
		refused(t, what+" without logins when guests are off", p.getCredentials(id, nil), notAuthorized, noGuests)
	}
	refused(t, "a provider that the pool gave up", p.getCredentials(bert, p.acmes("bert")), notAuthorized, noMatch)

	p.call("DeleteIdentityPool", object{"IdentityPoolId": p.pool})
	refused(t, "an identity of a deleted pool", p.getCredentials(anna, p.google("anna")), notFound, "Identity '"+anna+"' not found.")
	refused(t, "a deleted pool", p.getID(p.google("anna")), notFound, "IdentityPool '"+p.pool+"' not found.")
}

func TestSignaturesOnPublicOperationsAreIgnored(t *testing.T) {
	p := startProviders(t)
	for name, c := range map[string]*testenv.Client{
		"an unknown key":           {KeyID: "AKIAAAAAAAAAAAAAAAAA", Secret: "x"},
		"a wrong secret":           {KeyID: testenv.RootKeyID, Secret: "x"},
		"a session that never was": {KeyID: "ASIAAAAAAAAAAAAAAAAA", Secret: "x", SessionToken: "FwoGZX"},
		"a clock a day behind":     {KeyID: testenv.RootKeyID, Secret: testenv.RootSecret, Now: func() time.Time { return time.Now().Add(-24 * time.Hour) }},
		"another region":           {KeyID: testenv.RootKeyID, Secret: testenv.RootSecret, Region: "mars-1"},
	} {
		c.URL = p.URL
		if c.Region == "" {
			c.Region = testenv.Region
		}
		t.Run(name, func(t *testing.T) {
			var got struct{ IdentityId string }
			c.Cognito(t, "GetId", object{"IdentityPoolId": p.pool, "Logins": object{}}).JSON(t, &got)
			var out struct{ Credentials object }
			c.Cognito(t, "GetCredentialsForIdentity", object{"IdentityId": got.IdentityId}).JSON(t, &out)
			if len(out.Credentials) != 4 {
				t.Errorf("credentials are %v", out.Credentials)
			}
		})
	}
	garbage := p.Anonymous().Do(t, "", http.MethodPost, "/", http.Header{
		"X-Amz-Target": {"AWSCognitoIdentityService.GetId"}, "Authorization": {"AWS4-HMAC-SHA256 garbage"},
	}, `{"IdentityPoolId":"`+p.pool+`"}`)
	if garbage.Status != http.StatusOK {
		t.Errorf("a signature that cannot be read: %d %s", garbage.Status, garbage.Body)
	}
}
