package issued

import (
	"context"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/fair"
)

const (
	// sweepPage is how many rows are looked at, and removed, at once: other writers
	// wait for a moment only.
	sweepPage = 500
	// grain is the least share of sessions that identities are told apart by.
	grain = 8
)

// Sweep removes what has expired, and as much as is too much: of those who have more
// than a fair share their oldest. A Keeper does so by itself.
func (k *Keeper) Sweep(ctx context.Context) error {
	now := k.cfg.Now()
	ledger := fair.New(int64(k.cfg.Max), grain)
	n, err := k.remove(ctx, func(h *Held) (gone, more bool) {
		if !h.Expires.After(now) {
			return true, true
		}
		ledger.Add(h.Class, 1)
		return false, true
	})
	k.expired.Add(n)
	if err != nil || !ledger.Over() {
		return err
	}
	n, err = k.remove(ctx, func(h *Held) (gone, more bool) {
		gone = ledger.Gone(h.Class, 1)
		return gone, ledger.Over()
	})
	if lost := k.evicted.Add(n); n > 0 {
		k.complain(lost, "issued sessions are not listed any more: there are too many", nil)
	}
	return err
}

// remove walks over the rows, the oldest first, and removes those that are gone
// until there are no more to be.
func (k *Keeper) remove(ctx context.Context, ask func(*Held) (gone, more bool)) (removed int64, err error) {
	var after Place
	for more := true; more; {
		page, err := k.cfg.Store.SessionsByAge(ctx, after, sweepPage)
		if err != nil {
			return removed, fmt.Errorf("sweep sessions: %w", err)
		}
		more = len(page) == sweepPage
		var list []Place
		for i := range page {
			gone, onward := ask(&page[i])
			if gone {
				list = append(list, page[i].Place)
			}
			if !onward {
				more = false
				break
			}
			after = page[i].Place
		}
		if len(list) == 0 {
			continue
		}
		n, err := k.cfg.Store.DeleteSessions(ctx, list)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sweep sessions: %w", err)
		}
	}
	return removed, nil
}

// tidy is Sweep between batches.
func (k *Keeper) tidy(ctx context.Context) {
	k.unswept = 0
	if err := k.Sweep(ctx); err != nil && ctx.Err() == nil {
		k.cfg.Log.Error("expired sessions not removed from the list", "error", err)
	}
}

// forget removes all that was kept before the list was switched off.
func (k *Keeper) forget(ctx context.Context) {
	_, err := k.remove(ctx, func(*Held) (gone, more bool) { return true, ctx.Err() == nil })
	if err != nil && ctx.Err() == nil {
		k.cfg.Log.Error("the list of sessions that was kept before is not removed", "error", err)
	}
}
