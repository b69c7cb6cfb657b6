package testenv_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

// TestRegisteredOIDCProvider signs in with a provider registered in IAM, at a
// pool and directly at STS: one whose keys are fetched through an override,
// and one on loopback, which development mode allows.
func TestRegisteredOIDCProvider(t *testing.T) {
	key := logintest.NewRSAKey(t, "k1", "RS256", 2048)
	overridden := logintest.NewProvider(t, "https://id.acme.example/realm", key)
	local := logintest.NewProvider(t, "", key)
	local.Issuer = local.URL
	e := testenv.Start(t, testenv.Options{Change: func(c *config.Config) {
		c.DevelopmentMode = true
		c.Providers = map[string]string{"id.acme.example/realm": overridden.URL}
	}})
	root := e.Root()
	for _, issuer := range []string{overridden.Issuer, local.Issuer} {
		t.Run(issuer, func(t *testing.T) {
			_, name, _ := strings.Cut(issuer, "://")
			made := must(t, root.IAM(t, "CreateOpenIDConnectProvider", "Url", issuer, "ClientIDList.member.1", "acme-web", "ClientIDList.member.2", "acme-ios"))
			arn := made.Element("OpenIDConnectProviderArn")
			if arn != "arn:aws:iam::"+testenv.Account+":oidc-provider/"+name {
				t.Fatalf("provider is %s", arn)
			}
			var pool struct{ IdentityPoolId string }
			root.Cognito(t, "CreateIdentityPool", map[string]any{
				"IdentityPoolName": "oidc", "AllowUnauthenticatedIdentities": false, "OpenIdConnectProviderARNs": []string{arn},
			}).JSON(t, &pool)
			roleName := "People" + strings.Map(func(r rune) rune {
				if strings.ContainsRune("/:", r) {
					return '-'
				}
				return r
			}, name)
			role := "arn:aws:iam::" + testenv.Account + ":role/" + roleName
			both := `{"Version":"2012-10-17","Statement":[` +
				`{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool.IdentityPoolId + `"}}},` +
				`{"Effect":"Allow","Principal":{"Federated":"` + arn + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + name + `:aud":"acme-ios","` + name + `:sub":"u-1"}}}]}`
			must(t, root.IAM(t, "CreateRole", "RoleName", roleName, "AssumeRolePolicyDocument", both))
			must(t, root.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": pool.IdentityPoolId, "Roles": map[string]string{"authenticated": role}}))

			token := func(sub, aud string) string {
				now := time.Now().Unix()
				return key.Token(logintest.JSON{"iss": issuer, "sub": sub, "aud": aud, "iat": now, "exp": now + 600})
			}
			s := &story{t: t, Env: e, pool: pool.IdentityPoolId}
			logins := map[string]string{name: token("u-1", "acme-web")}
			var id struct{ IdentityId string }
			s.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": s.pool, "Logins": logins}).JSON(t, &id)
			var got credentials
			s.Anonymous().Cognito(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id.IdentityId, "Logins": logins}).JSON(t, &got)
			a := s.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": s.pool, "Logins": map[string]string{name: token("u-1", "stranger")}})
			refused(t, "a client id that is not registered", a, 400, "NotAuthorizedException", "Invalid login token. Incorrect token audience.")

			assume := func(token string) *testenv.Answer {
				return s.Anonymous().STS(t, "AssumeRoleWithWebIdentity", "RoleArn", role, "RoleSessionName", "phone", "WebIdentityToken", token)
			}
			direct := must(t, assume(token("u-1", "acme-ios")))
			if who := direct.Element("Arn"); who != "arn:aws:sts::"+testenv.Account+":assumed-role/"+roleName+"/phone" {
				t.Errorf("assumed %s", who)
			}
			if sub := direct.Element("SubjectFromWebIdentityToken"); sub != "u-1" {
				t.Errorf("subject %s", sub)
			}
			refused(t, "another client of the provider", assume(token("u-1", "acme-web")), 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
			refused(t, "another person", assume(token("u-2", "acme-ios")), 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
			refused(t, "an audience nobody registered", assume(token("u-1", "stranger")), 400, "InvalidIdentityToken", "Incorrect token audience")
		})
	}
}
