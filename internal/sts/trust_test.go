package sts_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
)

const (
	userARN = "arn:aws:iam::" + account + ":user/joe"
	roleARN = "arn:aws:iam::" + account + ":role/R"
	keyID   = "AKIAJOE0000000000000"
)

// trust writes a trust policy of one statement.
func trust(principal, actions, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":` + actions + condition + `}}`
}

func aws(arn string) string       { return `{"AWS":"` + arn + `"}` }
func federated(who string) string { return `{"Federated":"` + who + `"}` }

const (
	assume       = `"sts:AssumeRole"`
	assumeAndTag = `["sts:AssumeRole","sts:TagSession"]`
	webIdentity  = `"sts:AssumeRoleWithWebIdentity"`
	rootOfUs     = "arn:aws:iam::" + account + ":root"
	mayAssume    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + roleARN + `"}}`
)

// TestWhoMayAssumeARole is the trust part of the table of tricky cases
// (iam-sts.md 6, numbers 89 to 94).
func TestWhoMayAssumeARole(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(s *scene) sts.Caller
		in      sts.AssumeRoleInput
		allowed bool
	}{
		{"89: the account is trusted and the user has no permission", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(rootOfUs), assume, ""))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, false},
		{"the account is trusted and the user has permission", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"}, mayAssume)
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(rootOfUs), assume, ""))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, true},
		{"90: the user is trusted and needs no permission", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, ""))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, true},
		{"91: the user was deleted and made again", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, ""))
			s.iam.Delete("AIDAJOE")
			s.iam.User(iam.User{Name: "joe", ID: "AIDASECOND"})
			s.iam.Key(keyID, "AIDASECOND", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, false},
		{"92: a condition on the ARN matches the user made again", func(s *scene) sts.Caller {
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(rootOfUs), assume, `{"ArnEquals":{"aws:PrincipalArn":"`+userARN+`"}}`))
			s.iam.User(iam.User{Name: "joe", ID: "AIDASECOND"}, mayAssume)
			s.iam.Key(keyID, "AIDASECOND", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, true},
		{"93: a session assumes its own role by account trust and permission", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"}, mayAssume)
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(rootOfUs), assume, ""), mayAssume)
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.session(s.mustAssume(s.key(keyID), sts.AssumeRoleInput{RoleARN: roleARN}))
		}, sts.AssumeRoleInput{}, true},
		{"93: a session does not assume its own role when only the user is trusted", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, ""), mayAssume)
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.session(s.mustAssume(s.key(keyID), sts.AssumeRoleInput{RoleARN: roleARN}))
		}, sts.AssumeRoleInput{}, false},
		{"94: tags without sts:TagSession in the trust policy", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, ""))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{Tags: []iam.Tag{{Key: "team", Value: "red"}}}, false},
		{"tags with sts:TagSession in the trust policy", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assumeAndTag, `{"StringEquals":{"aws:RequestTag/TEAM":"red"}}`))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{Tags: []iam.Tag{{Key: "team", Value: "red"}}}, true},
		{"a source identity without sts:SetSourceIdentity", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, ""))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{SourceIdentity: "joe"}, false},
		{"the wrong external id", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, `{"StringEquals":{"sts:ExternalId":"right"}}`))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{ExternalID: "wrong"}, false},
		{"no external id where one is asked for", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, `{"StringEquals":{"sts:ExternalId":"right"}}`))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, false},
		{"the right external id", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"})
			s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), assume, `{"StringEquals":{"sts:ExternalId":"right"}}`))
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{ExternalID: "right"}, true},
		{"a trust policy that did not compile", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"}, mayAssume)
			s.iam.Role(iam.Role{Name: "R"}, "")
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, false},
		{"a trust policy that denies everybody else", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"}, mayAssume)
			s.iam.Role(iam.Role{Name: "R"}, `{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Principal":{"AWS":"`+rootOfUs+`"},"Action":"sts:AssumeRole"},
				{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}`)
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, false},
		{"a role that does not exist", func(s *scene) sts.Caller {
			s.iam.User(iam.User{Name: "joe"}, mayAssume)
			s.iam.Key(keyID, "AIDAJOE", true)
			return s.key(keyID)
		}, sts.AssumeRoleInput{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, sts.Providers{})
			by := tt.prepare(s)
			tt.in.RoleARN, tt.in.SessionName = roleARN, "sess"
			r, err := s.sts.AssumeRole(t.Context(), by, tt.in)
			denied, isDenial := errors.AsType[*sts.TrustDenied](err)
			if tt.allowed != (err == nil) || !tt.allowed && !isDenial {
				t.Fatalf("got %v", err)
			}
			if isDenial && (denied.RoleARN != roleARN || denied.Caller != by.ARN || denied.Action == "") {
				t.Errorf("the denial lacks facts: %+v", denied)
			}
			if tt.allowed && r.AssumedRoleARN() != "arn:aws:sts::"+account+":assumed-role/R/sess" {
				t.Errorf("session %s", r.AssumedRoleARN())
			}
		})
	}
}

