package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	everything = stmt(`"Effect":"Allow","Action":"*","Resource":"*"`)
	everybody  = stmt(`"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"`)
	nothing    = stmt(`"Effect":"Deny","Action":"*","Resource":"*"`)
)

func getObject(p Principal) *Request {
	return &Request{Principal: p, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: accountA}
}

// TestUnknownMeansDeny holds requests that no edge should make. Policies that
// allow everything must not help them.
func TestUnknownMeansDeny(t *testing.T) {
	all := func() *Policies {
		return &Policies{
			Identity: []*Policy{mustCompile(t, Identity, everything, Meta{})},
			Resource: mustCompile(t, Resource, everybody, Meta{}),
		}
	}
	user := callerOf(t, "user")
	if !Decide(getObject(user), all()).Allowed() {
		t.Fatal("the sound request is denied")
	}
	tests := []struct {
		name   string
		change func(*Request)
	}{
		{"no action", func(r *Request) { r.Action = "" }},
		{"action without vendor", func(r *Request) { r.Action = "GetObject" }},
		{"action without name", func(r *Request) { r.Action = "s3:" }},
		{"action without either", func(r *Request) { r.Action = ":" }},
		{"star action", func(r *Request) { r.Action = "*" }},
		{"no resource", func(r *Request) { r.Resource = "" }},
		{"resource is no ARN", func(r *Request) { r.Resource = "b/k" }},
		{"short resource", func(r *Request) { r.Resource = "arn:aws:s3" }},
		{"unknown caller", func(r *Request) { r.Principal.Type = 99 }},
		{"negative caller", func(r *Request) { r.Principal.Type = -1 }},
		{"user without account", func(r *Request) { r.Principal.Account, r.ResourceAccount = "", "" }},
		{"root without account", func(r *Request) { r.Principal = Principal{Type: Root}; r.ResourceAccount = "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := getObject(user)
			tt.change(r)
			if d := Decide(r, all()); d != (Decision{Statement: -1}) {
				t.Errorf("got %+v", d)
			}
		})
	}
	if Decide(nil, all()).Allowed() || Decide(getObject(user), nil).Allowed() || Decide(getObject(user), &Policies{}).Allowed() || Decide(&Request{}, all()).Allowed() {
		t.Error("nothing is allowed something")
	}
	if (Decision{}).Allowed() {
		t.Error("the zero decision allows")
	}
}

// TestBrokenPoliciesDeny: what a policy denied is unknown once it cannot be
// read, so it denies everything (spec 7.1).
func TestBrokenPoliciesDeny(t *testing.T) {
	broken := Broken(Meta{Name: "stored"})
	ok := mustCompile(t, Identity, everything, Meta{})
	tests := []struct {
		name     string
		policies Policies
		layer    Layer
	}{
		{"identity", Policies{Identity: []*Policy{ok, broken}}, IdentityLayer},
		{"identity, nil", Policies{Identity: []*Policy{nil, ok}}, IdentityLayer},
		{"boundary", Policies{Identity: []*Policy{ok}, Boundary: broken}, BoundaryLayer},
		{"session", Policies{Identity: []*Policy{ok}, Session: []*Policy{ok, nil}, HasSession: true}, SessionLayer},
		{"resource", Policies{Identity: []*Policy{ok}, Resource: broken}, ResourceLayer},
		{"trust", Policies{Identity: []*Policy{ok}, Resource: broken, Trust: true}, TrustLayer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Decide(getObject(callerOf(t, "user")), &tt.policies)
			if d.Effect != ExplicitDeny || d.Layer != tt.layer || d.Statement != -1 {
				t.Errorf("got %+v", d)
			}
			if !tt.policies.Mentions("any:key") {
				t.Error("a broken policy might mention anything")
			}
		})
	}
	if d := Decide(getObject(Principal{}), &Policies{Resource: broken}); d.Effect != ExplicitDeny {
		t.Errorf("anonymous: %+v", d)
	}
	if Compile(nil, Meta{Name: "none"}).Document() != nil || !IsPublic(nil) {
		t.Error("no document is a broken policy, and may be public")
	}
	var none *Policy
	if none.Name() != "" || none.ARN() != "" || none.Document() != nil || none.Len() != 0 || none.Sid(0) != "" || none.Position(0) != (Position{}) {
		t.Error("accessors of a nil policy")
	}
	if broken.Document() != nil || broken.Len() != 0 || broken.Sid(0) != "" || broken.Name() != "stored" {
		t.Error("accessors of a broken policy")
	}
}

