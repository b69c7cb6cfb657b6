package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

// mergedLogin is how the record of a merge keeps a login that moved.
type mergedLogin struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
	Linked   int64  `json:"linked"`
}

// disable marks an identity as merged into target and records the merge.
func (e *edit) disable(target *row, m pool.Merged, c *pool.Change) error {
	r, err := e.seen(m.ID, m.Version)
	if err != nil {
		return err
	}
	if err := e.mark(r, r.State < stateMerged, r.State|stateMerged); err != nil {
		return err
	}
	r.Parent = target.ID
	moved := []mergedLogin{}
	for _, v := range c.Move {
		if v.From == m.ID {
			moved = append(moved, mergedLogin{Provider: v.Login.Provider, Subject: v.Login.Subject, Linked: v.Login.Linked.UnixMilli()})
		}
	}
	text, err := json.Marshal(moved)
	if err != nil {
		return fmt.Errorf("encode merge: %w", err)
	}
	return e.q.InsertMerge(e.ctx, poolsql.InsertMergeParams{
		Child: r.ID, ChildVersion: m.Version, Parent: target.ID, Merged: e.at, Cause: string(c.Cause), Logins: string(text),
	})
}

// undo gives the child of a merge back what it lost to target, which may be blocked.
func (e *edit) undo(target *row, u *pool.Undo) error {
	child, err := e.seen(u.Child.ID, u.Child.Version)
	if err != nil {
		return err
	}
	if err := e.mark(target, target.State&stateMerged == 0, target.State); err != nil {
		return err
	}
	lost := child.State&stateMerged != 0 && bytes.Equal(child.Parent, target.ID)
	if err := e.mark(child, lost, child.State&^stateMerged); err != nil {
		return err
	}
	child.Parent = nil
	for _, l := range u.Merge.Logins {
		if err := e.move(l, target, child); err != nil {
			return err
		}
	}
	return one(e.q.UndoMerge(e.ctx, poolsql.UndoMergeParams{Undone: e.at, Child: child.ID, ChildVersion: u.Merge.ChildVersion, Parent: target.ID}))
}

// one turns the number of changed rows into a conflict unless it is one.
func one(rows int64, err error) error {
	if err != nil || rows == 1 {
		return err
	}
	return errChanged()
}

