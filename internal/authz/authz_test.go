package authz_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/policy"
)

const (
	account = ststest.Account
	other   = "444455556666"
	object  = "arn:aws:s3:::b/k"
)

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
}

func deny(action, resource string) string {
	return strings.Replace(allow(action, resource), "Allow", "Deny", 1)
}

func bucketPolicy(t testing.TB, principal, effect, action string) *policy.Policy {
	return ststest.Compile(t, policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"`+effect+`","Principal":`+principal+
		`,"Action":"`+action+`","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}}`, policy.Meta{Name: "bucket policy"})
}

// roleSession is the principal of a session of a role with these policies.
func roleSession(t testing.TB, snapshot *ststest.IAM, s *sts.Session, identity ...string) *caller.Principal {
	t.Helper()
	role := snapshot.Role(iam.Role{Name: "R"}, "", identity...)
	if s.Name == "" {
		s.Name = "sess"
	}
	s.Account, s.RoleID = account, role.ID
	return &caller.Principal{
		Principal: policy.Principal{
			Type: policy.AssumedRole, Account: account, ARN: s.ARN("R"), EntityARN: role.ARN(), EntityID: role.ID,
		},
		UserID: s.UserIDOf(role), Session: s, Snapshot: snapshot, Role: role,
	}
}

func user(t testing.TB, snapshot *ststest.IAM, identity ...string) *caller.Principal {
	t.Helper()
	u := snapshot.User(iam.User{Name: "joe", Path: "/dev/"}, identity...)
	return &caller.Principal{
		Principal: policy.Principal{Type: policy.User, Account: account, ARN: u.ARN(), EntityARN: u.ARN(), EntityID: u.ID},
		UserID:    u.ID, UserName: u.Name, Snapshot: snapshot, User: u,
	}
}

func root(snapshot *ststest.IAM) *caller.Principal {
	arn := "arn:aws:iam::" + account + ":root"
	return &caller.Principal{
		Principal: policy.Principal{Type: policy.Root, Account: account, ARN: arn, EntityARN: arn, EntityID: account},
		UserID:    account, Snapshot: snapshot,
	}
}

func anonymous(snapshot *ststest.IAM) *caller.Principal {
	return &caller.Principal{Principal: policy.Principal{Type: policy.Anonymous}, UserID: "anonymous", Snapshot: snapshot}
}

func TestWhatIsGathered(t *testing.T) {
	type request = authz.Request
	s3Get := func(p *caller.Principal) request {
		return request{Caller: p, Action: "s3:GetObject", Resource: object, ResourceAccount: account}
	}
	with := func(r request, f func(*request)) request { f(&r); return r }
	tests := []struct {
		name string
		make func(t *testing.T, i *ststest.IAM) request
		want policy.Effect
		says string // the end of the sentence, when denied
	}{
		{"a role's policy allows", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(roleSession(t, i, &sts.Session{}, allow("s3:*", "*")))
		}, policy.Allow, ""},
		{"nothing allows", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(roleSession(t, i, &sts.Session{}))
		}, policy.ImplicitDeny, `User: arn:aws:sts::` + account + `:assumed-role/R/sess is not authorized to perform: s3:GetObject on resource: "` +
			object + `" because no identity-based policy allows the s3:GetObject action`},
		{"a policy denies", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(user(t, i, allow("*", "*"), deny("s3:*", "*")))
		}, policy.ExplicitDeny, "with an explicit deny in an identity-based policy"},
		{"a managed policy denies, and is named", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i, allow("*", "*"))
			managed, _ := i.ManagedPolicy(i.Managed("No", deny("s3:*", "*")))
			p.User.Policies = append(p.User.Policies, managed)
			return s3Get(p)
		}, policy.ExplicitDeny, "with an explicit deny in an identity-based policy: arn:aws:iam::" + account + ":policy/No"},
		{"a group of the user allows", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i)
			i.Group(iam.Group{Name: "staff"}, []*iam.UserEntry{p.User}, allow("s3:*", "*"))
			return s3Get(p)
		}, policy.Allow, ""},
		{"88: a group of the user denies what the user's policy allows", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i, allow("s3:*", "*"))
			i.Group(iam.Group{Name: "staff"}, []*iam.UserEntry{p.User}, deny("s3:*", "*"))
			return s3Get(p)
		}, policy.ExplicitDeny, "with an explicit deny in an identity-based policy"},
		{"the boundary limits what a group allows", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i)
			p.User.BoundaryPolicy = ststest.Compile(t, policy.Managed, allow("ec2:*", "*"), policy.Meta{})
			i.Group(iam.Group{Name: "staff"}, []*iam.UserEntry{p.User}, allow("*", "*"))
			return s3Get(p)
		}, policy.ImplicitDeny, "because no permissions boundary allows the s3:GetObject action"},
		{"a federated user has what the groups of the user allow", func(t *testing.T, i *ststest.IAM) request {
			p := federated(t, i, &sts.Session{Policies: []string{allow("s3:*", "*")}})
			i.Group(iam.Group{Name: "staff"}, []*iam.UserEntry{p.User}, allow("s3:GetObject", "*"))
			return s3Get(p)
		}, policy.Allow, ""},
		{"the boundary limits", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i, allow("*", "*"))
			p.User.BoundaryPolicy = ststest.Compile(t, policy.Managed, allow("ec2:*", "*"), policy.Meta{})
			return s3Get(p)
		}, policy.ImplicitDeny, "because no permissions boundary allows the s3:GetObject action"},
		{"86: the session policy limits", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(roleSession(t, i, &sts.Session{Policies: []string{allow("dynamodb:*", "*")}}, allow("*", "*")))
		}, policy.ImplicitDeny, "because no session policy allows the s3:GetObject action"},
		{"87: session policies add up", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(roleSession(t, i, &sts.Session{
				Policies: []string{allow("dynamodb:*", "*")}, PolicyARNs: []string{i.Managed("S", allow("s3:*", "*"))},
			}, allow("*", "*")))
		}, policy.Allow, ""},
		{"a session policy that was deleted denies", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(roleSession(t, i, &sts.Session{
				Policies: []string{allow("*", "*")}, PolicyARNs: []string{"arn:aws:iam::" + account + ":policy/gone"},
			}, allow("*", "*")))
		}, policy.ExplicitDeny, "session policy"},
		{"a session policy that does not parse denies", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(roleSession(t, i, &sts.Session{Policies: []string{"{", allow("*", "*")}}, allow("*", "*")))
		}, policy.ExplicitDeny, "session policy"},
		{"a role with a broken policy is denied everything", func(t *testing.T, i *ststest.IAM) request {
			p := roleSession(t, i, &sts.Session{}, allow("*", "*"))
			p.Role.Broken = errors.New("does not compile")
			return s3Get(p)
		}, policy.ExplicitDeny, "identity-based policy"},
		{"a broken user is denied by a bucket policy's leave too", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i)
			p.User.Broken = errors.New("does not compile")
			return with(s3Get(p), func(r *request) { r.ResourcePolicy = bucketPolicy(t, `{"AWS":"`+p.ARN+`"}`, "Allow", "s3:*") })
		}, policy.ExplicitDeny, "identity-based policy"},
		{"the bucket policy allows the role", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(roleSession(t, i, &sts.Session{})), func(r *request) {
				r.ResourcePolicy = bucketPolicy(t, `{"AWS":"arn:aws:iam::`+account+`:role/R"}`, "Allow", "s3:*")
			})
		}, policy.Allow, ""},
		{"root may do everything at home", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(root(i))
		}, policy.Allow, ""},
		{"a bucket policy binds root", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(root(i)), func(r *request) { r.ResourcePolicy = bucketPolicy(t, `"*"`, "Deny", "s3:*") })
		}, policy.ExplicitDeny, "with an explicit deny in a resource-based policy"},
		{"but root can always repair the policy", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(root(i)), func(r *request) {
				r.Action, r.Resource, r.ResourcePolicy = "s3:DeleteBucketPolicy", "arn:aws:s3:::b", bucketPolicy(t, `"*"`, "Deny", "s3:*")
			})
		}, policy.Allow, ""},
		{"anybody may read what a public policy allows", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(anonymous(i)), func(r *request) { r.ResourcePolicy = bucketPolicy(t, `"*"`, "Allow", "s3:GetObject") })
		}, policy.Allow, ""},
		{"but not when the public access block restricts it", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(anonymous(i)), func(r *request) {
				r.ResourcePolicy, r.OwnerOnly = bucketPolicy(t, `"*"`, "Allow", "s3:GetObject"), true
			})
		}, policy.ImplicitDeny, ""},
		{"another account is kept out by it", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(user(t, i, allow("*", "*"))), func(r *request) {
				r.ResourceAccount, r.ResourcePolicy, r.OwnerOnly = other, bucketPolicy(t, `"*"`, "Allow", "s3:GetObject"), true
			})
		}, policy.ImplicitDeny, ""},
		{"another account comes in without it", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(user(t, i, allow("*", "*"))), func(r *request) {
				r.ResourceAccount, r.ResourcePolicy = other, bucketPolicy(t, `"*"`, "Allow", "s3:GetObject")
			})
		}, policy.Allow, ""},
		{"the owner's principals are not restricted", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(user(t, i)), func(r *request) {
				r.ResourcePolicy, r.OwnerOnly = bucketPolicy(t, `"*"`, "Allow", "s3:GetObject"), true
			})
		}, policy.Allow, ""},
		{"112: a guest may not use IAM however wide the role", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(guest(t, i)), func(r *request) { r.Action, r.Resource = "iam:ListRoles", "*" })
		}, policy.ImplicitDeny, "because no session policy allows the iam:ListRoles action"},
		{"112: a guest may use S3", func(t *testing.T, i *ststest.IAM) request { return s3Get(guest(t, i)) }, policy.Allow, ""},
		{"a guest may encrypt", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(guest(t, i)), func(r *request) { r.Action, r.Resource = "kms:Encrypt", "arn:aws:kms:us-east-1:"+account+":key/x" })
		}, policy.Allow, ""},
		{"a guest may not assume roles", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(guest(t, i)), func(r *request) { r.Action, r.Resource = "sts:AssumeRole", "arn:aws:iam::"+account+":role/X" })
		}, policy.ImplicitDeny, "session policy"},
		{"100: nobody is denied to ask who they are", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(user(t, i, deny("sts:*", "*"))), func(r *request) { r.Action, r.Resource = "sts:GetCallerIdentity", "*" })
		}, policy.Allow, ""},
		{"101: a federated user without a policy", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(federated(t, i, &sts.Session{}, allow("s3:*", "*")))
		}, policy.ImplicitDeny, "session policy"},
		{"102: a federated user within the user's permissions", func(t *testing.T, i *ststest.IAM) request {
			return s3Get(federated(t, i, &sts.Session{Policies: []string{allow("s3:*", "*")}}, allow("s3:GetObject", "*")))
		}, policy.Allow, ""},
		{"102: a federated user beyond them", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(federated(t, i, &sts.Session{Policies: []string{allow("s3:*", "*")}}, allow("s3:GetObject", "*"))),
				func(r *request) { r.Action = "s3:PutObject" })
		}, policy.ImplicitDeny, "identity-based policy"},
		{"a federated user is closed out of IAM", func(t *testing.T, i *ststest.IAM) request {
			return with(s3Get(federated(t, i, &sts.Session{Policies: []string{allow("*", "*")}}, allow("*", "*"))),
				func(r *request) { r.Action, r.Resource = "iam:ListRoles", "*" })
		}, policy.ImplicitDeny, ""},
		{"a user's session without MFA is closed out of IAM", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i, allow("*", "*"))
			p.Session = &sts.Session{Type: sts.UserSession}
			return with(s3Get(p), func(r *request) { r.Action, r.Resource = "iam:ListRoles", "*" })
		}, policy.ImplicitDeny, ""},
		{"a user's session with MFA is not", func(t *testing.T, i *ststest.IAM) request {
			p := user(t, i, allow("*", "*"))
			p.Session = &sts.Session{Type: sts.UserSession, MFA: true}
			return with(s3Get(p), func(r *request) { r.Action, r.Resource = "iam:ListRoles", "*" })
		}, policy.Allow, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.make(t, ststest.NewIAM(t))
			d := authz.New(authz.Config{}).Decide(&r)
			if d.Effect != tt.want || d.Allowed != (tt.want == policy.Allow) {
				t.Errorf("got %v by %v, want %v: %s", d.Effect, d.Layer, tt.want, d.Message)
			}
			if d.Allowed != (d.Message == "") || !strings.HasSuffix(d.Message, tt.says) && !strings.Contains(d.Message, tt.says) {
				t.Errorf("it says %q", d.Message)
			}
			stranger := r.Caller.Anonymous() || r.ResourceAccount != r.Caller.Account
			if !d.Allowed && d.Plain != stranger {
				t.Errorf("plain is %v", d.Plain)
			}
			if !d.Allowed && stranger && strings.Contains(d.Message, " because ") {
				t.Errorf("a stranger is told %q", d.Message)
			}
		})
	}
}

