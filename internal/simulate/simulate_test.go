package simulate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/simulate"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/policy"
)

const account = ststest.Account

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func allow(action, resource string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, action, resource)
}

func deny(action, resource string) string {
	return fmt.Sprintf(`{"Effect":"Deny","Action":%q,"Resource":%q}`, action, resource)
}

func inputs(texts ...string) []simulate.Document {
	return simulate.Inputs(simulate.PolicyInputs, texts)
}

func mustNew(t *testing.T, in simulate.Setup) *simulate.Simulation {
	t.Helper()
	if in.Account == "" {
		in.Account = account
	}
	s, err := simulate.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// summary is a result in one line: effect, matched statements, missing keys.
func summary(r *simulate.Result) string {
	var matched []string
	for _, m := range r.Matched {
		matched = append(matched, fmt.Sprintf("%s#%d %v", m.Source, m.Statement, m.Effect))
	}
	return fmt.Sprintf("%v [%s] missing %v", r.Decision.Effect, strings.Join(matched, ", "), r.Missing)
}

func TestAsk(t *testing.T) {
	joe, err := simulate.Caller("arn:aws:iam::444455556666:user/team/joe", nil)
	if err != nil {
		t.Fatal(err)
	}
	forJoe := &simulate.Document{ID: simulate.ResourceInput, Text: document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:user/team/joe"},"Action":"*","Resource":["arn:aws:s3:::b/*","arn:aws:dynamodb:us-east-1:111122223333:table/t"]}`)}
	home := document(allow("s3:*", "arn:aws:s3:::b/${aws:username}/*"))
	tests := []struct {
		name             string
		in               simulate.Setup
		action, resource string
		want             string
	}{
		{"every statement that applies is listed, those that deny first",
			simulate.Setup{Identity: inputs(document(allow("s3:*", "*"), deny("s3:Put*", "*")), document(deny("*", "*"), allow("s3:PutObject", "*")))},
			"s3:PutObject", "*", "explicitDeny [PolicyInputList.1#1 explicitDeny, PolicyInputList.2#0 explicitDeny, PolicyInputList.1#0 allowed, PolicyInputList.2#1 allowed] missing []"},
		{"without policies nothing is allowed", simulate.Setup{}, "s3:GetObject", "*", "implicitDeny [] missing []"},
		{"keys that policies read and nobody gave are missing, whether or not their statement is about the request",
			simulate.Setup{
				Identity: inputs(home, document(`{"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"Null":{"AWS:USERNAME":"true","ec2:Vpc":"true"}}}`)),
				Boundary: inputs(document(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`)),
			},
			"s3:GetObject", "arn:aws:s3:::b/joe/k", "implicitDeny [] missing [aws:username ec2:Vpc aws:SecureTransport]"},
		{"a caller brings the keys that follow from it", simulate.Setup{Caller: &joe, Identity: inputs(home)},
			"s3:GetObject", "arn:aws:s3:::b/joe/k", "allowed [PolicyInputList.1#0 allowed] missing []"},
		{"what is given wins over what is known",
			simulate.Setup{Caller: &joe, Identity: inputs(home), Context: []simulate.Entry{{Name: "AWS:Username", Values: []string{"ann"}}}},
			"s3:GetObject", "arn:aws:s3:::b/ann/k", "allowed [PolicyInputList.1#0 allowed] missing []"},
		{"a key given with no values is present and null",
			simulate.Setup{
				Identity: inputs(document(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:TagKeys":"true"}}}`)),
				Context:  []simulate.Entry{{Name: "aws:TagKeys", Type: "stringList"}},
			}, "s3:GetObject", "*", "allowed [PolicyInputList.1#0 allowed] missing []"},
		{"without a resource policy only the caller's side is asked", simulate.Setup{Caller: &joe, Identity: inputs(document(allow("*", "*")))},
			"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/t", "allowed [PolicyInputList.1#0 allowed] missing []"},
		{"another owner must agree", simulate.Setup{Caller: &joe, ResourceOwner: "111122223333", Identity: inputs(document(allow("*", "*")))},
			"s3:GetObject", "arn:aws:s3:::b/k", "implicitDeny [PolicyInputList.1#0 allowed] missing []"},
		{"the owner in an ARN is the owner", simulate.Setup{Caller: &joe, Resource: forJoe},
			"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/t", "implicitDeny [ResourcePolicy#0 allowed] missing []"},
		{"else it is the caller's account", simulate.Setup{Caller: &joe, Resource: forJoe}, "s3:GetObject", "arn:aws:s3:::b/k", "allowed [ResourcePolicy#0 allowed] missing []"},
		{"aws:ResourceAccount is known of a resource",
			simulate.Setup{Identity: inputs(document(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"111122223333"}}}`))},
			"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/t", "allowed [PolicyInputList.1#0 allowed] missing []"},
		{"and not of all resources",
			simulate.Setup{Identity: inputs(document(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"111122223333"}}}`))},
			"dynamodb:ListTables", "*", "implicitDeny [] missing [aws:ResourceAccount]"},
		{"a session policy limits", simulate.Setup{Identity: inputs(document(allow("*", "*"))), Session: []simulate.Document{{ID: "session", Text: document(allow("s3:*", "*"))}}},
			"iam:GetRole", "*", "implicitDeny [PolicyInputList.1#0 allowed] missing []"},
		{"an empty list of session policies too", simulate.Setup{Identity: inputs(document(allow("*", "*"))), HasSession: true}, "iam:GetRole", "*", "implicitDeny [PolicyInputList.1#0 allowed] missing []"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := mustNew(t, tt.in)
			r := s.Ask(tt.action, tt.resource)
			if got := summary(&r); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			checkMatches(t, tt.name, &r, false)
			req, policies := s.Question(tt.action, tt.resource)
			if d := policy.Decide(req, policies); d != r.Decision {
				t.Errorf("the question is decided %+v, the result says %+v", d, r.Decision)
			}
		})
	}
}

// TestPositions holds the places of statements against those that IAM has
// answered with: just behind the bracket of the list, just behind the statement
// before, or just behind a lone statement's brace, and for the end just behind
// the closing brace.
func TestPositions(t *testing.T) {
	lines := func(indent string) string {
		return "{\n" + indent + "\"Version\": \"2012-10-17\",\n" + indent + "\"Statement\": [\n" + indent + indent + "{\n" +
			indent + indent + indent + "\"Effect\": \"Allow\",\n" + indent + indent + indent + "\"Action\": \"*\",\n" +
			indent + indent + indent + "\"Resource\": \"*\"\n" + indent + indent + "}\n" + indent + "]\n}"
	}
	tests := []struct {
		name, text string
		want       []string // line:column-line:column
	}{
		{"a list on one line, as json.dumps writes it", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`, []string{"1:41-1:92"}},
		{"a second statement begins where the first ends", document(allow("*", "*"), deny("*", "*")), []string{"1:84-1:130", "1:38-1:84"}},
		{"a statement without a list", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, []string{"1:38-1:83"}},
		{"lines indented by two", lines("  "), []string{"3:17-8:6"}},
		{"lines indented by four", lines("    "), []string{"3:19-8:10"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := mustNew(t, simulate.Setup{Identity: inputs(tt.text)}).Ask("s3:GetObject", "*")
			var got []string
			for _, m := range r.Matched {
				got = append(got, fmt.Sprintf("%d:%d-%d:%d", m.Start.Line, m.Start.Column, m.End.Line, m.End.Column))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	s := mustNew(t, simulate.Setup{
		Identity: inputs(document(allow("*", "arn:aws:s3:::a/*"), deny("*", "arn:aws:s3:::b/*"), `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"k:ey":"true"}}}`)),
		Boundary: inputs(document(allow("*", "arn:aws:s3:::a/*"))),
	})
	ask := func(resources ...string) string {
		var list []simulate.Result
		for _, r := range resources {
			list = append(list, s.Ask("s3:GetObject", r))
		}
		sum := simulate.Together(list)
		said, ok := sum.Said(policy.BoundaryLayer)
		return fmt.Sprintf("%s: %s, boundary %v %v", sum.Resource, summary(&sum), said, ok)
	}
	const a, b, c = "arn:aws:s3:::a/k", "arn:aws:s3:::b/k", "arn:aws:s3:::c/k"
	for _, tt := range []struct {
		name, got, want string
	}{
		{"one result is itself", ask(a), a + ": allowed [PolicyInputList.1#0 allowed, PolicyInputList.1#0 allowed] missing [k:ey], boundary allowed true"},
		{"the most restrictive decision counts", ask(a, c, b), "*: explicitDeny [PolicyInputList.1#1 explicitDeny, PolicyInputList.1#0 allowed, PolicyInputList.1#0 allowed] missing [k:ey], boundary implicitDeny true"},
		{"an implicit denial is more than an allow", ask(c, a), "*: implicitDeny [PolicyInputList.1#0 allowed, PolicyInputList.1#0 allowed] missing [k:ey], boundary implicitDeny true"},
		{"the same resource twice", ask(a, a), "*: allowed [PolicyInputList.1#0 allowed, PolicyInputList.1#0 allowed] missing [k:ey], boundary allowed true"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, tt.got, tt.want)
		}
	}
	if _, ok := new(simulate.Result).Said(policy.BoundaryLayer); ok {
		t.Error("a layer that is not there spoke")
	}
}

func TestRefusals(t *testing.T) {
	good := document(allow("*", "*"))
	bucket := &simulate.Document{ID: simulate.ResourceInput, Text: document(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::b"}`)}
	tests := []struct {
		name string
		in   simulate.Setup
		want string
	}{
		{"a policy that is none", simulate.Setup{Identity: inputs(good, "{}")}, "PolicyInputList.2: Syntax errors in policy."},
		{"a boundary that is none", simulate.Setup{Boundary: simulate.Inputs(simulate.BoundaryInputs, []string{"["})}, "PermissionsBoundaryPolicyInputList.1: Syntax errors in policy."},
		{"a session policy that is none", simulate.Setup{Session: []simulate.Document{{ID: "s", Text: ""}}}, "s: Syntax errors in policy."},
		{"a resource policy that is none", simulate.Setup{Resource: &simulate.Document{ID: "r", Text: good}}, "r: Missing required field Principal"},
		{"two boundaries", simulate.Setup{Boundary: inputs(good, good)}, `invalid number of permissions boundaries "2"`},
		{"a resource policy and nobody", simulate.Setup{Resource: bucket}, "a resource policy needs a caller"},
		{"an owner that is no account", simulate.Setup{ResourceOwner: "12345678901"}, `invalid resource owner "12345678901"`},
		{"a key without a prefix", simulate.Setup{Context: []simulate.Entry{{Name: "key", Values: []string{"v"}}}}, `invalid context entry "key": the name of a condition key has a prefix and a colon`},
		{"a key without a value", simulate.Setup{Context: []simulate.Entry{{Name: "k:ey", Type: "string"}}}, `invalid context entry "k:ey": the type string takes one value, not 0; use stringList`},
		{"a type that there is not", simulate.Setup{Context: []simulate.Entry{{Name: "k:ey", Type: "List", Values: []string{"v"}}}}, `invalid context entry "k:ey": there is no type "List"`},
		{"a value of another type", simulate.Setup{Context: []simulate.Entry{{Name: "k:ey", Type: "dateList", Values: []string{"2026-01-01", strings.Repeat("x", 99)}}}},
			`invalid context entry "k:ey": "` + strings.Repeat("x", 64) + `…" is not of type date`},
		{"a key given twice", simulate.Setup{Context: []simulate.Entry{{Name: "k:ey", Values: []string{"a"}}, {Name: "K:EY", Values: []string{"b"}}}}, `invalid context entry "K:EY": the key is given twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := simulate.New(tt.in); err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestEntriesBecomeContext(t *testing.T) {
	s := mustNew(t, simulate.Setup{Context: []simulate.Entry{
		{Name: "k:one", Values: []string{"v"}},
		{Name: "k:many", Values: []string{"v", "w"}},
		{Name: "k:none"},
		{Name: "k:bytes", Type: "binaryList", Values: []string{"aGk=", ""}},
		{Name: "k:list", Type: "numericList", Values: []string{"1"}},
	}})
	req, _ := s.Question("s3:GetObject", "*")
	var got []string
	for e := range req.Context.All() {
		got = append(got, fmt.Sprintf("%s=%q %v", e.Key, e.Values, e.Multi))
	}
	want := []string{`k:one=["v"] false`, `k:many=["v" "w"] true`, `k:none=[] true`, `k:bytes=["hi" ""] true`, `k:list=["1"] true`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestCaller(t *testing.T) {
	d := ststest.NewIAM(t)
	d.Role(iam.Role{Name: "app", Path: "/team/"}, "")
	d.User(iam.User{Name: "joe"})
	tests := []struct {
		name, arn string
		want      policy.Principal // the zero value: refused
	}{
		{"a user", "arn:aws:iam::444455556666:user/p/ann", policy.Principal{Type: policy.User, Account: accountB, ARN: "arn:aws:iam::444455556666:user/p/ann", EntityARN: "arn:aws:iam::444455556666:user/p/ann"}},
		{"a user who exists has an id", "arn:aws:iam::" + account + ":user/joe",
			policy.Principal{Type: policy.User, Account: account, ARN: "arn:aws:iam::" + account + ":user/joe", EntityARN: "arn:aws:iam::" + account + ":user/joe", EntityID: "AIDAJOE"}},
		{"a session of a role that exists has the role's path and id", "arn:aws:sts::" + account + ":assumed-role/app/s",
			policy.Principal{Type: policy.AssumedRole, Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/app/s", EntityARN: "arn:aws:iam::" + account + ":role/team/app", EntityID: "AROAAPP"}},
		{"a session of another role", "arn:aws:sts::444455556666:assumed-role/app/s",
			policy.Principal{Type: policy.AssumedRole, Account: accountB, ARN: "arn:aws:sts::444455556666:assumed-role/app/s", EntityARN: "arn:aws:iam::444455556666:role/app"}},
		{"a federated user", "arn:aws:sts::444455556666:federated-user/f", policy.Principal{Type: policy.FederatedUser, Account: accountB, ARN: "arn:aws:sts::444455556666:federated-user/f"}},
		{name: "the account root", arn: "arn:aws:iam::444455556666:root"},
		{name: "a role", arn: "arn:aws:iam::444455556666:role/app"},
		{name: "a session without a name", arn: "arn:aws:sts::444455556666:assumed-role/app"},
		{name: "a session with two", arn: "arn:aws:sts::444455556666:assumed-role/app/s/t"},
		{name: "a user without a name", arn: "arn:aws:iam::444455556666:user/"},
		{name: "any user", arn: "arn:aws:iam::444455556666:user/*"},
		{name: "a user of no account", arn: "arn:aws:iam::44445555666x:user/u"},
		{name: "a service", arn: "lambda.amazonaws.com"},
		{name: "nobody", arn: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := simulate.Caller(tt.arn, d)
			if d := cmp.Diff(tt.want, got); d != "" || (err != nil) != (tt.want == policy.Principal{}) {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestKeysOfCallers(t *testing.T) {
	tests := []struct {
		name   string
		caller policy.Principal
		want   []string
	}{
		{"a user", policy.Principal{Type: policy.User, Account: accountA, ARN: "arn:aws:iam::111122223333:user/p/joe", EntityID: "AIDA"},
			[]string{"aws:PrincipalArn=arn:aws:iam::111122223333:user/p/joe", "aws:PrincipalAccount=111122223333", "aws:PrincipalIsAWSService=false", "aws:PrincipalType=User", "aws:username=joe", "aws:userid=AIDA"}},
		{"a session", policy.Principal{Type: policy.AssumedRole, Account: accountA, ARN: "arn:aws:sts::111122223333:assumed-role/r/s", EntityARN: "arn:aws:iam::111122223333:role/p/r", EntityID: "AROA"},
			[]string{"aws:PrincipalArn=arn:aws:iam::111122223333:role/p/r", "aws:PrincipalAccount=111122223333", "aws:PrincipalIsAWSService=false", "aws:PrincipalType=AssumedRole", "aws:userid=AROA:s"}},
		{"a role, in which session is not known", policy.Principal{Type: policy.AssumedRole, Account: accountA, EntityARN: "arn:aws:iam::111122223333:role/r", EntityID: "AROA"},
			[]string{"aws:PrincipalArn=arn:aws:iam::111122223333:role/r", "aws:PrincipalAccount=111122223333", "aws:PrincipalIsAWSService=false", "aws:PrincipalType=AssumedRole"}},
		{"a federated user", policy.Principal{Type: policy.FederatedUser, Account: accountA, ARN: "arn:aws:sts::111122223333:federated-user/f"},
			[]string{"aws:PrincipalArn=arn:aws:sts::111122223333:federated-user/f", "aws:PrincipalAccount=111122223333", "aws:PrincipalIsAWSService=false", "aws:PrincipalType=FederatedUser", "aws:userid=111122223333:f"}},
		{"the account root", policy.Principal{Type: policy.Root, Account: accountA, ARN: "arn:aws:iam::111122223333:root"},
			[]string{"aws:PrincipalArn=arn:aws:iam::111122223333:root", "aws:PrincipalAccount=111122223333", "aws:PrincipalIsAWSService=false", "aws:PrincipalType=Account", "aws:userid=111122223333"}},
		{"anybody", policy.Principal{}, []string{"aws:PrincipalAccount=anonymous", "aws:PrincipalType=Anonymous", "aws:userid=anonymous"}},
		{"a service", policy.Principal{Type: policy.Service, Service: "lambda.amazonaws.com"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := mustNew(t, simulate.Setup{Caller: &tt.caller}).Question("s3:ListAllMyBuckets", "*")
			var got []string
			for e := range req.Context.All() {
				got = append(got, e.Key+"="+e.Values[0])
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestForPrincipal(t *testing.T) {
	d := ststest.NewIAM(t)
	role := d.Role(iam.Role{Name: "app", Path: "/team/", Tags: []iam.Tag{{Key: "team", Value: "blue"}}}, "", document(allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*")))
	role.Policies = append(role.Policies, ststest.Compile(t, policy.Managed, document(allow("dynamodb:*", "*")), policy.Meta{Name: "Tables", ARN: "arn:aws:iam::" + account + ":policy/Tables"}))
	role.BoundaryPolicy = ststest.Compile(t, policy.Managed, document(allow("s3:*", "*")), policy.Meta{Name: "Limit", ARN: "arn:aws:iam::" + account + ":policy/Limit"})
	d.User(iam.User{Name: "joe", Tags: []iam.Tag{{Key: "team", Value: "red"}}}, document(allow("s3:*", "arn:aws:s3:::${aws:username}/*")))
	member := d.User(iam.User{Name: "member", Tags: []iam.Tag{{Key: "team", Value: "red"}}}, document(allow("s3:*", "*")))
	staff := d.Group(iam.Group{Name: "staff", Path: "/p/"}, []*iam.UserEntry{member}, document(deny("s3:Put*", "arn:aws:s3:::${aws:PrincipalTag/team}/*")))
	tables := ststest.Compile(t, policy.Managed, document(allow("dynamodb:*", "*")), policy.Meta{Name: "Tables", ARN: "arn:aws:iam::" + account + ":policy/Tables", Source: "group staff"})
	staff.Policies, member.Policies = append(staff.Policies, tables), append(member.Policies, tables)
	d.Group(iam.Group{Name: "broken"}, nil).Broken = errors.New("no longer parses")
	memberARN, staffARN := member.ARN(), staff.ARN()
	asMember, err := simulate.Caller(memberARN, d)
	if err != nil {
		t.Fatal(err)
	}
	d.Role(iam.Role{Name: "broken"}, "").Broken = errors.New("no longer parses")
	roleARN := "arn:aws:iam::" + account + ":role/team/app"
	joe, err := simulate.Caller("arn:aws:iam::"+account+":user/joe", d)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, source     string
		in               simulate.Setup
		action, resource string
		want             string // a summary or an error
	}{
		{"a role has its policies, tags and boundary", roleARN, simulate.Setup{}, "s3:GetObject", "arn:aws:s3:::blue/k", "allowed [role_app_inline#0 allowed, Limit#0 allowed] missing []"},
		{"a boundary limits", roleARN, simulate.Setup{}, "dynamodb:GetItem", "*", "implicitDeny [Tables#0 allowed] missing []"},
		{"a given boundary takes its place", roleARN, simulate.Setup{Boundary: simulate.Inputs(simulate.BoundaryInputs, []string{document(allow("dynamodb:*", "*"))})},
			"dynamodb:GetItem", "*", "allowed [Tables#0 allowed, PermissionsBoundaryPolicyInputList.1#0 allowed] missing []"},
		{"given policies are added", roleARN, simulate.Setup{Identity: inputs(document(deny("s3:*", "*")))}, "s3:GetObject", "arn:aws:s3:::blue/k",
			"explicitDeny [PolicyInputList.1#0 explicitDeny, role_app_inline#0 allowed, Limit#0 allowed] missing []"},
		{"a caller with the policies of the source has tags of its own", roleARN, simulate.Setup{Caller: &joe}, "s3:GetObject", "arn:aws:s3:::red/k",
			"allowed [role_app_inline#0 allowed, Limit#0 allowed] missing []"},
		{"a user", "arn:aws:iam::" + account + ":user/joe", simulate.Setup{}, "s3:GetObject", "arn:aws:s3:::joe/k", "allowed [user_joe_inline#0 allowed] missing []"},
		{"a user is the caller of a resource policy", "arn:aws:iam::" + account + ":user/joe",
			simulate.Setup{Resource: &simulate.Document{ID: simulate.ResourceInput, Text: document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:user/joe"},"Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`)}},
			"s3:GetObject", "arn:aws:s3:::b/k", "allowed [ResourcePolicy#0 allowed] missing []"},
		{"a role is not, nobody knows in which session", roleARN,
			simulate.Setup{Resource: &simulate.Document{ID: simulate.ResourceInput, Text: document(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`)}},
			"", "", "a resource policy needs a caller"},
		{name: "a role that is broken", source: "arn:aws:iam::" + account + ":role/broken", want: "policies of arn:aws:iam::" + account + ":role/broken: no longer parses"},
		{name: "a role that is missing", source: "arn:aws:iam::" + account + ":role/none", want: `role "none" not found`},
		{name: "a role under another path", source: "arn:aws:iam::" + account + ":role/app", want: `role "app" not found`},
		{name: "a user that is missing", source: "arn:aws:iam::" + account + ":user/none", want: `user "none" not found`},
		{"a user has the policies of its groups", memberARN, simulate.Setup{}, "dynamodb:GetItem", "*", "allowed [Tables#0 allowed] missing []"},
		{"and what they deny", memberARN, simulate.Setup{}, "s3:PutObject", "arn:aws:s3:::red/k", "explicitDeny [group_staff_inline#0 explicitDeny, user_member_inline#0 allowed] missing []"},
		{"a group has its own policies", staffARN, simulate.Setup{}, "dynamodb:GetItem", "*", "allowed [Tables#0 allowed] missing [aws:PrincipalTag/team]"},
		{"and not those of its members, whose tags it has not", staffARN, simulate.Setup{}, "s3:PutObject", "arn:aws:s3:::red/k", "implicitDeny [] missing [aws:PrincipalTag/team]"},
		{"but those of a caller", staffARN, simulate.Setup{Caller: &asMember}, "s3:PutObject", "arn:aws:s3:::red/k", "explicitDeny [group_staff_inline#0 explicitDeny] missing []"},
		{"a group is no caller of a resource policy", staffARN,
			simulate.Setup{Resource: &simulate.Document{ID: simulate.ResourceInput, Text: document(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`)}},
			"", "", "a resource policy needs a caller"},
		{name: "a group that is broken", source: "arn:aws:iam::" + account + ":group/broken", want: "policies of arn:aws:iam::" + account + ":group/broken: no longer parses"},
		{name: "a group that is missing", source: "arn:aws:iam::" + account + ":group/g", want: `group "g" not found`},
		{name: "a group under another path", source: "arn:aws:iam::" + account + ":group/staff", want: `group "staff" not found`},
		{name: "the account root", source: "arn:aws:iam::" + account + ":root", want: `invalid policy source "arn:aws:iam::` + account + `:root"`},
		{name: "a policy", source: "arn:aws:iam::" + account + ":policy/p", want: `invalid policy source "arn:aws:iam::` + account + `:policy/p"`},
		{name: "a role of another account", source: "arn:aws:iam::444455556666:role/r", want: "policies of account 444455556666 are not open to account " + account},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Account = account
			s, err := simulate.ForPrincipal(d, tt.source, tt.in)
			if err != nil {
				if err.Error() != tt.want {
					t.Errorf("got  %v\nwant %s", err, tt.want)
				}
				if _, err := simulate.PrincipalKeys(d, account, tt.source, nil); tt.in.Resource == nil && (err == nil || err.Error() != tt.want) {
					t.Errorf("keys: %v", err)
				}
				return
			}
			r := s.Ask(tt.action, tt.resource)
			if got := summary(&r); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			checkMatches(t, tt.name, &r, false)
		})
	}
	keys, err := simulate.PrincipalKeys(d, account, roleARN, inputs(document(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"AWS:principaltag/TEAM":"true","k:ey":"true"}}}`)))
	if d := cmp.Diff([]string{"aws:PrincipalTag/team", "k:ey"}, keys); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for _, source := range []string{memberARN, staffARN} {
		keys, err := simulate.PrincipalKeys(d, account, source, nil)
		if d := cmp.Diff([]string{"aws:PrincipalTag/team"}, keys); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", source, err, d)
		}
	}
	if _, err := simulate.InputKeys(inputs("{")); err == nil {
		t.Error("the keys of nothing")
	}
	if n := len(role.Policies); n != 2 {
		t.Errorf("the role has %d policies now", n)
	}
}

func TestChecks(t *testing.T) {
	for _, a := range []string{"s3:GetObject", "s3-object-lambda:WriteGetObjectResponse", "execute-api:Invoke"} {
		if err := simulate.CheckActions([]string{a}); err != nil {
			t.Error(err)
		}
	}
	for _, a := range []string{"", "*", "s3", "s3:", ":Get", "s3:Get*", "s3:Get?", "s3:Get:Object", "s3:Gét", "s3:Get Object"} {
		if err := simulate.CheckActions([]string{"s3:GetObject", a}); err == nil {
			t.Errorf("%q is an action", a)
		}
	}
	for _, r := range [][]string{nil, {"*"}, {"arn:aws:s3:::b", "arn:aws:s3:::b/*"}, {"arn:aws:execute-api:us-east-1:111122223333:api/stage/GET/"}} {
		if err := simulate.CheckResources(r); err != nil {
			t.Error(err)
		}
	}
	for _, r := range [][]string{{""}, {"b/k"}, {"arn:aws:s3"}, {"arn:aws:s3:::"}, {"*", "*"}, {"arn:aws:s3:::b", "*"}} {
		if err := simulate.CheckResources(r); err == nil {
			t.Errorf("%q are resources", r)
		}
	}
}