func TestSessionsAreLimited(t *testing.T) {
	ok := mustCompile(t, Identity, everything, Meta{})
	role := getObject(callerOf(t, "role"))
	if d := Decide(role, &Policies{Identity: []*Policy{ok}, HasSession: true}); d.Allowed() || d.Layer != SessionLayer {
		t.Errorf("a session with an empty list of policies: %+v", d)
	}
	if d := Decide(role, &Policies{Identity: []*Policy{ok}, Session: []*Policy{mustCompile(t, Session, stmt(`"Effect":"Allow","Action":"ec2:*","Resource":"*"`), Meta{})}}); d.Allowed() {
		t.Errorf("session policies count even if HasSession was forgotten: %+v", d)
	}
	rootFed := Principal{Type: FederatedUser, Account: accountA, ARN: "arn:aws:sts::111122223333:federated-user/F", EntityARN: "arn:aws:iam::111122223333:root"}
	if d := Decide(getObject(rootFed), &Policies{Session: []*Policy{ok}, HasSession: true}); !d.Allowed() {
		t.Errorf("a session of root with a policy: %+v", d)
	}
	if d := Decide(getObject(rootFed), &Policies{}); d.Allowed() {
		t.Errorf("a session of root without a policy: %+v", d)
	}
	rootFed.EntityARN = "arn:aws:iam::444455556666:root"
	if d := Decide(getObject(rootFed), &Policies{Session: []*Policy{ok}, HasSession: true}); d.Allowed() {
		t.Errorf("a root of another account: %+v", d)
	}
}

// TestMisplacedPolicies puts policies where they do not belong: they may deny
// there, never grant.
func TestMisplacedPolicies(t *testing.T) {
	user := getObject(callerOf(t, "user"))
	bucket := mustCompile(t, Resource, everybody, Meta{})
	if d := Decide(user, &Policies{Identity: []*Policy{bucket}}); d.Allowed() {
		t.Errorf("a bucket policy as identity policy: %+v", d)
	}
	identity := mustCompile(t, Identity, everything, Meta{})
	if d := Decide(user, &Policies{Resource: identity}); d.Allowed() {
		t.Errorf("an identity policy as bucket policy: %+v", d)
	}
	if d := Decide(user, &Policies{Identity: []*Policy{identity}, Resource: mustCompile(t, Identity, nothing, Meta{})}); d.Effect != ExplicitDeny {
		t.Errorf("a deny without principals on a resource: %+v", d)
	}
}

// TestAllowWithNotPrincipalGrantsNothing: Parse refuses it, and the engine
// would not be moved by it.
func TestAllowWithNotPrincipalGrantsNothing(t *testing.T) {
	d, err := Parse([]byte(stmt(`"Effect":"Deny","NotPrincipal":{"AWS":"444455556666"},"Action":"*","Resource":"*"`)), Resource)
	if err != nil {
		t.Fatal(err)
	}
	d.statements[0].Effect = Allow
	for _, who := range []string{"user", "anonymous", "role", "user-b", "root-b"} {
		if d := Decide(getObject(callerOf(t, who)), &Policies{Resource: Compile(d, Meta{})}); d.Allowed() {
			t.Errorf("%s: %+v", who, d)
		}
	}
}

