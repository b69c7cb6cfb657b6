package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/decisionsql"
)

//go:embed migrations/decision/*.sql
var decisionMigrations embed.FS

// Decisions keeps decision records; it implements decision.Store.
type Decisions struct{ db *sqldb.DB }

var _ decision.Store = (*Decisions)(nil)

// OpenDecisions brings the tables of decision records up to date.
func OpenDecisions(ctx context.Context, db *sqldb.DB) (*Decisions, error) {
	if err := migrate(ctx, db, "decision", decisionMigrations); err != nil {
		return nil, err
	}
	return &Decisions{db: db}, nil
}

// AddDecisions implements decision.Store.
func (s *Decisions) AddDecisions(ctx context.Context, rows []decision.Row) error {
	return s.db.Group(ctx, func(tx *sql.Tx) error {
		q := decisionsql.New(tx)
		for i := range rows {
			r := &rows[i]
			err := q.AddDecision(ctx, decisionsql.AddDecisionParams{
				Account: r.Account, RequestID: r.RequestID, Seq: int64(r.Seq), Made: milli(r.Time),
				Size: int64(len(r.Document)), Document: string(r.Document),
			})
			if err != nil {
				return fmt.Errorf("add decision of %s: %w", r.RequestID, err)
			}
		}
		return nil
	})
}

// Decisions implements decision.Store.
func (s *Decisions) Decisions(ctx context.Context, account, requestID string) ([]decision.Row, error) {
	found, err := decisionsql.New(s.db.Reader()).Decisions(ctx, decisionsql.DecisionsParams{Account: account, RequestID: requestID})
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	return convert(found, func(r decisionsql.DecisionsRow) decision.Row {
		return decision.Row{Account: account, RequestID: requestID, Seq: int(r.Seq), Time: fromMilli(r.Made), Document: []byte(r.Document)}
	}), nil
}

// sweepBatch bounds the deletions of one transaction, so that other writers wait
// for a moment only.
const sweepBatch = 100

// SweepDecisions implements decision.Store.
func (s *Decisions) SweepDecisions(ctx context.Context, before time.Time, maxBytes int64) (int64, error) {
	read := decisionsql.New(s.db.Reader())
	total, err := read.SizeOfDecisions(ctx)
	if err != nil {
		return 0, fmt.Errorf("sweep decisions: %w", err)
	}
	var gone int64
	for {
		oldest, err := read.OldestDecisions(ctx, sweepBatch)
		if err != nil {
			return gone, fmt.Errorf("sweep decisions: %w", err)
		}
		n := 0 // of these are to go
		for ; n < len(oldest) && (oldest[n].Made < milli(before) || total > maxBytes); n++ {
			total -= oldest[n].Size
		}
		if n == 0 {
			return gone, nil
		}
		deleted, err := s.remove(ctx, oldest[:n])
		if err != nil {
			return gone, fmt.Errorf("sweep decisions: %w", err)
		}
		gone += deleted
	}
}

func (s *Decisions) remove(ctx context.Context, rows []decisionsql.OldestDecisionsRow) (deleted int64, err error) {
	err = s.db.Group(ctx, func(tx *sql.Tx) error {
		deleted = 0 // it may run again
		q := decisionsql.New(tx)
		for _, r := range rows {
			n, err := q.DeleteDecision(ctx, decisionsql.DeleteDecisionParams{Account: r.Account, RequestID: r.RequestID, Seq: r.Seq})
			if err != nil {
				return fmt.Errorf("delete decision of %s: %w", r.RequestID, err)
			}
			deleted += n
		}
		return nil
	})
	return deleted, err
}
