package testenv_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

// own calls an operation of Rockpool's own service.
func own(t *testing.T, c *testenv.Client, operation string, in map[string]any) *testenv.Answer {
	t.Helper()
	if in == nil {
		in = map[string]any{}
	}
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"X-Amz-Target": {"Rockpool." + operation}, "Content-Type": {"application/x-amz-json-1.1"}}
	return c.Do(t, "rockpool", http.MethodPost, "/", h, string(body))
}

// clock is a clock that a test moves; it never stands still by itself.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// newTimedStory is newStory with a clock.
func newTimedStory(t *testing.T) (*story, *clock) {
	t.Helper()
	c := &clock{}
	s := &story{t: t, now: c.now}
	var base string
	s.google, base = startGoogle(t, c.now)
	s.Env = testenv.Start(t, testenv.Options{Now: c.now, Change: func(k *config.Config) {
		k.Providers = map[string]string{"accounts.google.com": base}
	}})
	s.furnish(false)
	return s, c
}

// alive says whether a session is accepted, and holds that everybody who checks
// signatures answers alike, with each protocol's own words for an expired token.
func alive(t *testing.T, c *testenv.Client) bool {
	t.Helper()
	read := c.S3(t, "GET", "/private-pictures/sea/urchin.jpg", "")
	if read.Status == http.StatusOK {
		must(t, c.STS(t, "GetCallerIdentity"))
		return true
	}
	refused(t, "S3", read, 400, "ExpiredToken", "The provided token has expired.")
	refused(t, "STS", c.STS(t, "GetCallerIdentity"), 403, "ExpiredToken", "The security token included in the request is expired")
	refused(t, "IAM", c.IAM(t, "ListRoles"), 403, "ExpiredToken", "The security token included in the request is expired")
	refused(t, "Cognito", c.Cognito(t, "ListIdentityPools", map[string]any{"MaxResults": 1}), 400, "ExpiredTokenException", "The security token included in the request is expired")
	refused(t, "Rockpool", own(t, c, "ListRevocations", nil), 400, "ExpiredTokenException", "The security token included in the request is expired")
	return false
}

// By whatever it is revoked, a session is refused by the next request, those of
// others go on, and a session of a second later works.
func TestRevokeSessions(t *testing.T) {
	role := "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role"
	s, clock := newTimedStory(t)
	tokens := []string{s.token(0, pretend.TokenOptions{}), s.token(1, pretend.TokenOptions{})}
	ids := []string{s.id(tokens[0]), s.id(tokens[1])}
	for _, tt := range []struct {
		name   string
		in     func(key string) map[string]any
		kind   string
		others bool // the other person's session ends too
	}{
		{"by session", func(key string) map[string]any { return map[string]any{"AccessKeyId": key} }, "session", false},
		{"by identity", func(string) map[string]any { return map[string]any{"IdentityId": ids[0]} }, "identity", false},
		{"by login", func(string) map[string]any {
			return map[string]any{"Provider": "accounts.google.com", "Subject": s.google.People()[0].Subject}
		}, "login", false},
		{"by pool", func(string) map[string]any { return map[string]any{"IdentityPoolId": s.pool} }, "pool", true},
		{"by role", func(string) map[string]any { return map[string]any{"RoleArn": role} }, "role", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one, made := s.credentials(ids[0], tokens[0])
			other, _ := s.credentials(ids[1], tokens[1])
			if !alive(t, one) || !alive(t, other) {
				t.Fatal("a session does not work to begin with")
			}
			in := tt.in(made.Credentials.AccessKeyId)
			in["Reason"] = "lost laptop"
			var out struct {
				Revocation struct {
					Kind, RevokedBy, Reason string
					NotBefore, Expires      float64
				}
			}
			own(t, s.Root(), "RevokeSessions", in).JSON(t, &out)
			r := out.Revocation
			if r.Kind != tt.kind || r.Reason != "lost laptop" || r.RevokedBy != "arn:aws:iam::"+testenv.Account+":root" || r.Expires <= r.NotBefore {
				t.Errorf("got %+v", r)
			}
			if alive(t, one) {
				t.Error("the session goes on")
			}
			if alive(t, other) == tt.others {
				t.Errorf("the other session: alive is %v", !tt.others)
			}
			clock.advance(time.Second)
			if again, _ := s.credentials(ids[0], tokens[0]); !alive(t, again) {
				t.Error("a session of a second later is refused")
			}
		})
	}
	var list struct {
		Revocations []struct{ Kind, IdentityId, Subject, AccessKeyId string }
	}
	own(t, s.Root(), "ListRevocations", nil).JSON(t, &list)
	if len(list.Revocations) != 5 {
		t.Errorf("the list is %+v", list)
	}
}

