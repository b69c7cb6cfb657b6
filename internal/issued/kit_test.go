package issued_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/sts"
)

const (
	account = "000000000000"
	poolID  = "us-east-1:pool"
)

// memory is an issued.Store in memory.
type memory struct {
	mu     sync.Mutex
	rows   []issued.Row
	adds   int
	fail   error
	began  chan struct{} // told of AddSessions when it has room
	block  chan struct{} // every AddSessions waits for it, when not nil
	search []issued.Search
}

func (m *memory) AddSessions(_ context.Context, rows []issued.Row) error {
	if m.began != nil {
		select {
		case m.began <- struct{}{}:
		default:
		}
	}
	if m.block != nil {
		<-m.block
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.adds++
	if m.fail != nil {
		return m.fail
	}
	m.rows = append(m.rows, rows...)
	slices.SortFunc(m.rows, func(a, b issued.Row) int { return comparePlaces(a.Place, b.Place) })
	return nil
}

func (m *memory) ListSessions(_ context.Context, q issued.Search) ([]issued.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.search = append(m.search, q)
	var list []issued.Row
	for _, r := range slices.Backward(m.rows) {
		if len(list) < q.Limit && (q.Login == "" || slices.Contains(r.Logins, q.Login)) {
			list = append(list, r)
		}
	}
	return list, nil
}

func (m *memory) SessionsByAge(_ context.Context, after issued.Place, limit int) ([]issued.Held, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, found := slices.BinarySearchFunc(m.rows, after, func(r issued.Row, p issued.Place) int { return comparePlaces(r.Place, p) })
	if found {
		at++
	}
	var page []issued.Held
	for _, r := range m.rows[at:min(at+limit, len(m.rows))] {
		page = append(page, issued.Held{Place: r.Place, Class: r.Class, Expires: r.Expires})
	}
	return page, nil
}

func (m *memory) DeleteSessions(_ context.Context, list []issued.Place) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := len(m.rows)
	m.rows = slices.DeleteFunc(m.rows, func(r issued.Row) bool { return slices.Contains(list, r.Place) })
	return int64(was - len(m.rows)), nil
}

func (m *memory) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.rows)
}

func comparePlaces(a, b issued.Place) int {
	return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.AccessKeyID, b.AccessKeyID))
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, cfg issued.Config) *issued.Keeper {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = newClock().Now
	}
	k, err := issued.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// session is a session of a pool's identity.
func session(n int, identity string, at time.Time, amr ...string) *sts.Session {
	return &sts.Session{
		Type: sts.WebIdentitySession, AccessKeyID: fmt.Sprintf("ASIA%016d", n), Account: account, RoleID: "AROA1", Name: sts.CognitoSessionName,
		Provider: sts.CognitoProvider, IdentityID: identity, IdentityPoolID: poolID, Issued: at, Expires: at.Add(time.Hour),
		Context: []sts.ContextKey{
			{Name: sts.CognitoAudience, Values: []string{poolID}}, {Name: sts.CognitoSubject, Values: []string{identity}},
			{Name: sts.CognitoAMR, Values: amr, Multi: true},
		},
	}
}

func list(t testing.TB, k *issued.Keeper, q issued.Query) []*issued.Session {
	t.Helper()
	got, err := k.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
