package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

const noteCount = "SELECT count(*) FROM note"

func prepareLookup(t testing.TB, db *DB, query string) *Lookup {
	t.Helper()
	l, err := db.Lookup(query)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func number(t testing.TB, l *Lookup, args ...driver.Value) int64 {
	t.Helper()
	n := int64(-1)
	err := l.Each(func(v []driver.Value) error {
		n, _ = v[0].(int64)
		return nil
	}, args...)
	if err != nil {
		t.Error(err)
	}
	return n
}

func TestLookup(t *testing.T) {
	db := openTable(t, t.TempDir())
	lookup := prepareLookup(t, db, noteCount)
	t.Run("sees a write at once", func(t *testing.T) {
		for i := range int64(5) {
			if got := number(t, lookup); got != i {
				t.Fatalf("got %d rows, want %d", got, i)
			}
			if err := db.Group(t.Context(), insert(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("gives every type", func(t *testing.T) {
		var got []driver.Value
		err := prepareLookup(t, db, "SELECT $1, $2, x'00ff', NULL, 1.5").Each(func(v []driver.Value) error {
			got = append(got, v...)
			return nil
		}, int64(7), "text")
		if want := []driver.Value{int64(7), "text", []byte{0, 255}, nil, 1.5}; err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
			t.Errorf("got %#v, %v", got, err)
		}
	})
	t.Run("stops at an error of the caller and goes on afterwards", func(t *testing.T) {
		refusal := errors.New("enough")
		calls := 0
		all := prepareLookup(t, db, "SELECT id FROM note")
		for range 3 {
			calls = 0
			if err := all.Each(func([]driver.Value) error { calls++; return refusal }); !errors.Is(err, refusal) || calls != 1 {
				t.Errorf("got %v after %d calls", err, calls)
			}
		}
		if db.lookups.made != 1 {
			t.Errorf("%d connections, want the first still", db.lookups.made)
		}
	})
	t.Run("a panic of the caller costs a connection only", func(t *testing.T) {
		for range 10 {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was swallowed")
					}
				}()
				_ = lookup.Each(func([]driver.Value) error { panic("oops") })
			}()
		}
		if got := number(t, lookup); got != 5 {
			t.Errorf("got %d", got)
		}
	})
	t.Run("cannot write", func(t *testing.T) {
		if err := prepareLookup(t, db, "DELETE FROM note RETURNING id").Each(func([]driver.Value) error { return nil }); err == nil {
			t.Error("it wrote")
		}
		if got := number(t, lookup); got != 5 {
			t.Errorf("%d rows are left", got)
		}
	})
	t.Run("refuses what is no query", func(t *testing.T) {
		if _, err := db.Lookup("SELECT nothing FROM nowhere"); err == nil {
			t.Error("it was prepared")
		}
	})
	t.Run("ends with the database", func(t *testing.T) {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := lookup.Each(func([]driver.Value) error { return nil }); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// TestLookupKeepsNoLog holds that kept snapshots do not keep the log from being
// written back and begun anew when somebody writes.
func TestLookupKeepsNoLog(t *testing.T) {
	db := openTable(t, t.TempDir())
	lookup := prepareLookup(t, db, noteCount)
	if err := db.Group(t.Context(), insert("a")); err != nil {
		t.Fatal(err)
	}
	number(t, lookup)
	if c := db.lookups.idle[0]; !c.holds {
		t.Fatal("an idle connection without writers keeps no snapshot")
	}
	var left int
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		number(t, lookup) // a reader during a write, as there always is one
		for _, c := range db.lookups.idle {
			if c.holds {
				left++
			}
		}
		return insert("b")(tx)
	})
	if err != nil || left != 0 {
		t.Errorf("%d snapshots were kept while a write ran, %v", left, err)
	}
	// With no snapshot open a checkpoint can empty the log.
	db.lookups.pause()
	defer db.lookups.resume()
	var busy, log, moved int
	if err := db.Writer().QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved); err != nil || busy != 0 {
		t.Errorf("checkpoint: busy %d, %v", busy, err)
	}
}

// TestLookupNeverLagsBehind reads from many goroutines while one writes: nobody
// may see less than had been acknowledged when they asked.
func TestLookupNeverLagsBehind(t *testing.T) {
	db := openTable(t, t.TempDir())
	lookup := prepareLookup(t, db, noteCount)
	ctx, cancel := context.WithCancel(t.Context())
	var acknowledged atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				least := acknowledged.Load()
				if got := number(t, lookup); got < least {
					t.Errorf("saw %d rows after %d were acknowledged", got, least)
					return
				}
			}
		})
	}
	for i := range 200 {
		if err := db.Group(t.Context(), insert(fmt.Sprint(i))); err != nil {
			t.Error(err)
		}
		acknowledged.Add(1)
	}
	cancel()
	wg.Wait()
	if made := db.lookups.made; made > db.lookups.most {
		t.Errorf("%d connections, want at most %d", made, db.lookups.most)
	}
}

func BenchmarkLookup(b *testing.B) {
	db := openTable(b, b.TempDir())
	for i := range 1000 {
		if err := db.Group(b.Context(), insert(fmt.Sprintf("%04d", i))); err != nil {
			b.Fatal(err)
		}
	}
	const query = "SELECT length(body) FROM note WHERE id = $1"
	b.Run("lookup", func(b *testing.B) {
		lookup := prepareLookup(b, db, query)
		b.ReportAllocs()
		for b.Loop() {
			number(b, lookup, "0500")
		}
	})
	b.Run("database/sql", func(b *testing.B) {
		stmt, err := db.Reader().Prepare(query)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			var n int
			if err := stmt.QueryRow("0500").Scan(&n); err != nil {
				b.Fatal(err)
			}
		}
	})
}
