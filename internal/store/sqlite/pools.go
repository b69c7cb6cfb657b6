package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

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
	return &Pools{db: db, read: read, write: write, people: people}, nil
}

// Close releases the prepared statements.
func (s *Pools) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

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
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		q := s.write.WithTx(tx)
		if n, err := q.PoolIsSwept(ctx, p.ID); err != nil {
			return err
		} else if n > 0 {
			return &pool.Conflict{What: "the identity pool, which is being deleted"}
		}
		return q.InsertPool(ctx, poolsql.InsertPoolParams{ID: p.ID, Version: p.Version, Document: string(doc)})
	})
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
	if _, err := uuidBytes(id); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		q := s.write.WithTx(tx)
		return errors.Join(q.MarkPoolDeleted(ctx, id), q.DeletePool(ctx, id))
	})
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
	key, err := uuidBytes(id)
	if err != nil {
		return err
	}
	for done := false; !done; {
		err := s.db.Update(ctx, func(tx *sql.Tx) error {
			q := s.write.WithTx(tx)
			if n, err := q.PoolIsSwept(ctx, id); err != nil || n == 0 {
				done = true // by somebody else, and the id may have been imported again
				return err
			}
			ids, err := q.SomeIdentities(ctx, poolsql.SomeIdentitiesParams{Pool: key, Limit: deleteBatch})
			if err != nil {
				return err
			}
			for _, i := range ids {
				if err := removeIdentity(ctx, q, i); err != nil {
					return err
				}
			}
			if done = len(ids) < deleteBatch; done {
				return q.ForgetDeletedPool(ctx, id)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// removeIdentity deletes an identity with all that belongs to it.
func removeIdentity(ctx context.Context, q *poolsql.Queries, id []byte) error {
	return errors.Join(
		q.DeleteLoginsOfIdentity(ctx, id), q.DeleteMergesOfChild(ctx, id), q.DeleteMergesIntoParent(ctx, id), q.DeleteIdentity(ctx, id),
	)
}

// newIdentity turns a row into an identity without its logins. The region of
// an identity is that of its pool.
func newIdentity(region string, row poolsql.Identity) *pool.Identity {
	i := &pool.Identity{
		ID: idText(region, row.ID), PoolID: idText(region, row.Pool),
		Created: fromMillis(row.Created), Modified: fromMillis(row.Modified),
		Guest: row.State&stateGuest != 0, Disabled: row.State&stateMerged != 0, Blocked: row.State&stateBlocked != 0,
		Version: row.Version,
	}
	if row.Parent != nil {
		i.Parent = idText(region, row.Parent)
	}
	return i
}

// withLogins adds the logins to an identity of a listing.
func (s *Pools) withLogins(ctx context.Context, region string, row poolsql.Identity) (*pool.Identity, error) {
	i := newIdentity(region, row)
	if i.Guest {
		return i, nil
	}
	logins, err := s.read.LoginsOfIdentity(ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("read logins: %w", err)
	}
	for _, l := range logins {
		i.Logins = append(i.Logins, pool.Login{
			Provider: l.Provider, Subject: l.Subject, Linked: fromMillis(l.Linked), Remembered: sometime(l.Remembered),
		})
	}
	return i, nil
}

// The bits of identity.state.
const (
	stateGuest   = 1
	stateMerged  = 2
	stateBlocked = 4
)

// Apply implements pool.Store. Changes that arrive together share a commit.
func (s *Pools) Apply(ctx context.Context, c *pool.Change) error {
	err := s.db.Group(ctx, func(tx *sql.Tx) error { return s.apply(sqldb.Point(ctx), s.write.WithTx(tx), c) })
	if sqldb.Duplicate(err) {
		return &pool.Conflict{What: "a login"}
	}
	return err
}

func (s *Pools) apply(ctx context.Context, q *poolsql.Queries, c *pool.Change) error {
	poolKey, err := uuidBytes(c.PoolID)
	if err != nil {
		return err
	}
	if n, err := q.PoolExists(ctx, c.PoolID); err != nil || n == 0 {
		return errors.Join(err, &pool.NoPool{ID: c.PoolID})
	}
	if c.Create != nil {
		if err := create(ctx, q, poolKey, c.Create); err != nil {
			return err
		}
	}
	if c.Target == "" {
		return nil
	}
	target, err := uuidBytes(c.Target)
	if err != nil {
		return err
	}
	at := c.At.UnixMilli()
	switch {
	case c.Undo != nil:
		return undo(ctx, q, poolKey, target, c)
	case c.Block:
		return one(q.BlockIdentity(ctx, poolsql.BlockIdentityParams{Modified: at, ID: target, Was: c.TargetVersion}))
	case c.Unblock:
		return one(q.UnblockIdentity(ctx, poolsql.UnblockIdentityParams{Modified: at, ID: target, Was: c.TargetVersion}))
	}
	if err := one(q.AdoptLogins(ctx, poolsql.AdoptLoginsParams{Modified: at, ID: target, Was: c.TargetVersion})); err != nil {
		return err
	}
	for _, m := range c.Disable {
		if err := disable(ctx, q, target, m, c); err != nil {
			return err
		}
	}
	for _, m := range c.Move {
		from, err := uuidBytes(m.From)
		if err != nil {
			return err
		}
		if err := move(ctx, q, poolKey, m.Login, from, target); err != nil {
			return err
		}
	}
	for _, l := range c.Unlink {
		err := one(q.UnlinkLogin(ctx, poolsql.UnlinkLoginParams{Pool: poolKey, Provider: l.Provider, Subject: l.Subject, Source: target}))
		if err != nil {
			return err
		}
	}
	return link(ctx, q, poolKey, target, c.Link)
}

func move(ctx context.Context, q *poolsql.Queries, poolKey []byte, l pool.Login, from, to []byte) error {
	return one(q.MoveLogin(ctx, poolsql.MoveLoginParams{Pool: poolKey, Provider: l.Provider, Subject: l.Subject, Target: to, Source: from}))
}

// DeleteIdentity implements pool.Store.
func (s *Pools) DeleteIdentity(ctx context.Context, id string) error {
	key, err := uuidBytes(id)
	if err != nil {
		return err
	}
	return s.db.Group(ctx, func(tx *sql.Tx) error { return removeIdentity(ctx, s.write.WithTx(tx), key) })
}

func create(ctx context.Context, q *poolsql.Queries, poolKey []byte, i *pool.Identity) error {
	id, err := uuidBytes(i.ID)
	if err != nil {
		return err
	}
	state := int64(0)
	if i.Guest {
		state = stateGuest
	}
	err = q.InsertIdentity(ctx, poolsql.InsertIdentityParams{
		ID: id, Pool: poolKey, Created: i.Created.UnixMilli(), Modified: i.Modified.UnixMilli(), State: state, Version: i.Version,
	})
	if err != nil {
		return err
	}
	return link(ctx, q, poolKey, id, i.Logins)
}

func link(ctx context.Context, q *poolsql.Queries, poolKey, id []byte, logins []pool.Login) error {
	for _, l := range logins {
		person, err := personText(l.Person)
		if err != nil {
			return err
		}
		err = q.InsertLogin(ctx, poolsql.InsertLoginParams{
			Pool: poolKey, Provider: l.Provider, Subject: l.Subject, Identity: id, Linked: l.Linked.UnixMilli(),
			Remembered: millis(l.Remembered), Email: l.Person.EmailKey(), Person: person,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// one turns the number of changed rows into a conflict unless it is one.
func one(rows int64, err error) error {
	if err != nil || rows == 1 {
		return err
	}
	return &pool.Conflict{What: "the identity"}
}

// ListIdentities implements pool.Store.
func (s *Pools) ListIdentities(ctx context.Context, poolID string, after pool.Position, limit int, hideDisabled bool) ([]*pool.Identity, error) {
	key, err := uuidBytes(poolID)
	if err != nil {
		return nil, err
	}
	var afterID []byte
	var afterTime int64
	if after.ID != "" {
		if afterID, err = uuidBytes(after.ID); err != nil {
			return nil, err
		}
		afterTime = after.Created.UnixMilli()
	}
	if afterID == nil {
		afterID = []byte{}
	}
	var rows []poolsql.Identity
	if hideDisabled {
		rows, err = s.read.ListEnabledIdentities(ctx, poolsql.ListEnabledIdentitiesParams{Pool: key, Created: afterTime, ID: afterID, Page: int32(limit)})
	} else {
		rows, err = s.read.ListIdentities(ctx, poolsql.ListIdentitiesParams{Pool: key, Created: afterTime, ID: afterID, Page: int32(limit)})
	}
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	list := make([]*pool.Identity, 0, len(rows))
	for _, r := range rows {
		i, err := s.withLogins(ctx, pool.Region(poolID), r)
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, nil
}

// uuidBytes returns the 16 bytes of the UUID in an id of the form region:uuid.
// Upper-case hex would make two names for one identity, so it is refused.
func uuidBytes(id string) ([]byte, error) {
	_, text, ok := strings.Cut(id, ":")
	if !ok || len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return nil, &pool.NoIdentity{ID: id}
	}
	b := make([]byte, 0, 16)
	for i := 0; i < len(text); i += 2 {
		switch i {
		case 8, 13, 18, 23:
			i++
		}
		high, low := strings.IndexByte(lowerHex, text[i]), strings.IndexByte(lowerHex, text[i+1])
		if high < 0 || low < 0 {
			return nil, &pool.NoIdentity{ID: id}
		}
		b = append(b, byte(high<<4|low))
	}
	return b, nil
}

const lowerHex = "0123456789abcdef"

// idText is the text of an id: the region and the UUID of 16 bytes.
func idText(region string, b []byte) string {
	text := make([]byte, 0, len(region)+37)
	text = append(append(text, region...), ':')
	for i, end := range []int{4, 6, 8, 10, 16} {
		start := []int{0, 4, 6, 8, 10}[i]
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, b[start:end])
	}
	return string(text)
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// sometime and millis are a time that may never have been, 0 in a row.
func sometime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