// TestVariablesWorkInTheLastFieldOnly: earlier fields take them as text.
func TestVariablesWorkInTheLastFieldOnly(t *testing.T) {
	p := &Policies{Identity: []*Policy{mustCompile(t, Identity, stmt(`"Effect":"Allow","Action":"*","Resource":"arn:aws:sqs:${region}:111122223333:q"`), Meta{})}}
	r := getObject(callerOf(t, "user"))
	r.Context = &Context{}
	r.Context.Set("region", "us-east-1")
	for resource, want := range map[string]bool{"arn:aws:sqs:us-east-1:111122223333:q": false, "arn:aws:sqs:${region}:111122223333:q": true} {
		if r.Resource = resource; Decide(r, p).Allowed() != want {
			t.Errorf("%s: want %v", resource, want)
		}
	}
}

// TestFirstOfTheClosestStatementsIsNamed: of several grants the closest
// counts, and of equal ones the first is reported.
func TestFirstOfTheClosestStatementsIsNamed(t *testing.T) {
	p := mustCompile(t, Resource, `{"Statement":[
		{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":["444455556666","arn:aws:iam::111122223333:role/team/R"]},"Action":"*","Resource":"*"},
		{"Effect":"Allow","Principal":"*","Action":"s3:Put*","Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/R/sess"},"Action":"*","Resource":"*"},
		{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, Meta{})
	for who, want := range map[string]int{"role": 3, "role other": 4, "user-b": 4} {
		if o := (&evaluation{req: getObject(callerOf(t, who)), policies: &Policies{Resource: p}, resource: resource{star: true}}).resourceSays(); o.statement != want {
			t.Errorf("%s: statement %d, want %d", who, o.statement, want)
		}
	}
	p = mustCompile(t, Identity, `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`, Meta{})
	if d := Decide(getObject(callerOf(t, "user")), &Policies{Identity: []*Policy{p, p}}); d.Statement != 0 {
		t.Errorf("statement %d", d.Statement)
	}
	q := mustCompile(t, Resource, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, Meta{})
	if d := Decide(getObject(callerOf(t, "user")), &Policies{Resource: q}); d.Statement != 0 {
		t.Errorf("statement %d", d.Statement)
	}
}

func TestWholeARNWildcardMatchesStarResource(t *testing.T) {
	// Only a bucket policy can say it; identity policies name a service.
	p := mustCompile(t, Resource, stmt(`"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:*:*:*:*:*"`), Meta{})
	r := getObject(callerOf(t, "user"))
	for _, resource := range []string{"*", "arn:aws:s3:::b"} {
		if r.Resource = resource; !Decide(r, &Policies{Resource: p}).Allowed() {
			t.Errorf("%s is denied", resource)
		}
	}
	q := mustCompile(t, Resource, stmt(`"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:*:*:*:*:x*"`), Meta{})
	if r.Resource = "*"; Decide(r, &Policies{Resource: q}).Allowed() {
		t.Error("a narrower ARN matches the star resource")
	}
}

func TestPrincipalClasses(t *testing.T) {
	const (
		user = "arn:aws:iam::111122223333:user/U"
		role = "arn:aws:iam::111122223333:role/team/R"
	)
	bind := func(arn, id string) map[string]string { return map[string]string{arn: id} }
	canonical := strings.Repeat("0a", 32)
	tests := []struct {
		name, typ, value string
		bindings         map[string]string
		caller           string
		trust            bool
		want             grantClass
	}{
		{"user by ARN", "AWS", user, nil, "user", false, direct},
		{"user ARNs respect case", "AWS", "arn:aws:iam::111122223333:user/u", nil, "user", false, notNamed},
		{"another user", "AWS", user, nil, "user-v", false, notNamed},
		{"user bound to its id", "AWS", user, bind(user, "AIDAUUUUUUUUUUUUUUUU"), "user", false, direct},
		{"user bound to another id", "AWS", user, bind(user, "AIDAOTHEROTHEROTHER0"), "user", false, notNamed},
		{"user bound to no id is gone", "AWS", user, bind(user, ""), "user", false, notNamed},
		{"a binding of another ARN changes nothing", "AWS", user, bind(role, ""), "user", false, direct},
		{"user by id", "AWS", "AIDAUUUUUUUUUUUUUUUU", nil, "user", false, direct},
		{"an empty id matches nobody", "AWS", "AIDAUUUUUUUUUUUUUUUU", nil, "user id=", false, notNamed},
		{"role by ARN", "AWS", role, nil, "role", false, limited},
		{"role names ignore case", "AWS", "arn:aws:iam::111122223333:role/team/r", nil, "role", false, limited},
		{"role paths do not", "AWS", "arn:aws:iam::111122223333:role/Team/R", nil, "role", false, notNamed},
		{"role without its path", "AWS", "arn:aws:iam::111122223333:role/R", nil, "role", false, notNamed},
		{"role by id", "AWS", "AROARRRRRRRRRRRRRRRR", nil, "role", false, limited},
		{"role bound", "AWS", role, bind(role, "AROARRRRRRRRRRRRRRRR"), "role", false, limited},
		{"issuer of a federated user", "AWS", user, nil, "federated", false, limited},
		{"session", "AWS", "arn:aws:sts::111122223333:assumed-role/R/sess", nil, "role", false, direct},
		{"other session", "AWS", "arn:aws:sts::111122223333:assumed-role/R/other", nil, "role", false, notNamed},
		{"federated user", "AWS", "arn:aws:sts::111122223333:federated-user/F", nil, "federated", false, direct},
		{"account", "AWS", accountA, nil, "role", false, account},
		{"other account", "AWS", accountB, nil, "role", false, notNamed},
		{"account of root", "AWS", accountA, nil, "root", false, direct},
		{"anonymous has no account", "AWS", accountA, nil, "anonymous", false, notNamed},
		{"everybody", "AWS", "*", nil, "anonymous", false, direct},
		{"everybody in a trust policy", "", "*", nil, "anonymous", true, notNamed},
		{"service", "Service", "lambda.amazonaws.com", nil, "service lambda.amazonaws.com", false, direct},
		{"a service is nobody's account", "AWS", accountA, nil, "service lambda.amazonaws.com", false, notNamed},
		{"provider in a trust policy", "Federated", "accounts.google.com", nil, "web accounts.google.com", true, direct},
		{"provider elsewhere", "Federated", "accounts.google.com", nil, "web accounts.google.com", false, notNamed},
		{"provider and role session", "Federated", "accounts.google.com", nil, "role", true, notNamed},
		{"canonical user by binding", "CanonicalUser", canonical, bind(canonical, accountA), "user", false, account},
		{"canonical user unknown", "CanonicalUser", canonical, nil, "user", false, notNamed},
		{"canonical user bound to nonsense", "CanonicalUser", canonical, bind(canonical, "x"), "user", false, notNamed},
		{"meaningless", "AWS", "arn:aws:s3:::b", nil, "user", false, notNamed},
		{"unknown type", "Robot", "*", nil, "user", false, notNamed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := compilePrincipal(&PrincipalValue{Type: tt.typ, Text: tt.value}, tt.bindings)
			caller := callerOf(t, tt.caller)
			if got := p.class(&caller, tt.trust); got != tt.want {
				t.Errorf("got class %d, want %d", got, tt.want)
			}
		})
	}
	t.Run("a user known by its calling ARN only", func(t *testing.T) {
		p := compilePrincipal(&PrincipalValue{Type: "AWS", Text: user}, nil)
		if got := p.class(&Principal{Type: User, Account: accountA, ARN: user}, false); got != direct {
			t.Errorf("got class %d", got)
		}
	})
}

func TestNotPrincipalExemptions(t *testing.T) {
	tests := []struct {
		typ, value, caller string
		want               bool
	}{
		{"AWS", "arn:aws:iam::111122223333:user/U", "user", true}, {"AWS", "AIDAUUUUUUUUUUUUUUUU", "user", true}, {"AWS", accountA, "user", false}, {"AWS", accountA, "root", true}, {"AWS", accountB, "root", false},
		{"AWS", "arn:aws:iam::111122223333:role/team/R", "role", false}, {"AWS", "AROARRRRRRRRRRRRRRRR", "role", false}, {"AWS", "arn:aws:sts::111122223333:assumed-role/R/sess", "role", true},
		{"AWS", "arn:aws:iam::111122223333:user/U", "federated", false}, {"AWS", "arn:aws:sts::111122223333:federated-user/F", "federated", true},
		{"Service", "sns.amazonaws.com", "service sns.amazonaws.com", true}, {"Service", "sns.amazonaws.com", "service sqs.amazonaws.com", false}, {"", "*", "user", false}, {"AWS", "*", "anonymous", false},
	}
	for _, tt := range tests {
		p := compilePrincipal(&PrincipalValue{Type: tt.typ, Text: tt.value}, nil)
		caller := callerOf(t, tt.caller)
		if got := p.exempts(&caller); got != tt.want {
			t.Errorf("%s %s exempts %s: %v", tt.typ, tt.value, tt.caller, got)
		}
	}
}

func TestRecorderHearsEveryLayer(t *testing.T) {
	deny := mustCompile(t, Identity, nothing, Meta{})
	p := &Policies{
		Identity: []*Policy{mustCompile(t, Identity, everything, Meta{})},
		Boundary: deny,
		Session:  []*Policy{deny},
		Resource: mustCompile(t, Resource, stmt(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"`), Meta{}),
	}
	var rec recording
	d := DecideRecorded(getObject(callerOf(t, "role")), p, &rec)
	want := recording{
		"resource-based policy: explicitDeny by 0",
		"session policy: explicitDeny by 0",
		"permissions boundary: explicitDeny by 0",
		"identity-based policy: allowed by 0",
	}
	if diff := cmp.Diff(want, rec); diff != "" {
		t.Error(diff)
	}
	if d.Layer != ResourceLayer || d.Effect != ExplicitDeny {
		t.Errorf("got %+v", d)
	}
	rec = nil
	DecideRecorded(getObject(callerOf(t, "role")), &Policies{Resource: Broken(Meta{}), Trust: true}, &rec)
	if diff := cmp.Diff(recording{"role trust policy: explicitDeny by -1", "identity-based policy: implicitDeny by -1"}, rec); diff != "" {
		t.Error(diff)
	}
}

