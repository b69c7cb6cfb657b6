package cognitoapi_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

const developer = "login.dev.example"

type issued struct{ IdentityId, Token string }

// payload is what a token says.
func payload(t *testing.T, token string) object {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %q", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *providers) update(more object) {
	p.t.Helper()
	in := object{
		"IdentityPoolId": p.pool, "IdentityPoolName": "providers", "AllowUnauthenticatedIdentities": true,
		"SupportedLoginProviders": object{google: clientID}, "OpenIdConnectProviderARNs": []string{p.acmeARN()},
	}
	for k, v := range more {
		in[k] = v
	}
	p.call("UpdateIdentityPool", in)
}

// TestClassicFlow is cognito-identity.md 4.1, 4.3 and 4.4: a token of the pool, and
// a role of the client's choice for it.
func TestClassicFlow(t *testing.T) {
	p := startProviders(t)
	token := func(id string, logins object) *testenv.Answer {
		t.Helper()
		return p.public("GetOpenIdToken", object{"IdentityId": id, "Logins": logins})
	}
	guest, anna := p.id(nil), p.id(p.google("anna"))
	refused(t, "the classic flow is off", token(guest, nil), badParameter, "Basic (classic) flow is not enabled, please use enhanced flow.")
	p.update(object{"AllowClassicFlow": true})

	refused(t, "an authenticated identity without its login", token(anna, nil), notAuthorized, "Access to Identity '"+anna+"' is forbidden.")
	refused(t, "somebody else's login", token(anna, p.google("bert")), notAuthorized, noMatch)
	refused(t, "an identity nobody has", token(nobody, nil), notFound, "Identity '"+nobody+"' not found.")

	var got issued
	token(anna, both(p.google("anna"), p.acmes("a1"))).JSON(t, &got)
	said := payload(t, got.Token)
	if said["exp"].(float64)-said["iat"].(float64) != 600 || got.IdentityId != anna {
		t.Errorf("%+v is for %s", said, got.IdentityId)
	}
	delete(said, "exp")
	delete(said, "iat")
	same(t, "the claims", said, object{
		"iss": "https://cognito-identity.amazonaws.com", "sub": anna, "aud": p.pool,
		"amr": []any{"authenticated", google, google + ":" + clientID + ":anna", p.issuer, p.acmeARN() + ":OIDC:a1"},
		"https://cognito-identity.amazonaws.com/identity-pool-arn": poolARN + p.pool,
	})

	assume := func(role, token string) *testenv.Answer {
		t.Helper()
		return p.Anonymous().STS(t, "AssumeRoleWithWebIdentity", "RoleArn", role, "RoleSessionName", "web-identity", "WebIdentityToken", token)
	}
	a := assume(authRole, got.Token)
	if a.Status != http.StatusOK || a.Element("SubjectFromWebIdentityToken") != anna || a.Element("Audience") != p.pool || !strings.HasSuffix(a.Element("Arn"), ":assumed-role/Auth/web-identity") {
		t.Errorf("AssumeRoleWithWebIdentity: %d %s", a.Status, a.Body)
	}
	if a := assume(guestRole, got.Token); a.Status != http.StatusForbidden || a.Element("Code") != "AccessDenied" {
		t.Errorf("a role for guests with a token of a person: %d %s", a.Status, a.Body)
	}
	token(guest, nil).JSON(t, &got)
	if diff := cmp.Diff([]any{"unauthenticated"}, payload(t, got.Token)["amr"]); diff != "" {
		t.Errorf("a guest's amr:\n%s", diff)
	}
	if a := assume(authRole, got.Token); a.Status != http.StatusForbidden {
		t.Errorf("a guest's token opens the role of people: %d %s", a.Status, a.Body)
	}
	if a := assume(guestRole, got.Token); a.Status != http.StatusOK {
		t.Errorf("a guest's token and the role of guests: %d %s", a.Status, a.Body)
	}
	if a := assume(guestRole, got.Token[:len(got.Token)-8]+"AAAAAAAA"); a.Status != http.StatusBadRequest || a.Element("Code") != "InvalidIdentityToken" {
		t.Errorf("another signature: %d %s", a.Status, a.Body)
	}

	// The token is for STS: no pool takes it for a login.
	own := object{"cognito-identity.amazonaws.com": got.Token}
	refused(t, "GetId with a pool's token", p.getID(own), notAuthorized, badToken+"Can't pass in a Cognito token.")
	refused(t, "credentials for a token of the classic flow", p.getCredentials(guest, own), notAuthorized, badToken+"Can't pass in a Cognito token.")
	refused(t, "credentials for another's token under the pool's key", p.getCredentials(guest, object{"cognito-identity.amazonaws.com": p.google("x")[google]}), notAuthorized, badToken+"Not a Cognito token.")

	// What the pool maps becomes tags, and the role must allow that.
	p.call("SetPrincipalTagAttributeMap", object{"IdentityPoolId": p.pool, "IdentityProviderName": p.acmeARN(), "PrincipalTags": object{"dep": "department"}})
	it := p.acmeWith("it", logintest.JSON{"department": "it"})
	token(p.id(it), it).JSON(t, &got)
	same(t, "the tags", payload(t, got.Token)["https://aws.amazon.com/tags"].(object), object{"principal_tags": object{"dep": []any{"it"}}})
	if a := assume(authRole, got.Token); a.Status != http.StatusForbidden {
		t.Errorf("a tagged token and a role that does not let sessions be tagged: %d %s", a.Status, a.Body)
	}
	p.role("Tagged", `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`)
	if a := assume(roleARN+"Tagged", got.Token); a.Status != http.StatusOK {
		t.Errorf("a tagged token: %d %s", a.Status, a.Body)
	}

	p.call("SetIdentityPoolRoles", object{"IdentityPoolId": p.pool, "Roles": object{"authenticated": authRole}, "RoleMappings": object{google: object{"Type": "Token", "AmbiguousRoleResolution": "Deny"}}})
	refused(t, "a pool with role mappings", token(guest, nil), badParameter, "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")
}

