package storetest

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/fair"
	"github.com/rockpool-id/rockpool/internal/issued"
)

// Issued runs the kit for stores of issued sessions.
func Issued(t *testing.T, open func(t *testing.T) (s issued.Store, reopen func() issued.Store)) {
	const account = "000000000000"
	row := func(key string, after time.Duration) issued.Row {
		return issued.Row{
			Place: issued.Place{Issued: epoch.Add(after), AccessKeyID: key}, Account: account, Expires: epoch.Add(after + time.Hour),
			Class: fair.ClassOf("pool", "people", key), Document: []byte(`{"é": "` + key + `"} `),
		}
	}
	add := func(t *testing.T, s issued.Store, rows ...issued.Row) {
		t.Helper()
		if err := s.AddSessions(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	lists := func(t *testing.T, s issued.Store, what string, q issued.Search, want ...issued.Row) (last issued.Place) {
		t.Helper()
		if q.Account == "" {
			q.Account = account
		}
		if q.Limit == 0 {
			q.Limit = 100
		}
		if q.At.IsZero() {
			q.At = epoch
		}
		got, err := s.ListSessions(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
		if len(got) > 0 {
			last = got[len(got)-1].Place
		}
		return last
	}
	cases := []struct {
		name, rule string
		run        func(t *testing.T, s issued.Store, reopen func() issued.Store)
	}{
		{"order", "the newest come first, page by page, and survive a restart", func(t *testing.T, s issued.Store, reopen func() issued.Store) {
			a, b, c, d := row("A", 0), row("B", time.Second), row("C", time.Second), row("D", 2*time.Second)
			add(t, s, c, a)
			add(t, s, d, b)
			s = reopen()
			last := lists(t, s, "the first page", issued.Search{Limit: 2}, d, c)
			last = lists(t, s, "the second", issued.Search{Limit: 2, Before: last}, b, a)
			lists(t, s, "the end", issued.Search{Limit: 2, Before: last})
		}},
		{"twice", "a session that is there already stays as it is", func(t *testing.T, s issued.Store, _ func() issued.Store) {
			first, second := row("A", 0), row("A", 0)
			second.Document = []byte("{}")
			add(t, s, first)
			add(t, s, second, row("B", time.Second))
			lists(t, s, "both", issued.Search{}, row("B", time.Second), first)
		}},
		{"expired", "what has expired is not told, even before it is removed", func(t *testing.T, s issued.Store, _ func() issued.Store) {
			add(t, s, row("A", 0), row("B", time.Second))
			lists(t, s, "as one expires", issued.Search{At: epoch.Add(time.Hour)}, row("B", time.Second))
		}},
		{"search", "by pool, identity, role and login, in an account", func(t *testing.T, s issued.Store, _ func() issued.Store) {
			a, b, c := row("A", 0), row("B", time.Second), row("C", 2*time.Second)
			a.PoolID, a.IdentityID, a.RoleID, a.Logins = "p", "p:1", "AROA1", []string{"aa01", "bb02"}
			b.PoolID, b.IdentityID, b.RoleID, b.Logins = "p", "p:2", "AROA2", []string{"aa0"}
			c.RoleID, c.Account = "AROA1", "111111111111"
			add(t, s, a, b, c)
			lists(t, s, "all", issued.Search{}, b, a)
			lists(t, s, "a pool's", issued.Search{PoolID: "p"}, b, a)
			lists(t, s, "an identity's", issued.Search{IdentityID: "p:1"}, a)
			lists(t, s, "a role's", issued.Search{RoleID: "AROA1"}, a)
			lists(t, s, "another account's", issued.Search{Account: "111111111111"}, c)
			lists(t, s, "a login's", issued.Search{Login: "bb02"}, a)
			lists(t, s, "a mark that begins another", issued.Search{Login: "aa0"}, b)
			lists(t, s, "everything at once", issued.Search{PoolID: "p", IdentityID: "p:1", RoleID: "AROA1", Login: "aa01"}, a)
			lists(t, s, "what does not go together", issued.Search{IdentityID: "p:1", RoleID: "AROA2"})
		}},
		{"age", "rows come page by page, the oldest first, and are removed by their place", func(t *testing.T, s issued.Store, _ func() issued.Store) {
			var want []issued.Held
			var places []issued.Place
			for i := range 5 {
				r := row(fmt.Sprint("K", i), time.Duration(i/2)*time.Second)
				add(t, s, r)
				want = append(want, issued.Held{Place: r.Place, Class: r.Class, Expires: r.Expires})
				places = append(places, r.Place)
			}
			var got []issued.Held
			var after issued.Place
			for {
				page, err := s.SessionsByAge(t.Context(), after, 2)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
				after = page[len(page)-1].Place
			}
			if d := gocmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			n, err := s.DeleteSessions(t.Context(), append(places[1:], issued.Place{Issued: epoch, AccessKeyID: "none"}))
			if n != 4 || err != nil {
				t.Errorf("%d rows went, %v", n, err)
			}
			lists(t, s, "what is left", issued.Search{}, row("K0", 0))
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
