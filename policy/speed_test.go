package policy

import "testing"

// warm is a decision as a busy gateway makes it: a role session with session
// policy and boundary, a dozen condition keys, variables, ranges and dates.
func warm(t testing.TB) (*Request, *Policies) {
	identity := mustCompile(t, Managed, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/*","Condition":{"NumericGreaterThan":{"s3:max-keys":1000}}},
		{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}},
		{"Effect":"Allow","Action":["s3:Get*","s3:*Object"],"Resource":["arn:aws:s3:::c/*","arn:aws:s3:::b/users/${cognito-identity.amazonaws.com:sub}/*.j?g"],
		 "Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"auth*"},"Bool":{"aws:SecureTransport":"true"},
		 "StringEqualsIgnoreCase":{"aws:PrincipalTag/Team":"${aws:PrincipalTag/team}"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*R"},"Null":{"aws:TokenIssueTime":"false"}}}]}`, Meta{})
	all := mustCompile(t, Session, everything, Meta{})
	p := &Policies{
		Identity: []*Policy{identity}, Boundary: all, Session: []*Policy{all}, HasSession: true,
		Resource: mustCompile(t, Resource, stmt(`"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:sts::111122223333:assumed-role/R/sess"},"Action":"s3:*","Resource":"arn:aws:s3:::b/secret/*"`), Meta{}),
	}
	req := getObject(callerOf(t, "role"))
	req.Resource = "arn:aws:s3:::b/users/us-east-1:1234/pictures/cat.jpg"
	req.Context = &Context{}
	fill(req.Context)
	return req, p
}

var amr = []string{"authenticated", "accounts.google.com"}

func fill(c *Context) {
	c.Set("aws:CurrentTime", "2026-11-22T10:00:00Z")
	c.Set("aws:EpochTime", "1795341600")
	c.Set("aws:SecureTransport", "true")
	c.Set("aws:SourceIp", "10.1.2.3")
	c.Set("aws:PrincipalAccount", accountA)
	c.Set("aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/R")
	c.Set("aws:PrincipalType", "AssumedRole")
	c.Set("aws:userid", "AROARRRRRRRRRRRRRRRR:sess")
	c.Set("aws:TokenIssueTime", "2026-11-22T09:00:00Z")
	c.Set("aws:PrincipalTag/Team", "Red")
	c.Set("cognito-identity.amazonaws.com:sub", "us-east-1:1234")
	c.SetMulti("cognito-identity.amazonaws.com:amr", amr)
	c.Set("s3:max-keys", "1000")
}

func TestWarmDecisionAllocatesNothing(t *testing.T) {
	req, p := warm(t)
	if d := Decide(req, p); !d.Allowed() || d.Statement != 2 {
		t.Fatalf("got %+v", d)
	}
	if n := testing.AllocsPerRun(100, func() { Decide(req, p) }); n != 0 {
		t.Errorf("%v allocations per decision", n)
	}
	ctx := req.Context
	if n := testing.AllocsPerRun(100, func() {
		ctx.Reset()
		fill(ctx)
		Decide(req, p)
	}); n != 0 {
		t.Errorf("%v allocations per decision with a fresh context", n)
	}
}
