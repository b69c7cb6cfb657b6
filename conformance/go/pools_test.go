package conformance

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const developer = "login.acme.app"

// ownPool is a pool with every switch on and a role for each kind of caller.
type ownPool struct {
	server
	users, id, arn, role, guest string
	admin, nobody               *cognitoidentity.Client
}

func newOwnPool(t *testing.T) ownPool {
	t.Helper()
	p := ownPool{server: theServer(t), users: os.Getenv("ROCKPOOL_USER_POOL")}
	p.admin, p.nobody = p.pools(fixed(p.root)), p.pools(aws.AnonymousCredentials{})
	made, err := p.admin.CreateIdentityPool(t.Context(), &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("go pools"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(true), DeveloperProviderName: aws.String(developer),
		SupportedLoginProviders:  map[string]string{googleName: p.clientID},
		CognitoIdentityProviders: []types.CognitoIdentityProvider{{ProviderName: &p.users, ClientId: aws.String("webclient"), ServerSideTokenCheck: aws.Bool(false)}},
		IdentityPoolTags:         map[string]string{"team": "go"},
	})
	must(t, err)
	p.id = *made.IdentityPoolId
	p.arn = "arn:aws:cognito-identity:" + region + ":" + p.account + ":identitypool/" + p.id
	p.role, p.guest = p.newRole(t, "authenticated"), p.newRole(t, "unauthenticated")
	p.setRoles(t, nil)
	return p
}

func (p ownPool) newRole(t *testing.T, amr string) string {
	t.Helper()
	made, err := p.iam(fixed(p.root)).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String(unique("role")), AssumeRolePolicyDocument: policy(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Federated": "cognito-identity.amazonaws.com"}, "Action": []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"},
		"Condition": map[string]any{
			"StringEquals":           map[string]string{"cognito-identity.amazonaws.com:aud": p.id},
			"ForAnyValue:StringLike": map[string]string{"cognito-identity.amazonaws.com:amr": amr},
		},
	})})
	must(t, err)
	return *made.Role.Arn
}

func (p ownPool) setRoles(t *testing.T, mappings map[string]types.RoleMapping) {
	t.Helper()
	_, err := p.admin.SetIdentityPoolRoles(t.Context(), &cognitoidentity.SetIdentityPoolRolesInput{
		IdentityPoolId: &p.id, Roles: map[string]string{"authenticated": p.role, "unauthenticated": p.guest}, RoleMappings: mappings,
	})
	must(t, err)
}

// userToken is an ID token of the pretend user pool, with claims laid over its own.
func (p ownPool) userToken(t *testing.T, claims string) map[string]string {
	t.Helper()
	resp, err := http.PostForm(os.Getenv("ROCKPOOL_TOKENS")+"/token", url.Values{"provider": {p.users}, "client": {"webclient"}, "person": {p.person}, "claims": {claims}})
	must(t, err)
	var answer struct{ Token string }
	must(t, json.Unmarshal([]byte(read(t, resp.Body)), &answer))
	return map[string]string{p.users: answer.Token}
}

func (p ownPool) identity(t *testing.T, logins map[string]string) string {
	t.Helper()
	got, err := p.nobody.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &p.id, Logins: logins})
	must(t, err)
	return *got.IdentityId
}

// caller is who the credentials of an identity are.
func (p ownPool) caller(ctx context.Context, id string, logins map[string]string, custom *string) (string, error) {
	got, err := p.nobody.GetCredentialsForIdentity(ctx, &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: &id, Logins: logins, CustomRoleArn: custom})
	if err != nil {
		return "", err
	}
	c := got.Credentials
	who, err := p.sts(fixed(aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken})).
		GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return *who.Arn, nil
}

func (p ownPool) enhanced(role string) string {
	return "arn:aws:sts::" + p.account + ":assumed-role/" + role[strings.LastIndex(role, "/")+1:] + "/CognitoIdentityCredentials"
}