// TestWhichWebIdentityMayAssumeARole is numbers 95 to 98 of the same table.
func TestWhichWebIdentityMayAssumeARole(t *testing.T) {
	poolTrust := trust(federated(sts.CognitoProvider), webIdentity,
		`{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool1"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`)
	authenticated := []string{"authenticated", "accounts.google.com", "accounts.google.com:client:sub"}
	pool := func(id string, amr ...string) func(s *scene) error {
		return func(s *scene) error {
			_, err := s.sts.AssumeRoleForIdentity(s.Context(), sts.IdentityGrant{
				RoleARN: roleARN, PoolID: id, IdentityID: "us-east-1:id", AMR: amr, Guest: amr[0] == "unauthenticated",
			})
			return err
		}
	}
	google := &fakeProvider{claims: login.Claims{
		Issuer: "https://accounts.google.com", Subject: "person", Audience: []string{"Y"}, AuthorizedParty: "X",
	}}
	oidc := &fakeProvider{claims: login.Claims{Issuer: "https://two.example", Subject: "person", Audience: []string{"client"}}}
	token := func(iss string) func(s *scene) error {
		return func(s *scene) error {
			_, err := s.sts.AssumeRoleWithWebIdentity(s.Context(), sts.WebIdentityInput{
				RoleARN: roleARN, SessionName: "web", Token: fakeToken(iss),
			})
			return err
		}
	}
	providerARN := func(url string) string { return "arn:aws:iam::" + account + ":oidc-provider/" + url }
	tests := []struct {
		name    string
		trust   string
		ask     func(s *scene) error
		allowed bool
	}{
		{"the pool of the condition", poolTrust, pool("us-east-1:pool1", authenticated...), true},
		{"95: another pool", poolTrust, pool("us-east-1:pool2", authenticated...), false},
		{"95: a guest of the pool", poolTrust, pool("us-east-1:pool1", "unauthenticated"), false},
		{"96: no condition at all", trust(federated(sts.CognitoProvider), webIdentity, ""), pool("us-east-1:pool2", "unauthenticated"), true},
		{"97: aud is azp for Google", trust(federated("accounts.google.com"), webIdentity,
			`{"StringEquals":{"accounts.google.com:aud":"X","accounts.google.com:oaud":"Y","accounts.google.com:sub":"person"}}`),
			token("https://accounts.google.com"), true},
		{"97: the token's own aud does not match", trust(federated("accounts.google.com"), webIdentity,
			`{"StringEquals":{"accounts.google.com:aud":"Y"}}`), token("accounts.google.com"), false},
		{"98: another provider of the account", trust(federated(providerARN("one.example")), webIdentity, ""), token("https://two.example"), false},
		{"the provider itself", trust(federated(providerARN("two.example")), webIdentity,
			`{"StringEquals":{"two.example:aud":"client","two.example:sub":"person","sts:RoleSessionName":"web"}}`), token("https://two.example"), true},
		{"Google is not a pool", poolTrust, token("https://accounts.google.com"), false},
		{"a role that trusts an AWS account", trust(aws(rootOfUs), webIdentity, ""), token("https://accounts.google.com"), false},
		{"a trust policy for the other way to assume a role", trust(federated("accounts.google.com"), assume, ""), token("https://accounts.google.com"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, sts.Providers{Google: google, OIDC: oidc})
			for _, url := range []string{"one.example", "two.example"} {
				s.iam.Provider(iam.OIDCProvider{URL: url, ClientIDs: []string{"client"}})
			}
			s.iam.Role(iam.Role{Name: "R"}, tt.trust)
			err := tt.ask(s)
			_, isDenial := errors.AsType[*sts.TrustDenied](err)
			if tt.allowed != (err == nil) || !tt.allowed && !isDenial {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTagsAndSourceIdentityAlongAChain(t *testing.T) {
	s := newScene(t, sts.Providers{})
	everything := trust(aws(rootOfUs), `["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]`, "")
	may := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`
	s.iam.User(iam.User{Name: "joe"}, may)
	s.iam.Key(keyID, "AIDAJOE", true)
	s.iam.Role(iam.Role{Name: "R", MaxSession: 12 * time.Hour}, everything, may)
	first := s.mustAssume(s.key(keyID), sts.AssumeRoleInput{
		RoleARN: roleARN, Tags: []iam.Tag{{Key: "Team", Value: "red"}, {Key: "desk", Value: "7"}},
		TransitiveKeys: []string{"Team"}, SourceIdentity: "joe", Duration: 12 * time.Hour,
	})
	second := s.mustAssume(s.session(first), sts.AssumeRoleInput{RoleARN: roleARN, Tags: []iam.Tag{{Key: "job", Value: "x"}}, Duration: time.Hour})
	got := second.Session
	if len(got.Tags) != 2 || got.Tags[0] != (iam.Tag{Key: "Team", Value: "red"}) || got.Tags[1].Key != "job" {
		t.Errorf("tags %v: the transitive one must be handed on and the other must not", got.Tags)
	}
	if got.SourceIdentity != "joe" || len(got.TransitiveKeys) != 1 {
		t.Errorf("source identity %q, transitive %v", got.SourceIdentity, got.TransitiveKeys)
	}

	tests := []struct {
		name string
		in   sts.AssumeRoleInput
		want sts.InvalidKind // 0: a TrustDenied
	}{
		{"an inherited tag cannot be replaced", sts.AssumeRoleInput{Tags: []iam.Tag{{Key: "TEAM", Value: "blue"}}}, sts.TransitiveKeyInherited},
		{"tag keys are unique whatever their case", sts.AssumeRoleInput{Tags: []iam.Tag{{Key: "a", Value: "1"}, {Key: "A", Value: "2"}}}, sts.DuplicateTagKeys},
		{"a transitive key must be a tag", sts.AssumeRoleInput{TransitiveKeys: []string{"none"}}, sts.TransitiveKeyNotTag},
		{"a tag of AWS's own", sts.AssumeRoleInput{Tags: []iam.Tag{{Key: "AWS:x", Value: "1"}}}, sts.BadTag},
		{"a tag with a forbidden character", sts.AssumeRoleInput{Tags: []iam.Tag{{Key: "a", Value: "*"}}}, sts.BadTag},
		{"more than an hour by chaining", sts.AssumeRoleInput{Duration: 2 * time.Hour}, sts.DurationOverChain},
		{"a source identity of AWS's own", sts.AssumeRoleInput{SourceIdentity: "aws:joe"}, sts.BadSourceIdentity},
		{"another source identity", sts.AssumeRoleInput{SourceIdentity: "ann"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.RoleARN, tt.in.SessionName = roleARN, "sess"
			_, err := s.sts.AssumeRole(t.Context(), s.session(first), tt.in)
			invalid, _ := errors.AsType[*sts.Invalid](err)
			denied, _ := errors.AsType[*sts.TrustDenied](err)
			switch {
			case tt.want != 0 && (invalid == nil || invalid.Kind != tt.want):
				t.Errorf("got %v", err)
			case tt.want == 0 && (denied == nil || denied.Reason != sts.SourceIdentityFixed):
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestParametersOfAssumeRole(t *testing.T) {
	s := newScene(t, sts.Providers{})
	s.iam.User(iam.User{Name: "joe"})
	s.iam.Key(keyID, "AIDAJOE", true)
	s.iam.Key("AKIAROOT000000000000", "", true)
	s.iam.Role(iam.Role{Name: "R", MaxSession: 2 * time.Hour}, trust(aws(userARN), `"sts:*"`, ""))
	managed := s.iam.Managed("P", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
	noise := make([]byte, 6000) // does not compress
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[random.IntN(62)]
	}
	tests := []struct {
		name string
		by   string
		in   sts.AssumeRoleInput
		want string // part of the error, "" for none
	}{
		{"root may not", "AKIAROOT000000000000", sts.AssumeRoleInput{}, "root may not assume"},
		{"a malformed ARN", "", sts.AssumeRoleInput{RoleARN: "arn:aws:iam::role"}, "malformed role ARN"},
		{"the ARN of a user", "", sts.AssumeRoleInput{RoleARN: userARN}, "no such role"},
		{"a session name with a colon", "", sts.AssumeRoleInput{SessionName: "a:b"}, "malformed session name"},
		{"too short", "", sts.AssumeRoleInput{Duration: time.Minute}, "duration too short"},
		{"too long for anybody", "", sts.AssumeRoleInput{Duration: 13 * time.Hour}, "duration too long"},
		{"longer than the role allows", "", sts.AssumeRoleInput{Duration: 3 * time.Hour}, "role's maximum"},
		{"as long as the role allows", "", sts.AssumeRoleInput{Duration: 2 * time.Hour}, ""},
		{"a session policy that is none", "", sts.AssumeRoleInput{Policy: "{"}, "yntax"},
		{"a session policy with a principal", "", sts.AssumeRoleInput{Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`}, "principal"},
		{"a session policy that exists", "", sts.AssumeRoleInput{PolicyARNs: []string{managed}}, ""},
		{"a session policy of another account", "", sts.AssumeRoleInput{PolicyARNs: []string{"arn:aws:iam::444455556666:policy/P"}}, "unusable session policy"},
		{"a session policy that does not exist", "", sts.AssumeRoleInput{PolicyARNs: []string{managed + "2"}}, "unusable session policy"},
		{"too many session policies", "", sts.AssumeRoleInput{PolicyARNs: make([]string, 11)}, "too many session policy"},
		{"a session policy that does not fit", "", sts.AssumeRoleInput{
			Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + string(noise) + `"}}`,
		}, "% of the allotted space"},
		{"an MFA code without a device", "", sts.AssumeRoleInput{SerialNumber: "arn:aws:iam::1:mfa/x", TokenCode: "123456"}, "MFA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.by == "" {
				tt.by = keyID
			}
			if tt.in.RoleARN == "" {
				tt.in.RoleARN = roleARN
			}
			if tt.in.SessionName == "" {
				tt.in.SessionName = "sess"
			}
			_, err := s.sts.AssumeRole(t.Context(), s.key(tt.by), tt.in)
			if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
