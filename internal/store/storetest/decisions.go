package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/decision"
)

// Decisions runs the kit for stores of decision records.
func Decisions(t *testing.T, open func(t *testing.T) (s decision.Store, reopen func() decision.Store)) {
	const account, other = "000000000000", "111111111111"
	row := func(id string, seq int, after time.Duration, document string) decision.Row {
		return decision.Row{RequestID: id, Seq: seq, Account: account, Time: epoch.Add(after), Document: []byte(document)}
	}
	add := func(t *testing.T, s decision.Store, rows ...decision.Row) {
		t.Helper()
		if err := s.AddDecisions(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(t *testing.T, s decision.Store, account, id string, want ...decision.Row) {
		t.Helper()
		got, err := s.Decisions(t.Context(), account, id)
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", id, d)
		}
	}
	sweep := func(t *testing.T, s decision.Store, before time.Duration, maxBytes, want int64) {
		t.Helper()
		if n, err := s.SweepDecisions(t.Context(), epoch.Add(before), maxBytes); err != nil || n != want {
			t.Errorf("%d rows were swept, %v; want %d", n, err, want)
		}
	}
	type rule func(t *testing.T, s decision.Store, reopen func() decision.Store)
	cases := []struct {
		name, rule string
		run        rule
	}{
		{"unknown", "a request without records is no error", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			holds(t, s, account, "r")
		}},
		{"order", "records come in order of Seq, byte for byte, and survive a restart", func(t *testing.T, s decision.Store, reopen func() decision.Store) {
			first, second := row("r", 0, time.Second, `{"a":"<é>"} `), row("r", 1, 0, "{}")
			add(t, s, second, row("other", 0, 0, "x"), first)
			holds(t, s, account, "r", first, second)
			holds(t, reopen(), account, "r", first, second)
		}},
		{"account", "a record is found under its own account only", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			add(t, s, row("r", 0, 0, "{}"))
			holds(t, s, other, "r")
		}},
		{"twice", "a record that is there already stays as it is", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			add(t, s, row("r", 0, 0, "first"))
			add(t, s, row("r", 0, 0, "second"), row("r", 1, 0, "next"))
			holds(t, s, account, "r", row("r", 0, 0, "first"), row("r", 1, 0, "next"))
		}},
		{"age", "what is older than the time goes, what is exactly as old stays", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			add(t, s, row("old", 0, -time.Millisecond, "1"), row("young", 0, 0, "2"))
			sweep(t, s, 0, 1<<20, 1)
			holds(t, s, account, "old")
			holds(t, s, account, "young", row("young", 0, 0, "2"))
		}},
		{"size", "the oldest go until no more than the size is left", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			document := strings.Repeat("x", 100)
			for i := range 250 { // more than one batch of any engine
				add(t, s, row(fmt.Sprint(i), 0, time.Duration(i)*time.Second, document))
			}
			sweep(t, s, -time.Hour, 1050, 240)
			holds(t, s, account, "239")
			holds(t, s, account, "240", row("240", 0, 240*time.Second, document))
			sweep(t, s, -time.Hour, 1050, 0)
			sweep(t, s, -time.Hour, 0, 10)
		}},
		{"nothing", "an empty store is swept without a complaint", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			sweep(t, s, 0, 0, 0)
			add(t, s)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log("rule:", c.rule)
			s, reopen := open(t)
			c.run(t, s, reopen)
		})
	}
}