func TestReasons(t *testing.T) {
	for want, d := range map[string]Decision{
		"": {Effect: Allow, Layer: IdentityLayer},
		"because no identity-based policy allows the a:B action": {},
		"because no resource-based policy allows the a:B action": {Layer: ResourceLayer},
		"because no permissions boundary allows the a:B action":  {Layer: BoundaryLayer},
		"because no session policy allows the a:B action":        {Layer: SessionLayer},
		"because no role trust policy allows the a:B action":     {Layer: TrustLayer},
		"with an explicit deny in an identity-based policy":      {Effect: ExplicitDeny, Layer: IdentityLayer},
		"with an explicit deny in a resource-based policy":       {Effect: ExplicitDeny, Layer: ResourceLayer},
		"with an explicit deny in a permissions boundary":        {Effect: ExplicitDeny, Layer: BoundaryLayer},
		"with an explicit deny in a session policy":              {Effect: ExplicitDeny, Layer: SessionLayer},
		"with an explicit deny in the role trust policy":         {Effect: ExplicitDeny, Layer: TrustLayer},
	} {
		if got := d.Reason("a:B"); got != want {
			t.Errorf("%+v: %q, want %q", d, got, want)
		}
	}
	if NoLayer.String() != "policy" || Allow.String() != "allowed" {
		t.Error("names of layers and effects")
	}
}

