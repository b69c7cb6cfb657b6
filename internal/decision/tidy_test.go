package decision_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/policy"
)

const presigned = "https://b.s3.example/k?X-Amz-Security-Token=hush&X-Amz-Signature=hush"

// TestSecretsStayOut holds that whatever a request claimed about where it comes
// from, its record has no signature, token or external id.
func TestSecretsStayOut(t *testing.T) {
	r := record("r")
	r.UserAgent = "Bot (+" + presigned + ")"
	x := r.Explanation
	x.Keys = []policy.KeyExplanation{
		{Key: "AWS:Referer", Values: []string{"b.example/k?token=hush"}},
		{Key: "aws:UserAgent", Values: []string{r.UserAgent}},
		{Key: "sts:externalid", Values: []string{"our-hush"}},
	}
	x.Conditions = []policy.MatchedCondition{
		{Operator: "StringLike", Key: "aws:Referer", Seen: []string{presigned, "android-app://x/#hush"}, Meaning: []string{presigned + " is meant"}},
		{Operator: "StringEquals", Key: "sts:ExternalId", Seen: []string{"another hush"}, Meaning: []string{"x-our-hush-x"}},
	}
	x.Layers[0].NearMisses[0].Failed[0].Meaning = []string{"our-hush"}
	x.Conditions[1].Wanted = []string{"hush 1", "hush 2"}
	x.Layers[0].NearMisses[0].Failed = append(x.Layers[0].NearMisses[0].Failed,
		policy.FailedElement{Element: "Condition", Key: "sts:ExternalId", Wanted: []string{"hush 3"}, Note: "differs from our-hush", Remedy: "our-hush"})
	r.Matched.Conditions = append(r.Matched.Conditions, decision.Condition{Operator: "StringEquals", Key: "sts:ExternalID", Values: []string{"hush 4"}})
	x.Fix = &policy.Fix{Words: "Allow it for our-hush.", Statement: `{"Condition":{"StringEquals":{"aws:Referer":"` + presigned + `"}}}`, And: []policy.Fix{{Words: presigned}}}
	k := open(t, decision.Config{Store: &memory{}})
	keep(k, r)
	got := find(t, k, "r")
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	text, err := json.Marshal(got[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hush") {
		t.Errorf("the record has a secret:\n%s", text)
	}
	for _, want := range []string{"https://b.s3.example/k?…", "b.example/k?…", "android-app://x/#…", "[hidden]", `aws:Referer\":\"https`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the record lacks %s:\n%s", want, text)
		}
	}
}

func TestALargeRecordIsShortened(t *testing.T) {
	k := open(t, decision.Config{Store: &memory{}})
	long := strings.Repeat("x", 1280)
	many := make([]string, 64)
	for i := range many {
		many[i] = fmt.Sprint(i, long)
	}
	nearly := func(id string, n int) *decision.Record {
		r := record(id)
		r.UserAgent = long
		r.Explanation.Layers[0].NearMisses[0].Failed[0].Wanted = many[:n]
		return r
	}
	keys := nearly("keys", 0)
	for range 40 {
		keys.Explanation.Keys = append(keys.Explanation.Keys, policy.KeyExplanation{Key: "k", Values: []string{long}})
	}
	layers := nearly("layers", 0)
	layers.Explanation.Layers[0].Policies = many
	hopeless := nearly("hopeless", 0)
	hopeless.Explanation.Resource = strings.Repeat("x", 40<<10)
	for _, r := range []*decision.Record{nearly("fits", 10), nearly("near", 64), keys, layers, hopeless} {
		keep(k, r)
	}
	one := func(id string) *policy.Explanation {
		t.Helper()
		got := find(t, k, id)
		if len(got) != 1 || len(got[0].UserAgent) > 600 {
			t.Fatalf("%s: %d records", id, len(got))
		}
		return got[0].Explanation
	}
	if x := one("fits"); len(x.Layers[0].NearMisses) != 1 || len(x.Keys) != 1 {
		t.Error("what fits was cut")
	}
	if x := one("near"); len(x.Layers[0].NearMisses) != 0 || len(x.Keys) != 1 {
		t.Error("near misses go first, and alone")
	}
	if x := one("keys"); len(x.Keys) != 0 || x.KeysLeftOut != 41 || len(x.Layers) != 1 {
		t.Errorf("then the keys: %d, %d left out", len(x.Keys), x.KeysLeftOut)
	}
	if x := one("layers"); len(x.Layers) != 0 || x.Action == "" || x.Statement == nil {
		t.Error("then the layers; the decision itself stays")
	}
	if len(find(t, k, "hopeless")) != 0 || k.Stats().Failed != 1 {
		t.Error("what never fits is counted")
	}
}
