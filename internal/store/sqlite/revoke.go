package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/revoke"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/revokesql"
)

//go:embed migrations/revoke/*.sql
var revokeMigrations embed.FS

// Revocations keeps ended sessions; it implements revoke.Store.
type Revocations struct{ db *sqldb.DB }

var _ revoke.Store = (*Revocations)(nil)

// OpenRevocations brings the table of revocations up to date.
func OpenRevocations(ctx context.Context, db *sqldb.DB) (*Revocations, error) {
	if err := migrate(ctx, db, "revoke", revokeMigrations); err != nil {
		return nil, err
	}
	return &Revocations{db: db}, nil
}

// SaveRevocation implements revoke.Store.
func (s *Revocations) SaveRevocation(ctx context.Context, r revoke.Revocation) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		return revokesql.New(tx).SaveRevocation(ctx, revokesql.SaveRevocationParams{
			Kind: string(r.Kind), Provider: r.Provider, Subject: r.Subject, NotBefore: milli(r.NotBefore), Expires: milli(r.Expires),
			RevokedBy: r.By, Reason: r.Reason,
		})
	})
}

// Revocations implements revoke.Store.
func (s *Revocations) Revocations(ctx context.Context, at time.Time) ([]revoke.Revocation, error) {
	rows, err := revokesql.New(s.db.Reader()).Revocations(ctx, milli(at))
	if err != nil {
		return nil, fmt.Errorf("read revocations: %w", err)
	}
	return convert(rows, func(r revokesql.Revocation) revoke.Revocation {
		return revoke.Revocation{
			Kind: revoke.Kind(r.Kind), Provider: r.Provider, Subject: r.Subject, NotBefore: fromMilli(r.NotBefore), Expires: fromMilli(r.Expires),
			By: r.RevokedBy, Reason: r.Reason,
		}
	}), nil
}

// SweepRevocations implements revoke.Store.
func (s *Revocations) SweepRevocations(ctx context.Context, before time.Time) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		return revokesql.New(tx).SweepRevocations(ctx, milli(before))
	})
}
