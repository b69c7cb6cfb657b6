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

// The bits of identity.state.
const (
	stateGuest   = 1
	stateMerged  = 2
	stateBlocked = 4
)

// Apply implements pool.Store. Changes that arrive together share a commit.
func (s *Pools) Apply(ctx context.Context, c *pool.Change) error {
	var fresh []pool.Login
	if c.Create != nil {
		fresh = c.Create.Logins
	}
	if err := s.nameProviders(ctx, fresh, c.Link); err != nil {
		return err
	}
	err := s.db.Group(ctx, func(tx *sql.Tx) error { return s.apply(sqldb.Point(ctx), s.write.WithTx(tx), c) })
	if sqldb.Duplicate(err) {
		return &pool.Conflict{What: "a login"}
	}
	return err
}

// nameProviders gives numbers to the providers of logins that are to be linked.
func (s *Pools) nameProviders(ctx context.Context, lists ...[]pool.Login) error {
	var wanted []string
	for _, list := range lists {
		for _, l := range list {
			if s.names.number(l.Provider) == 0 {
				wanted = append(wanted, l.Provider)
			}
		}
	}
	return s.names.add(ctx, wanted...)
}

func (s *Pools) apply(ctx context.Context, q *poolsql.Queries, c *pool.Change) error {
	e := &edit{ctx: ctx, q: q, names: s.names, pool: s.names.number(c.PoolID), at: c.At.UnixMilli()}
	if !s.live.has(c.PoolID) {
		return &pool.NoPool{ID: c.PoolID}
	}
	if c.Create != nil {
		if err := e.insert(c.Create); err != nil {
			return err
		}
	}
	if c.Target == "" {
		return nil
	}
	if err := e.change(c); err != nil {
		return err
	}
	return e.save()
}

// edit changes identities of one pool in a transaction. They are read once, as they
// are seen by the change, and written by save.
type edit struct {
	ctx   context.Context
	q     *poolsql.Queries
	names *names
	pool  int64
	at    int64
	rows  []*row
}

func (e *edit) change(c *pool.Change) error {
	target, err := e.seen(c.Target, c.TargetVersion)
	if err != nil {
		return err
	}
	switch {
	case c.Undo != nil:
		return e.undo(target, c.Undo)
	case c.Block:
		return e.mark(target, target.State < stateBlocked, target.State|stateBlocked)
	case c.Unblock:
		return e.mark(target, target.State >= stateBlocked, target.State&^stateBlocked)
	}
	if err := e.mark(target, target.State < stateMerged, 0); err != nil { // a guest no longer
		return err
	}
	for _, m := range c.Disable {
		if err := e.disable(target, m, c); err != nil {
			return err
		}
	}
	for _, m := range c.Move {
		from, err := e.identity(m.From)
		if err != nil {
			return err
		}
		if err := e.move(m.Login, from, target); err != nil {
			return err
		}
	}
	for _, l := range c.Unlink {
		if err := e.unlink(target, l); err != nil {
			return err
		}
	}
	return e.link(target, c.Link)
}

// identity reads an identity of the pool, or gives it as it was changed.
func (e *edit) identity(id string) (*row, error) {
	key, err := uuidBytes(id)
	if err != nil {
		return nil, err
	}
	for _, r := range e.rows {
		if string(r.ID) == string(key) {
			return r, nil
		}
	}
	found, err := e.q.Identity(e.ctx, key)
	if errors.Is(err, sql.ErrNoRows) || err == nil && found.Pool != e.pool {
		return nil, errChanged()
	}
	if err != nil {
		return nil, err
	}
	r, err := newRow(found)
	e.rows = append(e.rows, r)
	return r, err
}

// errChanged says that an identity is not as it was seen.
func errChanged() error { return &pool.Conflict{What: "the identity"} }

// seen is an identity that must have the version it was seen with.
func (e *edit) seen(id string, version int64) (*row, error) {
	r, err := e.identity(id)
	if err == nil && r.Version != version {
		return nil, errChanged()
	}
	return r, err
}

// mark changes the state of an identity, if it may, and counts that.
func (e *edit) mark(r *row, may bool, state int64) error {
	if !may {
		return errChanged()
	}
	r.Modified, r.State = e.at, state
	r.Version++
	return nil
}