func TestRoleMappings(t *testing.T) {
	p := newOwnPool(t)
	one, two := p.newRole(t, "authenticated"), p.newRole(t, "authenticated")
	key := p.users + ":webclient"
	want := map[string]types.RoleMapping{
		key: {Type: types.RoleMappingTypeRules, AmbiguousRoleResolution: types.AmbiguousRoleResolutionTypeDeny, RulesConfiguration: &types.RulesConfigurationType{Rules: []types.MappingRule{
			{Claim: aws.String("z"), MatchType: types.MappingRuleMatchTypeEquals, Value: aws.String("1"), RoleARN: &two},
			{Claim: aws.String("a"), MatchType: types.MappingRuleMatchTypeStartsWith, Value: aws.String("x"), RoleARN: &one},
		}}},
		googleName: {Type: types.RoleMappingTypeToken, AmbiguousRoleResolution: types.AmbiguousRoleResolutionTypeAuthenticatedRole},
	}
	p.setRoles(t, want)
	got, err := p.admin.GetIdentityPoolRoles(t.Context(), &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: &p.id})
	must(t, err)
	if d := cmp.Diff(want, got.RoleMappings, cmpopts.IgnoreUnexported(types.RoleMapping{}, types.RulesConfigurationType{}, types.MappingRule{})); d != "" {
		t.Errorf("mappings (-written +read):\n%s", d)
	}
	for _, c := range []struct {
		name, claims string
		custom       *string
		role         string
	}{
		{"the first rule that matches decides", `{"z":"1","a":"xyz"}`, nil, two},
		{"the second rule decides", `{"a":"xyz"}`, nil, one},
		{"a custom role that a rule gives is taken", `{"z":"1","a":"xyz"}`, &one, one},
		{"no rule matches", `{"a":"abc"}`, nil, ""},
		{"no rule gives the custom role", `{"a":"xyz"}`, &two, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			logins := p.userToken(t, c.claims)
			who, err := p.caller(t.Context(), p.identity(t, logins), logins, c.custom)
			var refused *types.NotAuthorizedException
			if c.role == "" {
				if !errors.As(err, &refused) {
					t.Errorf("got %s, %v, want a refusal", who, err)
				}
				return
			}
			if must(t, err); who != p.enhanced(c.role) {
				t.Errorf("got %s, want %s", who, c.role)
			}
		})
	}
}

// The pool's token, checked with the standard library against the published key,
// buys a session with its tags.
func TestClassicFlow(t *testing.T) {
	p := newOwnPool(t)
	ctx := t.Context()
	_, err := p.admin.SetPrincipalTagAttributeMap(ctx, &cognitoidentity.SetPrincipalTagAttributeMapInput{
		IdentityPoolId: &p.id, IdentityProviderName: &p.users, UseDefaults: aws.Bool(false), PrincipalTags: map[string]string{"team": "custom:team"},
	})
	must(t, err)
	tags, err := p.admin.GetPrincipalTagAttributeMap(ctx, &cognitoidentity.GetPrincipalTagAttributeMapInput{IdentityPoolId: &p.id, IdentityProviderName: &p.users})
	must(t, err)
	if *tags.UseDefaults || tags.PrincipalTags["team"] != "custom:team" || len(tags.PrincipalTags) != 1 {
		t.Errorf("tag map %v", tags.PrincipalTags)
	}
	logins := p.userToken(t, `{"custom:team":"divers"}`)
	id := p.identity(t, logins)
	opened, err := p.nobody.GetOpenIdToken(ctx, &cognitoidentity.GetOpenIdTokenInput{IdentityId: &id, Logins: logins})
	must(t, err)

	claims := p.verified(t, *opened.Token)
	want := map[string]any{
		"iss": "https://cognito-identity.amazonaws.com", "sub": id, "aud": p.id, "iat": claims["iat"], "exp": claims["iat"].(float64) + 600, "amr": claims["amr"],
		"https://cognito-identity.amazonaws.com/identity-pool-arn": p.arn,
		"https://aws.amazon.com/tags":                              map[string]any{"principal_tags": map[string]any{"team": []any{"divers"}}},
	}
	if d := cmp.Diff(want, claims); d != "" {
		t.Errorf("claims (-want +got):\n%s", d)
	}
	nobody := p.sts(aws.AnonymousCredentials{})
	exchange := func(role, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return nobody.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: aws.String("classic"), WebIdentityToken: &token})
	}
	session, err := exchange(p.role, *opened.Token)
	must(t, err)
	if *session.SubjectFromWebIdentityToken != id || *session.Audience != p.id || !strings.HasSuffix(*session.AssumedRoleUser.Arn, "/classic") {
		t.Errorf("session of %s for %s: %s", *session.SubjectFromWebIdentityToken, *session.Audience, *session.AssumedRoleUser.Arn)
	}
	var badToken *ststypes.InvalidIdentityTokenException
	if _, err := exchange(p.role, (*opened.Token)[:len(*opened.Token)-9]+"AAAAAAAAA"); !errors.As(err, &badToken) {
		t.Errorf("a forged token: %v", err)
	}
	if _, err := exchange(p.guest, *opened.Token); err == nil || !strings.Contains(err.Error(), "Not authorized to perform sts:AssumeRoleWithWebIdentity") {
		t.Errorf("the guests' role: %v", err)
	}
}

