package sqlite

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

// slowIdentity is Identity by way of the generated query.
func slowIdentity(ctx context.Context, s *Pools, id string) (*pool.Identity, error) {
	key, err := uuidBytes(id)
	if err != nil {
		return nil, err
	}
	r, err := s.read.Identity(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.names.identity(pool.Region(id), &r)
}

// TestPeopleReadsAreThoseOfTheQueryFile holds the hot reads against the
// generated ones.
func TestPeopleReadsAreThoseOfTheQueryFile(t *testing.T) {
	ctx := t.Context()
	db, err := sqldb.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := OpenPools(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := &pool.Pool{ID: "us-east-1:00000000-0000-4000-8000-00000000000f", Version: 1}
	if err := s.InsertPool(ctx, p); err != nil {
		t.Fatal(err)
	}
	var ids []string
	var logins []pool.Login
	for n := range 4 { // a guest, then people with one to three logins
		id := fmt.Sprintf("us-east-1:0000000%d-abcd-4000-8000-000000000000", n)
		at := time.UnixMilli(1_700_000_000_000 + int64(n))
		i := &pool.Identity{ID: id, PoolID: p.ID, Created: at, Modified: at, Version: 1, Guest: n == 0}
		for k := range n {
			i.Logins = append(i.Logins, pool.Login{Provider: fmt.Sprint("provider", k), Subject: fmt.Sprintf("é %d", n), Linked: at})
		}
		if err := s.Apply(ctx, &pool.Change{PoolID: p.ID, Create: i, At: at}); err != nil {
			t.Fatal(err)
		}
		ids, logins = append(ids, id), append(logins, i.Logins...)
	}
	// A merge, for an identity with a parent.
	err = s.Apply(ctx, &pool.Change{
		PoolID: p.ID, Target: ids[2], TargetVersion: 1, At: time.UnixMilli(1_700_000_001_000),
		Move:    []pool.LoginMove{{From: ids[1], Login: pool.Login{Provider: "provider0", Subject: "é 1"}}},
		Disable: []pool.Merged{{ID: ids[1], Version: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		want, err := slowIdentity(ctx, s, id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Identity(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-query file +lookup)\n%s", id, diff)
		}
	}
	for _, l := range logins {
		want, err := s.read.LoginOwner(ctx, poolsql.LoginOwnerParams{
			Pool: s.names.number(p.ID), Provider: s.names.number(l.Provider), Subject: l.Subject,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.LoginOwner(ctx, p.ID, l.Provider, l.Subject); err != nil || got != idText("us-east-1", want) {
			t.Errorf("owner of %v: got %s, %v", l, got, err)
		}
	}
}

// TestPeopleReadsAllocateLittle bounds what the two reads of a sign-in allocate, most
// of it in the driver.
func TestPeopleReadsAllocateLittle(t *testing.T) {
	db := openDB(t, t.TempDir())
	s, err := OpenPools(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := &pool.Pool{ID: "us-east-1:00000000-0000-4000-8000-00000000000f", Version: 1}
	if err := s.InsertPool(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	i := &pool.Identity{ID: "us-east-1:00000001-abcd-4000-8000-000000000000", PoolID: p.ID, Version: 1, Logins: []pool.Login{{Provider: "accounts.google.com", Subject: "1"}}}
	if err := s.Apply(t.Context(), &pool.Change{PoolID: p.ID, Create: i}); err != nil {
		t.Fatal(err)
	}
	identity := testing.AllocsPerRun(100, func() { _, err = s.Identity(t.Context(), i.ID) })
	if err != nil || identity > 36 {
		t.Errorf("an identity: %v allocations, %v", identity, err)
	}
	owner := testing.AllocsPerRun(100, func() { _, err = s.LoginOwner(t.Context(), p.ID, "accounts.google.com", "1") })
	if err != nil || owner > 20 {
		t.Errorf("the owner of a login: %v allocations, %v", owner, err)
	}
}

func TestUUIDBytes(t *testing.T) {
	tests := []struct {
		name, id string
		ok       bool
	}{
		{"a UUID", "us-east-1:01234567-89ab-cdef-8000-0000000000ff", true},
		{"upper case is another name", "us-east-1:01234567-89AB-cdef-8000-0000000000ff", false},
		{"no region", "01234567-89ab-cdef-8000-0000000000ff", false},
		{"too short", "us-east-1:01234567-89ab-cdef-8000-0000000000f", false},
		{"a dash in place of a digit", "us-east-1:01234567-89ab-cdef-8000-00-000000000", false},
		{"a dash at the end", "us-east-1:01234567-89ab-cdef-8000-00000000000-", false},
		{"a digit in place of a dash", "us-east-1:01234567089ab-cdef-8000-0000000000ff", false},
		{"not hex", "us-east-1:01234567-89ab-cdef-8000-0000000000fg", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := uuidBytes(tt.id)
			if (err == nil) != tt.ok {
				t.Fatalf("got %v", err)
			}
			if tt.ok && idText("us-east-1", b) != tt.id {
				t.Errorf("got %x", b)
			}
		})
	}
}

func BenchmarkPeople(b *testing.B) {
	db, err := sqldb.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := OpenPools(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p := &pool.Pool{ID: "us-east-1:00000000-0000-4000-8000-00000000000f", Version: 1}
	if err := s.InsertPool(b.Context(), p); err != nil {
		b.Fatal(err)
	}
	i := &pool.Identity{ID: "us-east-1:00000001-abcd-4000-8000-000000000000", PoolID: p.ID, Version: 1, Logins: []pool.Login{{Provider: "accounts.google.com", Subject: "1"}}}
	if err := s.Apply(b.Context(), &pool.Change{PoolID: p.ID, Create: i}); err != nil {
		b.Fatal(err)
	}
	b.Run("identity", func(b *testing.B) {
		b.ReportAllocs()
		before := processor()
		defer func() { b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op") }()
		for b.Loop() {
			if _, err := s.Identity(b.Context(), i.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("owner", func(b *testing.B) {
		b.ReportAllocs()
		before := processor()
		defer func() { b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op") }()
		for b.Loop() {
			if _, err := s.LoginOwner(b.Context(), p.ID, "accounts.google.com", "1"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkNewIdentities makes people, durably: those who come together share a
// commit. The rate is wall time, because the disk is what is waited for.
func BenchmarkNewIdentities(b *testing.B) {
	for _, callers := range []int{1, 32} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			db, err := sqldb.Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			s, err := OpenPools(b.Context(), db)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			p := &pool.Pool{ID: "us-east-1:00000000-0000-4000-8000-00000000000f", Version: 1}
			if err := s.InsertPool(b.Context(), p); err != nil {
				b.Fatal(err)
			}
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			before := processor()
			var alone []time.Duration
			for range callers {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						i := &pool.Identity{
							ID: idText("us-east-1", randomKey()), PoolID: p.ID, Version: 1,
							Logins: []pool.Login{{Provider: "accounts.google.com", Subject: fmt.Sprint(100_000_000_000_000_000 + n)}},
						}
						begun := time.Now()
						if err := s.Apply(b.Context(), &pool.Change{PoolID: p.ID, Create: i}); err != nil {
							b.Error(err)
							return
						}
						if callers == 1 {
							alone = append(alone, time.Since(begun))
						}
					}
				})
			}
			wg.Wait()
			if slices.Sort(alone); len(alone) > 0 {
				b.ReportMetric(float64(alone[len(alone)/2].Microseconds()), "p50-µs")
			}
			b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "identities/s")
		})
	}
}

// processor is the processor time of this process in nanoseconds.
func processor() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func randomKey() []byte {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // it does not fail
	return key
}