// save writes the identities that were read.
func (e *edit) save() error {
	for _, r := range e.rows {
		err := e.q.UpdateIdentity(e.ctx, poolsql.UpdateIdentityParams{
			Modified: r.Modified, State: r.State, Parent: r.Parent, Version: r.Version, Logins: loginsText(r.logins, r.Created), ID: r.ID,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) move(l pool.Login, from, to *row) error {
	provider := e.names.number(l.Provider)
	moved, ok := from.take(provider, l.Subject)
	if !ok {
		return errChanged()
	}
	to.logins = append(to.logins, moved)
	return e.q.MoveLogin(e.ctx, poolsql.MoveLoginParams{Pool: e.pool, Provider: provider, Subject: l.Subject, Target: to.ID})
}

func (e *edit) unlink(r *row, l pool.Login) error {
	gone, ok := r.take(e.names.number(l.Provider), l.Subject)
	if !ok {
		return errChanged()
	}
	return errors.Join(e.forget(gone), e.q.PutUnlinked(e.ctx, poolsql.PutUnlinkedParams{Pool: e.pool, Provider: gone.provider, Subject: gone.subject}))
}

// forget removes what is kept of a login beside its identity's row.
func (e *edit) forget(l rowLogin) error {
	return errors.Join(
		e.q.DeleteLogin(e.ctx, poolsql.DeleteLoginParams{Pool: e.pool, Provider: l.provider, Subject: l.subject}),
		e.q.DeletePerson(e.ctx, poolsql.DeletePersonParams{Pool: e.pool, Provider: l.provider, Subject: l.subject}),
	)
}

func (e *edit) link(r *row, logins []pool.Login) error {
	for _, l := range logins {
		own := rowLogin{
			provider: e.names.number(l.Provider), subject: l.Subject, linked: l.Linked.UnixMilli(), remembered: millis(l.Remembered),
		}
		err := e.q.InsertLogin(e.ctx, poolsql.InsertLoginParams{Pool: e.pool, Provider: own.provider, Subject: own.subject, Identity: r.ID})
		if err != nil {
			return err
		}
		if l.Person != nil {
			if err := e.remember(own, l.Person); err != nil {
				return err
			}
		}
		r.logins = append(r.logins, own)
	}
	return nil
}

// insert adds an identity in whatever state it is.
func (e *edit) insert(i *pool.Identity) error {
	r := &row{Identity: poolsql.Identity{Pool: e.pool, Created: i.Created.UnixMilli(), Modified: i.Modified.UnixMilli(), Version: i.Version}}
	var err error
	if r.ID, err = uuidBytes(i.ID); err != nil {
		return err
	}
	for bit, set := range map[int64]bool{stateGuest: i.Guest, stateMerged: i.Disabled, stateBlocked: i.Blocked} {
		if set {
			r.State |= bit
		}
	}
	if i.Parent != "" {
		if r.Parent, err = uuidBytes(i.Parent); err != nil {
			return err
		}
	}
	if err := e.link(r, i.Logins); err != nil {
		return err
	}
	r.Logins = loginsText(r.logins, r.Created)
	return e.q.InsertIdentity(e.ctx, poolsql.InsertIdentityParams(r.Identity))
}

// DeleteIdentity implements pool.Store.
func (s *Pools) DeleteIdentity(ctx context.Context, id string) error {
	key, err := uuidBytes(id)
	if err != nil {
		return err
	}
	return s.db.Group(ctx, func(tx *sql.Tx) error {
		q := s.write.WithTx(tx)
		found, err := q.Identity(ctx, key)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.remove(ctx, q, found)
	})
}

// remove deletes an identity with all that belongs to it.
func (s *Pools) remove(ctx context.Context, q *poolsql.Queries, found poolsql.Identity) error {
	r, err := newRow(found)
	if err != nil {
		return err
	}
	e := &edit{ctx: ctx, q: q, names: s.names, pool: r.Pool}
	for _, l := range r.logins {
		if err := e.forget(l); err != nil {
			return err
		}
	}
	return errors.Join(q.DeleteMergesOfChild(ctx, r.ID), q.DeleteMergesIntoParent(ctx, r.ID), q.DeleteIdentity(ctx, r.ID))
}

// ListIdentities implements pool.Store.
func (s *Pools) ListIdentities(ctx context.Context, poolID string, after pool.Position, limit int, hideDisabled bool) ([]*pool.Identity, error) {
	afterID, afterTime := []byte{}, int64(0)
	if after.ID != "" {
		var err error
		if afterID, err = uuidBytes(after.ID); err != nil {
			return nil, err
		}
		afterTime = after.Created.UnixMilli()
	}
	number := s.names.number(poolID)
	var rows []poolsql.Identity
	var err error
	if hideDisabled {
		rows, err = s.read.ListEnabledIdentities(ctx, poolsql.ListEnabledIdentitiesParams{Pool: number, Created: afterTime, ID: afterID, Page: int32(limit)})
	} else {
		rows, err = s.read.ListIdentities(ctx, poolsql.ListIdentitiesParams{Pool: number, Created: afterTime, ID: afterID, Page: int32(limit)})
	}
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	list := make([]*pool.Identity, 0, len(rows))
	for n := range rows {
		i, err := s.names.identity(pool.Region(poolID), &rows[n])
		if err != nil {
			return nil, fmt.Errorf("list identities: %w", err)
		}
		list = append(list, i)
	}
	return list, nil
}
