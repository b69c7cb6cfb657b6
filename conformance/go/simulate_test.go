package conformance

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// TestSimulator asks for the role of the story what a person signed in may do.
func TestSimulator(t *testing.T) {
	s := newStory(t)
	ctx, client := t.Context(), s.iam(fixed(s.root))
	role := aws.String("arn:aws:iam::" + s.account + ":role/" + s.role)
	keys, err := client.GetContextKeysForPrincipalPolicy(ctx, &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: role})
	must(t, err)
	object := "arn:aws:s3:::" + s.private + "/k"
	in := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: role, ActionNames: []string{"s3:GetObject", "s3:DeleteBucket", "s3:PutBucketPolicy"}, ResourceArns: []string{object},
		MaxItems: aws.Int32(2),
	}
	for _, k := range keys.ContextKeyNames {
		in.ContextEntries = append(in.ContextEntries, iamtypes.ContextEntry{ContextKeyName: aws.String(k), ContextKeyValues: []string{"x"}, ContextKeyType: iamtypes.ContextKeyTypeEnumString})
	}
	var got []string
	pages := iam.NewSimulatePrincipalPolicyPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(t, err)
		for _, r := range page.EvaluationResults {
			got = append(got, fmt.Sprint(*r.EvalActionName, " ", r.EvalDecision, " ", len(r.MatchedStatements)))
			if len(r.ResourceSpecificResults) != 1 || *r.ResourceSpecificResults[0].EvalResourceName != object || len(r.MissingContextValues) > 0 {
				t.Errorf("%+v", r)
			}
			for _, m := range r.MatchedStatements {
				if *m.SourcePolicyId != "role_"+s.role+"_ReadPrivateBucket" || m.SourcePolicyType != "IAM Policy" || m.StartPosition.Line != 1 || m.EndPosition.Column <= m.StartPosition.Column {
					t.Errorf("%+v", m)
				}
			}
		}
	}
	if want := []string{"s3:GetObject allowed 1", "s3:DeleteBucket implicitDeny 0", "s3:PutBucketPolicy implicitDeny 0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var invalid *iamtypes.InvalidInputException
	if _, err := client.SimulateCustomPolicy(ctx, &iam.SimulateCustomPolicyInput{PolicyInputList: []string{"{"}, ActionNames: []string{"s3:GetObject"}}); !errors.As(err, &invalid) {
		t.Errorf("%T: %v", invalid, err)
	}
}
