package decision

import (
	"context"
	"sync/atomic"
	"time"
)

// run is the writer: it stores what waits, and while it does the next batch
// gathers in the queue. Between batches it sweeps.
func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	k.tidyStore(ctx)
	for {
		select {
		case it, ok := <-k.queue:
			if !ok {
				return
			}
			k.write(k.gather(it))
			if k.unswept > k.cfg.MaxBytes/sweepPart {
				k.tidyStore(ctx)
			}
		case <-tick.C:
			k.tidyStore(ctx)
		}
	}
}

// gather takes what waits behind it, up to a batch.
func (k *Keeper) gather(it item) (rows []Row, flushed []chan<- struct{}) {
	for {
		if it.flushed != nil {
			flushed = append(flushed, it.flushed)
		} else {
			rows = append(rows, it.row)
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
		if err := k.cfg.Store.AddDecisions(context.Background(), rows); err != nil {
			n := k.failed.Add(int64(len(rows)))
			if k.complaint.due(k.cfg.Now()) {
				k.cfg.Log.Error("decision records not written", "lost", n, "error", err)
			}
		} else {
			k.kept.Add(int64(len(rows)))
			for i := range rows {
				k.unswept += int64(len(rows[i].Document))
			}
		}
	}
	for _, c := range flushed {
		close(c)
	}
}

func (k *Keeper) tidyStore(ctx context.Context) {
	k.unswept = 0
	if _, err := k.Sweep(ctx); err != nil && ctx.Err() == nil {
		k.cfg.Log.Error("old decision records not removed", "error", err)
	}
}

// complaintInterval is how often losses are logged; their number never goes
// missing, because each line has the sum.
const complaintInterval = time.Minute

// complaint says when a loss is worth another line in the log.
type complaint struct{ last atomic.Int64 }

func (c *complaint) due(now time.Time) bool {
	last := c.last.Load()
	if last != 0 && now.Sub(time.Unix(0, last)) < complaintInterval {
		return false
	}
	return c.last.CompareAndSwap(last, now.UnixNano())
}
