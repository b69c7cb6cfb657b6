package iamapi_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/api/iamapi"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

const (
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}`
	allowS3 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	admin   = "arn:aws:iam::aws:policy/AdministratorAccess"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// populate makes one of everything, with tags and a boundary.
func populate(t *testing.T, f *fixture) {
	ctx := t.Context()
	tags := []iam.Tag{{Key: "team", Value: "blue"}}
	must[*iam.RoleEntry](t)(f.iam.CreateRole(ctx, iam.NewRole{Account: account, Name: "app", Path: "/p/", Trust: trust, Boundary: admin, Tags: tags}))
	must[*iam.UserEntry](t)(f.iam.CreateUser(ctx, iam.NewUser{Account: account, Name: "bob", Path: "/p/", Boundary: admin, Tags: tags}))
	must[*iam.GroupEntry](t)(f.iam.CreateGroup(ctx, iam.NewGroup{Account: account, Name: "staff", Path: "/p/"}))
	must[*iam.InstanceProfile](t)(f.iam.CreateInstanceProfile(ctx, iam.NewInstanceProfile{Account: account, Name: "web", Path: "/p/", Tags: tags}))
	must[*iam.PolicyEntry](t)(f.iam.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "pol", Path: "/p/", Document: allowS3, Tags: tags}))
	must[*iam.OIDCProvider](t)(f.iam.CreateOIDCProvider(ctx, iam.NewOIDCProvider{Account: account, URL: "https://login.example.com", Tags: tags}))
}

// TestRulesAsk checks what the guard is asked: resource, and the condition keys
// that only this service knows.
func TestRulesAsk(t *testing.T) {
	const (
		role     = "arn:aws:iam::000000000000:role/p/app"
		user     = "arn:aws:iam::000000000000:user/p/bob"
		group    = "arn:aws:iam::000000000000:group/p/staff"
		profile  = "arn:aws:iam::000000000000:instance-profile/p/web"
		pol      = "arn:aws:iam::000000000000:policy/p/pol"
		provider = "arn:aws:iam::000000000000:oidc-provider/login.example.com"
		tagged   = "aws:ResourceTag/team=blue iam:ResourceTag/team=blue"
		bounded  = " iam:PermissionsBoundary=" + admin
		// s3full is a boundary or policy that is given in the request.
		s3full = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
	)
	cases := []struct {
		name, operation, parameters string
		want                        []string // "resource keys…"
	}{
		{"a new role is asked for by its future ARN, tags and boundary", "CreateRole",
			"RoleName=new\nPath=/q/\nAssumeRolePolicyDocument=" + trust + "\nPermissionsBoundary=" + s3full + "\nTags.member.1.Key=a\nTags.member.1.Value=b",
			[]string{"arn:aws:iam::000000000000:role/q/new iam:PermissionsBoundary=" + s3full + " aws:TagKeys=[a] aws:RequestTag/a=b"}},
		{"a role is asked for with its path and tags", "GetRole", "RoleName=app", []string{role + " " + tagged}},
		{"a role that does not exist has the path /", "GetRole", "RoleName=no", []string{"arn:aws:iam::000000000000:role/no"}},
		{"attaching names the policy and the role's boundary", "AttachRolePolicy", "RoleName=app\nPolicyArn=" + s3full,
			[]string{role + " " + tagged + bounded + " iam:PolicyARN=" + s3full}},
		{"detaching too", "DetachUserPolicy", "UserName=bob\nPolicyArn=" + s3full, []string{user + " " + tagged + bounded + " iam:PolicyARN=" + s3full}},
		{"an inline policy names the boundary of its owner", "PutRolePolicy", "RoleName=app\nPolicyName=p\nPolicyDocument=" + allowS3, []string{role + " " + tagged + bounded}},
		{"setting a boundary names the new one", "PutUserPermissionsBoundary", "UserName=bob\nPermissionsBoundary=" + s3full,
			[]string{user + " " + tagged + " iam:PermissionsBoundary=" + s3full}},
		{"removing a boundary names the old one", "DeleteRolePermissionsBoundary", "RoleName=app", []string{role + " " + tagged + bounded}},
		{"untagging names the keys", "UntagRole", "RoleName=app\nTagKeys.member.1=x\nTagKeys.member.2=y", []string{role + " " + tagged + " aws:TagKeys=[x y]"}},
		{"renaming asks for both names", "UpdateUser", "UserName=bob\nNewUserName=rob", []string{user + " " + tagged, "arn:aws:iam::000000000000:user/p/rob " + tagged}},
		{"moving asks for both paths", "UpdateUser", "UserName=bob\nNewPath=/r/", []string{user + " " + tagged, "arn:aws:iam::000000000000:user/r/bob " + tagged}},
		{"a new group is asked for by its future ARN", "CreateGroup", "GroupName=new\nPath=/q/", []string{"arn:aws:iam::000000000000:group/q/new"}},
		{"a group is asked for with its path", "GetGroup", "GroupName=staff", []string{group}},
		{"a group that does not exist has the path /", "DeleteGroup", "GroupName=no", []string{"arn:aws:iam::000000000000:group/no"}},
		{"who is in a group is asked of the group alone", "AddUserToGroup", "GroupName=staff\nUserName=bob", []string{group}},
		{"so is who leaves it", "RemoveUserFromGroup", "GroupName=staff\nUserName=bob", []string{group}},
		{"the groups of a user are asked of the user", "ListGroupsForUser", "UserName=bob", []string{user + " " + tagged}},
		{"an inline policy of a group has no more keys", "PutGroupPolicy", "GroupName=staff\nPolicyName=p\nPolicyDocument=" + allowS3, []string{group}},
		{"attaching to a group names the policy", "AttachGroupPolicy", "GroupName=staff\nPolicyArn=" + s3full, []string{group + " iam:PolicyARN=" + s3full}},
		{"renaming a group asks for both names", "UpdateGroup", "GroupName=staff\nNewGroupName=team", []string{group, "arn:aws:iam::000000000000:group/p/team"}},
		{"moving a group asks for both paths", "UpdateGroup", "GroupName=staff\nNewPath=/r/", []string{group, "arn:aws:iam::000000000000:group/r/staff"}},
		{"a group that stays where it is asks once", "UpdateGroup", "GroupName=staff\nNewPath=/p/", []string{group}},
		{"a simulation of a group is asked for the group", "SimulatePrincipalPolicy", "PolicySourceArn=" + group + "\nActionNames.member.1=s3:GetObject", []string{group}},
		{"a new instance profile is asked for by its future ARN and tags", "CreateInstanceProfile", "InstanceProfileName=new\nPath=/q/\nTags.member.1.Key=a\nTags.member.1.Value=b",
			[]string{"arn:aws:iam::000000000000:instance-profile/q/new aws:TagKeys=[a] aws:RequestTag/a=b"}},
		{"an instance profile is asked for with its path and tags", "GetInstanceProfile", "InstanceProfileName=web", []string{profile + " " + tagged}},
		{"one that does not exist has the path /", "DeleteInstanceProfile", "InstanceProfileName=no", []string{"arn:aws:iam::000000000000:instance-profile/no"}},
		{"tagging an instance profile names the tags", "TagInstanceProfile", "InstanceProfileName=web\nTags.member.1.Key=a\nTags.member.1.Value=b",
			[]string{profile + " " + tagged + " aws:TagKeys=[a] aws:RequestTag/a=b"}},
		{"an account alias is nobody's", "CreateAccountAlias", "AccountAlias=an-alias", []string{"*"}},
		{"a policy is asked for by its ARN", "CreatePolicyVersion", "PolicyArn=" + pol + "\nPolicyDocument=" + allowS3, []string{pol + " aws:ResourceTag/team=blue"}},
		{"tagging a policy names the tags", "TagPolicy", "PolicyArn=" + pol + "\nTags.member.1.Key=a\nTags.member.1.Value=b",
			[]string{pol + " aws:ResourceTag/team=blue aws:TagKeys=[a] aws:RequestTag/a=b"}},
		{"a simulation of a role is asked for the role", "SimulatePrincipalPolicy", "PolicySourceArn=" + role + "\nActionNames.member.1=s3:GetObject", []string{role + " " + tagged}},
		{"so are the condition keys of a user", "GetContextKeysForPrincipalPolicy", "PolicySourceArn=" + user, []string{user + " " + tagged}},
		{"a source that does not exist is asked for as it is named", "SimulatePrincipalPolicy",
			"PolicySourceArn=arn:aws:iam::111122223333:role/x\nActionNames.member.1=s3:GetObject", []string{"arn:aws:iam::111122223333:role/x"}},
		{"a source that is no ARN is nothing", "SimulatePrincipalPolicy", "PolicySourceArn=certainly-no-arn-at-all\nActionNames.member.1=s3:GetObject", []string{"*"}},
		{"policies in text are nobody's", "SimulateCustomPolicy", "PolicyInputList.member.1=" + allowS3 + "\nActionNames.member.1=s3:GetObject", []string{"*"}},
		{"a provider is asked for by its future ARN", "CreateOpenIDConnectProvider", "Url=https://new.example.com/x", []string{"arn:aws:iam::000000000000:oidc-provider/new.example.com/x"}},
		{"a provider is asked for by its ARN", "AddClientIDToOpenIDConnectProvider", "OpenIDConnectProviderArn=" + provider + "\nClientID=c", []string{provider + " aws:ResourceTag/team=blue"}},
		{"a list has no resource", "ListRoles", "PathPrefix=/p/", []string{"*"}},
		{"the caller is meant when no user is named", "CreateAccessKey", "", []string{user + " " + tagged}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			populate(t, f)
			f.as = "bob"
			f.decide = func(*authz.Request) authz.Decision { return authz.Decision{Allowed: true} }
			if w := f.post(c.operation, c.parameters); w.Code >= 500 || strings.Contains(w.Body.String(), "ValidationError") {
				t.Fatalf("answer %d %s", w.Code, w.Body)
			}
			var got []string
			for _, r := range f.asked {
				if want := "iam:" + c.operation; r.Action != want {
					t.Errorf("asked for %s, want %s", r.Action, want)
				}
				ask := []string{r.Resource}
				for _, k := range r.Keys {
					if k.Multi {
						ask = append(ask, fmt.Sprintf("%s=%v", k.Name, k.Values))
					} else {
						ask = append(ask, k.Name+"="+k.Values[0])
					}
				}
				got = append(got, strings.Join(ask, " "))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestAnInstanceProfileNeedsTheRoleToBePassed puts a role into a profile for
// callers who may or may not pass it.
func TestAnInstanceProfileNeedsTheRoleToBePassed(t *testing.T) {
	f := newFixture(t)
	populate(t, f)
	f.as = "bob"
	statement := func(action, resource, service string) string {
		return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `","Condition":{"StringEqualsIfExists":{"iam:PassedToService":"` + service + `"}}}`
	}
	add := statement("iam:AddRoleToInstanceProfile", "arn:aws:iam::*:instance-profile/p/web", "x")
	const role = "arn:aws:iam::000000000000:role/p/app"
	for _, c := range []struct{ name, policy, want string }{
		{"without it", add, "iam:PassRole on resource: " + role},
		{"for another service", add + "," + statement("iam:PassRole", role, "lambda.amazonaws.com"), "iam:PassRole on resource: " + role},
		{"without the profile", statement("iam:PassRole", role, "ec2.amazonaws.com"), "iam:AddRoleToInstanceProfile on resource: arn:aws:iam::000000000000:instance-profile/p/web"},
		{"with both", add + "," + statement("iam:PassRole", role, "ec2.amazonaws.com"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := f.iam.PutInlinePolicy(t.Context(), iam.UserOwner(account, "bob"), "own", `{"Version":"2012-10-17","Statement":[`+c.policy+`]}`); err != nil {
				t.Fatal(err)
			}
			ctx, bound := f.in()
			_, err := bound.AddRoleToInstanceProfile(ctx, &iamwire.AddRoleToInstanceProfileInput{InstanceProfileName: ptr("web"), RoleName: ptr("app")})
			if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestDeniedCallsDoNothing denies every served operation and checks that IAM did
// not move and that the answer is the same whether the target exists.
func TestDeniedCallsDoNothing(t *testing.T) {
	f := newFixture(t)
	populate(t, f)
	f.as = "bob"
	f.decide = func(*authz.Request) authz.Decision { return authz.Decision{Message: "no"} }
	before := f.iam.Snapshot().Version()
	for _, operation := range served() {
		in := filled(t, operation)
		ctx, bound := f.in()
		out := reflect.ValueOf(bound).MethodByName(operation).Call([]reflect.Value{reflect.ValueOf(ctx), in})
		if err, _ := out[1].Interface().(error); err == nil || err.Error() != "AccessDenied: no" {
			t.Errorf("%s: %v, want AccessDenied", operation, err)
		}
	}
	if f.iam.Snapshot().Version() != before {
		t.Error("a denied call changed IAM")
	}
}

// TestEveryRuleHasItsOperation calls every operation that has a rule and checks
// that it is built.
func TestEveryRuleHasItsOperation(t *testing.T) {
	f := newFixture(t)
	populate(t, f)
	f.as = "bob"
	f.decide = func(*authz.Request) authz.Decision { return authz.Decision{Allowed: true} }
	for _, operation := range served() {
		ctx, bound := f.in()
		out := reflect.ValueOf(bound).MethodByName(operation).Call([]reflect.Value{reflect.ValueOf(ctx), filled(t, operation)})
		if err, _ := out[1].Interface().(error); err != nil && (strings.Contains(err.Error(), "InvalidAction") || strings.Contains(err.Error(), "ServiceFailure") || strings.Contains(err.Error(), "InternalFailure")) {
			t.Errorf("%s: %v", operation, err)
		}
	}
	if n := len(served()); n != 112 {
		t.Errorf("%d operations are served", n)
	}
}

func served() []string {
	var names []string
	for name := range (&iamapi.Implementation{}).Rules() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// filled makes an input that passes the model's constraints and names things
// that do not exist, so that nothing in the fixture goes away.
func filled(t *testing.T, operation string) reflect.Value {
	t.Helper()
	values := map[string]any{
		"RoleName": "none", "UserName": "none", "GroupName": "none", "InstanceProfileName": "none", "AccountAlias": "none", "NewUserName": "other", "PolicyName": "none", "PolicyArn": "arn:aws:iam::000000000000:policy/none",
		"AssumeRolePolicyDocument": trust, "PolicyDocument": allowS3, "PermissionsBoundary": admin, "VersionId": "v1",
		"Url": "https://none.example.com", "OpenIDConnectProviderArn": "arn:aws:iam::000000000000:oidc-provider/none.example.com", "ClientID": "c",
		"SAMLProviderArn": "arn:aws:iam::000000000000:saml-provider/none", "Name": "none", "SAMLMetadataDocument": strings.Repeat("x", 1000),
		"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "Description": "d", "SerialNumber": "123456789",
		"PolicySourceArn": "arn:aws:iam::000000000000:role/none",
	}
	method, ok := reflect.TypeFor[iamwire.API]().MethodByName(operation)
	if !ok {
		t.Fatalf("no operation %s", operation)
	}
	in := reflect.New(method.Type.In(1).Elem())
	for i := range in.Elem().NumField() {
		field, name := in.Elem().Field(i), in.Elem().Type().Field(i).Name
		switch {
		case name == "Tags":
			field.Set(reflect.ValueOf([]iamwire.Tag{{Key: ptr("k"), Value: ptr("v")}}))
		case name == "TagKeys":
			field.Set(reflect.ValueOf([]string{"k"}))
		case name == "ThumbprintList":
			field.Set(reflect.ValueOf([]string{strings.Repeat("a", 40)}))
		case name == "PolicyInputList":
			field.Set(reflect.ValueOf([]string{allowS3}))
		case name == "ActionNames":
			field.Set(reflect.ValueOf([]string{"s3:GetObject"}))
		case name == "Status":
			field.Set(reflect.ValueOf(ptr(iamwire.StatusTypeActive)))
		case values[name] != nil:
			field.Set(reflect.ValueOf(ptr(values[name].(string))))
		}
	}
	return in
}

func ptr[T any](v T) *T { return &v }

// TestAuditRecordsHoldNoSecret makes a key and looks for its secret in the
// records and the log.
func TestAuditRecordsHoldNoSecret(t *testing.T) {
	f := newFixture(t)
	populate(t, f)
	ctx, bound := f.in()
	out, err := bound.CreateAccessKey(ctx, &iamwire.CreateAccessKeyInput{UserName: ptr("bob")})
	if err != nil {
		t.Fatal(err)
	}
	secret := *out.AccessKey.SecretAccessKey
	records, err := json.Marshal(f.events)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.events) != 1 || !strings.Contains(string(records), *out.AccessKey.AccessKeyId) {
		t.Errorf("records: %s", records)
	}
	if strings.Contains(string(records), secret) || strings.Contains(f.log.String(), secret) {
		t.Errorf("the secret is in a record or the log:\n%s\n%s", records, f.log.String())
	}
}
