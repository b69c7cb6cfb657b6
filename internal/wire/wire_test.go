package wire_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
	"github.com/rockpool-id/rockpool/internal/wire/wiretest"
)

func TestCheckMessages(t *testing.T) {
	const pool = "us-east-1:00000000-0000-0000-0000-000000000000"
	rule := func(r cognitowire.MappingRule) *cognitowire.SetIdentityPoolRolesInput {
		return &cognitowire.SetIdentityPoolRolesInput{
			IdentityPoolId: new(pool), Roles: map[string]string{},
			RoleMappings: map[string]cognitowire.RoleMapping{"accounts.google.com": {
				Type:               new(cognitowire.RoleMappingTypeRules),
				RulesConfiguration: &cognitowire.RulesConfigurationType{Rules: []cognitowire.MappingRule{r}},
			}},
		}
	}
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"a good request", &cognitowire.GetIdInput{IdentityPoolId: new(pool), Logins: map[string]string{"accounts.google.com": "t"}}, ""},
		{"a missing member", &cognitowire.GetIdInput{},
			"1 validation error detected: Value null at 'identityPoolId' failed to satisfy constraint: Member must not be null"},
		{"a pattern", &cognitowire.GetIdInput{IdentityPoolId: new("us-east-1")},
			`1 validation error detected: Value 'us-east-1' at 'identityPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+`},
		{"a pattern must match to the very end", &cognitowire.GetIdInput{IdentityPoolId: new("us-east-1:0\n")},
			"1 validation error detected: Value 'us-east-1:0\n' at 'identityPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+"},
		{"all violations in one message", &cognitowire.GetIdInput{IdentityPoolId: new("a:" + strings.Repeat("0", 54)), AccountId: new("")},
			"3 validation errors detected: Value '' at 'accountId' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				`Value '' at 'accountId' failed to satisfy constraint: Member must satisfy regular expression pattern: \d+; ` +
				"Value 'a:" + strings.Repeat("0", 54) + "' at 'identityPoolId' failed to satisfy constraint: Member must have length less than or equal to 55"},
		{"a map's values, an empty login", &cognitowire.GetIdInput{IdentityPoolId: new(pool), Logins: map[string]string{"graph.facebook.com": ""}},
			"1 validation error detected: Value '{graph.facebook.com=}' at 'logins' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 50000, Member must have length greater than or equal to 1]"},
		{"a map's values, the tokens hidden", &cognitowire.GetIdInput{IdentityPoolId: new(pool), Logins: map[string]string{"b": "secret-token", "a": ""}},
			"1 validation error detected: Value '{a=, b=***}' at 'logins' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 50000, Member must have length greater than or equal to 1]"},
		{"a map's keys", &cognitowire.GetIdInput{IdentityPoolId: new(pool), Logins: map[string]string{"": "t"}},
			"1 validation error detected: Value '{=***}' at 'logins' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"},
		{"an integer's range", &cognitowire.ListIdentityPoolsInput{MaxResults: new(int32(61))},
			"1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60"},
		{"a list's length", &cognitowire.DeleteIdentitiesInput{IdentityIdsToDelete: []string{}},
			"1 validation error detected: Value '[]' at 'identityIdsToDelete' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a list's elements", &cognitowire.DeleteIdentitiesInput{IdentityIdsToDelete: []string{"us-east-1:0", ""}},
			"1 validation error detected: Value '[us-east-1:0, ]' at 'identityIdsToDelete' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 55, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+]"},
		{"an enumeration deep inside", rule(cognitowire.MappingRule{
			Claim: new("c"), MatchType: new(cognitowire.MappingRuleMatchType("Like")), Value: new("v"), RoleARN: new("arn:aws:iam::000000000000:role/r")}),
			"1 validation error detected: Value 'Like' at 'roleMappings.accounts.google.com.member.rulesConfiguration.rules.1.member.matchType' failed to satisfy constraint: Member must satisfy enum value set: [Equals, Contains, StartsWith, NotEqual]"},
		{"a pattern of Unicode classes", rule(cognitowire.MappingRule{
			Claim: new("a b"), MatchType: new(cognitowire.MappingRuleMatchTypeEquals), Value: new("v"), RoleARN: new("arn:aws:iam::000000000000:role/é")}),
			`1 validation error detected: Value 'a b' at 'roleMappings.accounts.google.com.member.rulesConfiguration.rules.1.member.claim' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`},
		{"a secret is left out whole", &stswire.AssumeRoleWithWebIdentityInput{
			RoleArn: new("arn:aws:iam::000000000000:role/r"), RoleSessionName: new("Session1:2"), WebIdentityToken: new("abc")},
			`2 validation errors detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*; ` +
				"Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4"},
		{"only the first letter becomes small", &iamwire.CreateSAMLProviderInput{Name: new("p"), SAMLMetadataDocument: new("short")},
			"1 validation error detected: Value 'short' at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length greater than or equal to 1000"},
		{"characters are counted, not bytes", &iamwire.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: new("{}"), Description: new(strings.Repeat("é", 1000))}, ""},
		{"a structure in a list", &iamwire.TagRoleInput{RoleName: new("r"), Tags: []iamwire.Tag{{Key: new("k"), Value: new("")}, {Key: new("k")}}},
			"1 validation error detected: Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null"},
		{"a long value is cut", &iamwire.GetRoleInput{RoleName: new(strings.Repeat("x", 5000))},
			"1 validation error detected: Value '" + strings.Repeat("x", 1024) + "...' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		{"a pattern Go's engine lacks", &iamwire.CreateAccountAliasInput{AccountAlias: new("a--b")},
			"1 validation error detected: Value 'a--b' at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"},
	}
	shapes := new(wire.Shapes)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if e := shapes.Check(tt.in); e != nil {
				got = e.Error()
			}
			if got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestManyViolationsAreBounded(t *testing.T) {
	in := &iamwire.TagRoleInput{RoleName: new("r"), Tags: make([]iamwire.Tag, 5000)}
	e := new(wire.Shapes).Check(in)
	if e == nil || len(e.Violations) > 100 {
		t.Fatalf("%d violations", len(e.Violations))
	}
}

