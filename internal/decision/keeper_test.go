package decision_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/policy"
)

func TestWhatIsKeptIsFoundAtOnce(t *testing.T) {
	k := open(t, decision.Config{Store: &memory{}})
	first, second := record("r"), record("r")
	second.Explanation.Action, second.Matched, second.Rule = "s3:ListBucket", nil, "a rule"
	if !keep(k, first) || !keep(k, second) || !keep(k, record("other")) {
		t.Fatal("a denial is not wanted")
	}
	got := find(t, k, "r")
	for _, r := range []*decision.Record{first, second} {
		r.Explanation.Keys[0].Values[0] = "https://bad.example/x?…"
		r.Explanation.Layers[0].NearMisses[0].Failed[0].Seen[0] = "https://bad.example/x?…"
	}
	second.Seq = 1
	if d := cmp.Diff([]*decision.Record{first, second}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(find(t, k, "nobody's")) != 0 {
		t.Error("an unknown request has records")
	}
	if found, err := k.Find(t.Context(), "111111111111", "r"); err != nil || len(found) != 0 {
		t.Errorf("another account finds %d records, %v", len(found), err)
	}
}

func TestWhichDecisionsAreWanted(t *testing.T) {
	for _, tt := range []struct {
		name      string
		what      decision.What
		effect    policy.Effect
		requestID string
		want      bool
	}{
		{"denials by default", "", policy.ImplicitDeny, "r", true},
		{"no allowed ones by default", "", policy.Allow, "r", false},
		{"explicit denials", decision.Denials, policy.ExplicitDeny, "r", true},
		{"no allowed ones", decision.Denials, policy.Allow, "r", false},
		{"all: denials", decision.All, policy.ImplicitDeny, "r", true},
		{"all: allowed ones", decision.All, policy.Allow, "r", true},
		{"off: no denials", decision.Off, policy.ExplicitDeny, "r", false},
		{"off: no allowed ones", decision.Off, policy.Allow, "r", false},
		{"what has no request id cannot be asked for", decision.All, policy.ImplicitDeny, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := open(t, decision.Config{Store: &memory{}, What: tt.what})
			if got := k.Wants(decision.Question{Effect: tt.effect, RequestID: tt.requestID}); got != tt.want {
				t.Errorf("wanted: %v", got)
			}
		})
	}
	if _, err := decision.Open(decision.Config{Store: &memory{}, What: "some"}); err == nil {
		t.Error("an unknown setting was accepted")
	}
	if _, err := decision.Open(decision.Config{}); err == nil {
		t.Error("a keeper without a store was made")
	}
}

func TestOneRequestHasFewRecords(t *testing.T) {
	k := open(t, decision.Config{Store: &memory{}})
	for range 1000 {
		keep(k, record("many"))
	}
	if !keep(k, record("next")) {
		t.Error("one request took the rate of all")
	}
	got := find(t, k, "many")
	if len(got) != decision.MaxPerRequest {
		t.Fatalf("%d records", len(got))
	}
	for i, r := range got {
		if r.Seq != i || r.More != 0 && i < len(got)-1 {
			t.Errorf("record %d has Seq %d, More %d", i, r.Seq, r.More)
		}
	}
	if more := got[len(got)-1].More; more != 1000-decision.MaxPerRequest {
		t.Errorf("%d more were counted", more)
	}
	if s := k.Stats(); s.Limited != 1000-decision.MaxPerRequest || s.Kept != decision.MaxPerRequest+1 {
		t.Errorf("%+v", s)
	}
}

func TestAFloodIsNotExplained(t *testing.T) {
	c := newClock()
	k := open(t, decision.Config{Store: &memory{}, Now: c.Now})
	next := 0
	wanted := func(anonymous bool, times int) (n int) {
		for range times {
			next++
			if k.Wants(decision.Question{RequestID: fmt.Sprint("r", next), Anonymous: anonymous, Caller: fmt.Sprint("caller ", next%100)}) {
				n++
			}
		}
		return n
	}
	if n := wanted(true, 5000); n != 250 {
		t.Errorf("%d denials of strangers at once", n)
	}
	if n := wanted(false, 5000); n != 500 {
		t.Errorf("%d denials of known callers at once, after the strangers' flood", n)
	}
	c.Add(100 * time.Millisecond)
	if s, n := wanted(true, 5000), wanted(false, 5000); s != 5 || n != 50 {
		t.Errorf("%d and %d denials in a tenth of a second", s, n)
	}
	c.Add(-time.Hour)
	if n := wanted(false, 10); n != 0 {
		t.Errorf("a clock that goes back gave %d", n)
	}
	if s := k.Stats(); s.Limited != 20010-805 {
		t.Errorf("%d were counted as not kept", s.Limited)
	}
}

