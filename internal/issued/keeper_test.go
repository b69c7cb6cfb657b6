package issued_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/sts"
)

func TestWhatWasIssuedIsListedAtOnce(t *testing.T) {
	c := newClock()
	k := open(t, issued.Config{Store: &memory{}, Now: c.Now})
	role := &iam.RoleEntry{Role: iam.Role{Account: account, Path: "/", Name: "Reader"}}
	k.Issued(sts.Issuance{
		Session: session(1, "us-east-1:ann", c.Now(), "authenticated", "accounts.google.com", "accounts.google.com:app:1:2"), Role: role,
		Operation: "GetCredentialsForIdentity", Logins: []sts.ProvenLogin{{Provider: "accounts.google.com", Subject: "1:2"}},
		Source: netip.MustParseAddr("192.0.2.1"),
	})
	k.Issued(sts.Issuance{Session: session(2, "us-east-1:guest", c.Now(), "unauthenticated"), Role: role, Operation: "GetCredentialsForIdentity"})
	want := []*issued.Session{{
		AccessKeyID: "ASIA0000000000000002", Account: account, IdentityID: "us-east-1:guest", PoolID: poolID, RoleID: "AROA1", RoleARN: role.ARN(),
		Name: sts.CognitoSessionName, Operation: "GetCredentialsForIdentity", Guest: true, Issued: c.Now(), Expires: c.Now().Add(time.Hour),
	}, {
		AccessKeyID: "ASIA0000000000000001", Account: account, IdentityID: "us-east-1:ann", PoolID: poolID, RoleID: "AROA1", RoleARN: role.ARN(),
		Name: sts.CognitoSessionName, Operation: "GetCredentialsForIdentity", Logins: []issued.Login{{Provider: "accounts.google.com", Subject: "1:2"}},
		SourceIP: "192.0.2.1", Issued: c.Now(), Expires: c.Now().Add(time.Hour),
	}}
	got := list(t, k, issued.Query{Account: account})
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(issued.Session{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := list(t, k, issued.Query{Login: issued.Login{Provider: "accounts.google.com", Subject: "1:2"}}); len(got) != 1 {
		t.Errorf("%d sessions of the login", len(got))
	}
}

func TestWhatAListAsksTheStoreFor(t *testing.T) {
	c, m := newClock(), &memory{}
	k := open(t, issued.Config{Store: m, Now: c.Now})
	before := issued.Place{Issued: c.Now(), AccessKeyID: "K"}
	list(t, k, issued.Query{Account: account, IdentityID: "i", PoolID: "p", RoleID: "r", Before: before, Limit: 7})
	list(t, k, issued.Query{Limit: 10000})
	want := []issued.Search{
		{Account: account, IdentityID: "i", PoolID: "p", RoleID: "r", At: c.Now(), Before: before, Limit: 7},
		{At: c.Now(), Limit: issued.MaxPage},
	}
	if d := cmp.Diff(want, m.search); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAFullQueueGivesUpAndSaysSo(t *testing.T) {
	var text bytes.Buffer
	c := newClock()
	m := &memory{began: make(chan struct{}, 100), block: make(chan struct{})}
	k := open(t, issued.Config{Store: m, Queue: 4, Now: c.Now, Log: slog.New(slog.NewTextHandler(&text, nil))})
	issue := func(n int) {
		k.Issued(sts.Issuance{Session: session(n, "us-east-1:ann", c.Now(), "authenticated")})
	}
	issue(0)
	<-m.began // the writer is busy with it, and the queue is empty
	for n := range 6 {
		issue(n + 1)
	}
	c.Add(time.Hour)
	issue(7)
	if s := k.Stats(); s.Dropped != 3 || s.Lost() != 3 {
		t.Errorf("%+v", s)
	}
	close(m.block)
	if got := list(t, k, issued.Query{}); len(got) != 5 {
		t.Errorf("%d sessions are listed", len(got))
	}
	if n := strings.Count(text.String(), "the store cannot keep up"); n != 2 || !strings.Contains(text.String(), "lost=3") {
		t.Errorf("%d lines, want one an interval with the sum:\n%s", n, text.String())
	}
}

func TestWhatCannotBeWrittenIsCounted(t *testing.T) {
	var text bytes.Buffer
	k := open(t, issued.Config{Store: &memory{fail: errors.New("disk full")}, Log: slog.New(slog.NewTextHandler(&text, nil))})
	k.Issued(sts.Issuance{Session: session(1, "us-east-1:ann", time.Now(), "authenticated")})
	if got := list(t, k, issued.Query{}); len(got) != 0 || k.Stats().Failed != 1 || !strings.Contains(text.String(), "disk full") {
		t.Errorf("%d, %+v, %s", len(got), k.Stats(), text.String())
	}
}

func TestCloseWritesWhatWaits(t *testing.T) {
	m := &memory{}
	k, err := issued.Open(issued.Config{Store: m})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		k.Issued(sts.Issuance{Session: session(n, "us-east-1:ann", time.Now(), "authenticated")})
	}
	for range 2 {
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if m.len() != 1000 || m.adds > 10 {
		t.Errorf("%d sessions were written in %d transactions", m.len(), m.adds)
	}
	k.Issued(sts.Issuance{Session: session(1, "us-east-1:ann", time.Now(), "authenticated")})
	if m.len() != 1000 || k.Stats().Dropped != 1 {
		t.Errorf("after the end: %d sessions, %+v", m.len(), k.Stats())
	}
}

func TestOff(t *testing.T) {
	m := &memory{}
	was := open(t, issued.Config{Store: m})
	was.Issued(sts.Issuance{Session: session(1, "us-east-1:ann", time.Now(), "authenticated")})
	list(t, was, issued.Query{})
	k, err := issued.Open(issued.Config{Store: m, Off: true})
	if err != nil {
		t.Fatal(err)
	}
	k.Issued(sts.Issuance{Session: session(2, "us-east-1:ann", time.Now(), "authenticated")})
	_, err = k.List(t.Context(), issued.Query{})
	if off := (*issued.Disabled)(nil); !errors.As(err, &off) {
		t.Errorf("got %v", err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if k.Stats().Lost() != 0 {
		t.Errorf("%+v", k.Stats())
	}
	if _, err := issued.Open(issued.Config{}); err == nil {
		t.Error("a keeper without a store was made")
	}
}

func TestExpiredSessionsGo(t *testing.T) {
	c, m := newClock(), &memory{}
	k := open(t, issued.Config{Store: m, Now: c.Now})
	for n := range 600 {
		s := session(n, "us-east-1:ann", c.Now().Add(time.Duration(n)*time.Second), "authenticated")
		if n == 0 {
			s.Expires = s.Expires.Add(10 * time.Hour) // the oldest lasts longest
		}
		k.Issued(sts.Issuance{Session: s})
	}
	list(t, k, issued.Query{})
	c.Add(time.Hour + 550*time.Second)
	if err := k.Sweep(t.Context()); err != nil || m.len() != 50 || k.Stats().Expired != 550 || k.Stats().Lost() != 0 {
		t.Errorf("%d are left, %v, %+v", m.len(), err, k.Stats())
	}
}

// TestAFloodTakesItsOwnRoom issues very many sessions to somebody, and looks whether
// those of others stay.
func TestAFloodTakesItsOwnRoom(t *testing.T) {
	for _, tt := range []struct {
		name  string
		flood func(n int, at time.Time) *sts.Session
	}{
		{"guests of the same pool", func(n int, at time.Time) *sts.Session {
			return session(n, fmt.Sprint("us-east-1:guest", n), at, "unauthenticated")
		}},
		{"guests that assume another role", func(n int, at time.Time) *sts.Session {
			s := session(n, fmt.Sprint("us-east-1:guest", n), at, "unauthenticated")
			s.Origin, s.Context, s.Parents = s.Context, nil, []sts.Parent{{AccessKeyID: "ASIAPARENT0000000000", Issued: at}}
			return s
		}},
		{"one person of the same pool", func(n int, at time.Time) *sts.Session {
			return session(n, "us-east-1:mallory", at, "authenticated", "accounts.google.com", "accounts.google.com:app:1")
		}},
		{"another pool", func(n int, at time.Time) *sts.Session {
			s := session(n, fmt.Sprint("us-east-1:other", n), at, "authenticated", "accounts.google.com", "accounts.google.com:app:1")
			s.IdentityPoolID = "us-east-1:other-pool"
			return s
		}},
		{"subjects of a provider", func(n int, at time.Time) *sts.Session {
			return &sts.Session{
				AccessKeyID: fmt.Sprintf("ASIA%016d", n), RoleID: "AROA2", Issued: at, Expires: at.Add(time.Hour), Provider: "accounts.google.com",
				Context: []sts.ContextKey{{Name: "accounts.google.com:sub", Values: []string{fmt.Sprint(n)}}},
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, m := newClock(), &memory{}
			k := open(t, issued.Config{Store: m, Max: 200, Now: c.Now})
			for n := range 30 {
				k.Issued(sts.Issuance{Session: session(n, "us-east-1:ann", c.Now(), "authenticated", "accounts.google.com", "accounts.google.com:app:2")})
			}
			for n := range 1000 {
				c.Add(time.Second)
				k.Issued(sts.Issuance{Session: tt.flood(1000+n, c.Now())})
			}
			list(t, k, issued.Query{})
			if err := k.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			ann, newest := 0, false
			for _, r := range m.rows {
				if r.IdentityID == "us-east-1:ann" {
					ann++
				}
				newest = newest || r.AccessKeyID == "ASIA0000000000001999"
			}
			if ann != 30 || m.len() > 200 || m.len() < 100 || !newest {
				t.Errorf("%d of 30 are left to the other, %d in all, the newest: %v", ann, m.len(), newest)
			}
			if s := k.Stats(); s.Evicted != int64(1030-m.len()) || s.Lost() != s.Evicted {
				t.Errorf("%+v", s)
			}
		})
	}
}

type lame struct{ *memory }

var errLame = errors.New("lame")

func (lame) SessionsByAge(context.Context, issued.Place, int) ([]issued.Held, error) {
	return nil, errLame
}

func TestASweepThatFailsSaysSo(t *testing.T) {
	k := open(t, issued.Config{Store: lame{&memory{}}})
	if err := k.Sweep(t.Context()); !errors.Is(err, errLame) {
		t.Errorf("got %v", err)
	}
}

// full is a keeper whose writer stands still, with room in its queue.
func full(t testing.TB, queue int) (*issued.Keeper, sts.Issuance) {
	m := &memory{began: make(chan struct{}, 1), block: make(chan struct{})}
	k := open(t, issued.Config{Store: m, Queue: queue})
	t.Cleanup(func() { close(m.block) })
	i := sts.Issuance{
		Session:   session(1, "us-east-1:ann", time.Now(), "authenticated", "accounts.google.com", "accounts.google.com:app:2"),
		Operation: "GetCredentialsForIdentity", Source: netip.MustParseAddr("192.0.2.1"),
	}
	k.Issued(i)
	<-m.began
	return k, i
}

func TestASignInPaysNothing(t *testing.T) {
	k, i := full(t, 10_000)
	var r sts.Recorder = k
	if n := testing.AllocsPerRun(1000, func() { r.Issued(i) }); n != 0 {
		t.Errorf("%v allocations when there is room", n)
	}
	k, i = full(t, 1)
	k.Issued(i)
	k.Issued(i) // logs
	if n := testing.AllocsPerRun(1000, func() { k.Issued(i) }); n != 0 {
		t.Errorf("%v allocations when there is none", n)
	}
}

// BenchmarkIssued is what a sign-in pays, with the writer at work on a store that
// does nothing; most are given up, as in a flood.
func BenchmarkIssued(b *testing.B) {
	k := open(b, issued.Config{Store: nothing{}, Now: time.Now})
	i := sts.Issuance{Session: session(1, "us-east-1:ann", time.Now(), "authenticated", "accounts.google.com", "accounts.google.com:app:2")}
	b.ReportAllocs()
	for b.Loop() {
		k.Issued(i)
	}
}

// nothing is a store that keeps nothing.
type nothing struct{}

func (nothing) AddSessions(context.Context, []issued.Row) error { return nil }
func (nothing) ListSessions(context.Context, issued.Search) ([]issued.Row, error) {
	return nil, nil
}
func (nothing) SessionsByAge(context.Context, issued.Place, int) ([]issued.Held, error) {
	return nil, nil
}
func (nothing) DeleteSessions(context.Context, []issued.Place) (int64, error) { return 0, nil }
