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
		awsjson.WriteOutput(w, nil, shapes, out)
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

// TestBotocoreRequestsArriveWhole has botocore write every filled input.
func TestBotocoreRequestsArriveWhole(t *testing.T) {
	shapes := new(wire.Shapes)
	var requests []wiretest.Request
	ops := cognitowire.Operations()
	for _, op := range ops {
		in := op.NewInput()
		wiretest.Fill(shapes, in)
		requests = append(requests, wiretest.Request{Service: "cognito-identity", Operation: op.Name, In: in})
	}
	for i, sent := range wiretest.BotocoreRequests(t, shapes, requests) {
		if want := cognitowire.Service().TargetPrefix + "." + ops[i].Name; sent.Target != want {
			t.Errorf("target %s, want %s", sent.Target, want)
		}
		got := ops[i].NewInput()
		if e := awsjson.Decode(shapes, []byte(sent.Body), got); e != nil {
			t.Fatalf("%s: %v\n%s", ops[i].Name, e, sent.Body)
		}
		if diff := cmp.Diff(requests[i].In, got); diff != "" {
			t.Errorf("%s: (-sent +received)\n%s", ops[i].Name, diff)
		}
	}
}