func TestOneCallerDoesNotHideAnother(t *testing.T) {
	c := newClock()
	k := open(t, decision.Config{Store: &memory{}, Now: c.Now})
	next := 0
	wanted := func(caller string, times int) (n int) {
		for range times {
			next++
			if k.Wants(decision.Question{RequestID: fmt.Sprint("r", next), Caller: caller}) {
				n++
			}
		}
		return n
	}
	if n := wanted("mallory", 5000); n != 250 {
		t.Errorf("%d denials of one caller at once", n)
	}
	if n := wanted("ann", 100); n != 100 {
		t.Errorf("%d denials of another, after the first one's flood", n)
	}
	c.Add(time.Second)
	if m, n := wanted("mallory", 5000), wanted("ann", 100); m != 50 || n != 100 {
		t.Errorf("%d and %d denials in a second", m, n)
	}
}

func TestAFullQueueDropsAndSaysSo(t *testing.T) {
	var text bytes.Buffer
	c := newClock()
	m := &memory{began: make(chan struct{}, 100), block: make(chan struct{})}
	k := open(t, decision.Config{Store: m, What: decision.All, Queue: 4, Now: c.Now, Log: slog.New(slog.NewTextHandler(&text, nil))})
	keep(k, record("writing"))
	<-m.began // the writer is busy with it, and the queue is empty
	allowed := func(id string) *decision.Record {
		r := record(id)
		r.Explanation.Effect = policy.Allow
		return r
	}
	for i := range 4 {
		keep(k, allowed(fmt.Sprint("allowed", i))) // takes no more than half and one
	}
	for i := range 3 {
		keep(k, record(fmt.Sprint("denied", i)))
	}
	c.Add(time.Hour)
	keep(k, record("dropped"))
	if s := k.Stats(); s.Dropped != 4 {
		t.Errorf("%+v", s)
	}
	close(m.block)
	if got := [...]int{len(find(t, k, "writing")), len(find(t, k, "allowed2")), len(find(t, k, "allowed3")), len(find(t, k, "denied0")), len(find(t, k, "denied2"))}; got != [...]int{1, 1, 0, 1, 0} {
		t.Errorf("found: %v", got)
	}
	if n := strings.Count(text.String(), "decision records dropped"); n != 2 {
		t.Errorf("%d lines, want one an interval:\n%s", n, text.String())
	}
	if !strings.Contains(text.String(), "dropped=4") {
		t.Errorf("the sum is missing:\n%s", text.String())
	}
}

func TestWhatCannotBeWrittenIsCounted(t *testing.T) {
	var text bytes.Buffer
	m := &memory{fail: errors.New("disk full")}
	k := open(t, decision.Config{Store: m, Log: slog.New(slog.NewTextHandler(&text, nil))})
	keep(k, record("r"))
	if len(find(t, k, "r")) != 0 || k.Stats().Failed != 1 {
		t.Errorf("%+v", k.Stats())
	}
	if !strings.Contains(text.String(), "disk full") {
		t.Error(text.String())
	}
}

func TestRecordsAreWrittenInBatches(t *testing.T) {
	m := &memory{began: make(chan struct{}, 100), block: make(chan struct{})}
	k := open(t, decision.Config{Store: m})
	keep(k, record("first"))
	<-m.began
	for i := range 50 {
		keep(k, record(fmt.Sprint(i)))
	}
	close(m.block)
	if len(find(t, k, "49")) != 1 || m.adds != 2 {
		t.Errorf("%d transactions", m.adds)
	}
}

func TestCloseWritesWhatWaits(t *testing.T) {
	m := &memory{}
	k, err := decision.Open(decision.Config{Store: m})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		keep(k, record(fmt.Sprint(i)))
	}
	for range 2 {
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.rows) != 100 {
		t.Errorf("%d records were written", len(m.rows))
	}
	keep(k, record("late"))
	if len(m.rows) != 100 || k.Stats().Dropped != 1 {
		t.Errorf("after the end: %d records, %+v", len(m.rows), k.Stats())
	}
	if len(find(t, k, "99")) != 1 {
		t.Error("what was written is not found after the end")
	}
}

func TestAQuestionOfNobodyIsKeptUnderTheInstallation(t *testing.T) {
	k := open(t, decision.Config{Store: &memory{}, Account: account})
	r := record("r")
	r.Account = ""
	keep(k, r)
	if len(find(t, k, "r")) != 1 {
		t.Error("it is not found")
	}
}