func TestRevocationsSurviveARestart(t *testing.T) {
	s := newStory(t, false)
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	c, _ := s.credentials(id, token)
	must(t, own(t, s.Root(), "RevokeSessions", map[string]any{"IdentityId": id}))
	s.Restart()
	c.URL = s.URL
	if alive(t, c) {
		t.Error("a restart brought a revoked session back")
	}
}

// Disabling an identity ends its sessions and signs nobody in any more; enabling
// it undoes the second alone.
func TestADisabledIdentity(t *testing.T) {
	s, clock := newTimedStory(t)
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	c, _ := s.credentials(id, token)
	must(t, own(t, s.Root(), "SetIdentityEnabled", map[string]any{"IdentityId": id, "Enabled": false}))
	if alive(t, c) {
		t.Error("the session goes on")
	}
	in := map[string]any{"IdentityId": id, "Logins": map[string]string{"accounts.google.com": token}}
	refused(t, "sign-in", s.Anonymous().Cognito(t, "GetCredentialsForIdentity", in), 400, "NotAuthorizedException", "Access to Identity '"+id+"' is forbidden.")
	var out struct {
		Identity   struct{ Enabled bool }
		Revocation *struct{}
	}
	own(t, s.Root(), "SetIdentityEnabled", map[string]any{"IdentityId": id, "Enabled": true}).JSON(t, &out)
	if !out.Identity.Enabled || out.Revocation != nil {
		t.Errorf("got %+v", out)
	}
	clock.advance(time.Second)
	if again, _ := s.credentials(id, token); !alive(t, again) {
		t.Error("an enabled identity's new session is refused")
	}
	if alive(t, c) {
		t.Error("the old session is back")
	}
}

func TestWhoMayRevoke(t *testing.T) {
	s := newStory(t, true)
	id := s.id("")
	mine := "arn:aws:rockpool:us-east-1:" + testenv.Account + ":"
	poolARN := "arn:aws:cognito-identity:us-east-1:" + testenv.Account + ":identitypool/" + s.pool
	allow := func(action, resource, condition string) string {
		return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + condition + `}`
	}
	nobody := user(t, s.Env, "nobody", allow("s3:GetObject", "*", ""))
	for name, tt := range map[string]struct {
		in       map[string]any
		resource string
		grant    string
	}{
		"session":  {map[string]any{"AccessKeyId": "ASIA1234567890123456"}, mine + "session/ASIA1234567890123456", ""},
		"identity": {map[string]any{"IdentityId": id}, mine + "identity/" + id, `,"Condition":{"ArnEquals":{"cognito-identity:IdentityPoolArn":"` + poolARN + `"}}`},
		"login":    {map[string]any{"Provider": "accounts.google.com", "Subject": "1"}, mine + "login/accounts.google.com", ""},
		"pool":     {map[string]any{"IdentityPoolId": s.pool}, poolARN, ""},
		"role":     {map[string]any{"RoleArn": "arn:aws:iam::" + testenv.Account + ":role/Guest"}, "arn:aws:iam::" + testenv.Account + ":role/Guest", ""},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, "without permission", own(t, nobody, "RevokeSessions", tt.in), 400, "AccessDeniedException",
				"is not authorized to perform: rockpool:RevokeSessions on resource: "+tt.resource)
			c := user(t, s.Env, name, allow("rockpool:RevokeSessions", tt.resource, tt.grant))
			must(t, own(t, c, "RevokeSessions", tt.in))
		})
	}
	root := s.Root()
	for name, in := range map[string]map[string]any{
		"nothing": nil, "two things": {"IdentityId": id, "IdentityPoolId": s.pool}, "half a login": {"Provider": "accounts.google.com"},
		"a login without its provider": {"Subject": "1"},
	} {
		refused(t, name, own(t, root, "RevokeSessions", in), 400, "ValidationException", "Name one of AccessKeyId, IdentityId")
	}
	refused(t, "no role", own(t, root, "RevokeSessions", map[string]any{"RoleArn": "arn:aws:iam::" + testenv.Account + ":role/Nobody"}), 400,
		"ResourceNotFoundException", "role/Nobody does not exist")
}