// Merges implements pool.Store.
func (s *Pools) Merges(ctx context.Context, id string, limit int) ([]*pool.Merge, error) {
	key, err := uuidBytes(id)
	if err != nil {
		return nil, nil // what is no id was never merged
	}
	lost, err := s.read.MergesOfChild(ctx, poolsql.MergesOfChildParams{Child: key, Limit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("read merges: %w", err)
	}
	won, err := s.read.MergesIntoParent(ctx, poolsql.MergesIntoParentParams{Parent: key, Limit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("read merges: %w", err)
	}
	list := make([]*pool.Merge, 0, len(lost)+len(won))
	for _, row := range append(lost, won...) {
		m, err := newMerge(pool.Region(id), row)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

func newMerge(region string, row poolsql.IdentityMerge) (*pool.Merge, error) {
	m := &pool.Merge{
		Child: idText(region, row.Child), ChildVersion: row.ChildVersion, Parent: idText(region, row.Parent),
		At: fromMillis(row.Merged), Undone: sometime(row.Undone), Cause: pool.Cause(row.Cause),
	}
	var moved []mergedLogin
	if err := json.Unmarshal([]byte(row.Logins), &moved); err != nil {
		return nil, fmt.Errorf("merge of %s: %w", m.Child, err)
	}
	for _, l := range moved {
		m.Logins = append(m.Logins, pool.Login{Provider: l.Provider, Subject: l.Subject, Linked: fromMillis(l.Linked)})
	}
	return m, nil
}

// Logins implements pool.Store.
func (s *Pools) Logins(ctx context.Context, id string) (list []pool.Login, err error) {
	key, err := uuidBytes(id)
	if err != nil {
		return nil, nil // what is no id has no logins
	}
	err = s.snapshot(ctx, func(q *poolsql.Queries) error {
		found, err := q.Identity(ctx, key)
		if err != nil {
			return err
		}
		r, err := newRow(found)
		if err != nil {
			return err
		}
		for _, l := range r.logins {
			text, err := q.Person(ctx, poolsql.PersonParams{Pool: r.Pool, Provider: l.provider, Subject: l.subject})
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			whole, err := s.names.remembered(l, text)
			if err != nil {
				return err
			}
			list = append(list, whole)
		}
		return nil
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read logins: %w", err)
	}
	slices.SortFunc(list, pool.Login.Compare)
	return list, nil
}

// snapshot runs several reads that must agree.
func (s *Pools) snapshot(ctx context.Context, read func(q *poolsql.Queries) error) error {
	tx, err := s.db.Reader().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(read(s.read.WithTx(tx)), tx.Rollback())
}

// LoginsBySubject implements pool.Store. The key begins with the provider, so it is
// one seek to each provider and one for the subject there.
func (s *Pools) LoginsBySubject(ctx context.Context, poolID, subject string, limit int) ([]pool.OwnedLogin, error) {
	var list []pool.OwnedLogin
	for provider := int64(0); len(list) < limit; {
		var err error
		provider, err = s.read.NextProvider(ctx, poolsql.NextProviderParams{Pool: s.names.number(poolID), Provider: provider})
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read providers: %w", err)
		}
		name := s.names.name(provider)
		owner, err := s.LoginOwner(ctx, poolID, name, subject)
		if err != nil {
			return nil, err
		}
		if owner != "" {
			list = append(list, pool.OwnedLogin{Identity: owner, Login: pool.Login{Provider: name, Subject: subject}})
		}
	}
	sortByProvider(list)
	return list, nil
}

// LoginsByEmail implements pool.Store.
func (s *Pools) LoginsByEmail(ctx context.Context, poolID, email string, limit int) ([]pool.OwnedLogin, error) {
	rows, err := s.read.LoginsByEmail(ctx, poolsql.LoginsByEmailParams{Pool: s.names.number(poolID), Email: email, Page: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("read logins: %w", err)
	}
	list := make([]pool.OwnedLogin, 0, len(rows))
	for _, found := range rows {
		r, err := newRow(found.Identity)
		if err != nil {
			return nil, err
		}
		l, _ := r.take(found.Provider, found.Subject)
		whole, err := s.names.remembered(l, found.Person)
		if err != nil {
			return nil, err
		}
		list = append(list, pool.OwnedLogin{Identity: idText(pool.Region(poolID), r.ID), Login: whole})
	}
	sortByProvider(list)
	return list, nil
}

// WasUnlinked implements pool.Store.
func (s *Pools) WasUnlinked(ctx context.Context, poolID, provider, subject string) (bool, error) {
	n, err := s.read.WasUnlinked(ctx, poolsql.WasUnlinkedParams{Pool: s.names.number(poolID), Provider: s.names.number(provider), Subject: subject})
	if err != nil {
		return false, fmt.Errorf("read unlinked logins: %w", err)
	}
	return n > 0, nil
}

// sortByProvider orders logins by name: numbers would say which came first.
func sortByProvider(list []pool.OwnedLogin) {
	slices.SortStableFunc(list, func(a, b pool.OwnedLogin) int { return cmp.Compare(a.Login.Provider, b.Login.Provider) })
}

// Remember implements pool.Store.
func (s *Pools) Remember(ctx context.Context, poolID string, l pool.Login) error {
	return s.db.Group(ctx, func(tx *sql.Tx) error {
		ctx := sqldb.Point(ctx)
		e := &edit{ctx: ctx, q: s.write.WithTx(tx), names: s.names, pool: s.names.number(poolID)}
		provider := s.names.number(l.Provider)
		owner, err := e.q.LoginOwner(ctx, poolsql.LoginOwnerParams{Pool: e.pool, Provider: provider, Subject: l.Subject})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := e.identity(idText(pool.Region(poolID), owner))
		if err != nil {
			return err
		}
		for i := range r.logins {
			own := &r.logins[i]
			if !own.is(provider, l.Subject) || own.remembered >= millis(l.Remembered) {
				continue
			}
			own.remembered = millis(l.Remembered)
			if err := e.remember(*own, l.Person); err != nil {
				return err
			}
			return e.save()
		}
		return nil
	})
}

// remember keeps what is known of the person of a login, or that nothing is.
func (e *edit) remember(l rowLogin, p *pool.Person) error {
	if p == nil {
		return e.q.DeletePerson(e.ctx, poolsql.DeletePersonParams{Pool: e.pool, Provider: l.provider, Subject: l.subject})
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode what is remembered of a login: %w", err)
	}
	return e.q.PutPerson(e.ctx, poolsql.PutPersonParams{
		Pool: e.pool, Provider: l.provider, Subject: l.subject, Email: p.EmailKey(), Person: string(text),
	})
}

// remembered is a login with its person, whose document is "" for nothing.
func (n *names) remembered(l rowLogin, person string) (pool.Login, error) {
	out := n.login(l)
	if person == "" {
		return out, nil
	}
	out.Person = &pool.Person{}
	if err := json.Unmarshal([]byte(person), out.Person); err != nil {
		return pool.Login{}, fmt.Errorf("what is remembered of a login of %s: %w", out.Provider, err)
	}
	return out, nil
}
