package policy_test

import (
	"encoding/json"
	"fmt"

	"github.com/rockpool-id/rockpool/policy"
)

// A denial says which statement came closest and what would allow the request.
func ExampleExplain() {
	doc, err := policy.Parse([]byte(`{
	  "Version": "2012-10-17",
	  "Statement": [{
	    "Sid": "ReadPrivateBucket",
	    "Effect": "Allow",
	    "Action": "s3:GetObject",
	    "Resource": "arn:aws:s3:::private/*"
	  }]
	}`), policy.Managed)
	if err != nil {
		fmt.Println(err)
		return
	}
	const user = "arn:aws:iam::111122223333:user/bob"
	d, why := policy.Explain(&policy.Request{
		Principal: policy.Principal{Type: policy.User, Account: "111122223333", ARN: user, EntityARN: user},
		Action:    "s3:PutObject",
		Resource:  "arn:aws:s3:::private/cat.jpg",
	}, &policy.Policies{
		Identity: []*policy.Policy{policy.Compile(doc, policy.Meta{Name: "Reader", Source: "group Developers"})},
	})
	fmt.Println(d.Allowed())
	fmt.Print(why.Text())
	// Output:
	// false
	// Denied: s3:PutObject on arn:aws:s3:::private/cat.jpg
	// Caller: arn:aws:iam::111122223333:user/bob
	//
	// No statement of the identity policies allows this.
	// Closest is ReadPrivateBucket (policy Reader, group Developers, line 3), which allows
	//   s3:GetObject only.
	//
	// What each layer says:
	//   identity policies     silent: the one statement of Reader (group Developers) does not match
	//
	// To allow it:
	//   - Add s3:PutObject to the actions of ReadPrivateBucket (policy Reader, group Developers, line
	//     3), or add this statement to a policy of user bob.
	//       {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::private/cat.jpg"}
	//
	// In AWS's words: because no identity-based policy allows the s3:PutObject action.
}

// An explanation is stored as JSON and says the same when it is read back.
func ExampleExplanation_Sentence() {
	_, why := policy.Explain(&policy.Request{
		Action: "s3:GetObject", Resource: "arn:aws:s3:::private/cat.jpg",
	}, &policy.Policies{})
	stored, err := json.Marshal(why)
	if err != nil {
		fmt.Println(err)
		return
	}
	var later policy.Explanation
	if err := json.Unmarshal(stored, &later); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(later.Sentence())
	fmt.Println(later.Fix.Statement)
	// Output:
	// the resource has no policy, so nothing allows s3:GetObject on arn:aws:s3:::private/cat.jpg to anonymous callers
	// {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::private/cat.jpg"}
}