// TestDeveloperIdentities is cognito-identity.md 3.6.
func TestDeveloperIdentities(t *testing.T) {
	p := startProviders(t)
	const cognito = "cognito-identity.amazonaws.com"
	ask := func(more object) *testenv.Answer {
		t.Helper()
		in := object{"IdentityPoolId": p.pool}
		for k, v := range more {
			in[k] = v
		}
		return p.root.Cognito(t, "GetOpenIdTokenForDeveloperIdentity", in)
	}
	get := func(more object) issued {
		t.Helper()
		var out issued
		ask(more).JSON(t, &out)
		return out
	}
	user := func(name string) object { return object{developer: name} }

	anna := get(object{"Logins": user("anna")})
	if again := get(object{"Logins": user("anna")}); again.IdentityId != anna.IdentityId {
		t.Errorf("one user is %s and %s", anna.IdentityId, again.IdentityId)
	}
	said := payload(t, anna.Token)
	if said["exp"].(float64)-said["iat"].(float64) != 900 {
		t.Errorf("the token lives from %v to %v", said["iat"], said["exp"])
	}
	if diff := cmp.Diff([]any{"authenticated", developer, developer + ":" + p.pool + ":anna"}, said["amr"]); diff != "" {
		t.Errorf("amr:\n%s", diff)
	}
	short := payload(t, get(object{"Logins": user("anna"), "TokenDuration": 1}).Token)
	if short["exp"].(float64)-short["iat"].(float64) != 1 {
		t.Errorf("a token of a second lives from %v to %v", short["iat"], short["exp"])
	}

	// The enhanced flow with the token, and with nothing else.
	with := func(token string) object { return object{cognito: token} }
	if got := p.signIn(anna.IdentityId, with(anna.Token)); got != anna.IdentityId {
		t.Errorf("credentials are for %s", got)
	}
	bert := get(object{"Logins": user("bert")})
	refused(t, "another identity's token", p.getCredentials(anna.IdentityId, with(bert.Token)), notAuthorized, noMatch)
	refused(t, "no token", p.getCredentials(anna.IdentityId, nil), notAuthorized, "Access to Identity '"+anna.IdentityId+"' is forbidden.")
	refused(t, "the provider's name from outside", p.getCredentials(anna.IdentityId, user("anna")), badParameter, "Please provide a valid public provider.")
	other := p.create("other", object{"AllowUnauthenticatedIdentities": true, "DeveloperProviderName": developer})
	foreign := issued{}
	p.root.Cognito(t, "GetOpenIdTokenForDeveloperIdentity", object{"IdentityPoolId": other, "Logins": user("anna")}).JSON(t, &foreign)
	refused(t, "a token of another pool", p.getCredentials(anna.IdentityId, with(foreign.Token)), notAuthorized, noMatch)
	a := p.getCredentials(anna.IdentityId, with(anna.Token[:len(anna.Token)-8]+"AAAAAAAA"))
	refused(t, "a token with another signature", a, notAuthorized, badToken+"Couldn't verify signed token.")

	// A public login beside the token is linked.
	p.signIn(anna.IdentityId, both(with(anna.Token), p.google("anna")))
	if got := p.id(p.google("anna")); got != anna.IdentityId {
		t.Errorf("the login was linked to %s", got)
	}

	// Linking to a named identity: a guest needs no proof, a person does.
	guest := p.id(nil)
	if got := get(object{"IdentityId": guest, "Logins": user("carl")}); got.IdentityId != guest {
		t.Errorf("the guest became %s", got.IdentityId)
	}
	refused(t, "a person without proof", ask(object{"IdentityId": anna.IdentityId, "Logins": user("new")}), notAuthorized, noMatch)
	if got := get(object{"IdentityId": anna.IdentityId, "Logins": both(user("anna2"), p.google("anna"))}); got.IdentityId != anna.IdentityId {
		t.Errorf("a second user of one identity is %s", got.IdentityId)
	}
	a = ask(object{"IdentityId": p.id(nil), "Logins": user("bert")})
	refused(t, "a user of another identity", a, "DeveloperUserAlreadyRegisteredException", "This developer user identifier is already registered with Cognito.")
	dave, public := get(object{"Logins": user("dave")}), p.id(p.acmes("dave"))
	if got := get(object{"IdentityId": public, "Logins": both(user("dave"), p.acmes("dave"))}); got.IdentityId != public {
		t.Errorf("two proven identities became %s", got.IdentityId)
	}
	refused(t, "the identity that was merged away", p.getCredentials(dave.IdentityId, with(dave.Token)), notAuthorized, "Access to Identity '"+dave.IdentityId+"' is forbidden.")

	none := p.create("none", nil)
	const noProvider = "This identity pool does not support the specified developer provider"
	refused(t, "a pool without a developer provider", p.root.Cognito(t, "GetOpenIdTokenForDeveloperIdentity", object{"IdentityPoolId": none, "Logins": user("x")}), badParameter, noProvider)
	refused(t, "another provider's name", ask(object{"Logins": object{"login.other.example": "x"}}), badParameter, noProvider)
	refused(t, "a bad public token beside the user", ask(object{"Logins": both(user("eve"), object{google: "x"})}), notAuthorized, badToken+"Not a valid OpenId Connect identity token.")
	lookup := func(more object) *testenv.Answer {
		t.Helper()
		in := object{"IdentityPoolId": p.pool}
		for k, v := range more {
			in[k] = v
		}
		return p.root.Cognito(t, "LookupDeveloperIdentity", in)
	}
	refused(t, "a user who was not made when a token was bad", lookup(object{"DeveloperUserIdentifier": "eve"}), notFound, "DeveloperUserIdentifier not found.")

	var found struct {
		IdentityId, NextToken       string
		DeveloperUserIdentifierList []string
	}
	for name, by := range map[string]object{
		"by user": {"DeveloperUserIdentifier": "anna2"}, "by identity": {"IdentityId": anna.IdentityId},
		"by both": {"IdentityId": anna.IdentityId, "DeveloperUserIdentifier": "anna"},
	} {
		found.IdentityId, found.DeveloperUserIdentifierList = "", nil
		lookup(by).JSON(t, &found)
		if diff := cmp.Diff([]string{"anna", "anna2"}, found.DeveloperUserIdentifierList); diff != "" || found.IdentityId != anna.IdentityId {
			t.Errorf("%s: %s\n%s", name, found.IdentityId, diff)
		}
	}
	lookup(object{"IdentityId": anna.IdentityId, "MaxResults": 1}).JSON(t, &found)
	page := found.NextToken
	found.NextToken = ""
	lookup(object{"IdentityId": anna.IdentityId, "MaxResults": 1, "NextToken": page}).JSON(t, &found)
	if diff := cmp.Diff([]string{"anna2"}, found.DeveloperUserIdentifierList); diff != "" || found.NextToken != "" {
		t.Errorf("the second page: %s\n%s", found.NextToken, diff)
	}
	refused(t, "neither", lookup(nil), badParameter, "Either IdentityID or DeveloperUserIdentifier must be provided.")
	refused(t, "two that do not belong together", lookup(object{"IdentityId": anna.IdentityId, "DeveloperUserIdentifier": "bert"}), "ResourceConflictException", "DeveloperUserIdentifier is not associated with the IdentityId.")

	// Tags of the call travel in the token.
	p.role("Tagged", `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, allow("cognito-identity:DescribeIdentityPool", "*", `{"StringEquals":{"aws:PrincipalTag/dep":"it"}}`))
	p.setRoles(p.pool, object{"authenticated": roleARN + "Tagged"})
	tagged := get(object{"Logins": user("anna"), "PrincipalTags": object{"dep": "it"}})
	for token, want := range map[string]int{tagged.Token: 200, anna.Token: 400} {
		var out struct {
			Credentials struct{ AccessKeyId, SecretKey, SessionToken string }
		}
		p.getCredentials(anna.IdentityId, with(token)).JSON(t, &out)
		c := p.Anonymous()
		c.KeyID, c.Secret, c.SessionToken = out.Credentials.AccessKeyId, out.Credentials.SecretKey, out.Credentials.SessionToken
		if got := c.Cognito(t, "DescribeIdentityPool", object{"IdentityPoolId": p.pool}).Status; got != want {
			t.Errorf("with tags %v: %d, want %d", payload(t, token)["https://aws.amazon.com/tags"], got, want)
		}
	}

	merged := p.call("MergeDeveloperIdentities", object{"IdentityPoolId": p.pool, "DeveloperProviderName": developer, "SourceUserIdentifier": "bert", "DestinationUserIdentifier": "anna"})
	same(t, "a merge", merged, object{"IdentityId": anna.IdentityId})
	a = p.root.Cognito(t, "MergeDeveloperIdentities", object{"IdentityPoolId": p.pool, "DeveloperProviderName": developer, "SourceUserIdentifier": "anna", "DestinationUserIdentifier": "nobody"})
	refused(t, "a merge with nobody", a, notFound, "DeveloperUserIdentifier not found.")
	a = p.root.Cognito(t, "MergeDeveloperIdentities", object{"IdentityPoolId": p.pool, "DeveloperProviderName": "other", "SourceUserIdentifier": "anna", "DestinationUserIdentifier": "bert"})
	refused(t, "a merge under another provider", a, badParameter, noProvider)

	off := func(identity, name string) *testenv.Answer {
		t.Helper()
		return p.root.Cognito(t, "UnlinkDeveloperIdentity", object{"IdentityPoolId": p.pool, "IdentityId": identity, "DeveloperProviderName": developer, "DeveloperUserIdentifier": name})
	}
	if a := off(anna.IdentityId, "anna"); a.Status != http.StatusOK || a.Body != "" {
		t.Errorf("UnlinkDeveloperIdentity: %d %q", a.Status, a.Body)
	}
	refused(t, "once more", off(anna.IdentityId, "anna"), notFound, "DeveloperUserIdentifier is not associated with the IdentityId.")
	refused(t, "the token of a user who was unlinked", p.getCredentials(anna.IdentityId, with(tagged.Token)), notAuthorized, noMatch)
	if again := get(object{"Logins": user("anna")}); again.IdentityId == anna.IdentityId {
		t.Error("a user who was unlinked came back to the same identity")
	}

	// A backend can be held to users of its own.
	backend := p.user("backend", allow("cognito-identity:GetOpenIdTokenForDeveloperIdentity", poolARN+p.pool, `{"StringLike":{"cognito-identity:DeveloperUserIdentifier":"shop-*"}}`))
	for name, want := range map[string]int{"shop-1": 200, "anna": 400, "xshop-1": 400} {
		a := backend.Cognito(t, "GetOpenIdTokenForDeveloperIdentity", object{"IdentityPoolId": p.pool, "Logins": user(name)})
		if a.Status != want {
			t.Errorf("user %s: %d %s", name, a.Status, a.Body)
		}
	}
}

// TestUnlinkAndDelete is cognito-identity.md 3.5 and 3.7.
func TestUnlinkAndDelete(t *testing.T) {
	p := startProviders(t)
	unlink := func(id string, logins object, remove ...string) *testenv.Answer {
		t.Helper()
		return p.public("UnlinkIdentity", object{"IdentityId": id, "Logins": logins, "LoginsToRemove": remove})
	}
	anna := p.id(both(p.google("anna"), p.acmes("anna")))
	refused(t, "somebody else's login", unlink(anna, p.google("bert"), google), notAuthorized, noMatch)
	refused(t, "no login", unlink(anna, object{}, google), notAuthorized, "Access to Identity '"+anna+"' is forbidden.")
	refused(t, "a bad token", unlink(anna, object{google: "x"}, google), notAuthorized, badToken+"Not a valid OpenId Connect identity token.")
	refused(t, "the developer provider", unlink(anna, p.google("anna"), developer), badParameter, "Please provide a valid public provider.")
	if a := unlink(anna, p.google("anna"), "www.amazon.com"); a.Status != http.StatusOK || a.Body != "" {
		t.Errorf("a provider that is not linked: %d %q", a.Status, a.Body)
	}
	if a := unlink(anna, p.google("anna"), p.issuer); a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := p.id(p.acmes("anna")); got == anna {
		t.Error("a login that was unlinked came back to the same identity")
	}
	if got := p.id(p.google("anna")); got != anna {
		t.Errorf("the login that stayed is %s", got)
	}
	if a := unlink(anna, p.google("anna"), google); a.Status != http.StatusOK {
		t.Errorf("the last login: %d %s", a.Status, a.Body)
	}
	refused(t, "an identity without logins is no guest", p.getCredentials(anna, nil), notAuthorized, "Access to Identity '"+anna+"' is forbidden.")
	refused(t, "and nobody's login opens it", p.getCredentials(anna, p.google("anna")), notAuthorized, noMatch)

	elsewhere := p.create("elsewhere", object{"AllowUnauthenticatedIdentities": true})
	var foreign struct{ IdentityId string }
	p.public("GetId", object{"IdentityPoolId": elsewhere}).JSON(t, &foreign)
	janitor := p.user("janitor", allow("cognito-identity:DeleteIdentities", "*", `{"StringEquals":{"cognito-identity:IdentityPoolArn":"`+poolARN+p.pool+`"}}`))
	remove := func(c *testenv.Client, ids ...string) *testenv.Answer {
		t.Helper()
		return c.Cognito(t, "DeleteIdentities", object{"IdentityIdsToDelete": ids})
	}
	bert := p.id(p.google("bert"))
	var out object
	remove(janitor, bert, foreign.IdentityId, bert).JSON(t, &out)
	same(t, "what was not processed", out, object{"UnprocessedIdentityIds": []any{object{"IdentityId": foreign.IdentityId, "ErrorCode": "AccessDenied"}}})
	refused(t, "a deleted identity", p.getCredentials(bert, p.google("bert")), notFound, "Identity '"+bert+"' not found.")
	if got := p.id(p.google("bert")); got == bert {
		t.Error("a deleted identity came back")
	}
	a := remove(janitor, foreign.IdentityId)
	if a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "AccessDeniedException") {
		t.Errorf("who may delete nothing: %d %s", a.Status, a.Body)
	}
	remove(p.root, foreign.IdentityId, anna, nobody).JSON(t, &out)
	same(t, "root may, and what is unknown is gone already", out, object{"UnprocessedIdentityIds": []any{}})
}

// TestDocumentsOfTokens fetches what others verify the tokens with.
func TestDocumentsOfTokens(t *testing.T) {
	e := start(t)
	for path, want := range map[string]string{
		"/.well-known/openid-configuration": `"issuer":"https://cognito-identity.amazonaws.com"`,
		"/.well-known/jwks_uri":             `"kid":"us-east-11"`,
	} {
		a := e.Anonymous().Do(t, "", http.MethodGet, path, nil, "")
		if a.Status != http.StatusOK || !strings.Contains(a.Body, want) || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: %d %s %v", path, a.Status, a.Body, a.Header)
		}
	}
	if a := e.Anonymous().Do(t, "", http.MethodGet, "/.well-known/other", nil, ""); a.Status != http.StatusNotFound {
		t.Errorf("another document: %d", a.Status)
	}
}

// TestTokensOfIdentitiesThatAreGone: a token of the classic flow is worth nothing at
// STS once its identity was merged into another one, or deleted.
func TestTokensOfIdentitiesThatAreGone(t *testing.T) {
	p := startProviders(t)
	p.update(object{"AllowClassicFlow": true})
	guest, anna := p.id(nil), p.id(p.google("anna"))
	token := func(id string, logins object) string {
		t.Helper()
		var got issued
		p.public("GetOpenIdToken", object{"IdentityId": id, "Logins": logins}).JSON(t, &got)
		return got.Token
	}
	assume := func(role, token string) *testenv.Answer {
		t.Helper()
		return p.Anonymous().STS(t, "AssumeRoleWithWebIdentity", "RoleArn", role, "RoleSessionName", "web-identity", "WebIdentityToken", token)
	}
	guestToken, annaToken := token(guest, nil), token(anna, p.google("anna"))
	for role, token := range map[string]string{guestRole: guestToken, authRole: annaToken} {
		if a := assume(role, token); a.Status != http.StatusOK {
			t.Fatalf("before: %d %s", a.Status, a.Body)
		}
	}
	if a := p.getCredentials(guest, p.google("anna")); a.Status != http.StatusOK {
		t.Fatalf("merging the guest: %d %s", a.Status, a.Body)
	}
	if a := assume(guestRole, guestToken); a.Status != http.StatusForbidden || a.Element("Code") != "IDPRejectedClaim" {
		t.Errorf("the token of a merged guest: %d %s", a.Status, a.Body)
	}
	if a := assume(authRole, annaToken); a.Status != http.StatusOK {
		t.Errorf("the token of who won: %d %s", a.Status, a.Body)
	}
	p.call("DeleteIdentities", object{"IdentityIdsToDelete": []string{anna}})
	if a := assume(authRole, annaToken); a.Status != http.StatusForbidden || a.Element("Code") != "IDPRejectedClaim" {
		t.Errorf("the token of a deleted identity: %d %s", a.Status, a.Body)
	}
}
