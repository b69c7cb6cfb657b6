package cognitoapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

// same compares an answer with what is wanted, as JSON.
func same(t *testing.T, what string, got, want object) {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var plain object
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain, got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// everything is a pool with every member set.
func (e *env) everything() object {
	e.t.Helper()
	e.iam("CreateOpenIDConnectProvider", "Url", "https://id.acme.example", "ClientIDList.member.1", acmeApp, "ThumbprintList.member.1", strings.Repeat("0", 40))
	return object{
		"IdentityPoolName": "every member, + = . @ -", "AllowUnauthenticatedIdentities": true, "AllowClassicFlow": true,
		"SupportedLoginProviders":   object{google: "a.example;b.example", "graph.facebook.com": "7346241598935552"},
		"DeveloperProviderName":     "login.dev-1_x",
		"OpenIdConnectProviderARNs": []string{"arn:aws:iam::" + testenv.Account + ":oidc-provider/id.acme.example"},
		"CognitoIdentityProviders": []object{
			{"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_abc", "ClientId": "web", "ServerSideTokenCheck": true},
			{"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_abc", "ClientId": "ios"},
		},
		"SamlProviderARNs": []string{"arn:aws:iam::" + testenv.Account + ":saml-provider/zeta", "arn:aws:iam::" + testenv.Account + ":saml-provider/alpha"},
		"IdentityPoolTags": object{"team": "blue", "empty": "", "Team": "upper"},
	}
}

func TestPoolIsAnsweredAsItWasWritten(t *testing.T) {
	e := start(t)
	want := e.everything()
	created := e.call("CreateIdentityPool", want)
	id, _ := created["IdentityPoolId"].(string)
	if !strings.HasPrefix(id, "us-east-1:") || len(id) != len(nobody) {
		t.Errorf("the pool's id is %q", id)
	}
	want["IdentityPoolId"] = id
	// What was not said about ServerSideTokenCheck is false, and said.
	want["CognitoIdentityProviders"].([]object)[1]["ServerSideTokenCheck"] = false
	same(t, "the created pool", created, want)
	e.Restart()
	e.root = e.Root()
	same(t, "the pool after a restart", e.call("DescribeIdentityPool", object{"IdentityPoolId": id}), want)

	small := e.call("CreateIdentityPool", object{"IdentityPoolName": "every member, + = . @ -", "AllowUnauthenticatedIdentities": false})
	want = object{
		"IdentityPoolId": small["IdentityPoolId"], "IdentityPoolName": "every member, + = . @ -",
		"AllowUnauthenticatedIdentities": false, "AllowClassicFlow": false,
	}
	same(t, "a pool with nothing but a name, which is taken", small, want)
	same(t, "roles of a pool that never had any", e.call("GetIdentityPoolRoles", object{"IdentityPoolId": want["IdentityPoolId"]}),
		object{"IdentityPoolId": want["IdentityPoolId"]})
}

// TestUpdateReplaces is cognito-identity.md 2.2, with what Terraform sends.
func TestUpdateReplaces(t *testing.T) {
	e := start(t)
	pool := e.everything()
	id := e.call("CreateIdentityPool", pool)["IdentityPoolId"]
	update := func(more object) object {
		in := object{"IdentityPoolId": id, "IdentityPoolName": "new name", "AllowUnauthenticatedIdentities": false}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	bare := object{
		"IdentityPoolId": id, "IdentityPoolName": "new name", "AllowUnauthenticatedIdentities": false, "AllowClassicFlow": false,
		"DeveloperProviderName": pool["DeveloperProviderName"], "IdentityPoolTags": pool["IdentityPoolTags"],
	}
	same(t, "an update with nothing but a name", e.call("UpdateIdentityPool", update(nil)), bare)
	full := update(pool)
	full["IdentityPoolId"] = id
	e.call("UpdateIdentityPool", full)
	terraform := update(object{
		"AllowClassicFlow": false, "CognitoIdentityProviders": []object{}, "OpenIdConnectProviderARNs": []string{},
		"SamlProviderARNs": []string{}, "SupportedLoginProviders": object{},
	})
	same(t, "an update with empty collections", e.call("UpdateIdentityPool", terraform), bare)
	same(t, "the pool", e.call("DescribeIdentityPool", object{"IdentityPoolId": id}), bare)

	saml := []string{"arn:aws:iam::" + testenv.Account + ":saml-provider/beta", "arn:aws:iam::" + testenv.Account + ":saml-provider/alpha", "arn:aws:iam::" + testenv.Account + ":saml-provider/gamma"}
	one := update(object{"SamlProviderARNs": saml})
	got, ok := e.call("UpdateIdentityPool", one)["SamlProviderARNs"].([]any)
	if !ok || fmt.Sprint(got) != fmt.Sprint(saml) {
		t.Errorf("SAML providers are %v, want the order %v", got, saml)
	}

	if got := e.call("UpdateIdentityPool", update(object{"DeveloperProviderName": "login.dev-1_x"})); got["DeveloperProviderName"] != "login.dev-1_x" {
		t.Errorf("the same developer provider again: %v", got)
	}
	refused(t, "another developer provider", e.root.Cognito(t, "UpdateIdentityPool", update(object{"DeveloperProviderName": "other"})),
		badParameter, "The developer provider name of an identity pool cannot be changed once it is set.")
	got2 := e.call("UpdateIdentityPool", update(object{"IdentityPoolTags": object{"only": "one"}}))
	same(t, "tags that are sent", got2["IdentityPoolTags"].(object), object{"only": "one"})
	if got := e.call("UpdateIdentityPool", update(object{"IdentityPoolTags": object{}})); got["IdentityPoolTags"] != nil {
		t.Errorf("empty tags that are sent leave %v", got["IdentityPoolTags"])
	}
	late := e.create("late", nil)
	named := e.call("UpdateIdentityPool", object{"IdentityPoolId": late, "IdentityPoolName": "late", "AllowUnauthenticatedIdentities": false, "DeveloperProviderName": "first"})
	if named["DeveloperProviderName"] != "first" {
		t.Errorf("a developer provider set later: %v", named)
	}
}

func TestPoolsThatAreRefused(t *testing.T) {
	e := start(t)
	id := e.create("p", nil)
	wrong := "arn:aws:iam::" + testenv.Account + ":role/provider"
	unknown := "arn:aws:iam::" + testenv.Account + ":oidc-provider/nobody.example"
	for _, c := range []struct {
		name    string
		more    object
		message string
	}{
		{"a social provider that nobody knows", object{"SupportedLoginProviders": object{"evil.example": "x"}}, "Invalid SupportedLoginProviders: evil.example is not a supported provider."},
		{"a role for a provider", object{"OpenIdConnectProviderARNs": []string{wrong}}, "Invalid OpenIDConnectProvider ARN: " + wrong},
		{"a provider that IAM has not", object{"OpenIdConnectProviderARNs": []string{unknown}}, "OpenIDConnect Provider not found for arn " + unknown},
		{"a role for a SAML provider", object{"SamlProviderARNs": []string{wrong}}, "Invalid SAMLProvider ARN: " + wrong},
		{"a user pool without client", object{"CognitoIdentityProviders": []object{{"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_a"}}}, "Invalid CognitoIdentityProviders: ProviderName and ClientId are required."},
		{"a user pool by another name", object{"CognitoIdentityProviders": []object{{"ProviderName": "evil.example/x", "ClientId": "a"}}}, "Invalid CognitoIdentityProviders: evil.example/x is not a user pool."},
		{"a reserved tag", object{"IdentityPoolTags": object{"AWS:x": "y"}}, "Tag keys that start with aws: are reserved for system use."},
		{"a tag with other characters", object{"IdentityPoolTags": object{"a": "b\nc"}}, `Tag "a" has characters that are not allowed.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for operation, in := range map[string]object{"CreateIdentityPool": {}, "UpdateIdentityPool": {"IdentityPoolId": id}} {
				in["IdentityPoolName"], in["AllowUnauthenticatedIdentities"] = "p", false
				for k, v := range c.more {
					in[k] = v
				}
				refused(t, operation, e.root.Cognito(t, operation, in), badParameter, c.message)
			}
		})
	}
	list := e.call("ListIdentityPools", object{"MaxResults": 60})["IdentityPools"].([]any)
	if len(list) != 1 {
		t.Errorf("refused calls made pools: %v", list)
	}
}

func TestUnknownPoolsAndIdentities(t *testing.T) {
	e := start(t)
	gone := e.create("gone", nil)
	if a := e.root.Cognito(t, "DeleteIdentityPool", object{"IdentityPoolId": gone}); a.Status != http.StatusOK || a.Body != "" {
		t.Errorf("deletion answers %d %q, want no body", a.Status, a.Body)
	}
	for _, id := range []string{nobody, gone, "eu-west-1:00000000-0000-4000-8000-000000000000", "x:0"} {
		none := "IdentityPool '" + id + "' not found."
		for operation, in := range map[string]object{
			"DescribeIdentityPool": {}, "DeleteIdentityPool": {}, "GetIdentityPoolRoles": {},
			"SetIdentityPoolRoles": {"Roles": object{}}, "ListIdentities": {"MaxResults": 1},
			"UpdateIdentityPool": {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": true},
		} {
			in["IdentityPoolId"] = id
			refused(t, operation, e.root.Cognito(t, operation, in), notFound, none)
		}
		for operation, in := range map[string]object{
			"ListTagsForResource": {}, "TagResource": {"Tags": object{"a": "b"}}, "UntagResource": {"TagKeys": []string{"a"}},
		} {
			in["ResourceArn"] = poolARN + id
			refused(t, operation, e.root.Cognito(t, operation, in), notFound, none)
		}
		refused(t, "DescribeIdentity", e.root.Cognito(t, "DescribeIdentity", object{"IdentityId": id}), notFound, "Identity '"+id+"' not found.")
	}
}

// TestRoles is cognito-identity.md 5.1.
func TestRoles(t *testing.T) {
	e := start(t)
	id := e.create("p", nil)
	e.roles(id)
	get := func() object { t.Helper(); return e.call("GetIdentityPoolRoles", object{"IdentityPoolId": id}) }
	same(t, "roles", get(), object{"IdentityPoolId": id, "Roles": object{"authenticated": authRole, "unauthenticated": guestRole}})
	e.setRoles(id, object{"authenticated": authRole})
	same(t, "roles that were replaced", get(), object{"IdentityPoolId": id, "Roles": object{"authenticated": authRole}})

	for _, role := range []string{
		"not the ARN of any role", "arn:aws:iam::" + testenv.Account + ":role/nobody", "arn:aws:iam::999999999999:role/Auth", "arn:aws:iam::" + testenv.Account + ":user/Auth",
		"arn:aws:iam::" + testenv.Account + ":role/Guest", "arn:aws:iam::" + testenv.Account + ":role/*", "arn:aws:iam::" + testenv.Account + ":role/auth", "arn:aws:sts::" + testenv.Account + ":role/Auth",
	} {
		a := e.root.Cognito(t, "SetIdentityPoolRoles", object{"IdentityPoolId": id, "Roles": object{"unauthenticated": guestRole, "authenticated": role}})
		refused(t, role, a, notAuthorized, "Access to Role '"+role+"' is forbidden.")
	}
	mapping := object{google: object{"Type": "Token", "AmbiguousRoleResolution": "Deny"}}
	a := e.root.Cognito(t, "SetIdentityPoolRoles", object{"IdentityPoolId": id, "Roles": object{}, "RoleMappings": mapping})
	refused(t, "a mapping of a provider that the pool does not have", a, "InvalidParameterException", "("+google+") is not a valid RoleMapping ProviderName or is not a configured provider.")
	same(t, "roles after refusals", get(), object{"IdentityPoolId": id, "Roles": object{"authenticated": authRole}})

	// How Terraform takes its attachment away.
	a = e.root.Cognito(t, "SetIdentityPoolRoles", object{"IdentityPoolId": id, "Roles": object{}, "RoleMappings": object{}})
	if a.Status != http.StatusOK || a.Body != "" {
		t.Errorf("clearing answers %d %q, want no body", a.Status, a.Body)
	}
	same(t, "no roles", get(), object{"IdentityPoolId": id})
}

// TestTags is cognito-identity.md 8.2.
func TestTags(t *testing.T) {
	e := start(t)
	id := e.create("p", object{"IdentityPoolTags": object{"a": "1", "b": "2"}})
	arn := poolARN + id
	tags := func() object {
		t.Helper()
		return e.call("ListTagsForResource", object{"ResourceArn": arn})["Tags"].(object)
	}
	if a := e.root.Cognito(t, "TagResource", object{"ResourceArn": arn, "Tags": object{"b": "3", "A": "_.:/=+-@ é１", "c": ""}}); a.Body != "{}" {
		t.Errorf("TagResource answers %q", a.Body)
	}
	same(t, "merged tags", tags(), object{"a": "1", "b": "3", "A": "_.:/=+-@ é１", "c": ""})
	if a := e.root.Cognito(t, "UntagResource", object{"ResourceArn": arn, "TagKeys": []string{"a", "never there"}}); a.Body != "{}" {
		t.Errorf("UntagResource answers %q", a.Body)
	}
	same(t, "tags that are left", tags(), object{"b": "3", "A": "_.:/=+-@ é１", "c": ""})

	many := object{}
	for n := range 47 {
		many[fmt.Sprint(n)] = strings.Repeat("v", 256)
	}
	e.call("TagResource", object{"ResourceArn": arn, "Tags": many})
	e.call("TagResource", object{"ResourceArn": arn, "Tags": object{"b": "4"}}) // the fiftieth replaced
	a := e.root.Cognito(t, "TagResource", object{"ResourceArn": arn, "Tags": object{"one": "more"}})
	refused(t, "the fifty-first tag", a, "LimitExceededException", "Cannot exceed quota for TagsPerIdentityPool: 50")
	for _, key := range []string{"aws:x", "AWS:x", "a;b", "a\tb"} {
		if a := e.root.Cognito(t, "TagResource", object{"ResourceArn": arn, "Tags": object{key: "v"}}); a.Code() != badParameter {
			t.Errorf("the tag %q: %d %s", key, a.Status, a.Body)
		}
	}
	if n := len(tags()); n != 50 {
		t.Errorf("%d tags, want 50", n)
	}
	e.call("UntagResource", object{"ResourceArn": arn, "TagKeys": []string{"b", "A", "c"}})
	bad := "arn:aws:cognito-identity:us-east-1:" + testenv.Account + ":userpool/x"
	refused(t, "an ARN of something else", e.root.Cognito(t, "ListTagsForResource", object{"ResourceArn": bad}), badParameter, "Invalid resource ARN: "+bad)
	foreign := "arn:aws:cognito-identity:us-east-1:999999999999:identitypool/" + id
	refused(t, "the ARN with another account", e.root.Cognito(t, "ListTagsForResource", object{"ResourceArn": foreign}), notFound, "IdentityPool '"+id+"' not found.")
	bare := e.create("bare", nil)
	same(t, "tags of a pool without", e.call("ListTagsForResource", object{"ResourceArn": poolARN + bare}), object{"Tags": object{}})
}