func TestMentions(t *testing.T) {
	p := mustCompile(t, Resource, stmt(`"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/Team}/*","Condition":{
		"StringLike":{"s3:ExistingObjectTag/Class":["${saml:sub}*"]},"Bool":{"x:bool":"${y:bool}"},"StringEqualsIgnoreCase":{"x:fold":"${y:fold}"},
		"ArnLike":{"x:arn":["arn:aws:iam::*:role/${y:arn}","${y:whole}"]},"Null":{"x:null":"true"}}`), Meta{})
	for key, want := range map[string]bool{
		"AWS:principaltag/team": true, "s3:existingobjecttag/": true, "s3:ExistingObjectTag/Class": true, "saml:sub": true, "y:bool": true, "y:fold": true, "y:arn": true, "y:whole": true, "x:null": true,
		"s3:ExistingObjectTag/Other": false, "s3:RequestObjectTag/": false, "saml:": false, "aws:SourceIp": false,
	} {
		if got := p.Mentions(key); got != want {
			t.Errorf("Mentions(%q) = %v", key, got)
		}
		for name, set := range map[string]*Policies{"identity": {Identity: []*Policy{p}}, "session": {Session: []*Policy{p}}, "boundary": {Boundary: p}, "resource": {Resource: p}} {
			if got := set.Mentions(key); got != want {
				t.Errorf("%s: Mentions(%q) = %v", name, key, got)
			}
		}
	}
	if (&Policies{}).Mentions("aws:SourceIp") {
		t.Error("no policies mention nothing")
	}
}

