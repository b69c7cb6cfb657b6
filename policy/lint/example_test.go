package lint_test

import (
	"fmt"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/catalog"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// A tool that takes policies from people says what is wrong before it is too late.
func Example() {
	text := []byte(`{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListObjectsV2"],
    "Resource": "arn:aws:s3:::photos"
  }
}`)
	document, err := policy.Parse(text, lint.GuessKind(text))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range lint.Lint(document, lint.Options{Catalog: catalog.New()}) {
		fmt.Printf("line %d, %s: %s\n  %s\n", f.Position.Line, f.Code, f.Text, f.Fix)
	}
	// Output:
	// line 5, resource-not-of-action: s3:GetObject is about the kind of resource "object" (arn:*:s3:::{bucket}/{key...}), which no resource of this statement can be.
	//   Objects are matched by arn:aws:s3:::photos/*.
	// line 5, unknown-action: s3:ListObjectsV2 is an operation, not an action: the entry matches nothing.
	//   Write s3:ListBucket, which decides that operation.
}
