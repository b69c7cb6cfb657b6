package transfer

import (
	"context"
	"time"
)

// batch gathers identities of a delivery until they are sent together.
type batch struct {
	d      *Deliverer
	state  *delivered
	poolID string
	total  int

	list  []Identity
	bytes int
	// pending are the lines since the last batch that was sent.
	pending             int
	leftOut, incomplete int
	sent                int
	start, reported     time.Time
}

// add takes in one line, and sends the batch when it is large.
func (b *batch) add(ctx context.Context, i *Identity) error {
	b.pending++
	missing := len(i.UnknownLogins)
	if b.d.Logins != nil {
		var err error
		if missing, err = b.d.Logins.complete(i); err != nil {
			return err
		}
	}
	i.UnknownLogins = nil
	switch {
	case missing > 0 && len(i.Logins) == 0:
		// Nobody could sign in to it, and it would be in the way of an import
		// with its logins.
		b.leftOut++
	default:
		if missing > 0 {
			b.incomplete++
		}
		b.list = append(b.list, *i)
		b.bytes += 256
		for _, l := range i.Logins {
			b.bytes += 96 + 2*(len(l.Provider)+len(l.Subject)) // room for escapes
		}
	}
	if len(b.list) < batchIdentities && b.bytes < batchBytes && b.pending < 8*batchIdentities {
		return nil
	}
	return b.send(ctx)
}

// send imports what was gathered and notes how far that is.
func (b *batch) send(ctx context.Context) error {
	if len(b.list) > 0 {
		r, err := b.d.Target.Import(ctx, b.poolID, b.list)
		if err != nil {
			return err
		}
		for _, c := range r.Conflicts {
			if b.d.Conflict != nil {
				if err := b.d.Conflict(c); err != nil {
					return err
				}
			}
		}
		b.state.Imported += r.Imported
		b.state.Unchanged += r.Unchanged
		b.state.Conflicts += len(r.Conflicts)
	}
	b.state.Lines += b.pending
	b.state.LeftOut += b.leftOut
	b.state.Incomplete += b.incomplete
	b.list, b.bytes, b.pending, b.leftOut, b.incomplete = b.list[:0], 0, 0, 0, 0
	if b.sent++; b.sent%stateEvery == 0 {
		if err := writeState(b.d.StatePath, b.state); err != nil {
			return err
		}
	}
	now := b.d.Now()
	if b.d.Report != nil && (b.state.Lines == b.total || now.Sub(b.reported) >= reportTime) {
		b.reported = now
		b.d.Report(Progress{
			Identities: b.state.Lines, Resumed: b.state.Resumed, Conflicts: b.state.Conflicts, LeftOut: b.state.LeftOut,
			Total: b.total, Elapsed: now.Sub(b.start),
		})
	}
	return nil
}
