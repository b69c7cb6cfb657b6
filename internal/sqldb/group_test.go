package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// hold keeps the writer busy until the returned function is called, so that
// the writes queued meanwhile form one group.
func hold(t *testing.T, db *DB) (release func()) {
	t.Helper()
	begun, let := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- db.Update(context.Background(), func(*sql.Tx) error {
			close(begun)
			<-let
			return nil
		})
	}()
	<-begun
	return func() {
		close(let)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestGroupKeepsFailuresApart(t *testing.T) {
	ctx := context.Background()
	refusal := errors.New("refused")
	db := openTable(t, t.TempDir())
	// The first of all writes waits for the writer alone; the others gather
	// behind it and share a transaction.
	writes := []struct {
		name string
		fn   func(tx *sql.Tx) error
		bad  func(error) bool
	}{
		{"first", insert("first"), nil},
		{"good", insert("good"), nil},
		{"refuses after writing", func(tx *sql.Tx) error {
			return errors.Join(insert("half")(tx), refusal)
		}, func(err error) bool { return errors.Is(err, refusal) }},
		{"panics after writing", func(tx *sql.Tx) error {
			if err := insert("half")(tx); err != nil {
				return err
			}
			panic("oops")
		}, func(err error) bool { p := (*Panicked)(nil); return errors.As(err, &p) && len(p.Stack) > 0 }},
		{"repeats a key", insert("first"), Duplicate},
		{"also good", insert("also good"), nil},
	}
	release := hold(t, db)
	errs := make([]error, len(writes))
	var wg sync.WaitGroup
	for i, w := range writes {
		j := &job{ctx: ctx, fn: w.fn, err: make(chan error, 1)}
		db.queue <- j // in this order
		wg.Go(func() { errs[i] = <-j.err })
	}
	release()
	wg.Wait()
	for i, w := range writes {
		if w.bad == nil && errs[i] != nil || w.bad != nil && !w.bad(errs[i]) {
			t.Errorf("%s: got %v", w.name, errs[i])
		}
	}
	if got := count(t, db); got != 3 {
		t.Errorf("%d rows, want the 3 good ones", got)
	}
}

func TestGroupContext(t *testing.T) {
	db := openTable(t, t.TempDir())
	t.Run("an ended context writes nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := db.Group(ctx, insert("a")); !errors.Is(err, context.Canceled) {
			t.Errorf("Group: got %v", err)
		}
		if err := db.Update(ctx, insert("a")); !errors.Is(err, context.Canceled) {
			t.Errorf("Update: got %v", err)
		}
	})
	t.Run("a context that ends while the write waits writes nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		release := hold(t, db)
		j := &job{ctx: ctx, fn: insert("a"), err: make(chan error, 1)}
		next := &job{ctx: context.Background(), fn: insert("b"), err: make(chan error, 1)}
		first := &job{ctx: context.Background(), fn: insert("c"), err: make(chan error, 1)}
		for _, j := range []*job{first, j, next} {
			db.queue <- j
		}
		cancel()
		release()
		if err := errors.Join(<-first.err, <-next.err); err != nil {
			t.Fatal(err)
		}
		if err := <-j.err; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want canceled", err)
		}
	})
	if got := count(t, db); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
}

func TestUpdatePanicFreesTheWriter(t *testing.T) {
	db := openTable(t, t.TempDir())
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = db.Update(context.Background(), func(tx *sql.Tx) error {
			if err := insert("half")(tx); err != nil {
				t.Error(err)
			}
			panic("oops")
		})
	}()
	if err := db.Update(context.Background(), insert("after")); err != nil {
		t.Fatal(err)
	}
	if got := count(t, db); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestConcurrentWritesAndReads(t *testing.T) {
	ctx := context.Background()
	db := openTable(t, t.TempDir())
	const workers, each = 16, 40
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			run := db.Group
			if w%4 == 0 {
				run = db.Update
			}
			for i := range each {
				id := fmt.Sprint(w, "-", i)
				if err := run(ctx, insert(id)); err != nil {
					t.Error(err)
				}
				var n int
				if err := db.Reader().QueryRow("SELECT count(*) FROM note WHERE id = ?", id).Scan(&n); err != nil || n != 1 {
					t.Errorf("own write %s not seen at once: %d, %v", id, n, err)
				}
			}
		})
	}
	wg.Wait()
	if got := count(t, db); got != workers*each {
		t.Errorf("%d rows, want %d", got, workers*each)
	}
}

func BenchmarkGroup(b *testing.B) {
	for _, callers := range []int{1, 32} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			db := openTable(b, b.TempDir())
			stmt, err := db.Writer().Prepare("INSERT INTO note (id, body) VALUES (?, ?)")
			if err != nil {
				b.Fatal(err)
			}
			defer stmt.Close()
			body := make([]byte, 200)
			spread(b, callers, func(i int) error {
				return db.Group(context.Background(), func(tx *sql.Tx) error {
					_, err := tx.Stmt(stmt).Exec(fmt.Sprint("id", i), body)
					return err
				})
			})
		})
	}
}

// spread runs fn b.N times, by so many callers.
func spread(b *testing.B, callers int, fn func(i int) error) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range next {
				if err := fn(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		next <- i
	}
	close(next)
	wg.Wait()
}
