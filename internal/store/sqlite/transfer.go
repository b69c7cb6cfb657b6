package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// InsertIdentities implements pool.Store.
func (s *Pools) InsertIdentities(ctx context.Context, poolID string, list []*pool.Identity) error {
	for _, i := range list {
		if err := s.nameProviders(ctx, i.Logins); err != nil {
			return err
		}
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		e := &edit{ctx: ctx, q: s.write.WithTx(tx), names: s.names, pool: s.names.number(poolID)}
		if !s.live.has(poolID) {
			return &pool.NoPool{ID: poolID}
		}
		for _, i := range list {
			if err := e.insert(i); err != nil {
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