func TestContext(t *testing.T) {
	var c Context
	c.Set("aws:PrincipalTag/Team", "role")
	c.SetMulti("aws:TagKeys", []string{"a", "b"})
	c.Set("AWS:principaltag/TEAM", "session")
	if v, multi, ok := c.Get("aws:principalTag/team"); !ok || multi || len(v) != 1 || v[0] != "session" {
		t.Errorf("got %v %v %v", v, multi, ok)
	}
	if v, multi, ok := c.Get("aws:tagkeys"); !ok || !multi || len(v) != 2 {
		t.Errorf("got %v %v %v", v, multi, ok)
	}
	var keys []string
	for e := range c.All() {
		keys = append(keys, e.Key)
	}
	if diff := cmp.Diff([]string{"aws:PrincipalTag/Team", "aws:TagKeys"}, keys); diff != "" || c.Len() != 2 {
		t.Error(diff)
	}
	for range c.All() {
		break
	}
	c.Set("aws:TagKeys", "one")
	if v, multi, _ := c.Get("aws:TagKeys"); multi || len(v) != 1 || v[0] != "one" {
		t.Errorf("Set after SetMulti: %v %v", v, multi)
	}
	c.SetMulti("aws:PrincipalTag/Team", nil)
	if v, multi, ok := c.Get("aws:PrincipalTag/Team"); !ok || !multi || len(v) != 0 {
		t.Errorf("got %v %v %v", v, multi, ok)
	}
	c.Reset()
	if _, _, ok := c.Get("aws:TagKeys"); ok || c.Len() != 0 {
		t.Error("a key survived Reset")
	}
	c.Set("new", "x")
	if v, _, _ := c.Get("new"); len(v) != 1 || v[0] != "x" {
		t.Errorf("after Reset: %v", v)
	}
	var none *Context
	if _, _, ok := none.Get("x"); ok || none.Len() != 0 {
		t.Error("a nil context holds something")
	}
	for range none.All() {
		t.Error("a nil context lists something")
	}
}

// TestContextOfManyKeys has more keys than a Context can tell apart by the last
// bits of their hashes, and more than it can count.
func TestContextOfManyKeys(t *testing.T) {
	name := func(i int) string { return fmt.Sprintf("aws:PrincipalTag/%d", i) }
	var c Context
	for _, n := range []int{700, 3} {
		for i := range n {
			c.Set(strings.ToUpper(name(i)), fmt.Sprint("first ", n))
		}
		for i := range n {
			c.Set(name(i), fmt.Sprint(n, " ", i))
		}
		if c.Len() != n {
			t.Errorf("%d keys, want %d", c.Len(), n)
		}
		for i := range n {
			k := newContextKey(name(i))
			e, values := c.lookup(&k), []string(nil)
			if values, _, _ = c.Get(name(i)); e == nil || len(values) != 1 || values[0] != fmt.Sprint(n, " ", i) || &e.values[0] != &values[0] {
				t.Fatalf("key %d of %d: %q", i, n, values)
			}
		}
		for i := range 1000 {
			k := newContextKey(name(n + i))
			if _, _, ok := c.Get(name(n + i)); ok || c.lookup(&k) != nil {
				t.Fatalf("key %d of %d is there", n+i, n)
			}
		}
		c.Reset()
	}
}