// every calls f with each operation of each service.
func every(f func(s wire.Service, info wire.Info, in, out any)) {
	for _, op := range cognitowire.Operations() {
		f(cognitowire.Service(), op.Info, op.NewInput(), op.NewOutput())
	}
	for _, op := range iamwire.Operations() {
		f(iamwire.Service(), op.Info, op.NewInput(), op.NewOutput())
	}
	for _, op := range stswire.Operations() {
		f(stswire.Service(), op.Info, op.NewInput(), op.NewOutput())
	}
}

func TestEveryPatternCompiles(t *testing.T) {
	shapes := new(wire.Shapes)
	patterns := make(map[string]bool)
	use := func(l *wire.Limits) {
		if l.Pattern != nil {
			patterns[l.Pattern.Text] = true
			l.Pattern.Match("")
		}
	}
	every(func(_ wire.Service, _ wire.Info, in, out any) {
		for _, v := range []any{in, out} {
			wiretest.Fill(shapes, v)
			shapes.Check(v)
			walk(shapes.Of(reflect.TypeOf(v).Elem()), use)
		}
	})
	if len(patterns) < 30 {
		t.Errorf("only %d patterns were found", len(patterns))
	}
}

func walk(d *wire.Struct, use func(*wire.Limits)) {
	for i := range d.Fields {
		v := &d.Fields[i].Value
		use(&v.Limits)
		use(&v.Key)
		if v.Elem != nil {
			use(&v.Elem.Limits)
			if v.Elem.Kind == wire.Structure {
				walk(v.Elem.Struct(), use)
			}
		}
		if v.Kind == wire.Structure {
			walk(v.Struct(), use)
		}
	}
}

func TestUnsignedOperations(t *testing.T) {
	var got []string
	every(func(s wire.Service, info wire.Info, _, _ any) {
		if info.Unsigned {
			got = append(got, s.Name+":"+info.Name)
		}
	})
	want := []string{
		"cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetId", "cognito-identity:GetOpenIdToken", "cognito-identity:UnlinkIdentity",
		"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnbuiltOperationsSayWhichKindTheyAre(t *testing.T) {
	cognito, iam, sts := cognitowire.Service(), iamwire.Service(), stswire.Service()
	_, unimplemented := cognitowire.Unimplemented{}.GetId(t.Context(), nil)
	_, unserved := iamwire.Unimplemented{}.GetServerCertificate(t.Context(), nil)
	_, unbuilt := iamwire.Unimplemented{}.GetRole(t.Context(), nil)
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"a JSON service's own operation", unimplemented, "UnsupportedOperationException: Rockpool does not implement cognito-identity:GetId yet."},
		{"a query service's own operation", unbuilt, "InvalidAction: Rockpool does not implement iam:GetRole yet."},
		{"an operation that we do not serve", unserved, "InvalidAction: Could not find operation GetServerCertificate for version 2010-05-08"},
		{"an operation newer than the model", sts.UnknownOperation("AssumeRoot"), "InvalidAction: Could not find operation AssumeRoot for version 2011-06-15"},
		{"an operation newer than the model that we want", sts.UnknownOperation("GetWebIdentityToken"), "InvalidAction: Rockpool does not implement sts:GetWebIdentityToken yet."},
		{"no operation of a query service", iam.UnknownOperation("Nope"), "InvalidAction: Could not find operation Nope for version 2010-05-08"},
		{"no operation of a JSON service", cognito.UnknownOperation("Nope"), "UnknownOperationException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err.Error() != tt.want {
				t.Errorf("got %s", tt.err)
			}
		})
	}
}

