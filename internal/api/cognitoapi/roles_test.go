package cognitoapi_test

import (
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

const (
	roleARN = "arn:aws:iam::" + testenv.Account + ":role/"

	staffRole = roleARN + "Staff"
)

// role makes a role that signed-in people of the pool may have, with one inline
// policy of these statements.
func (p *providers) role(name, actions string, statements ...string) {
	p.t.Helper()
	p.iam("CreateRole", "RoleName", name, "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":`+actions+
			`,"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"`+p.pool+`"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}]}`)
	if len(statements) > 0 {
		p.iam("PutRolePolicy", "RoleName", name, "PolicyName", "Own", "PolicyDocument", `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)
	}
}

// acmeWith are Logins with one token of acme with more claims.
func (p *providers) acmeWith(subject string, more logintest.JSON) object {
	return object{p.issuer: p.key.Token(claims(p.acme.Issuer, acmeApp, subject).With(more))}
}

// client signs in and returns a client with the credentials.
func (p *providers) client(logins object, more ...string) *testenv.Client {
	p.t.Helper()
	in := object{"IdentityId": p.id(logins), "Logins": logins}
	for i := 0; i+1 < len(more); i += 2 {
		in[more[i]] = more[i+1]
	}
	var out struct {
		Credentials struct{ AccessKeyId, SecretKey, SessionToken string }
	}
	p.public("GetCredentialsForIdentity", in).JSON(p.t, &out)
	c := p.Anonymous()
	c.KeyID, c.Secret, c.SessionToken = out.Credentials.AccessKeyId, out.Credentials.SecretKey, out.Credentials.SessionToken
	return c
}

// roleOf is the name of the role that a client's session has.
func roleOf(t *testing.T, c *testenv.Client) string {
	t.Helper()
	parts := strings.Split(c.STS(t, "GetCallerIdentity").Element("Arn"), "/")
	if len(parts) != 3 {
		t.Fatalf("the session is %v", parts)
	}
	return parts[1]
}

// TestRoleMappings is cognito-identity.md 5 over the wire.
func TestRoleMappings(t *testing.T) {
	p := startProviders(t)
	const assume = `"sts:AssumeRoleWithWebIdentity"`
	p.role("Staff", assume)
	p.role("Boss", assume)
	mappings := object{
		p.acmeARN(): object{
			"Type": "Rules", "AmbiguousRoleResolution": "Deny",
			"RulesConfiguration": object{"Rules": []any{
				object{"Claim": "groups", "MatchType": "Contains", "Value": "bosses", "RoleARN": roleARN + "Boss"},
				object{"Claim": "groups", "MatchType": "Contains", "Value": "staff", "RoleARN": staffRole},
			}},
		},
		google: object{"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"},
	}
	roles := object{"authenticated": authRole, "unauthenticated": guestRole}
	set := func(m object) *testenv.Answer {
		t.Helper()
		return p.root.Cognito(t, "SetIdentityPoolRoles", object{"IdentityPoolId": p.pool, "Roles": roles, "RoleMappings": m})
	}
	if a := set(mappings); a.Status != 200 || a.Body != "" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	same(t, "what was set", p.call("GetIdentityPoolRoles", object{"IdentityPoolId": p.pool}),
		object{"IdentityPoolId": p.pool, "Roles": roles, "RoleMappings": mappings})

	groups := func(names ...any) logintest.JSON { return logintest.JSON{"groups": names} }
	for name, c := range map[string]struct {
		client *testenv.Client
		want   string
	}{
		"the first rule":                        {p.client(p.acmeWith("1", groups("staff", "bosses"))), "Boss"},
		"the second rule":                       {p.client(p.acmeWith("2", groups("staff"))), "Staff"},
		"a rule by its role":                    {p.client(p.acmeWith("3", groups("staff", "bosses")), "CustomRoleArn", staffRole), "Staff"},
		"a token without roles has the default": {p.client(p.google("4")), "Auth"},
		"a token that names its role":           {p.client(object{google: p.key.Token(claims("https://"+google, clientID, "5").With(logintest.JSON{"cognito:preferred_role": staffRole}))}), "Staff"},
	} {
		if got := roleOf(t, c.client); got != c.want {
			t.Errorf("%s: the role is %s, want %s", name, got, c.want)
		}
	}

	nobody := p.acmeWith("6", groups("strangers"))
	refused(t, "no rule matches", p.getCredentials(p.id(nobody), nobody), notAuthorized, "The ambiguous role mapping rules for: "+p.acmeARN()+" denied this request.")
	staff := p.acmeWith("2", groups("staff"))
	a := p.public("GetCredentialsForIdentity", object{"IdentityId": p.id(staff), "Logins": staff, "CustomRoleArn": roleARN + "Boss"})
	refused(t, "a role whose rule does not match", a, notAuthorized, "Role '"+roleARN+"Boss' is not allowed by the rules of "+p.acmeARN()+".")
	elsewhere := object{google: p.key.Token(claims("https://"+google, clientID, "7").With(logintest.JSON{"cognito:preferred_role": "arn:aws:iam::999999999999:role/Staff"}))}
	refused(t, "a token that names a role of another account", p.getCredentials(p.id(elsewhere), elsewhere), "InvalidIdentityPoolConfigurationException", noTrust)

	rule := object{"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": staffRole}
	many := make([]any, 26)
	for i := range many {
		many[i] = rule
	}
	for name, c := range map[string]struct {
		mappings object
		message  string
	}{
		"a provider by its key":      {object{p.issuer: mappings[google]}, "(" + p.issuer + ") is not a valid RoleMapping ProviderName or is not a configured provider."},
		"the developer provider":     {object{"login.dev.example": mappings[google]}, "(login.dev.example) is not a valid RoleMapping ProviderName or is not a configured provider."},
		"no resolution":              {object{google: object{"Type": "Token"}}, "AmbiguousRoleResolution is required in the RoleMapping of " + google + "."},
		"rules without rules":        {object{google: object{"Type": "Rules", "AmbiguousRoleResolution": "Deny"}}, "RulesConfiguration is required in the RoleMapping of " + google + ", whose Type is Rules."},
		"a token mapping with rules": {object{google: object{"Type": "Token", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": object{"Rules": []any{rule}}}}, "RulesConfiguration is not used in the RoleMapping of " + google + ", whose Type is Token."},
		"26 rules":                   {object{google: object{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": object{"Rules": many}}}, "The RoleMapping of " + google + " has more than 25 rules."},
	} {
		refused(t, name, set(c.mappings), badParameter, c.message)
	}

	// Whoever may set roles may not hand out roles that are not his to pass,
	// neither as a default nor by a rule.
	setter := p.user("setter", allow("cognito-identity:SetIdentityPoolRoles", "*"), allow("iam:PassRole", authRole), allow("iam:PassRole", guestRole), allow("iam:PassRole", staffRole))
	a = setter.Cognito(t, "SetIdentityPoolRoles", object{"IdentityPoolId": p.pool, "Roles": roles, "RoleMappings": mappings})
	refused(t, "a rule's role that may not be passed", a, notAuthorized, "Access to Role '"+roleARN+"Boss' is forbidden.")
	p.setRoles(p.pool, roles)
	same(t, "mappings that were left out are gone", p.call("GetIdentityPoolRoles", object{"IdentityPoolId": p.pool}), object{"IdentityPoolId": p.pool, "Roles": roles})
}

// TestPrincipalTags is cognito-identity.md 6 over the wire.
func TestPrincipalTags(t *testing.T) {
	p := startProviders(t)
	own := func(provider string, more object) object {
		in := object{"IdentityPoolId": p.pool, "IdentityProviderName": provider}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	same(t, "a map that was never set", p.call("GetPrincipalTagAttributeMap", own(google, nil)), own(google, object{"UseDefaults": false, "PrincipalTags": object{}}))
	for _, provider := range []string{p.issuer, "login.dev.example", "www.amazon.com"} {
		a := p.root.Cognito(t, "SetPrincipalTagAttributeMap", own(provider, object{"UseDefaults": true}))
		refused(t, provider, a, badParameter, "("+provider+") is not a valid IdentityProviderName or is not a configured provider.")
	}
	department := own(p.acmeARN(), object{"UseDefaults": false, "PrincipalTags": object{"dep": "department"}})
	same(t, "the answer", p.call("SetPrincipalTagAttributeMap", department), department)
	same(t, "what was set", p.call("GetPrincipalTagAttributeMap", own(p.acmeARN(), nil)), department)

	it := p.acmeWith("anna", logintest.JSON{"department": "it"})
	refused(t, "a role that does not let its sessions be tagged", p.getCredentials(p.id(it), it), "InvalidIdentityPoolConfigurationException", noTrust)
	bare := p.acmes("bare") // no claim, no tag, no need for sts:TagSession
	if got := roleOf(t, p.client(bare)); got != "Auth" {
		t.Errorf("a login without the claim has role %s", got)
	}

	p.role("Tagged", `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`,
		allow("cognito-identity:DescribeIdentityPool", "*", `{"StringEquals":{"aws:PrincipalTag/dep":"it"}}`))
	p.setRoles(p.pool, object{"authenticated": roleARN + "Tagged"})
	describe := func(c *testenv.Client) int {
		t.Helper()
		return c.Cognito(t, "DescribeIdentityPool", object{"IdentityPoolId": p.pool}).Status
	}
	for name, c := range map[string]struct {
		logins object
		want   int
	}{
		"the tag's value is the claim's": {it, 200},
		"another value":                  {p.acmeWith("bert", logintest.JSON{"department": "law"}), 400},
		"no value":                       {bare, 400},
		"another provider's claim":       {object{google: p.key.Token(claims("https://"+google, clientID, "carl").With(logintest.JSON{"department": "it"}))}, 400},
	} {
		if got := describe(p.client(c.logins)); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
	long := p.acmeWith("long", logintest.JSON{"department": strings.Repeat("x", 257)})
	refused(t, "a value too long for a tag", p.getCredentials(p.id(long), long), "InvalidIdentityPoolConfigurationException", noTrust)

	// How Terraform takes a map away.
	p.call("SetPrincipalTagAttributeMap", own(p.acmeARN(), object{"UseDefaults": true, "PrincipalTags": object{}}))
	if got := describe(p.client(it)); got != 400 {
		t.Errorf("the default map gives the old tag: status %d", got)
	}
}
