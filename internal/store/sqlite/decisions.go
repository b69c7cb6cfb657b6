package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"math"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/fair"
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
				Size: int64(len(r.Document)), Document: string(r.Document), Class: string(r.Class),
				Caller: r.Caller, Person: r.Person, Action: r.Action, Resource: r.Resource, Allowed: boolInt(r.Allowed),
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
		return decision.Row{
			Place:    decision.Place{Account: account, RequestID: requestID, Seq: int(r.Seq), Time: fromMilli(r.Made)},
			Document: []byte(r.Document),
		}
	}), nil
}

// ListDecisions implements decision.Store.
func (s *Decisions) ListDecisions(ctx context.Context, q decision.Query) ([]decision.Row, error) {
	before := int64(math.MaxInt64)
	if !q.Before.Time.IsZero() {
		before = milli(q.Before.Time)
	}
	since := int64(0)
	if !q.Since.IsZero() {
		since = milli(q.Since)
	}
	found, err := decisionsql.New(s.db.Reader()).ListDecisions(ctx, decisionsql.ListDecisionsParams{
		Account: q.Account, Since: since, BeforeMade: before, BeforeRequest: q.Before.RequestID, BeforeSeq: int64(q.Before.Seq),
		Allowed: boolInt(q.Allowed), Principal: q.Principal, Action: q.Action, Resource: q.Resource, Most: int32(q.Limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list decisions: %w", err)
	}
	return convert(found, func(r decisionsql.ListDecisionsRow) decision.Row {
		return decision.Row{
			Place:    decision.Place{Account: q.Account, RequestID: r.RequestID, Seq: int(r.Seq), Time: fromMilli(r.Made)},
			Document: []byte(r.Document),
		}
	}), nil
}

// DecisionsByAge implements decision.Store.
func (s *Decisions) DecisionsByAge(ctx context.Context, after decision.Place, limit int) ([]decision.Held, error) {
	made := int64(math.MinInt64)
	if !after.Time.IsZero() {
		made = milli(after.Time)
	}
	found, err := decisionsql.New(s.db.Reader()).DecisionsByAge(ctx, decisionsql.DecisionsByAgeParams{
		Made: made, Account: after.Account, RequestID: after.RequestID, Seq: int64(after.Seq), Most: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("read decisions by age: %w", err)
	}
	return convert(found, func(r decisionsql.DecisionsByAgeRow) decision.Held {
		return decision.Held{
			Place: decision.Place{Account: r.Account, RequestID: r.RequestID, Seq: int(r.Seq), Time: fromMilli(r.Made)},
			Class: fair.Class(r.Class), Size: r.Size,
		}
	}), nil
}

// DeleteDecisions implements decision.Store.
func (s *Decisions) DeleteDecisions(ctx context.Context, list []decision.Place) (deleted int64, err error) {
	err = s.db.Group(ctx, func(tx *sql.Tx) error {
		deleted = 0 // it may run again
		q := decisionsql.New(tx)
		for _, p := range list {
			n, err := q.DeleteDecision(ctx, decisionsql.DeleteDecisionParams{Account: p.Account, RequestID: p.RequestID, Seq: int64(p.Seq)})
			if err != nil {
				return fmt.Errorf("delete decision of %s: %w", p.RequestID, err)
			}
			deleted += n
		}
		return nil
	})
	return deleted, err
}
