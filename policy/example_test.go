package policy_test

import (
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
	parse := func(text string, kind policy.Kind) *policy.Policy {
		doc, err := policy.Parse([]byte(text), kind)
		if err != nil {
			fmt.Println(err)
			return policy.Broken(policy.Meta{}) // denies everything
		}
		return policy.Compile(doc, policy.Meta{})
	}
	const user = "arn:aws:iam::111122223333:user/bob"
	d := policy.DecideRecorded(&policy.Request{
		Principal: policy.Principal{Type: policy.User, Account: "111122223333", ARN: user, EntityARN: user},
		Action:    "s3:PutObject",
		Resource:  "arn:aws:s3:::pictures/cat.jpg",
	}, &policy.Policies{
		Identity: []*policy.Policy{parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, policy.Managed)},
		Boundary: parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`, policy.Managed),
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
