package policy_test

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/policy"
)

// A person who signed in reads a picture below the prefix of her own
// identity, and not the one of somebody else.
func ExampleDecide() {
	doc, err := policy.Parse([]byte(`{
	  "Version": "2012-10-17",
	  "Statement": {
	    "Sid": "OwnPictures",
	    "Effect": "Allow",
	    "Action": "s3:GetObject",
	    "Resource": "arn:aws:s3:::pictures/${cognito-identity.amazonaws.com:sub}/*"
	  }
	}`), policy.Managed)
	if err != nil {
		fmt.Println(err)
		return
	}
	policies := &policy.Policies{Identity: []*policy.Policy{
		policy.Compile(doc, policy.Meta{Name: "Pictures", ARN: "arn:aws:iam::111122223333:policy/Pictures"}),
	}}

	var keys policy.Context
	keys.Set("cognito-identity.amazonaws.com:sub", "us-east-1:anna")
	req := &policy.Request{
		Principal: policy.Principal{
			Type:      policy.AssumedRole,
			Account:   "111122223333",
			ARN:       "arn:aws:sts::111122223333:assumed-role/Visitor/anna",
			EntityARN: "arn:aws:iam::111122223333:role/Visitor",
			EntityID:  "AROAEXAMPLEEXAMPLE00",
		},
		Action:   "s3:GetObject",
		Resource: "arn:aws:s3:::pictures/us-east-1:anna/cat.jpg",
		Context:  &keys,
	}
	d := policy.Decide(req, policies)
	fmt.Println(d.Effect, "by", d.Policy.Name(), d.Policy.Sid(d.Statement))

	req.Resource = "arn:aws:s3:::pictures/us-east-1:bert/dog.jpg"
	d = policy.Decide(req, policies)
	fmt.Println(d.Effect, d.Reason(req.Action))
	// Output:
	// allowed by Pictures OwnPictures
	// implicitDeny because no identity-based policy allows the s3:GetObject action
}

// A mistake is reported as AWS does, and says where it stands.
func ExampleParse() {
	_, err := policy.Parse([]byte(`{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}
}`), policy.Identity)
	var e *policy.Error
	if errors.As(err, &e) {
		fmt.Printf("line %d, column %d: %s\n", e.Line, e.Column, e.Message)
	}
	// Output:
	// line 3, column 46: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.
}

// A trust policy names a user. It is bound to the user's unique id when it is
// written, so that a user created later under the old name is not trusted.
func ExampleCompile_bindings() {
	const alice = "arn:aws:iam::111122223333:user/alice"
	doc, err := policy.Parse([]byte(`{
	  "Version": "2012-10-17",
	  "Statement": {"Effect": "Allow", "Principal": {"AWS": "`+alice+`"}, "Action": "sts:AssumeRole"}
	}`), policy.Trust)
	if err != nil {
		fmt.Println(err)
		return
	}
	trust := policy.Compile(doc, policy.Meta{
		Name:     "trust policy of Auditor",
		Bindings: map[string]string{alice: "AIDAFIRSTALICE000000"},
	})
	for _, id := range []string{"AIDAFIRSTALICE000000", "AIDASECONDALICE00000"} {
		d := policy.Decide(&policy.Request{
			Principal:       policy.Principal{Type: policy.User, Account: "111122223333", ARN: alice, EntityARN: alice, EntityID: id},
			Action:          "sts:AssumeRole",
			Resource:        "arn:aws:iam::111122223333:role/Auditor",
			ResourceAccount: "111122223333",
		}, &policy.Policies{Resource: trust, Trust: true})
		fmt.Println(id, d.Effect)
	}
	// Output:
	// AIDAFIRSTALICE000000 allowed
	// AIDASECONDALICE00000 implicitDeny
}

// layers prints what every layer says.
type layers struct{}

func (layers) Layer(l policy.Layer, e policy.Effect, _ *policy.Policy, _ int) {
	fmt.Printf("%v: %v\n", l, e)
}