// TestContextCountsItsKeys: the 256th key is the first whose hash ends as it does.
func TestContextCountsItsKeys(t *testing.T) {
	var c Context
	for i := 0; c.Len() < 257; i++ {
		end := uint32(0)
		if c.Len() >= 255 {
			end = uint32(c.Len() - 254)
		}
		if name := fmt.Sprint("aws:PrincipalTag/", i); hashKey(name)%64 == end {
			c.Set(name, "x")
		}
	}
	for e := range c.All() {
		if _, _, ok := c.Get(e.Key); !ok {
			t.Errorf("%s is lost", e.Key)
		}
	}
}

func TestKeysFold(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"aws:SourceIp", "AWS:SOURCEIP", true}, {"x/Ärger", "X/äRGER", true}, {"x/k", "x/\u212a", false}, {"x/s", "x/\u017f", false}, {"x/i", "x/\u0130", false}, {"a", "ab", false}, {"x/\xff", "x/\xfe", false}, {"x/\xff", "x/\ufffd", false}, {"x/\xff", "X/\xff", true},
	}
	for _, tt := range tests {
		if got := equalFold(tt.a, tt.b); got != tt.want {
			t.Errorf("equalFold(%q, %q) = %v", tt.a, tt.b, got)
		}
		if tt.want && hashKey(tt.a) != hashKey(tt.b) {
			t.Errorf("%q and %q hash apart", tt.a, tt.b)
		}
		ctx := &Context{}
		ctx.Set(tt.a, "v")
		if _, _, ok := ctx.Get(tt.b); ok != tt.want {
			t.Errorf("Get(%q) after Set(%q): %v", tt.b, tt.a, ok)
		}
	}
}

func TestIsPublic(t *testing.T) {
	tests := []struct {
		name, body string
		want       bool
	}{
		{"everybody", `"Effect":"Allow","Principal":"*"`, true},
		{"every AWS principal", `"Effect":"Allow","Principal":{"AWS":["111122223333","*"]}`, true},
		{"a deny for everybody", `"Effect":"Deny","Principal":"*"`, false},
		{"an account", `"Effect":"Allow","Principal":{"AWS":"111122223333"}`, false},
		{"a service", `"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"}`, false},
		{"a range", `"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}`, false},
		{"a range too wide", `"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}`, true},
		{"an IPv6 range too wide", `"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"2001::/31"}}`, true},
		{"one wide range among narrow ones", `"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/0"]}}`, true},
		{"the widest range that is narrow", `"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, false},
		{"a /7", `"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/7"}}`, true},
		{"an unreadable range", `"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"x"}}`, true},
		{"an address as text", `"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:SourceIp":"10.0.0.1"}}`, true},
		{"a negated range", `"Effect":"Allow","Principal":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, true},
		{"a range if there is an address", `"Effect":"Allow","Principal":"*","Condition":{"IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}}`, true},
		{"a vpc", `"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"AWS:sourcevpc":"vpc-1"}}`, false},
		{"all values of a vpc", `"Effect":"Allow","Principal":"*","Condition":{"ForAllValues:StringEquals":{"aws:SourceVpc":"vpc-1"}}`, true},
		{"a vpc by pattern", `"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}`, true},
		{"a vpc by variable", `"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:SourceVpc":"${aws:PrincipalTag/vpc}"}}`, true},
		{"no values", `"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:SourceVpc":[]}}`, true},
		{"an account by condition", `"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`, false},
		{"an account by number", `"Effect":"Allow","Principal":"*","Condition":{"NumericEquals":{"aws:PrincipalAccount":"111122223333"}}`, true},
		{"a role id and any session", `"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:userid":"AROARRRRRRRRRRRRRRRR:*"}}`, true},
		{"a user id", `"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:userid":"AIDAUUUUUUUUUUUUUUUU"}}`, false},
		{"principals of an account", `"Effect":"Allow","Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}`, false},
		{"principals of any account", `"Effect":"Allow","Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/R"}}`, true},
		{"principals by bool", `"Effect":"Allow","Principal":"*","Condition":{"Bool":{"aws:PrincipalArn":"true"}}`, true},
		{"principal ARN by variable", `"Effect":"Allow","Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/${aws:username}"}}`, true},
		{"no principal ARN", `"Effect":"Allow","Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"*"}}`, true},
		{"a source bucket", `"Effect":"Allow","Principal":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"}}`, false},
		{"source buckets by pattern", `"Effect":"Allow","Principal":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b*"}}`, true},
		{"another key", `"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:Referer":"https://example.com"}}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Parse([]byte(stmt(tt.body+`,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)), Resource)
			if err != nil {
				t.Fatal(err)
			}
			if got := IsPublic(d); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	// Parse refuses this one; if it ever got in, it would be public.
	if !IsPublic(&Document{statements: []Statement{{Effect: Allow, NotPrincipal: true}}}) {
		t.Error("Allow with NotPrincipal is public")
	}
}

