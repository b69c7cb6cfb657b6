package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

// InsertIdentities implements pool.Store.
func (s *Pools) InsertIdentities(ctx context.Context, poolID string, list []*pool.Identity) error {
	poolKey, err := uuidBytes(poolID)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		q := s.write.WithTx(tx)
		if n, err := q.PoolExists(ctx, poolID); err != nil || n == 0 {
			return errors.Join(err, &pool.NoPool{ID: poolID})
		}
		for _, i := range list {
			if err := insertWhole(ctx, q, poolKey, i); err != nil {
				return fmt.Errorf("identity %s: %w", i.ID, err)
			}
		}
		return nil
	})
	if sqldb.Duplicate(err) {
		return &pool.Conflict{What: "an identity or a login"}
	}
	return err
}

// insertWhole writes an identity in whatever state it is.
func insertWhole(ctx context.Context, q *poolsql.Queries, poolKey []byte, i *pool.Identity) error {
	id, err := uuidBytes(i.ID)
	if err != nil {
		return err
	}
	row := poolsql.InsertWholeIdentityParams{
		ID: id, Pool: poolKey, Created: i.Created.UnixMilli(), Modified: i.Modified.UnixMilli(), Version: i.Version,
	}
	for bit, set := range map[int64]bool{stateGuest: i.Guest, stateMerged: i.Disabled, stateBlocked: i.Blocked} {
		if set {
			row.State |= bit
		}
	}
	if i.Parent != "" {
		if row.Parent, err = uuidBytes(i.Parent); err != nil {
			return err
		}
	}
	if err := q.InsertWholeIdentity(ctx, row); err != nil {
		return err
	}
	return link(ctx, q, poolKey, id, i.Logins)
}