// verified is the claims of a token whose signature a published key proves.
func (p ownPool) verified(t *testing.T, token string) map[string]any {
	t.Helper()
	part := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		must(t, err)
		return b
	}
	parts := strings.Split(token, ".")
	var header struct{ Alg, Kid, Typ string }
	must(t, json.Unmarshal(part(parts[0]), &header))
	if header.Alg != "RS512" || header.Typ != "JWS" {
		t.Errorf("header %+v", header)
	}
	resp, err := http.Get(p.endpoint + "/.well-known/jwks_uri")
	must(t, err)
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	must(t, json.Unmarshal([]byte(read(t, resp.Body)), &set))
	digest := sha512.Sum512([]byte(parts[0] + "." + parts[1]))
	for _, k := range set.Keys {
		if k.Kid != header.Kid {
			continue
		}
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(part(k.N)), E: int(new(big.Int).SetBytes(part(k.E)).Int64())}
		must(t, rsa.VerifyPKCS1v15(key, crypto.SHA512, digest[:], part(parts[2])))
		var claims map[string]any
		must(t, json.Unmarshal(part(parts[1]), &claims))
		return claims
	}
	t.Fatalf("key %s is not published", header.Kid)
	return nil
}

func TestDevelopersUsers(t *testing.T) {
	p := newOwnPool(t)
	ctx := t.Context()
	open := func(user string) (id, token string) {
		t.Helper()
		got, err := p.admin.GetOpenIdTokenForDeveloperIdentity(ctx, &cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput{
			IdentityPoolId: &p.id, Logins: map[string]string{developer: user}, TokenDuration: aws.Int64(60),
		})
		must(t, err)
		return *got.IdentityId, *got.Token
	}
	first, token := open("one")
	who, err := p.caller(ctx, first, map[string]string{"cognito-identity.amazonaws.com": token}, nil)
	if must(t, err); who != p.enhanced(p.role) {
		t.Errorf("a backend's user is %s", who)
	}
	second, _ := open("two")
	merged, err := p.admin.MergeDeveloperIdentities(ctx, &cognitoidentity.MergeDeveloperIdentitiesInput{
		SourceUserIdentifier: aws.String("one"), DestinationUserIdentifier: aws.String("two"), DeveloperProviderName: aws.String(developer), IdentityPoolId: &p.id,
	})
	if must(t, err); *merged.IdentityId != second {
		t.Errorf("merged into %s, want %s", *merged.IdentityId, second)
	}
	lookup := func() []string {
		t.Helper()
		got, err := p.admin.LookupDeveloperIdentity(ctx, &cognitoidentity.LookupDeveloperIdentityInput{IdentityPoolId: &p.id, IdentityId: &second, MaxResults: aws.Int32(60)})
		must(t, err)
		return got.DeveloperUserIdentifierList
	}
	if d := cmp.Diff([]string{"one", "two"}, lookup(), cmpopts.SortSlices(strings.Compare)); d != "" {
		t.Errorf("users (-want +got):\n%s", d)
	}
	guest := p.identity(t, nil)
	_, err = p.admin.GetOpenIdTokenForDeveloperIdentity(ctx, &cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput{
		IdentityPoolId: &p.id, IdentityId: &guest, Logins: map[string]string{developer: "one"},
	})
	var registered *types.DeveloperUserAlreadyRegisteredException
	if !errors.As(err, &registered) {
		t.Errorf("a user of another identity: %v", err)
	}
	_, err = p.admin.UnlinkDeveloperIdentity(ctx, &cognitoidentity.UnlinkDeveloperIdentityInput{
		IdentityId: &second, IdentityPoolId: &p.id, DeveloperProviderName: aws.String(developer), DeveloperUserIdentifier: aws.String("one"),
	})
	must(t, err)
	if d := cmp.Diff([]string{"two"}, lookup()); d != "" {
		t.Errorf("users (-want +got):\n%s", d)
	}
}