func guest(t testing.TB, i *ststest.IAM) *caller.Principal {
	return roleSession(t, i, &sts.Session{
		Type: sts.WebIdentitySession, PolicyARNs: []string{sts.GuestInlineARN, sts.GuestManagedARN},
	}, allow("*", "*"))
}

func federated(t testing.TB, i *ststest.IAM, s *sts.Session, identity ...string) *caller.Principal {
	p := user(t, i, identity...)
	s.Type, s.Account, s.UserID, s.Name = sts.FederationSession, account, p.EntityID, "ann"
	p.Type, p.ARN = policy.FederatedUser, "arn:aws:sts::"+account+":federated-user/ann"
	p.UserID, p.UserName, p.Session = account+":ann", "", s
	return p
}

// seen records the context of a decision.
type seen struct{ keys map[string]string }

func (*seen) Layer(policy.Layer, policy.Effect, *policy.Policy, int) {}

func (s *seen) Context(c *policy.Context) {
	s.keys = map[string]string{}
	for e := range c.All() {
		v := strings.Join(e.Values, ",")
		if e.Multi {
			v = "[" + v + "]"
		}
		s.keys[e.Key] = v
	}
}

func TestTheConditionKeysOfARequest(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	network := &caller.Network{
		SourceIP: netip.MustParseAddr("192.0.2.1"), TLS: true, UserAgent: "aws-cli", Referer: "http://x", Region: "eu-west-1", Time: now,
	}
	common := map[string]string{
		"aws:CurrentTime": "2026-01-02T03:04:05Z", "aws:EpochTime": "1767323045", "aws:SourceIp": "192.0.2.1",
		"aws:SecureTransport": "true", "aws:UserAgent": "aws-cli", "aws:referer": "http://x", "aws:RequestedRegion": "eu-west-1",
		"aws:ViaAWSService": "false", "aws:ResourceAccount": account, "s3:prefix": "p",
	}
	signed := map[string]string{"aws:PrincipalAccount": account, "aws:PrincipalIsAWSService": "false"}
	merge := func(maps ...map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range maps {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	i := ststest.NewIAM(t)
	session := roleSession(t, i, &sts.Session{
		Type: sts.WebIdentitySession, Issued: now.Add(-time.Minute), Provider: sts.CognitoProvider, SourceIdentity: "joe",
		Context: []sts.ContextKey{
			{Name: sts.CognitoSubject, Values: []string{"us-east-1:id"}},
			{Name: sts.CognitoAMR, Values: []string{"authenticated", "x"}, Multi: true},
		},
	})
	session.Tags = []iam.Tag{{Key: "team", Value: "red"}}
	mfa := user(t, i)
	mfa.Session = &sts.Session{Type: sts.UserSession, Issued: now, MFA: true, MFATime: now.Add(-90 * time.Second)}
	plainUser := user(t, i)
	tests := []struct {
		name string
		p    *caller.Principal
		want map[string]string
	}{
		{"a role session of an identity pool", session, merge(common, signed, map[string]string{
			"aws:PrincipalArn": "arn:aws:iam::" + account + ":role/R", "aws:PrincipalType": "AssumedRole", "aws:userid": "AROAR:sess",
			"aws:PrincipalTag/team": "red", "aws:TokenIssueTime": "2026-01-02T03:03:05Z", "aws:MultiFactorAuthPresent": "false",
			"aws:SourceIdentity": "joe", "aws:FederatedProvider": "cognito-identity.amazonaws.com",
			"cognito-identity.amazonaws.com:sub": "us-east-1:id", "cognito-identity.amazonaws.com:amr": "[authenticated,x]",
		})},
		{"a user's key has no MFA key", plainUser, merge(common, signed, map[string]string{
			"aws:PrincipalArn": "arn:aws:iam::" + account + ":user/dev/joe", "aws:PrincipalType": "User",
			"aws:userid": "AIDAJOE", "aws:username": "joe",
		})},
		{"a user's session with MFA", mfa, merge(common, signed, map[string]string{
			"aws:PrincipalArn": "arn:aws:iam::" + account + ":user/dev/joe", "aws:PrincipalType": "User",
			"aws:userid": "AIDAJOE", "aws:username": "joe", "aws:TokenIssueTime": "2026-01-02T03:04:05Z",
			"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "90",
		})},
		{"a federated user", federated(t, i, &sts.Session{Issued: now}), merge(common, signed, map[string]string{
			"aws:PrincipalArn": "arn:aws:sts::" + account + ":federated-user/ann", "aws:PrincipalType": "FederatedUser",
			"aws:userid": account + ":ann", "aws:TokenIssueTime": "2026-01-02T03:04:05Z", "aws:MultiFactorAuthPresent": "false",
		})},
		{"root", root(i), merge(common, signed, map[string]string{
			"aws:PrincipalArn": "arn:aws:iam::" + account + ":root", "aws:PrincipalType": "Account", "aws:userid": account,
		})},
		{"nobody", anonymous(i), merge(common, map[string]string{
			"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous", "aws:userid": "anonymous",
		})},
	}
	e := authz.New(authz.Config{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rec seen
			e.Explain(&authz.Request{
				Caller: tt.p, Network: network, Action: "s3:ListBucket", Resource: "arn:aws:s3:::b", ResourceAccount: account,
				Keys: []sts.ContextKey{
					{Name: "s3:prefix", Values: []string{"p"}},
					{Name: "aws:PrincipalAccount", Values: []string{"an edge's mistake"}},
				},
			}, &rec)
			if d := cmp.Diff(tt.want, rec.keys); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestKeysAreFilledWhenAskedFor holds that leaving out what no policy mentions
// does not leave out what one does.
func TestKeysAreFilledWhenAskedFor(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, condition := range []string{
		`{"DateGreaterThan":{"AWS:currenttime":"2026-01-01T00:00:00Z"}}`,
		`{"NumericGreaterThan":{"aws:EpochTime":"1"}}`,
		`{"DateLessThan":{"aws:TokenIssueTime":"2027-01-01T00:00:00Z"}}`,
		`{"StringEquals":{"aws:PrincipalTag/Team":"red"}}`,
		`{"StringEquals":{"aws:PrincipalArn":"${aws:PrincipalArn}","aws:userid":"AROAR:sess"}}`,
		`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`,
		`{"StringLike":{"aws:CurrentTime":"2026*"},"Null":{"aws:TokenIssueTime":"false"}}`,
	} {
		i := ststest.NewIAM(t)
		p := roleSession(t, i, &sts.Session{Issued: now}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+condition+`}}`)
		p.Tags = []iam.Tag{{Key: "team", Value: "red"}}
		r := authz.Request{Caller: p, Network: &caller.Network{Time: now, SourceIP: netip.MustParseAddr("192.0.2.1")}, Action: "s3:GetObject", Resource: object, ResourceAccount: account}
		if d := authz.New(authz.Config{}).Decide(&r); !d.Allowed {
			t.Errorf("%s: %s", condition, d.Message)
		}
	}
	// The same in a resource path.
	i := ststest.NewIAM(t)
	p := roleSession(t, i, &sts.Session{Issued: now}, allow("*", "arn:aws:s3:::b/${aws:PrincipalTag/team}/${aws:TokenIssueTime}/*"))
	p.Tags = []iam.Tag{{Key: "Team", Value: "red"}}
	r := authz.Request{Caller: p, Network: &caller.Network{Time: now}, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/red/2026-01-02T03:04:05Z/x", ResourceAccount: account}
	if d := authz.New(authz.Config{}).Decide(&r); !d.Allowed {
		t.Errorf("a variable in a path: %s", d.Message)
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	i := ststest.NewIAM(t)
	p := roleSession(t, i, &sts.Session{
		Type: sts.WebIdentitySession, Policies: []string{allow("s3:*", "*")}, PolicyARNs: []string{sts.GuestInlineARN},
		Context: []sts.ContextKey{{Name: sts.CognitoSubject, Values: []string{"us-east-1:id"}}},
	}, allow("s3:*", "arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*"))
	p.Tags = []iam.Tag{{Key: "team", Value: "red"}}
	r := authz.Request{
		Caller: p, Network: &caller.Network{Time: time.Now(), SourceIP: netip.MustParseAddr("192.0.2.1"), SourceIPText: "192.0.2.1"},
		Action: "s3:GetObject", Resource: "arn:aws:s3:::b/us-east-1:id/x", ResourceAccount: account,
	}
	e := authz.New(authz.Config{})
	if d := e.Decide(&r); !d.Allowed {
		t.Fatal(d.Message)
	}
	if n := testing.AllocsPerRun(200, func() { e.Decide(&r) }); n != 0 {
		t.Errorf("%v allocations on a warm engine", n)
	}
}

// TestOneDecisionLeavesNothingBehind holds that pooled memory does not carry one
// caller's keys or policies into another's decision.
func TestOneDecisionLeavesNothingBehind(t *testing.T) {
	i := ststest.NewIAM(t)
	e := authz.New(authz.Config{})
	rich := roleSession(t, i, &sts.Session{
		Policies: []string{allow("*", "*")}, SourceIdentity: "joe",
		Context: []sts.ContextKey{{Name: sts.CognitoAMR, Values: []string{"authenticated"}, Multi: true}},
	}, allow("*", "*"))
	rich.Tags = []iam.Tag{{Key: "team", Value: "red"}}
	tagged := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{
		"aws:PrincipalTag/team":"true","aws:SourceIdentity":"true","cognito-identity.amazonaws.com:amr":"true","aws:TokenIssueTime":"true"}}}}`
	poor := user(t, i, tagged)
	for range 50 {
		e.Decide(&authz.Request{Caller: rich, Action: "s3:GetObject", Resource: object, ResourceAccount: account})
		if d := e.Decide(&authz.Request{Caller: poor, Action: "s3:GetObject", Resource: object, ResourceAccount: account}); !d.Allowed {
			t.Fatalf("keys of the last caller are still there: %s", d.Message)
		}
		nobody := user(t, i)
		if d := e.Decide(&authz.Request{Caller: nobody, Action: "s3:GetObject", Resource: object, ResourceAccount: account}); d.Allowed {
			t.Fatal("policies of the last caller are still there")
		}
	}
}

func TestExplainAgreesWithDecide(t *testing.T) {
	i := ststest.NewIAM(t)
	e := authz.New(authz.Config{})
	for _, p := range []*caller.Principal{guest(t, i), user(t, i, allow("s3:*", "*")), root(i), anonymous(i)} {
		for _, action := range []string{"s3:GetObject", "iam:ListRoles", "sts:AssumeRole"} {
			r := authz.Request{Caller: p, Action: action, Resource: object, ResourceAccount: account}
			got, want := e.Explain(&r, &seen{}), e.Decide(&r)
			if got.Effect != want.Effect || got.Message != want.Message {
				t.Errorf("%s by %s: %v and %v", action, p.ARN, got, want)
			}
		}
	}
	if e.Decide(&authz.Request{Caller: anonymous(i), Action: "x", Resource: "y"}).Allowed {
		t.Error("nonsense is allowed")
	}
}
