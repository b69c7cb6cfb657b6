package awsquery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awsquery"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/wiretest"
)

// TestBotocoreReadsEveryMember sends every filled output of IAM and STS through
// botocore, so that a name in the wrong case does not vanish unnoticed.
func TestBotocoreReadsEveryMember(t *testing.T) {
	shapes := new(wire.Shapes)
	var answers []wiretest.Answer
	var sent []any
	for _, op := range operations() {
		var out any
		if op.info.Output {
			out = op.newOutput()
			wiretest.Fill(shapes, out)
		}
		w := wiretest.Recorder("req-1")
		awsquery.WriteOutput(w, nil, shapes, op.service.Namespace, op.info.Name, "req-1", out)
		answers = append(answers, wiretest.Answer{Service: op.service.Name, Operation: op.info.Name, ResponseRecorder: w})
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
	w := wiretest.Recorder("req-1")
	awsquery.WriteError(w, iamwire.Service().Namespace, "req-1", iamwire.NoSuchEntityException("The role with name <R> cannot be found."))
	seen := wiretest.Botocore(t, []wiretest.Answer{{Service: "iam", Operation: "GetRole", ResponseRecorder: w}})[0]
	want := map[string]any{"Code": "NoSuchEntity", "Message": "The role with name <R> cannot be found.", "Type": "Sender"}
	if diff := cmp.Diff(want, seen["Error"]); diff != "" {
		t.Error(diff)
	}
}

// TestBotocoreRequestsArriveWhole has botocore write every filled input.
func TestBotocoreRequestsArriveWhole(t *testing.T) {
	shapes := new(wire.Shapes)
	var requests []wiretest.Request
	ops := operations()
	for _, op := range ops {
		in := op.newInput()
		wiretest.Fill(shapes, in)
		requests = append(requests, wiretest.Request{Service: op.service.Name, Operation: op.info.Name, In: in})
	}
	for i, sent := range wiretest.BotocoreRequests(t, shapes, requests) {
		name := requests[i].Operation
		var form awsquery.Form
		if e := form.Add(sent.Body); e != nil {
			t.Fatalf("%s: %v\n%s", name, e, sent.Body)
		}
		got := ops[i].newInput()
		if e := awsquery.Decode(shapes, &form, got); e != nil {
			t.Fatalf("%s: %v\n%s", name, e, sent.Body)
		}
		if form.Get("Action") != name || form.Get("Version") != ops[i].service.Version {
			t.Errorf("%s: action %s, version %s", name, form.Get("Action"), form.Get("Version"))
		}
		if diff := cmp.Diff(requests[i].In, got); diff != "" {
			t.Errorf("%s: (-sent +received)\n%s", name, diff)
		}
	}
}