// A guest becomes somebody with two logins, loses one, and is deleted.
func TestTheLifeOfAnIdentity(t *testing.T) {
	p := newOwnPool(t)
	ctx := t.Context()
	logins := p.userToken(t, "{}")
	logins[googleName] = p.token(t)
	id := p.identity(t, nil)
	who, err := p.caller(ctx, id, nil, nil)
	if must(t, err); who != p.enhanced(p.guest) {
		t.Errorf("a guest is %s", who)
	}
	who, err = p.caller(ctx, id, logins, nil)
	if must(t, err); who != p.enhanced(p.role) {
		t.Errorf("signed in they are %s", who)
	}
	var refused *types.NotAuthorizedException
	if _, err := p.caller(ctx, id, nil, nil); !errors.As(err, &refused) {
		t.Errorf("without their logins: %v", err)
	}
	linked := func() []string {
		t.Helper()
		got, err := p.admin.DescribeIdentity(ctx, &cognitoidentity.DescribeIdentityInput{IdentityId: &id})
		must(t, err)
		return got.Logins
	}
	if got := linked(); len(got) != 2 {
		t.Errorf("logins %v", got)
	}
	_, err = p.nobody.UnlinkIdentity(ctx, &cognitoidentity.UnlinkIdentityInput{IdentityId: &id, Logins: logins, LoginsToRemove: []string{googleName}})
	must(t, err)
	if d := cmp.Diff([]string{p.users}, linked()); d != "" {
		t.Errorf("logins (-want +got):\n%s", d)
	}
	listed, err := p.admin.ListIdentities(ctx, &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &p.id, MaxResults: aws.Int32(60), HideDisabled: true})
	if must(t, err); len(listed.Identities) != 1 || *listed.Identities[0].IdentityId != id {
		t.Errorf("identities %+v", listed.Identities)
	}
	gone, err := p.admin.DeleteIdentities(ctx, &cognitoidentity.DeleteIdentitiesInput{IdentityIdsToDelete: []string{id}})
	if must(t, err); len(gone.UnprocessedIdentityIds) != 0 {
		t.Errorf("not deleted: %v", gone.UnprocessedIdentityIds)
	}
	var missing *types.ResourceNotFoundException
	if _, err := p.caller(ctx, id, logins, nil); !errors.As(err, &missing) || missing.ErrorMessage() != "Identity '"+id+"' not found." {
		t.Errorf("a deleted identity: %v", err)
	}
}

func TestPoolsAreChangedTaggedAndListed(t *testing.T) {
	p := newOwnPool(t)
	ctx := t.Context()
	_, err := p.admin.UpdateIdentityPool(ctx, &cognitoidentity.UpdateIdentityPoolInput{IdentityPoolId: &p.id, IdentityPoolName: aws.String("changed")})
	must(t, err)
	got, err := p.admin.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &p.id})
	must(t, err)
	if *got.IdentityPoolName != "changed" || got.AllowUnauthenticatedIdentities || aws.ToBool(got.AllowClassicFlow) || len(got.SupportedLoginProviders) != 0 ||
		aws.ToString(got.DeveloperProviderName) != developer || got.IdentityPoolTags["team"] != "go" {
		t.Errorf("updated pool %+v", got)
	}
	_, err = p.admin.TagResource(ctx, &cognitoidentity.TagResourceInput{ResourceArn: &p.arn, Tags: map[string]string{"more": ""}})
	must(t, err)
	_, err = p.admin.UntagResource(ctx, &cognitoidentity.UntagResourceInput{ResourceArn: &p.arn, TagKeys: []string{"team"}})
	must(t, err)
	tags, err := p.admin.ListTagsForResource(ctx, &cognitoidentity.ListTagsForResourceInput{ResourceArn: &p.arn})
	must(t, err)
	if d := cmp.Diff(map[string]string{"more": ""}, tags.Tags); d != "" {
		t.Errorf("tags (-want +got):\n%s", d)
	}
	found := false
	pages := cognitoidentity.NewListIdentityPoolsPaginator(p.admin, &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(t, err)
		for _, pool := range page.IdentityPools {
			found = found || *pool.IdentityPoolId == p.id
		}
	}
	if !found {
		t.Error("the pool is not listed")
	}
	_, err = p.admin.DeleteIdentityPool(ctx, &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: &p.id})
	must(t, err)
}
