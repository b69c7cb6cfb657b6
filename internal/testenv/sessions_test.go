package testenv_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

// listed is an answer of ListSessions.
type listed struct {
	Sessions []struct {
		AccessKeyId, IdentityId, IdentityPoolId, RoleArn, SessionName, SignedInBy, SourceIp, ParentAccessKeyId, RevokeCommand string
		Guest, Ended                                                                                                          bool
		Logins                                                                                                                []struct{ Provider, Subject string }
		Issued, Expires                                                                                                       float64
		EndedBy                                                                                                               *struct{ Kind, IdentityId, Reason string }
	}
	NextToken string
	NotListed int
}

func sessionsOf(t *testing.T, c *testenv.Client, in map[string]any) listed {
	t.Helper()
	var out listed
	own(t, c, "ListSessions", in).JSON(t, &out)
	return out
}

// keys are the access keys of a list.
func (l *listed) keys() (list []string) {
	for _, s := range l.Sessions {
		list = append(list, s.AccessKeyId)
	}
	return list
}

// TestSessionsAreListed signs people in by every way that gives a session, and finds
// the sessions by whatever they can be listed by, until they are ended or expire.
func TestSessionsAreListed(t *testing.T) {
	const role = "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role"
	s, clock := newTimedStory(t)
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	other := s.id(s.token(1, pretend.TokenOptions{}))
	if l := sessionsOf(t, s.Root(), nil); len(l.Sessions) != 0 {
		t.Fatalf("somebody has a session already: %+v", l)
	}
	_, first := s.credentials(id, token)
	// A rehearsal issues nothing.
	must(t, own(t, s.Root(), "SimulateLogin", map[string]any{"IdentityPoolId": s.pool, "Logins": map[string]string{"accounts.google.com": token}}))
	clock.advance(2 * time.Second)
	person, second := s.credentials(other, s.token(1, pretend.TokenOptions{}))
	subject := s.google.People()[0].Subject

	for name, tt := range map[string]struct {
		in   map[string]any
		want []string
	}{
		"all":         {nil, []string{second.Credentials.AccessKeyId, first.Credentials.AccessKeyId}},
		"by identity": {map[string]any{"IdentityId": id}, []string{first.Credentials.AccessKeyId}},
		"by login":    {map[string]any{"Provider": "accounts.google.com", "Subject": subject}, []string{first.Credentials.AccessKeyId}},
		"by pool":     {map[string]any{"IdentityPoolId": s.pool}, []string{second.Credentials.AccessKeyId, first.Credentials.AccessKeyId}},
		"by role":     {map[string]any{"RoleArn": role}, []string{second.Credentials.AccessKeyId, first.Credentials.AccessKeyId}},
		"nobody's":    {map[string]any{"IdentityId": "us-east-1:00000000-0000-4000-8000-000000000000"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := sessionsOf(t, s.Root(), tt.in)
			if fmt.Sprint(l.keys()) != fmt.Sprint(tt.want) || l.NextToken != "" || l.NotListed != 0 {
				t.Errorf("got %+v, want %v", l, tt.want)
			}
		})
	}
	got := sessionsOf(t, s.Root(), map[string]any{"IdentityId": id}).Sessions[0]
	if got.IdentityPoolId != s.pool || got.RoleArn != role || got.SessionName != "CognitoIdentityCredentials" || got.SignedInBy != "GetCredentialsForIdentity" ||
		got.Guest || got.SourceIp != "127.0.0.1" || got.Expires-got.Issued != 3600 || len(got.Logins) != 1 || got.Logins[0].Provider != "accounts.google.com" ||
		got.Logins[0].Subject != subject || got.Ended || got.EndedBy != nil || got.RevokeCommand != "rockpool revoke --session "+got.AccessKeyId {
		t.Errorf("got %+v", got)
	}

	t.Run("page by page", func(t *testing.T) {
		one := sessionsOf(t, s.Root(), map[string]any{"MaxResults": 1})
		two := sessionsOf(t, s.Root(), map[string]any{"MaxResults": 1, "NextToken": one.NextToken})
		if len(one.Sessions) != 1 || len(two.Sessions) != 1 || one.Sessions[0].AccessKeyId == two.Sessions[0].AccessKeyId || two.NextToken != "" {
			t.Errorf("%+v, then %+v", one, two)
		}
		refused(t, "another list's token", own(t, s.Root(), "ListSessions", map[string]any{"IdentityPoolId": s.pool, "NextToken": one.NextToken}), 400,
			"ValidationException", "Invalid NextToken.")
	})
	t.Run("a chain", func(t *testing.T) {
		must(t, s.Root().IAM(t, "CreateRole", "RoleName", "Next", "AssumeRolePolicyDocument",
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+role+`"},"Action":"sts:AssumeRole"}}`))
		must(t, s.Root().IAM(t, "PutRolePolicy", "RoleName", "Cognito-IDPool-Role", "PolicyName", "next", "PolicyDocument", `{"Version":"2012-10-17","Statement":[`+grants("sts:AssumeRole", "*", "")+`]}`))
		clock.advance(time.Second)
		made := must(t, person.STS(t, "AssumeRole", "RoleArn", "arn:aws:iam::"+testenv.Account+":role/Next", "RoleSessionName", "next"))
		l := sessionsOf(t, s.Root(), map[string]any{"IdentityId": other})
		if len(l.Sessions) != 2 || l.Sessions[0].AccessKeyId != made.Element("AccessKeyId") || l.Sessions[0].ParentAccessKeyId != second.Credentials.AccessKeyId ||
			l.Sessions[0].SignedInBy != "AssumeRole" || l.Sessions[0].SessionName != "next" {
			t.Errorf("got %+v", l)
		}
	})
	t.Run("ended", func(t *testing.T) {
		must(t, own(t, s.Root(), "RevokeSessions", map[string]any{"IdentityId": other, "Reason": "left"}))
		clock.advance(time.Second)
		for _, x := range sessionsOf(t, s.Root(), map[string]any{"IdentityPoolId": s.pool}).Sessions {
			if x.Ended != (x.IdentityId == other) || x.Ended && (x.EndedBy == nil || x.EndedBy.Kind != "identity" || x.EndedBy.IdentityId != other || x.EndedBy.Reason != "left" || x.RevokeCommand != "") {
				t.Errorf("got %+v", x)
			}
		}
	})
	t.Run("after a restart, and not after it expired", func(t *testing.T) {
		s.Restart()
		if l := sessionsOf(t, s.Root(), nil); len(l.Sessions) != 3 {
			t.Errorf("after a restart: %+v", l)
		}
		clock.advance(time.Hour)
		if l := sessionsOf(t, s.Root(), nil); len(l.Sessions) != 0 {
			t.Errorf("after an hour: %+v", l)
		}
	})
}

