package storetest

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/fair"
)

// Decisions runs the kit for stores of decision records.
func Decisions(t *testing.T, open func(t *testing.T) (s decision.Store, reopen func() decision.Store)) {
	const account, other = "000000000000", "111111111111"
	row := func(id string, seq int, after time.Duration, document string) decision.Row {
		return decision.Row{
			Place:    decision.Place{RequestID: id, Seq: seq, Account: account, Time: epoch.Add(after)},
			Document: []byte(document),
		}
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
	// facts gives a row what lists search by.
	facts := func(r decision.Row, caller, person, action, resource string) decision.Row {
		r.Caller, r.Person, r.Action, r.Resource = caller, person, action, resource
		return r
	}
	lists := func(t *testing.T, s decision.Store, what string, q decision.Query, want ...string) (last decision.Place) {
		t.Helper()
		if q.Account == "" {
			q.Account = account
		}
		if q.Limit == 0 {
			q.Limit = 100
		}
		rows, err := s.ListDecisions(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprint(r.RequestID, "/", r.Seq, "=", string(r.Document)))
			last = r.Place
		}
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
		return last
	}
	ages := func(t *testing.T, s decision.Store, after decision.Place, limit int) []decision.Held {
		t.Helper()
		got, err := s.DecisionsByAge(t.Context(), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		return got
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
		{"age", "records come page by page, the oldest first, with class and size", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			var want []decision.Held
			for i, r := range []decision.Row{
				row("first", 0, -time.Hour, "1"), row("a", 0, 0, "22"), row("a", 1, 0, "333"), row("b", 0, 0, ""), row("last", 0, time.Millisecond, "4"),
			} {
				r.Class = fair.ClassOf("pool", fmt.Sprint(i))
				want = append(want, decision.Held{Place: r.Place, Class: r.Class, Size: int64(len(r.Document))})
				add(t, s, r)
			}
			var got []decision.Held
			var after decision.Place
			for {
				page := ages(t, s, after, 2)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
				after = page[len(page)-1].Place
			}
			if d := gocmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}},
		{"delete", "those that are named go, and only what was there is counted", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			add(t, s, row("a", 0, 0, "1"), row("a", 1, 0, "2"), row("b", 0, 0, "3"))
			n, err := s.DeleteDecisions(t.Context(), []decision.Place{row("a", 1, 0, "").Place, row("c", 0, 0, "").Place, row("b", 0, 0, "").Place})
			if n != 2 || err != nil {
				t.Errorf("%d rows went, %v", n, err)
			}
			holds(t, s, account, "a", row("a", 0, 0, "1"))
			if n, err := s.DeleteDecisions(t.Context(), nil); n != 0 || err != nil {
				t.Errorf("%d rows went of none, %v", n, err)
			}
		}},
		{"list", "the newest come first, page by page", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			one := func(id string, seq int, after time.Duration) decision.Row {
				return facts(row(id, seq, after, "{}"), "arn:c", "", "s3:getobject", "arn:r")
			}
			add(t, s, one("old", 0, -time.Hour), one("a", 0, 0), one("a", 1, 0), one("b", 0, 0), one("new", 0, time.Second))
			last := lists(t, s, "the first page", decision.Query{Limit: 2}, "new/0={}", "b/0={}")
			last = lists(t, s, "the second", decision.Query{Limit: 2, Before: last}, "a/1={}", "a/0={}")
			last = lists(t, s, "the third", decision.Query{Limit: 2, Before: last}, "old/0={}")
			lists(t, s, "the end", decision.Query{Limit: 2, Before: last})
			lists(t, s, "since", decision.Query{Since: epoch}, "new/0={}", "b/0={}", "a/1={}", "a/0={}")
			lists(t, s, "before a time", decision.Query{Since: epoch.Add(-time.Hour), Before: decision.Place{Time: epoch}}, "old/0={}")
			lists(t, s, "another account's", decision.Query{Account: other})
		}},
		{"search", "by caller or person, action, resource, and what was allowed", func(t *testing.T, s decision.Store, _ func() decision.Store) {
			allowed := facts(row("allowed", 0, 3*time.Second, "{}"), "arn:u/ann", "", "s3:getobject", "arn:b/%k")
			allowed.Allowed = true
			add(t, s,
				row("before lists were there", 0, 0, "{}"),
				facts(row("ann", 0, time.Second, "{}"), "arn:u/ann", "r:1", "s3:getobject", "arn:b/k_é"),
				facts(row("anna", 0, 2*time.Second, "{}"), "arn:u/anna", "r:2", "s3:putobject", "arn:B/k"),
				allowed,
				facts(row("nobody", 0, 4*time.Second, "{}"), "", "", "sts:assumerole", "arn:role"),
			)
			lists(t, s, "everything that was denied", decision.Query{}, "nobody/0={}", "anna/0={}", "ann/0={}")
			lists(t, s, "allowed too", decision.Query{Allowed: true, Action: "s3:"}, "allowed/0={}", "anna/0={}", "ann/0={}")
			lists(t, s, "the beginning of a caller", decision.Query{Principal: "arn:u/ann"}, "anna/0={}", "ann/0={}")
			lists(t, s, "a person", decision.Query{Principal: "r:2"}, "anna/0={}")
			lists(t, s, "not the beginning of one", decision.Query{Principal: "r:"})
			lists(t, s, "an action", decision.Query{Action: "s3:getobject"}, "ann/0={}")
			lists(t, s, "a resource, whose case matters", decision.Query{Resource: "arn:b/k_é"}, "ann/0={}")
			lists(t, s, "what patterns mean elsewhere is text", decision.Query{Allowed: true, Resource: "arn:b/%"}, "allowed/0={}")
			lists(t, s, "nor does _ stand for anything", decision.Query{Resource: "arn:b/k__"})
			lists(t, s, "all at once", decision.Query{Principal: "arn:u/", Action: "s3:", Resource: "arn:B"}, "anna/0={}")
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