func TestErrorsCarryTheModelsStatus(t *testing.T) {
	tests := []struct {
		name   string
		code   string
		status int
		sender bool
		got    interface {
			HTTPStatus() int
			Error() string
		}
	}{
		{"not found is 404 in IAM", "NoSuchEntity", 404, true, iamwire.NoSuchEntityException("")},
		{"not found is 400 in Cognito", "ResourceNotFoundException", 400, true, cognitowire.ResourceNotFoundException("")},
		{"a throttle is 400 in Cognito", "TooManyRequestsException", 400, true, cognitowire.TooManyRequestsException("")},
		{"only the internal error is 500 in Cognito", "InternalErrorException", 500, false, cognitowire.InternalErrorException("")},
		{"a rejected claim is 403 in STS", "IDPRejectedClaim", 403, true, stswire.IDPRejectedClaimException("")},
		{"an existing entity is 409", "EntityAlreadyExists", 409, true, iamwire.EntityAlreadyExistsException("")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got.HTTPStatus() != tt.status || tt.got.Error() != tt.code {
				t.Errorf("got %v %d", tt.got, tt.got.HTTPStatus())
			}
		})
	}
}

func TestDescribeHidesSecrets(t *testing.T) {
	shapes := new(wire.Shapes)
	in := &cognitowire.GetIdInput{IdentityPoolId: new("p"), Logins: map[string]string{"accounts.google.com": "token"}}
	want := map[string]any{"identityPoolId": "p", "logins": map[string]any{"accounts.google.com": "HIDDEN"}}
	if diff := cmp.Diff(want, shapes.Describe(in, "HIDDEN")); diff != "" {
		t.Error(diff)
	}
	out := &stswire.AssumeRoleOutput{Credentials: &stswire.Credentials{AccessKeyId: new("ASIA"), SecretAccessKey: new("s"), SessionToken: new("t")}}
	want = map[string]any{"credentials": map[string]any{"accessKeyId": "ASIA"}}
	if diff := cmp.Diff(want, shapes.Describe(out, nil)); diff != "" {
		t.Error(diff)
	}
	if got := shapes.Describe((*stswire.AssumeRoleOutput)(nil), nil); got != nil {
		t.Errorf("a nil shape is described as %v", got)
	}
}

// FuzzPattern holds that the scan for a repeated character class agrees with the
// general engine, which the wire form never sees.
func FuzzPattern(f *testing.F) {
	f.Add("arn:aws:iam::0:role/é")
	f.Add("\t\r\n\u0085\uFFFE\xff😀")
	shapes := new(wire.Shapes)
	d := shapes.Of(reflect.TypeFor[stswire.AssumeRoleInput]())
	f.Fuzz(func(t *testing.T, s string) {
		for _, name := range []string{"RoleArn", "RoleSessionName", "Policy", "ExternalId"} {
			l := d.FieldNamed(name).Value.Limits
			if got, want := l.Pattern.Match(s), matchSlowly(name, s); got != want {
				t.Fatalf("%s matches %q: %v, want %v", name, s, got, want)
			}
		}
	})
}

// matchSlowly spells the four patterns out by hand.
func matchSlowly(name, s string) bool {
	word := func(r rune) bool {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	space := func(r rune) bool { return r == '\t' || r == '\n' || r == '\r' }
	for _, r := range s {
		ok := false
		switch name {
		case "RoleArn":
			ok = space(r) || ' ' <= r && r <= '~' || r == 0x85 || 0xA0 <= r && r <= 0xD7FF || 0xE000 <= r && r <= 0xFFFD || r >= 0x10000
		case "RoleSessionName":
			ok = word(r) || strings.ContainsRune("+=,.@-", r)
		case "Policy":
			ok = space(r) || ' ' <= r && r <= 0xFF
		case "ExternalId":
			ok = word(r) || strings.ContainsRune("+=,.@:/-", r)
		}
		if !ok {
			return false
		}
	}
	return s != "" || name == "RoleSessionName" || name == "ExternalId"
}

func BenchmarkPatternOfAPolicyDocument(b *testing.B) {
	shapes := new(wire.Shapes)
	in := &iamwire.PutRolePolicyInput{RoleName: new("r"), PolicyName: new("p"), PolicyDocument: new(strings.Repeat(`{"a":"b"}`, 10000))}
	for b.Loop() {
		if e := shapes.Check(in); e != nil {
			b.Fatal(e)
		}
	}
}