func TestWhoMayListSessions(t *testing.T) {
	s := newStory(t, false)
	id := s.id(s.token(0, pretend.TokenOptions{}))
	poolARN := "arn:aws:cognito-identity:us-east-1:" + testenv.Account + ":identitypool/" + s.pool
	ownARN := "arn:aws:rockpool:us-east-1:" + testenv.Account + ":"
	role := "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role"
	nobody := user(t, s.Env, "nobody", grants("rockpool:RevokeSessions", "*", ""))
	for i, tt := range []struct {
		in              map[string]any
		resource, grant string
	}{
		{nil, ownARN + "session/*", ""},
		{map[string]any{"IdentityId": id}, ownARN + "identity/" + id, `,"Condition":{"StringEquals":{"cognito-identity:IdentityPoolArn":"` + poolARN + `"}}`},
		{map[string]any{"Provider": "accounts.google.com", "Subject": "1"}, ownARN + "login/accounts.google.com", ""},
		{map[string]any{"IdentityPoolId": s.pool}, poolARN, ""},
		{map[string]any{"RoleArn": role}, role, ""},
	} {
		refused(t, "without permission", own(t, nobody, "ListSessions", tt.in), 400, "AccessDeniedException",
			"is not authorized to perform: rockpool:ListSessions on resource: "+tt.resource)
		c := user(t, s.Env, fmt.Sprint("joe", i), grants("rockpool:ListSessions", tt.resource, tt.grant))
		must(t, own(t, c, "ListSessions", tt.in))
	}
	for name, in := range map[string]map[string]any{
		"two things": {"IdentityId": id, "IdentityPoolId": s.pool}, "half a login": {"Provider": "x"},
	} {
		refused(t, name, own(t, s.Root(), "ListSessions", in), 400, "ValidationException", "Name one of")
	}
}

