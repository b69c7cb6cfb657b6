package issued

import (
	"context"
	"time"
)

// run is the writer: it stores what waits, then rests while the next batch gathers
// in the queue.
func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	if k.cfg.Off {
		k.forget(ctx)
		return
	}
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	k.tidy(ctx)
	for {
		select {
		case it, ok := <-k.queue:
			if !ok {
				return
			}
			k.write(k.gather(it))
			if k.unswept > k.cfg.Max/sweepPart {
				k.tidy(ctx)
			}
			k.rest(ctx)
		case <-tick.C:
			k.tidy(ctx)
		}
	}
}

// gather takes what waits behind it, up to a batch.
func (k *Keeper) gather(it item) (rows []Row, flushed []chan<- struct{}) {
	for {
		if it.flushed != nil {
			flushed = append(flushed, it.flushed)
		} else if row, err := newRow(&it.Issuance); err != nil {
			k.complain(k.failed.Add(1), "an issued session is not listed", err)
		} else {
			rows = append(rows, row)
		}
		if len(rows) >= batch {
			return rows, flushed
		}
		var ok bool
		select {
		case it, ok = <-k.queue:
			if !ok {
				return rows, flushed // run sees it too
			}
		default:
			return rows, flushed
		}
	}
}

// write stores a batch and tells those who wait for it. It has no deadline of its
// own: Close waits for it, and the store gives up on what it cannot do.
func (k *Keeper) write(rows []Row, flushed []chan<- struct{}) {
	if len(rows) > 0 {
		if err := k.cfg.Store.AddSessions(context.Background(), rows); err != nil {
			k.complain(k.failed.Add(int64(len(rows))), "issued sessions are not listed: they were not written", err)
		} else {
			k.kept.Add(int64(len(rows)))
			k.unswept += len(rows)
		}
	}
	for _, c := range flushed {
		close(c)
	}
}

// rest waits between two batches, unless somebody waits for a list, or the end.
func (k *Keeper) rest(ctx context.Context) {
	if k.waiting.Load() > 0 || ctx.Err() != nil {
		return
	}
	pause := time.NewTimer(rest)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-k.wake:
	case <-ctx.Done():
	}
}