// The recorder of a decision hears every layer, also those that no longer
// matter.
func ExampleDecideRecorded() {
	const user = "arn:aws:iam::111122223333:user/bob"
	d := policy.DecideRecorded(&policy.Request{
		Principal: policy.Principal{Type: policy.User, Account: "111122223333", ARN: user, EntityARN: user},
		Action:    "s3:PutObject",
		Resource:  "arn:aws:s3:::pictures/cat.jpg",
	}, &policy.Policies{
		Identity: []*policy.Policy{must(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, policy.Managed)},
		Boundary: must(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`, policy.Managed),
	}, layers{})
	fmt.Println(d.Effect, d.Reason("s3:PutObject"))
	// Output:
	// permissions boundary: implicitDeny
	// identity-based policy: allowed
	// implicitDeny because no permissions boundary allows the s3:PutObject action
}

// A trust policy is stored with unique ids in the place of ARNs; nothing else
// of the author's text changes.
func ExampleRewritePrincipals() {
	ids := map[string]string{"arn:aws:iam::111122223333:user/alice": "AIDAFIRSTALICE000000"}
	fmt.Printf("%s\n", policy.RewritePrincipals(
		[]byte(`{ "Statement":{"Principal" : {"AWS":"arn:aws:iam::111122223333:user/alice"}, "Action":"sts:AssumeRole"} }`),
		func(value string) string {
			if id, ok := ids[value]; ok {
				return id
			}
			return value
		}))
	// Output:
	// { "Statement":{"Principal" : {"AWS":"AIDAFIRSTALICE000000"}, "Action":"sts:AssumeRole"} }
}

// must compiles a policy of an example.
func must(text string, kind policy.Kind) *policy.Policy {
	doc, err := policy.Parse([]byte(text), kind)
	if err != nil {
		fmt.Println(err)
		return policy.Broken(policy.Meta{}) // denies everything
	}
	return policy.Compile(doc, policy.Meta{})
}

// Every mistake has AWS's sentence for the place where the document is
// attached, and a detail for logs.
func ExampleError() {
	for _, kind := range []policy.Kind{policy.Managed, policy.Trust, policy.Resource} {
		_, err := policy.Parse([]byte(`{"Statement":{"Effect":"Permit","Principal":"*","Action":"*"}}`), kind)
		var e *policy.Error
		if errors.As(err, &e) {
			fmt.Printf("%v: %s (%s)\n", e.Kind, e.Message, e.Detail)
		}
	}
	// Output:
	// managed policy: Syntax errors in policy. (Effect is neither Allow nor Deny)
	// role trust policy: Syntax errors in policy. (Effect is neither Allow nor Deny)
	// resource policy: Invalid effect: Permit (Effect is neither Allow nor Deny)
}

// A document is parsed and compiled once and decides any number of requests.
func ExampleCompile() {
	reader := must(`{
	  "Version": "2012-10-17",
	  "Statement": [
	    {"Sid": "Pictures", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::pictures/*"},
	    {"Sid": "NoDrafts", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::pictures/drafts/*"}
	  ]
	}`, policy.Managed)
	const user = "arn:aws:iam::111122223333:user/bob"
	for _, key := range []string{"cat.jpg", "drafts/dog.jpg"} {
		d := policy.Decide(&policy.Request{
			Principal: policy.Principal{Type: policy.User, Account: "111122223333", ARN: user, EntityARN: user},
			Action:    "s3:GetObject",
			Resource:  "arn:aws:s3:::pictures/" + key,
		}, &policy.Policies{Identity: []*policy.Policy{reader}})
		fmt.Println(key, d.Effect, d.Policy.Sid(d.Statement))
	}
	// Output:
	// cat.jpg allowed Pictures
	// drafts/dog.jpg explicitDeny NoDrafts
}

// A server keeps one Context for each connection, or a pool of them: filling
// it again costs no memory.
func ExampleContext_Reset() {
	working := must(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::pictures",
	  "Condition":{"StringLike":{"s3:prefix":"${aws:username}/*"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}}`, policy.Managed)
	const user = "arn:aws:iam::111122223333:user/bob"
	var keys policy.Context
	for _, request := range []struct{ address, prefix string }{
		{"192.0.2.7", "bob/2026/"},
		{"192.0.2.7", "anna/"},
		{"198.51.100.1", "bob/"},
	} {
		keys.Reset()
		keys.Set("aws:username", "bob")
		keys.Set("aws:SourceIp", request.address)
		keys.Set("s3:prefix", request.prefix)
		d := policy.Decide(&policy.Request{
			Principal: policy.Principal{Type: policy.User, Account: "111122223333", ARN: user, EntityARN: user},
			Action:    "s3:ListBucket",
			Resource:  "arn:aws:s3:::pictures",
			Context:   &keys,
		}, &policy.Policies{Identity: []*policy.Policy{working}})
		fmt.Println(request.address, request.prefix, d.Effect)
	}
	// Output:
	// 192.0.2.7 bob/2026/ allowed
	// 192.0.2.7 anna/ implicitDeny
	// 198.51.100.1 bob/ implicitDeny
}

// A bucket policy lets everybody read, and nobody without TLS.
func ExamplePolicies_resource() {
	bucket := must(`{
	  "Version": "2012-10-17",
	  "Statement": [
	    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"},
	    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::site/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
	  ]
	}`, policy.Resource)
	for _, tls := range []string{"true", "false"} {
		var keys policy.Context
		keys.Set("aws:SecureTransport", tls)
		d := policy.Decide(&policy.Request{
			Principal:       policy.Principal{Type: policy.Anonymous},
			Action:          "s3:GetObject",
			Resource:        "arn:aws:s3:::site/index.html",
			ResourceAccount: "111122223333",
			Context:         &keys,
		}, &policy.Policies{Resource: bucket})
		fmt.Printf("TLS %s: %v; %s\n", tls, d.Effect, cmp.Or(d.Reason("s3:GetObject"), "here you are"))
	}
	// Output:
	// TLS true: allowed; here you are
	// TLS false: explicitDeny; with an explicit deny in a resource-based policy
}

// What a role may do is what its policies grant, cut down by its permissions
// boundary and by the policy that was passed when it was assumed.
func ExamplePolicies_limits() {
	policies := &policy.Policies{
		Identity:   []*policy.Policy{must(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, policy.Managed)},
		Boundary:   must(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:Get*","s3:Put*"],"Resource":"*"}}`, policy.Managed),
		Session:    []*policy.Policy{must(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:Get*","s3:Delete*"],"Resource":"*"}}`, policy.Session)},
		HasSession: true,
	}
	for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} {
		d := policy.Decide(&policy.Request{
			Principal: policy.Principal{
				Type:      policy.AssumedRole,
				Account:   "111122223333",
				ARN:       "arn:aws:sts::111122223333:assumed-role/Editor/anna",
				EntityARN: "arn:aws:iam::111122223333:role/Editor",
				EntityID:  "AROAEXAMPLEEXAMPLE00",
			},
			Action:   action,
			Resource: "arn:aws:s3:::pictures/cat.jpg",
		}, policies)
		fmt.Printf("%v %s\n", d.Effect, cmp.Or(d.Reason(action), "by the "+d.Layer.String()))
	}
	// Output:
	// allowed by the identity-based policy
	// implicitDeny because no session policy allows the s3:PutObject action
	// implicitDeny because no permissions boundary allows the s3:DeleteObject action
}
