package catalog_test

import (
	"fmt"

	"github.com/rockpool-id/rockpool/policy/catalog"
)

// A tool that explains a policy wants to know what its words mean.
func Example() {
	c := catalog.New()
	a := c.Action("s3:getobject")
	fmt.Println(a, a.Level, a.Resources[0].ARN)

	k := c.Key("cognito-identity.amazonaws.com:amr")
	fmt.Println(k.Name, k.Type, "a set:", k.Multi)

	fmt.Println("s3:HeadObject is decided as", c.Operation("s3:HeadObject"))
	fmt.Println("s3:ListBukcet is perhaps", c.NearestAction("s3:ListBukcet"))
	// Output:
	// s3:GetObject Read arn:*:s3:::{bucket}/{key...}
	// cognito-identity.amazonaws.com:amr String a set: true
	// s3:HeadObject is decided as s3:GetObject
	// s3:ListBukcet is perhaps s3:ListBucket
}
