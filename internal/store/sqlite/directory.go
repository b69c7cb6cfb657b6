package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

// mergedLogin is how the record of a merge keeps a login that moved.
type mergedLogin struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
	Linked   int64  `json:"linked"`
}

// disable marks an identity as merged into target and records the merge.
func disable(ctx context.Context, q *poolsql.Queries, target []byte, m pool.Merged, c *pool.Change) error {
	id, err := uuidBytes(m.ID)
	if err != nil {
		return err
	}
	at := c.At.UnixMilli()
	if err := one(q.DisableIdentity(ctx, poolsql.DisableIdentityParams{Modified: at, Parent: target, ID: id, Was: m.Version})); err != nil {
		return err
	}
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
	return q.InsertMerge(ctx, poolsql.InsertMergeParams{
		Child: id, ChildVersion: m.Version, Parent: target, Merged: at, Cause: string(c.Cause), Logins: string(text),
	})
}

// undo gives the child of a merge back what it lost to target.
func undo(ctx context.Context, q *poolsql.Queries, poolKey, target []byte, c *pool.Change) error {
	child, err := uuidBytes(c.Undo.Child.ID)
	if err != nil {
		return err
	}
	at := c.At.UnixMilli()
	err = one(q.GiveBackLogins(ctx, poolsql.GiveBackLoginsParams{Modified: at, ID: target, Was: c.TargetVersion}))
	if err != nil {
		return err
	}
	err = one(q.RestoreIdentity(ctx, poolsql.RestoreIdentityParams{Modified: at, ID: child, Was: c.Undo.Child.Version, Parent: target}))
	if err != nil {
		return err
	}
	for _, l := range c.Undo.Merge.Logins {
		if err := move(ctx, q, poolKey, l, target, child); err != nil {
			return err
		}
	}
	return one(q.UndoMerge(ctx, poolsql.UndoMergeParams{Undone: at, Child: child, ChildVersion: c.Undo.Merge.ChildVersion, Parent: target}))
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
func (s *Pools) Logins(ctx context.Context, id string) ([]pool.Login, error) {
	key, err := uuidBytes(id)
	if err != nil {
		return nil, nil // what is no id has no logins
	}
	rows, err := s.read.LoginsOfIdentity(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read logins: %w", err)
	}
	list := make([]pool.Login, 0, len(rows))
	for _, r := range rows {
		l, err := newLogin(r.Provider, r.Subject, r.Linked, r.Remembered, r.Person)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// LoginsBySubject implements pool.Store. The index begins with the provider, so it
// is one seek to each provider and one for the subject there.
func (s *Pools) LoginsBySubject(ctx context.Context, poolID, subject string, limit int) ([]pool.OwnedLogin, error) {
	key, err := uuidBytes(poolID)
	if err != nil {
		return nil, err
	}
	var list []pool.OwnedLogin
	provider := ""
	for len(list) < limit {
		provider, err = s.read.NextProvider(ctx, poolsql.NextProviderParams{Pool: key, Provider: provider})
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read providers: %w", err)
		}
		owner, err := s.LoginOwner(ctx, poolID, provider, subject)
		if err != nil {
			return nil, err
		}
		if owner != "" {
			list = append(list, pool.OwnedLogin{Identity: owner, Login: pool.Login{Provider: provider, Subject: subject}})
		}
	}
	return list, nil
}

// LoginsByEmail implements pool.Store.
func (s *Pools) LoginsByEmail(ctx context.Context, poolID, email string, limit int) ([]pool.OwnedLogin, error) {
	key, err := uuidBytes(poolID)
	if err != nil {
		return nil, err
	}
	rows, err := s.read.LoginsByEmail(ctx, poolsql.LoginsByEmailParams{Pool: key, Email: email, Page: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("read logins: %w", err)
	}
	list := make([]pool.OwnedLogin, 0, len(rows))
	for _, r := range rows {
		l, err := newLogin(r.Provider, r.Subject, r.Linked, r.Remembered, r.Person)
		if err != nil {
			return nil, err
		}
		list = append(list, pool.OwnedLogin{Identity: idText(pool.Region(poolID), r.Identity), Login: l})
	}
	return list, nil
}

// Remember implements pool.Store.
func (s *Pools) Remember(ctx context.Context, poolID string, l pool.Login) error {
	key, err := uuidBytes(poolID)
	if err != nil {
		return err
	}
	text, err := personText(l.Person)
	if err != nil {
		return err
	}
	return s.db.Group(ctx, func(tx *sql.Tx) error {
		return s.write.WithTx(tx).RememberPerson(ctx, poolsql.RememberPersonParams{
			Remembered: millis(l.Remembered), Email: l.Person.EmailKey(), Person: text, Pool: key, Provider: l.Provider, Subject: l.Subject,
		})
	})
}

func newLogin(provider, subject string, linked, remembered int64, person string) (pool.Login, error) {
	l := pool.Login{Provider: provider, Subject: subject, Linked: time.UnixMilli(linked).UTC(), Remembered: sometime(remembered)}
	if person == "" {
		return l, nil
	}
	l.Person = &pool.Person{}
	if err := json.Unmarshal([]byte(person), l.Person); err != nil {
		return pool.Login{}, fmt.Errorf("what is remembered of a login of %s: %w", provider, err)
	}
	return l, nil
}

// personText is the document of a row, "" for nothing.
func personText(p *pool.Person) (string, error) {
	if p == nil {
		return "", nil
	}
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode what is remembered of a login: %w", err)
	}
	return string(text), nil
}
