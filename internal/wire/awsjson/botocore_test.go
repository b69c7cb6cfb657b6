package awsjson_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/awsjson"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/wiretest"
)

// TestBotocoreReadsEveryMember sends every filled output of Cognito through
// botocore.
func TestBotocoreReadsEveryMember(t *testing.T) {
	shapes := new(wire.Shapes)
	var answers []wiretest.Answer
	var sent []any
	for _, op := range cognitowire.Operations() {
		var out any
		if op.Output {
			out = op.NewOutput()
			wiretest.Fill(shapes, out)
		}
		w := wiretest.Recorder("req-1")
		awsjson.WriteOutput(w, shapes, out)
		answers = append(answers, wiretest.Answer{Service: "cognito-identity", Operation: op.Name, ResponseRecorder: w})
		sent = append(sent, out)
	}
	for i, seen := range wiretest.Botocore(t, answers) {
		name := answers[i].Operation
		if id := seen["ResponseMetadata"].(map[string]any)["RequestId"]; id != "req-1" {
			t.Errorf("%s: request id %v", name, id)
		}
		delete(seen, "ResponseMetadata")
		if diff := cmp.Diff(wiretest.Plain(shapes, sent[i]), seen); diff != "" {
			t.Errorf("%s: botocore sees something else (-sent +seen)\n%s", name, diff)
		}
	}
}

func TestBotocoreReadsErrors(t *testing.T) {
	errs := []*awserr.Error{
		cognitowire.ResourceNotFoundException("Identity 'us-east-1:0' not found."),
		awserr.Access("AccessDeniedException", "User: anonymous is not authorized", 400),
		awserr.Sender("ValidationException", "1 validation error detected: Value '€' at 'accountId' failed"),
	}
	var answers []wiretest.Answer
	for _, e := range errs {
		w := wiretest.Recorder("req-1")
		awsjson.WriteError(w, e)
		answers = append(answers, wiretest.Answer{Service: "cognito-identity", Operation: "GetId", ResponseRecorder: w})
	}
	for i, seen := range wiretest.Botocore(t, answers) {
		want := map[string]any{"Code": errs[i].Code, "Message": errs[i].Message}
		if diff := cmp.Diff(want, seen["Error"]); diff != "" {
			t.Error(diff)
		}
	}
}