func TestFindIdentities(t *testing.T) {
	s := newStory(t, false)
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	s.id(s.token(1, pretend.TokenOptions{}))
	subject := s.google.People()[0].Subject
	type identity struct {
		IdentityId, State string
		Enabled           bool
		Logins            []struct{ Provider, Subject string }
	}
	var found struct{ Identities []identity }
	for _, in := range []map[string]any{
		{"IdentityPoolId": s.pool, "Subject": subject}, {"IdentityPoolId": s.pool, "Subject": subject, "Provider": "accounts.google.com"},
	} {
		own(t, s.Root(), "FindIdentities", in).JSON(t, &found)
		if len(found.Identities) != 1 || found.Identities[0].IdentityId != id || found.Identities[0].State != "authenticated" ||
			found.Identities[0].Logins[0].Subject != subject {
			t.Errorf("%v: got %+v", in, found)
		}
	}
	own(t, s.Root(), "FindIdentities", map[string]any{"IdentityPoolId": s.pool, "Subject": subject + "1"}).JSON(t, &found)
	if len(found.Identities) != 0 {
		t.Errorf("another subject: %+v", found)
	}
	refused(t, "nothing to look for", own(t, s.Root(), "FindIdentities", map[string]any{"IdentityPoolId": s.pool}), 400, "ValidationException", "needs a subject or an e-mail address")

	var described struct{ Identity identity }
	own(t, s.Root(), "DescribeIdentityLogins", map[string]any{"IdentityId": id}).JSON(t, &described)
	if described.Identity.IdentityId != id || !described.Identity.Enabled {
		t.Errorf("got %+v", described)
	}
	gone := strings.Repeat("0", 8) + "-0000-4000-8000-000000000000"
	refused(t, "no identity", own(t, s.Root(), "DescribeIdentityLogins", map[string]any{"IdentityId": "us-east-1:" + gone}), 400, "ResourceNotFoundException", "not found")
	refused(t, "not merged", own(t, s.Root(), "UndoIdentityMerge", map[string]any{"IdentityId": id}), 400, "ResourceConflictException", "was not merged")
	nobody := user(t, s.Env, "nobody", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
	refused(t, "FindIdentities", own(t, nobody, "FindIdentities", map[string]any{"IdentityPoolId": s.pool, "Subject": subject}), 400, "AccessDeniedException", "rockpool:FindIdentities")
	refused(t, "DescribeIdentityLogins", own(t, nobody, "DescribeIdentityLogins", map[string]any{"IdentityId": id}), 400, "AccessDeniedException", "rockpool:DescribeIdentityLogins")
	refused(t, "UndoIdentityMerge", own(t, nobody, "UndoIdentityMerge", map[string]any{"IdentityId": id}), 400, "AccessDeniedException", "rockpool:UndoIdentityMerge")
	refused(t, "SetIdentityEnabled", own(t, nobody, "SetIdentityEnabled", map[string]any{"IdentityId": id, "Enabled": false}), 400, "AccessDeniedException", "rockpool:SetIdentityEnabled")
}

func TestPoolSettings(t *testing.T) {
	s := newStory(t, false)
	var out struct {
		Settings struct {
			SessionDurationSeconds              int
			SessionNameTemplate, TokenAlgorithm string
			GuestPolicyArns                     []string
		}
		Warnings []string
	}
	own(t, s.Root(), "DescribePoolSettings", map[string]any{"IdentityPoolId": s.pool}).JSON(t, &out)
	if got := out.Settings; got.SessionDurationSeconds != 3600 || got.TokenAlgorithm != "RS512" || len(got.GuestPolicyArns) != 2 || len(out.Warnings) != 0 {
		t.Errorf("by default: %+v", out)
	}
	own(t, s.Root(), "UpdatePoolSettings", map[string]any{"IdentityPoolId": s.pool, "SessionDurationSeconds": 900, "SessionNameTemplate": "g-{subject}"}).JSON(t, &out)
	own(t, s.Root(), "UpdatePoolSettings", map[string]any{"IdentityPoolId": s.pool, "TokenAlgorithm": "ES256"}).JSON(t, &out)
	if got := out.Settings; got.SessionDurationSeconds != 900 || got.SessionNameTemplate != "g-{subject}" || got.TokenAlgorithm != "ES256" || len(out.Warnings) != 1 {
		t.Errorf("after two changes: %+v", out)
	}
	token := s.token(0, pretend.TokenOptions{})
	c, made := s.credentials(s.id(token), token)
	if left := time.Until(time.Unix(int64(made.Credentials.Expiration), 0)); left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("the session lasts %v", left)
	}
	if arn := must(t, c.STS(t, "GetCallerIdentity")).Element("Arn"); !strings.HasSuffix(arn, "/g-"+s.google.People()[0].Subject) {
		t.Errorf("the session is %s", arn)
	}
	refused(t, "too long", own(t, s.Root(), "UpdatePoolSettings", map[string]any{"IdentityPoolId": s.pool, "SessionDurationSeconds": 90000}), 400, "ValidationException", "A session lasts 900 to 43200 seconds.")
	refused(t, "merging without addresses", own(t, s.Root(), "UpdatePoolSettings", map[string]any{"IdentityPoolId": s.pool, "EmailAuthorities": []any{
		map[string]any{"Provider": "accounts.google.com", "Domains": []string{"*"}},
	}}), 400, "ValidationException", "only where addresses are remembered")
	nobody := user(t, s.Env, "nobody", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
	for _, operation := range []string{"DescribePoolSettings", "UpdatePoolSettings"} {
		refused(t, operation, own(t, nobody, operation, map[string]any{"IdentityPoolId": s.pool}), 400, "AccessDeniedException", "rockpool:"+operation)
	}
}

// What was sealed before a rotation opens after it.
func TestRotateKeys(t *testing.T) {
	s := newStory(t, false)
	token := s.token(0, pretend.TokenOptions{})
	c, _ := s.credentials(s.id(token), token)
	for _, kind := range []string{"sealing", "signing-es256"} {
		var out struct {
			Keys []struct{ Kind, State string }
		}
		own(t, s.Root(), "RotateKeys", map[string]any{"Kind": kind}).JSON(t, &out)
		states := map[string]int{}
		for _, k := range out.Keys {
			states[k.State]++
		}
		if states["current"] != 1 || states["next"] != 1 || kind == "sealing" && states["retired"] != 1 {
			t.Errorf("%s: %+v", kind, out)
		}
	}
	if !alive(t, c) {
		t.Error("a session does not outlive a rotation")
	}
	nobody := user(t, s.Env, "nobody", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
	refused(t, "RotateKeys", own(t, nobody, "RotateKeys", map[string]any{"Kind": "sealing"}), 400, "AccessDeniedException", "on resource: arn:aws:rockpool:us-east-1:"+testenv.Account+":key/sealing")
	refused(t, "a kind that is none", own(t, s.Root(), "RotateKeys", map[string]any{"Kind": "master"}), 400, "ValidationException", "'kind'")
}
