package iamapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/api/iamapi"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/simulate"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

func TestSimulationsArePaged(t *testing.T) {
	f := newFixture(t)
	ctx, bound := f.in()
	var actions []string
	for n := range 7 {
		actions = append(actions, fmt.Sprintf("s3:Action%d", n%5)) // some twice: each is a result of its own
	}
	in := func(limit int32, marker *string) *iamwire.SimulateCustomPolicyInput {
		return &iamwire.SimulateCustomPolicyInput{
			PolicyInputList: []string{allowS3}, ActionNames: actions, ResourceArns: []string{"arn:aws:s3:::a/k", "arn:aws:s3:::b/k"},
			MaxItems: &limit, Marker: marker,
		}
	}
	ask := func(in *iamwire.SimulateCustomPolicyInput) ([]string, *string) {
		t.Helper()
		out := must[*iamwire.SimulateCustomPolicyOutput](t)(bound.SimulateCustomPolicy(ctx, in))
		if *out.IsTruncated != (out.Marker != nil) || out.Marker != nil && len(*out.Marker) > 320 {
			t.Errorf("truncated %v with marker %v", *out.IsTruncated, out.Marker)
		}
		var names []string
		for _, r := range out.EvaluationResults {
			names = append(names, *r.EvalActionName)
		}
		return names, out.Marker
	}
	t.Run("pages follow each other without gap or repeat", func(t *testing.T) {
		var got []string
		var sizes []int
		var marker *string
		for {
			var names []string
			names, marker = ask(in(3, marker))
			got, sizes = append(got, names...), append(sizes, len(names))
			if marker == nil {
				break
			}
		}
		if d := cmp.Diff(actions, got); d != "" || !slices.Equal(sizes, []int{3, 3, 1}) {
			t.Errorf("%v (-want +got):\n%s", sizes, d)
		}
	})
	t.Run("a marker belongs to one input", func(t *testing.T) {
		_, marker := ask(in(3, nil))
		other := in(3, marker)
		other.ResourceArns = other.ResourceArns[:1]
		if _, err := bound.SimulateCustomPolicy(ctx, other); err == nil || err.Error() != "ValidationError: Invalid Marker." {
			t.Errorf("got %v", err)
		}
		if names, _ := ask(in(1, marker)); len(names) != 1 || names[0] != actions[3] {
			t.Errorf("the size of the next page may differ: %v", names)
		}
	})
	t.Run("a page reads only so much text", func(t *testing.T) {
		long := in(1000, nil)
		long.PolicyInputList = []string{strings.Replace(allowS3, "s3:*", "s3:*"+strings.Repeat("*", 30_000), 1)}
		long.ResourceArns = make([]string, 1000)
		for i := range long.ResourceArns {
			long.ResourceArns[i] = fmt.Sprint("arn:aws:s3:::b/", i)
		}
		if names, marker := ask(long); len(names) != 2 || marker == nil {
			t.Errorf("%d results, marker %v", len(names), marker)
		}
		more := *long
		more.PolicyInputList = append(more.PolicyInputList, long.PolicyInputList[0], long.PolicyInputList[0])
		if _, err := bound.SimulateCustomPolicy(ctx, &more); err == nil || err.Error() != "InvalidInput: The policies are too long to be simulated on 1000 resources at once." {
			t.Errorf("got %v", err)
		}
		long.ResourceArns = append(long.ResourceArns, "arn:aws:s3:::b")
		if _, err := bound.SimulateCustomPolicy(ctx, long); err == nil || err.Error() != "InvalidInput: ResourceArns must have at most 1000 entries." {
			t.Errorf("got %v", err)
		}
	})
}

// TestSimulatedEqualsReal compares a simulation of a role with what the engine
// decides when the role really asks.
func TestSimulatedEqualsReal(t *testing.T) {
	f := newFixture(t)
	populate(t, f)
	if err := f.iam.PutInlinePolicy(t.Context(), iam.UserOwner(account, "bob"), "own",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::*:user/p/${aws:username}"},{"Effect":"Allow","Action":["iam:GetRole","iam:SimulatePrincipalPolicy"],"Resource":"*","Condition":{"StringLike":{"aws:userid":"AIDA*"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/p/*"}}}]}`); err != nil {
		t.Fatal(err)
	}
	f.as = "bob"
	ctx, bound := f.in()
	const user, role = "arn:aws:iam::000000000000:user/p/bob", "arn:aws:iam::000000000000:role/p/app"
	out := must[*iamwire.SimulatePrincipalPolicyOutput](t)(bound.SimulatePrincipalPolicy(ctx, &iamwire.SimulatePrincipalPolicyInput{
		PolicySourceArn: ptr(user), ActionNames: []string{"iam:GetUser", "iam:GetRole", "iam:DeleteRole"}, ResourceArns: []string{user, role},
	}))
	simulated := map[string]iamwire.PolicyEvaluationDecisionType{}
	for _, r := range out.EvaluationResults {
		for _, s := range r.ResourceSpecificResults {
			simulated[*r.EvalActionName+" "+*s.EvalResourceName] = *s.EvalResourceDecision
		}
	}
	real := map[string]error{}
	_, real["iam:GetUser "+user] = bound.GetUser(ctx, &iamwire.GetUserInput{UserName: ptr("bob")})
	_, real["iam:GetRole "+role] = bound.GetRole(ctx, &iamwire.GetRoleInput{RoleName: ptr("app")})
	_, real["iam:DeleteRole "+role] = bound.DeleteRole(ctx, &iamwire.DeleteRoleInput{RoleName: ptr("app")})
	for question, err := range real {
		if (err == nil) != (simulated[question] == iamwire.PolicyEvaluationDecisionTypeAllowed) {
			t.Errorf("%s: simulated %s, really %v", question, simulated[question], err)
		}
	}
	if real["iam:GetUser "+user] != nil || real["iam:DeleteRole "+role] == nil {
		t.Errorf("the test is about nothing: %v", real)
	}
}

func TestAStoredPolicyThatCannotBeReadIsNoSimulation(t *testing.T) {
	e := (&iamapi.Implementation{}).Error(&simulate.Unreadable{ARN: "arn:aws:iam::000000000000:role/app", Cause: errors.New("secret")})
	if e.Code != "PolicyEvaluation" || e.Status != http.StatusInternalServerError || strings.Contains(e.Message, "secret") {
		t.Errorf("got %+v", e)
	}
}
