package cognitoapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

// TestValidation is the grammar of cognito-identity.md 1.3 on members of every
// operation. The pool does not exist, so the order of checks shows too.
func TestValidation(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	const idPattern = `failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+`
	pool := func(more object) object {
		in := object{"IdentityPoolId": nobody, "IdentityPoolName": "p", "AllowUnauthenticatedIdentities": true}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	long := strings.Repeat("x", 129)
	eleven := object{}
	for n := range 11 {
		eleven[fmt.Sprint("p", n)] = "x"
	}
	cases := []struct {
		name, operation string
		in              object
		items           []string
	}{
		{"a required member", "DescribeIdentityPool", object{}, []string{"Value null at 'identityPoolId' failed to satisfy constraint: Member must not be null"}},
		{"null is absent", "DescribeIdentity", object{"IdentityId": nil}, []string{"Value null at 'identityId' failed to satisfy constraint: Member must not be null"}},
		{"an id's pattern", "DeleteIdentityPool", object{"IdentityPoolId": "US-EAST-1:G"}, []string{"Value 'US-EAST-1:G' at 'identityPoolId' " + idPattern}},
		{"a pattern holds for the whole value", "GetIdentityPoolRoles", object{"IdentityPoolId": "a:0\n"}, []string{"Value 'a:0\n' at 'identityPoolId' " + idPattern}},
		{"an empty id", "GetId", object{"IdentityPoolId": ""}, []string{
			"Value '' at 'identityPoolId' failed to satisfy constraint: Member must have length greater than or equal to 1", "Value '' at 'identityPoolId' " + idPattern}},
		{"an id of 56 characters", "GetCredentialsForIdentity", object{"IdentityId": "a:" + strings.Repeat("0", 54)}, []string{
			"Value 'a:" + strings.Repeat("0", 54) + "' at 'identityId' failed to satisfy constraint: Member must have length less than or equal to 55"}},
		{"an account", "GetId", object{"IdentityPoolId": nobody, "AccountId": "12x"}, []string{`Value '12x' at 'accountId' failed to satisfy constraint: Member must satisfy regular expression pattern: \d+`}},
		{"an empty token", "GetId", object{"IdentityPoolId": nobody, "Logins": object{"graph.facebook.com": ""}}, []string{
			"Value '{graph.facebook.com=}' at 'logins' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 50000, Member must have length greater than or equal to 1]"}},
		{"a token that is too long is not repeated", "GetCredentialsForIdentity", object{"IdentityId": nobody, "Logins": object{"a": strings.Repeat("s", 50001)}}, []string{
			"Value '{a=***}' at 'logins' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 50000, Member must have length greater than or equal to 1]"}},
		{"a role's ARN", "GetCredentialsForIdentity", object{"IdentityId": nobody, "CustomRoleArn": "short"}, []string{"Value 'short' at 'customRoleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"}},
		{"several at once", "CreateIdentityPool", object{"IdentityPoolName": "a/b"}, []string{
			`Value 'a/b' at 'identityPoolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+`,
			"Value null at 'allowUnauthenticatedIdentities' failed to satisfy constraint: Member must not be null"}},
		{"a name that is too long", "CreateIdentityPool", object{"IdentityPoolName": long, "AllowUnauthenticatedIdentities": true}, []string{
			"Value '" + long + "' at 'identityPoolName' failed to satisfy constraint: Member must have length less than or equal to 128"}},
		{"a client id", "UpdateIdentityPool", pool(object{"SupportedLoginProviders": object{google: "a b"}}), []string{
			`Value '{accounts.google.com=a b}' at 'supportedLoginProviders' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\w.;_/-]+]`}},
		{"too many social providers", "UpdateIdentityPool", pool(object{"SupportedLoginProviders": eleven}), []string{
			"Value '{p0=x, p1=x, p10=x, p2=x, p3=x, p4=x, p5=x, p6=x, p7=x, p8=x, p9=x}' at 'supportedLoginProviders' failed to satisfy constraint: Member must have length less than or equal to 10"}},
		{"a developer provider", "UpdateIdentityPool", pool(object{"DeveloperProviderName": "a:b"}), []string{
			`Value 'a:b' at 'developerProviderName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w._-]+`}},
		{"an ARN in a list", "UpdateIdentityPool", pool(object{"OpenIdConnectProviderARNs": []string{"short"}}), []string{
			"Value '[short]' at 'openIdConnectProviderARNs' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 20]"}},
		{"a member of a list", "UpdateIdentityPool", pool(object{"CognitoIdentityProviders": []object{{"ProviderName": "a", "ClientId": "a-b"}}}), []string{
			`Value 'a-b' at 'cognitoIdentityProviders.1.member.clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w_]+`}},
		{"too few results", "ListIdentityPools", object{"MaxResults": 0}, []string{"Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"}},
		{"too many results", "ListIdentities", object{"IdentityPoolId": nobody, "MaxResults": 61}, []string{"Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60"}},
		{"a page token with a space", "ListIdentities", object{"IdentityPoolId": nobody, "MaxResults": 1, "NextToken": "a b"}, []string{
			`Value 'a b' at 'nextToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+`}},
		{"a kind of role", "SetIdentityPoolRoles", object{"IdentityPoolId": nobody, "Roles": object{"admin": authRole}}, []string{
			"Value '{admin=" + authRole + "}' at 'roles' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: (un)?authenticated]"}},
		{"a kind of mapping", "SetIdentityPoolRoles", object{"IdentityPoolId": nobody, "Roles": object{}, "RoleMappings": object{"x": object{"Type": "Magic"}}}, []string{
			"Value 'Magic' at 'roleMappings.x.member.type' failed to satisfy constraint: Member must satisfy enum value set: [Token, Rules]"}},
		{"a tag's value", "TagResource", object{"ResourceArn": poolARN + nobody, "Tags": object{"a": strings.Repeat("x", 257)}}, []string{
			"Value '{a=" + strings.Repeat("x", 257) + "}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"}},
		{"a tag's key", "UntagResource", object{"ResourceArn": poolARN + nobody, "TagKeys": []string{long}}, []string{
			"Value '[" + long + "]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"}},
		{"an ARN", "ListTagsForResource", object{"ResourceArn": "short"}, []string{"Value 'short' at 'resourceArn' failed to satisfy constraint: Member must have length greater than or equal to 20"}},
	}
	nobodyClient := e.Anonymous()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			noun := "errors"
			if len(c.items) == 1 {
				noun = "error"
			}
			message := fmt.Sprintf("%d validation %s detected: %s", len(c.items), noun, strings.Join(c.items, "; "))
			// Constraints come before the signature (cognito-identity.md 2.4).
			a := nobodyClient.Cognito(t, c.operation, c.in)
			if strings.ContainsAny(message, "\n") { // no header can hold it
				if a.Code() != "ValidationException" || a.Message() != message || a.Header.Get("x-amzn-ErrorMessage") != "" {
					t.Errorf("got %s\nwant %s", a.Body, message)
				}
				return
			}
			refused(t, c.operation, a, "ValidationException", message)
		})
	}
	refused(t, "a known operation without signature", nobodyClient.Cognito(t, "DescribeIdentityPool", object{"IdentityPoolId": nobody}),
		"MissingAuthenticationTokenException", "Request is missing Authentication Token")
	refused(t, "an unknown operation", nobodyClient.Cognito(t, "GetEverything", object{}), "UnknownOperationException", "")
}
