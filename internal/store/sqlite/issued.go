package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"math"
	"strings"

	"github.com/rockpool-id/rockpool/internal/fair"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/issuedsql"
)

//go:embed migrations/issued/*.sql
var issuedMigrations embed.FS

// Issued keeps issued sessions; it implements issued.Store.
type Issued struct{ db *sqldb.DB }

var _ issued.Store = (*Issued)(nil)

// OpenIssued brings the table of issued sessions up to date.
func OpenIssued(ctx context.Context, db *sqldb.DB) (*Issued, error) {
	if err := migrate(ctx, db, "issued", issuedMigrations); err != nil {
		return nil, err
	}
	return &Issued{db: db}, nil
}

// AddSessions implements issued.Store.
func (s *Issued) AddSessions(ctx context.Context, rows []issued.Row) error {
	return s.db.Group(ctx, func(tx *sql.Tx) error {
		q := issuedsql.New(tx)
		for i := range rows {
			r := &rows[i]
			logins := ""
			if len(r.Logins) > 0 {
				logins = " " + strings.Join(r.Logins, " ") + " "
			}
			err := q.AddSession(ctx, issuedsql.AddSessionParams{
				Issued: milli(r.Issued), AccessKeyID: r.AccessKeyID, Account: r.Account, Pool: r.PoolID, Identity: r.IdentityID, Role: r.RoleID,
				Expires: milli(r.Expires), Class: string(r.Class), Logins: logins, Document: string(r.Document),
			})
			if err != nil {
				return fmt.Errorf("add session %s: %w", r.AccessKeyID, err)
			}
		}
		return nil
	})
}

// ListSessions implements issued.Store.
func (s *Issued) ListSessions(ctx context.Context, q issued.Search) ([]issued.Row, error) {
	before := int64(math.MaxInt64)
	if !q.Before.Issued.IsZero() {
		before = milli(q.Before.Issued)
	}
	found, err := issuedsql.New(s.db.Reader()).ListSessions(ctx, issuedsql.ListSessionsParams{
		BeforeIssued: before, BeforeKey: q.Before.AccessKeyID, Account: q.Account, At: milli(q.At),
		Pool: q.PoolID, Identity: q.IdentityID, Role: q.RoleID, Login: q.Login, Most: int32(q.Limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return convert(found, func(r issuedsql.IssuedSession) issued.Row {
		return issued.Row{
			Place:   issued.Place{Issued: fromMilli(r.Issued), AccessKeyID: r.AccessKeyID},
			Account: r.Account, PoolID: r.Pool, IdentityID: r.Identity, RoleID: r.Role, Expires: fromMilli(r.Expires),
			Class: fair.Class(r.Class), Logins: strings.Fields(r.Logins), Document: []byte(r.Document),
		}
	}), nil
}

// SessionsByAge implements issued.Store.
func (s *Issued) SessionsByAge(ctx context.Context, after issued.Place, limit int) ([]issued.Held, error) {
	from := int64(math.MinInt64)
	if !after.Issued.IsZero() {
		from = milli(after.Issued)
	}
	found, err := issuedsql.New(s.db.Reader()).SessionsByAge(ctx, issuedsql.SessionsByAgeParams{
		Issued: from, AccessKeyID: after.AccessKeyID, Most: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("read sessions by age: %w", err)
	}
	return convert(found, func(r issuedsql.SessionsByAgeRow) issued.Held {
		return issued.Held{
			Place: issued.Place{Issued: fromMilli(r.Issued), AccessKeyID: r.AccessKeyID},
			Class: fair.Class(r.Class), Expires: fromMilli(r.Expires),
		}
	}), nil
}

// DeleteSessions implements issued.Store.
func (s *Issued) DeleteSessions(ctx context.Context, list []issued.Place) (deleted int64, err error) {
	err = s.db.Group(ctx, func(tx *sql.Tx) error {
		deleted = 0 // it may run again
		q := issuedsql.New(tx)
		for _, p := range list {
			n, err := q.DeleteSession(ctx, issuedsql.DeleteSessionParams{Issued: milli(p.Issued), AccessKeyID: p.AccessKeyID})
			if err != nil {
				return fmt.Errorf("delete session %s: %w", p.AccessKeyID, err)
			}
			deleted += n
		}
		return nil
	})
	return deleted, err
}