func TestNoListOfSessions(t *testing.T) {
	e := testenv.Start(t, testenv.Options{Change: func(c *config.Config) { c.Sessions, c.Decisions = "off", "off" }})
	refused(t, "sessions", own(t, e.Root(), "ListSessions", nil), 400, "ResourceNotFoundException", "keeps no list of sessions")
	refused(t, "decisions", own(t, e.Root(), "ListDecisions", nil), 400, "ResourceNotFoundException", "keeps no records of decisions")
}

// TestDenialsAreListed is refused in different ways, and finds the refusals by who,
// what and when.
func TestDenialsAreListed(t *testing.T) {
	s := newStory(t, true)
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	mira, _ := s.credentials(id, token)
	joe := user(t, s.Env, "joe", grants("s3:ListAllMyBuckets", "*", ""))
	ids := make([]string, 4)
	for i, a := range []*testenv.Answer{
		mira.S3(t, "GET", "/other-bucket/secret.jpg", ""), joe.IAM(t, "ListRoles"), joe.S3(t, "GET", "/private-pictures/a", ""),
		s.Anonymous().S3(t, "GET", "/private-pictures/a", ""),
	} {
		ids[i] = requestID(t, a)
	}
	for _, tt := range []struct {
		name string
		in   map[string]any
		want []int
	}{
		{"all", nil, []int{3, 2, 1, 0}},
		{"a user", map[string]any{"Principal": "arn:aws:iam::" + testenv.Account + ":user/joe"}, []int{2, 1}},
		{"an identity", map[string]any{"Principal": id}, []int{0}},
		{"a role", map[string]any{"Principal": "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role"}, []int{0}},
		{"an action", map[string]any{"Action": "s3:Get"}, []int{3, 2, 0}},
		{"an action with a star", map[string]any{"Action": "IAM:*"}, []int{1}},
		{"a resource", map[string]any{"Resource": "arn:aws:s3:::private-pictures/a"}, []int{3, 2}},
		{"before anything happened", map[string]any{"Until": 1000000000}, nil},
		{"since long ago", map[string]any{"Since": 1000000000, "Action": "iam:"}, []int{1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out struct {
				Decisions []struct{ RequestId, Effect, Action, Resource string }
			}
			own(t, s.Root(), "ListDecisions", tt.in).JSON(t, &out)
			var got, want []string
			for _, d := range out.Decisions {
				got = append(got, d.RequestId)
				if !strings.HasSuffix(d.Effect, "Deny") {
					t.Errorf("%+v is no denial", d)
				}
			}
			for _, i := range tt.want {
				want = append(want, ids[i])
			}
			if tt.name == "all" { // in the order of their milliseconds, which may be one
				if len(got) != len(want) {
					t.Errorf("got %v, want %v", got, want)
				}
				return
			}
			if len(got) != len(want) || !sameSet(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	var page struct {
		Decisions []struct{ RequestId string }
		NextToken string
	}
	seen := map[string]bool{}
	for in := map[string]any{"MaxResults": 1}; ; in["NextToken"] = page.NextToken {
		page.NextToken = ""
		own(t, s.Root(), "ListDecisions", in).JSON(t, &page)
		for _, d := range page.Decisions {
			seen[d.RequestId] = true
		}
		if page.NextToken == "" {
			break
		}
	}
	if len(seen) != 4 {
		t.Errorf("page by page: %v", seen)
	}
	refused(t, "without permission", own(t, joe, "ListDecisions", nil), 400, "AccessDeniedException",
		"is not authorized to perform: rockpool:ListDecisions on resource: arn:aws:rockpool:us-east-1:"+testenv.Account+":decision/*")
	lister := user(t, s.Env, "lister", grants("rockpool:ListDecisions", "arn:aws:rockpool:us-east-1:"+testenv.Account+":decision/*", ""))
	must(t, own(t, lister, "ListDecisions", nil))
}

// grants is a statement that allows an action on a resource.
func grants(action, resource, condition string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + condition + `}`
}

func sameSet(a, b []string) bool {
	m := map[string]int{}
	for _, s := range a {
		m[s]++
	}
	for _, s := range b {
		m[s]--
	}
	for _, n := range m {
		if n != 0 {
			return false
		}
	}
	return true
}
