package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"runtime/debug"
)

// job is one write waiting to be committed together with others.
type job struct {
	ctx context.Context
	fn  func(tx *sql.Tx) error
	err chan error
}

// maxGroup bounds how many writes share a commit, and so how much is redone
// when one of them fails.
const maxGroup = 64

// Group runs fn in a transaction shared with other callers that wait at the
// same time, and returns once that transaction is durable. fn must be
// repeatable and without side effects: when a neighbour fails, the others run
// again. The error is fn's own or the commit's; with an error nothing was
// written. A write already begun is finished even when ctx ends meanwhile.
func (db *DB) Group(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	j := &job{ctx: ctx, fn: fn, err: make(chan error, 1)}
	select {
	case db.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	}
	// Once queued the write may be committed at any moment, so the caller
	// waits for the truth instead of leaving with a guess.
	return <-j.err
}

// commitLoop commits what is waiting, and while it does the next group
// gathers in the queue: the busier the disk, the larger the groups.
func (db *DB) commitLoop() {
	defer close(db.done)
	group := make([]*job, 0, maxGroup)
	for j := range db.queue {
		group = append(group[:0], j)
		// Those whose writes were just committed are on their way with the next
		// ones: let them arrive, or groups would be small and large in turn.
		runtime.Gosched()
	fill:
		for len(group) < maxGroup {
			select {
			case next, ok := <-db.queue:
				if !ok {
					break fill
				}
				group = append(group, next)
			default:
				break fill
			}
		}
		db.commitGroup(group)
	}
}

// commitGroup tries all writes in one transaction. If one fails, they run
// again with a savepoint around each, so that a failure stays its owner's. If
// the shared transaction itself fails, each write gets one of its own.
func (db *DB) commitGroup(group []*job) {
	ctx := context.Background()
	live := group[:0]
	for _, j := range group {
		if err := j.ctx.Err(); err != nil {
			j.err <- err // not begun, so leaving is still honest
			continue
		}
		live = append(live, j)
	}
	if len(live) > 1 {
		err := db.update(ctx, func(tx *sql.Tx) error {
			for _, j := range live {
				if err := call(j.fn, tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			for _, j := range live {
				j.err <- nil
			}
			return
		}
		errs := make([]error, len(live))
		err = db.update(ctx, func(tx *sql.Tx) error {
			for i, j := range live {
				if errs[i], err = guarded(ctx, tx, j.fn); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			for i, j := range live {
				j.err <- errs[i]
			}
			return
		}
	}
	for _, j := range live {
		j.err <- db.update(ctx, func(tx *sql.Tx) error { return call(j.fn, tx) })
	}
}

// guarded runs fn inside a savepoint. own is fn's error, after which its writes
// are undone; shared means the transaction itself is no longer good.
func guarded(ctx context.Context, tx *sql.Tx, fn func(tx *sql.Tx) error) (own, shared error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	if own = call(fn, tx); own != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO one"); err != nil {
			return own, fmt.Errorf("undo write: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "RELEASE one"); err != nil {
		return own, fmt.Errorf("release savepoint: %w", err)
	}
	return own, nil
}

// Panicked is the error of a grouped write that panicked.
type Panicked struct {
	Value any
	Stack []byte
}

func (e *Panicked) Error() string { return fmt.Sprintf("sqldb: write panicked: %v", e.Value) }

// call turns a panic of one write into its error, so that it cannot take the
// commit loop, and everybody's writes, with it.
func call(fn func(tx *sql.Tx) error, tx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Panicked{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn(tx)
}
