package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

// people are the two reads of every sign-in. They are the statements
// IdentityWithLogins and LoginOwner of the query file, run without database/sql;
// a test holds them against those.
type people struct {
	identity *sqldb.Lookup
	owner    *sqldb.Lookup
}

func preparePeople(db *sqldb.DB) (people, error) {
	identity, err := db.Lookup(`SELECT i.pool, i.created, i.modified, i.state, i.parent, i.version, l.provider, l.subject, l.linked, l.remembered
FROM identity i LEFT JOIN identity_login l ON l.identity = i.id
WHERE i.id = $1`)
	if err != nil {
		return people{}, err
	}
	owner, err := db.Lookup(`SELECT identity FROM identity_login WHERE pool = $1 AND provider = $2 AND subject = $3`)
	return people{identity: identity, owner: owner}, err
}

// errColumns says that a row has not the types that its table has.
var errColumns = errors.New("unexpected types of columns")

// Identity implements pool.Store.
func (s *Pools) Identity(_ context.Context, id string) (*pool.Identity, error) {
	key, err := uuidBytes(id)
	if err != nil {
		return nil, &pool.NoIdentity{ID: id}
	}
	var i *pool.Identity
	err = s.people.identity.Each(func(v []driver.Value) error {
		if i == nil {
			row, ok := identityRow(key, v[:6])
			if !ok {
				return errColumns
			}
			i = newIdentity(pool.Region(id), row)
		}
		if v[6] == nil { // a guest's row has no login beside it
			return nil
		}
		provider, ok1 := v[6].(string)
		subject, ok2 := v[7].(string)
		linked, ok3 := v[8].(int64)
		remembered, ok4 := v[9].(int64)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return errColumns
		}
		i.Logins = append(i.Logins, pool.Login{
			Provider: provider, Subject: subject, Linked: fromMillis(linked), Remembered: sometime(remembered),
		})
		return nil
	}, key)
	if err != nil {
		return nil, fmt.Errorf("read identity: %w", err)
	}
	if i == nil {
		return nil, &pool.NoIdentity{ID: id}
	}
	slices.SortFunc(i.Logins, pool.Login.Compare)
	return i, nil
}

func identityRow(id []byte, v []driver.Value) (row poolsql.Identity, ok bool) {
	row.ID = id
	var typed [6]bool
	row.Pool, typed[0] = v[0].([]byte)
	row.Created, typed[1] = v[1].(int64)
	row.Modified, typed[2] = v[2].(int64)
	row.State, typed[3] = v[3].(int64)
	row.Parent, typed[4] = v[4].([]byte)
	typed[4] = typed[4] || v[4] == nil
	row.Version, typed[5] = v[5].(int64)
	return row, !slices.Contains(typed[:], false)
}

// LoginOwner implements pool.Store.
func (s *Pools) LoginOwner(_ context.Context, poolID, provider, subject string) (string, error) {
	key, err := uuidBytes(poolID)
	if err != nil {
		return "", err
	}
	owner := ""
	err = s.people.owner.Each(func(v []driver.Value) error {
		id, ok := v[0].([]byte)
		if !ok {
			return errColumns
		}
		owner = idText(pool.Region(poolID), id)
		return nil
	}, key, provider, subject)
	if err != nil {
		return "", fmt.Errorf("read login: %w", err)
	}
	return owner, nil
}
