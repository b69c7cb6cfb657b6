package sqlite

import (
	"context"
	"errors"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/revoke"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store"
)

// Engine is the embedded engine: all stores in one database file.
type Engine struct {
	iam         *IAM
	pools       *Pools
	keys        *Keys
	decisions   *Decisions
	revocations *Revocations
	issued      *Issued
}

var _ store.Engine = (*Engine)(nil)

// Open brings all tables up to date and returns the stores. Close the Engine
// before the database.
func Open(ctx context.Context, db *sqldb.DB) (*Engine, error) {
	i, err := OpenIAM(ctx, db)
	if err != nil {
		return nil, err
	}
	k, err := OpenKeys(ctx, db)
	if err != nil {
		return nil, err
	}
	p, err := OpenPools(ctx, db)
	if err != nil {
		return nil, err
	}
	d, err := OpenDecisions(ctx, db)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	r, err := OpenRevocations(ctx, db)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	s, err := OpenIssued(ctx, db)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return &Engine{iam: i, pools: p, keys: k, decisions: d, revocations: r, issued: s}, nil
}

// IAM implements store.Engine.
func (e *Engine) IAM() iam.Store { return e.iam }

// Pools implements store.Engine.
func (e *Engine) Pools() pool.Store { return e.pools }

// Ring implements store.Engine.
func (e *Engine) Ring() keys.Store { return e.keys }

// LoginKeys implements store.Engine.
func (e *Engine) LoginKeys() login.KeyStore { return e.keys }

// Decisions implements store.Engine.
func (e *Engine) Decisions() decision.Store { return e.decisions }

// Revocations implements store.Engine.
func (e *Engine) Revocations() revoke.Store { return e.revocations }

// Issued implements store.Engine.
func (e *Engine) Issued() issued.Store { return e.issued }

// Close implements store.Engine.
func (e *Engine) Close() error { return e.pools.Close() }
