package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
// again. The error is fn's own or the commit's.
func (db *DB) Group(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
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

func (db *DB) commitLoop() {
	defer close(db.done)
	for j := range db.queue {
		group := []*job{j}
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

// commitGroup tries all writes in one transaction; if any fails, each runs in
// a transaction of its own so that a failure stays its owner's.
func (db *DB) commitGroup(group []*job) {
	ctx := context.Background()
	if len(group) > 1 {
		err := db.Update(ctx, func(tx *sql.Tx) error {
			for _, j := range group {
				if err := call(j.fn, tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			for _, j := range group {
				j.err <- nil
			}
			return
		}
	}
	for _, j := range group {
		j.err <- db.Update(ctx, func(tx *sql.Tx) error { return call(j.fn, tx) })
	}
}

// call turns a panic of one write into its error, so that it cannot take the
// commit loop, and everybody's writes, with it.
func call(fn func(tx *sql.Tx) error, tx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("sqldb: write panicked: %v", p))
		}
	}()
	return fn(tx)
}
