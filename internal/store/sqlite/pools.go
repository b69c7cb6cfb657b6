package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

//go:embed migrations/pool/*.sql
var poolMigrations embed.FS

// Pools keeps identity pools and identities; it implements pool.Store.
type Pools struct {
	db     *sqldb.DB
	read   *poolsql.Queries
	write  *poolsql.Queries
	people people
	names  *names
	live   live
}

// OpenPools brings the tables of identity pools up to date and prepares the
// statements. Close the database after the Pools.
func OpenPools(ctx context.Context, db *sqldb.DB) (*Pools, error) {
	files, err := fs.Sub(poolMigrations, "migrations/pool")
	if err != nil {
		return nil, fmt.Errorf("pool migrations: %w", err)
	}
	if err := sqldb.Migrate(ctx, db, "pool", files); err != nil {
		return nil, err
	}
	read, err := poolsql.Prepare(ctx, db.Reader())
	if err != nil {
		return nil, fmt.Errorf("prepare pool queries: %w", err)
	}
	write, err := poolsql.Prepare(ctx, db.Writer())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare pool queries: %w", err), read.Close())
	}
	people, err := preparePeople(db)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare pool lookups: %w", err), read.Close(), write.Close())
	}
	names, err := loadNames(ctx, db, read, write)
	if err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	s := &Pools{db: db, read: read, write: write, people: people, names: names}
	pools, err := read.LoadPools(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("load pools: %w", err), s.Close())
	}
	for _, p := range pools {
		s.live.set(p.ID, true)
	}
	return s, nil
}

// Close releases the prepared statements.
func (s *Pools) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// live says which pools there are, as the next write will find it: it is changed in
// the transaction that makes or deletes a pool, and back when that fails. So no
// identity is made in a pool that is gone, and no write need ask the database.
type live struct{ pools sync.Map }

func (l *live) has(id string) bool { _, ok := l.pools.Load(id); return ok }

func (l *live) set(id string, is bool) {
	if is {
		l.pools.Store(id, nil)
	} else {
		l.pools.Delete(id)
	}
}

// LoadPools implements pool.Store.
func (s *Pools) LoadPools(ctx context.Context) ([]*pool.Pool, error) {
	rows, err := s.read.LoadPools(ctx)
	if err != nil {
		return nil, fmt.Errorf("load pools: %w", err)
	}
	list := make([]*pool.Pool, 0, len(rows))
	for _, r := range rows {
		p := &pool.Pool{}
		if err := json.Unmarshal([]byte(r.Document), p); err != nil {
			return nil, fmt.Errorf("pool %s: %w", r.ID, err)
		}
		p.ID, p.Version = r.ID, r.Version
		list = append(list, p)
	}
	return list, nil
}

// InsertPool implements pool.Store.
func (s *Pools) InsertPool(ctx context.Context, p *pool.Pool) error {
	doc, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode pool: %w", err)
	}
	if err := s.names.add(ctx, p.ID); err != nil {
		return err
	}
	made := false
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		q := s.write.WithTx(tx)
		if n, err := q.PoolIsSwept(ctx, p.ID); err != nil {
			return err
		} else if n > 0 {
			return &pool.Conflict{What: "the identity pool, which is being deleted"}
		}
		err := q.InsertPool(ctx, poolsql.InsertPoolParams{ID: p.ID, Version: p.Version, Document: string(doc)})
		if err == nil {
			made = true
			s.live.set(p.ID, true)
		}
		return err
	})
	if err != nil && made {
		s.live.set(p.ID, false)
	}
	return err
}

// UpdatePool implements pool.Store.
func (s *Pools) UpdatePool(ctx context.Context, p *pool.Pool, was int64) error {
	doc, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode pool: %w", err)
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		n, err := s.write.WithTx(tx).UpdatePool(ctx, poolsql.UpdatePoolParams{ID: p.ID, Version: p.Version, Document: string(doc), Was: was})
		if err == nil && n != 1 {
			return &pool.Conflict{What: "the identity pool"}
		}
		return err
	})
}

// DeletePool implements pool.Store.
func (s *Pools) DeletePool(ctx context.Context, id string) error {
	was := s.live.has(id)
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		s.live.set(id, false)
		q := s.write.WithTx(tx)
		return errors.Join(q.MarkPoolDeleted(ctx, id), q.DeletePool(ctx, id))
	})
	if err != nil {
		s.live.set(id, was)
	}
	return err
}

// The sizes of the steps of SweepPools: identities in one transaction.
const deleteBatch = 500

// SweepPools implements pool.Store.
func (s *Pools) SweepPools(ctx context.Context) error {
	for {
		ids, err := s.read.DeletedPools(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := s.sweepPool(ctx, id); err != nil {
				return fmt.Errorf("sweep pool %s: %w", id, err)
			}
		}
	}
}

func (s *Pools) sweepPool(ctx context.Context, id string) error {
	for done := false; !done; {
		err := s.db.Update(ctx, func(tx *sql.Tx) error {
			q := s.write.WithTx(tx)
			if n, err := q.PoolIsSwept(ctx, id); err != nil || n == 0 {
				done = true // by somebody else, and the id may have been imported again
				return err
			}
			some, err := q.SomeIdentities(ctx, poolsql.SomeIdentitiesParams{Pool: s.names.number(id), Limit: deleteBatch})
			if err != nil {
				return err
			}
			for _, i := range some {
				if err := s.remove(ctx, q, i); err != nil {
					return err
				}
			}
			if done = len(some) < deleteBatch; done {
				return errors.Join(q.DeleteUnlinkedOfPool(ctx, s.names.number(id)), q.ForgetDeletedPool(ctx, id))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
