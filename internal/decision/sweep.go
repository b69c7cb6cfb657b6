package decision

import (
	"context"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/fair"
)

const (
	// sweepPage is how many records are looked at, and removed, at once: other
	// writers wait for a moment only.
	sweepPage = 250
	// grain is the least share that callers are told apart by: a dozen records of
	// ordinary size.
	grain = 32 << 10
)

// Sweep removes what is too old, and as much as is too much: of those who hold more
// than a fair share their oldest records. It returns how many went. A Keeper does
// so by itself.
func (k *Keeper) Sweep(ctx context.Context) (int64, error) {
	oldest := k.cfg.Now().Add(-k.cfg.MaxAge)
	ledger := fair.New(k.cfg.MaxBytes, grain)
	n, err := k.remove(ctx, func(h *Held) (gone, more bool) {
		if h.Time.Before(oldest) {
			return true, true
		}
		ledger.Add(h.Class, h.Size)
		return false, true
	})
	if err != nil || !ledger.Over() {
		return n, err
	}
	m, err := k.remove(ctx, func(h *Held) (gone, more bool) {
		gone = ledger.Gone(h.Class, h.Size)
		return gone, ledger.Over()
	})
	k.evicted.Add(m)
	return n + m, err
}

// remove walks over the records, the oldest first, and removes those that are gone
// until there are no more to be.
func (k *Keeper) remove(ctx context.Context, ask func(*Held) (gone, more bool)) (removed int64, err error) {
	var after Place
	for more := true; more; {
		page, err := k.cfg.Store.DecisionsByAge(ctx, after, sweepPage)
		if err != nil {
			return removed, fmt.Errorf("sweep decisions: %w", err)
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
		n, err := k.cfg.Store.DeleteDecisions(ctx, list)
		removed += n
		k.swept.Add(n)
		if err != nil {
			return removed, fmt.Errorf("sweep decisions: %w", err)
		}
	}
	return removed, nil
}