// TestRootKeepsItsBucketPolicy: no deny takes the bucket's policy away from
// its account, however the action is spelled.
func TestRootKeepsItsBucketPolicy(t *testing.T) {
	p := &Policies{Resource: mustCompile(t, Resource, stmt(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"`), Meta{})}
	for action, want := range map[string]bool{
		"s3:GetBucketPolicy": true, "s3:putbucketpolicy": true, "S3:DELETEBUCKETPOLICY": true,
		"s3:GetBucketPolicyStatus": false, "s3:GetBucketAcl": false, "sqs:GetBucketPolicy": false,
	} {
		req := getObject(callerOf(t, "root"))
		req.Action = action
		if d := Decide(req, p); d.Allowed() != want {
			t.Errorf("%s: %+v", action, d)
		}
	}
}

// TestOnlyUsersStandForThemselves: a session without the entity behind it is
// not the user whose ARN it claims to have.
func TestOnlyUsersStandForThemselves(t *testing.T) {
	const arn = "arn:aws:iam::111122223333:user/U"
	p := principalPattern{userOrRole, arn}
	for kind, want := range map[PrincipalType]bool{User: true, AssumedRole: false, FederatedUser: false, Root: false} {
		if got := p.entity(&Principal{Type: kind, Account: accountA, ARN: arn}); got != want {
			t.Errorf("%v: %v", kind, got)
		}
	}
}

func TestEveryLetterFolds(t *testing.T) {
	const upper, low = "X:ABCDEFGHIJKLMNOPQRSTUVWXYZ@[`{", "x:abcdefghijklmnopqrstuvwxyz@[`{"
	if got := lower(upper); got != low {
		t.Errorf("got %s", got)
	}
	var c Context
	c.Set(upper, "1")
	for _, name := range []string{low, upper} {
		if k := newContextKey(name); c.lookup(&k) == nil {
			t.Errorf("%s is not found", name)
		}
	}
}

// TestActionsLongerThanAnyAreDenied: IAM knows names of 128 characters.
func TestActionsLongerThanAnyAreDenied(t *testing.T) {
	p := &Policies{Identity: []*Policy{mustCompile(t, Identity, everything, Meta{})}}
	for n, want := range map[int]Effect{128: Allow, 129: ImplicitDeny, 100_000: ImplicitDeny} {
		for _, who := range []string{"user", "root"} {
			req := getObject(callerOf(t, who))
			req.Action = "s3:" + strings.Repeat("x", n-3)
			if d := Decide(req, p); d.Effect != want {
				t.Errorf("%s with %d characters: %v", who, n, d.Effect)
			}
		}
	}
}
