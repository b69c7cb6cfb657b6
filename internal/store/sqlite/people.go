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

// people are the two reads of every sign-in, each of one row by its key. They are
// the statements Identity and LoginOwner of the query file, run without
// database/sql; a test holds them against those.
type people struct {
	identity *sqldb.Lookup
	owner    *sqldb.Lookup
}

func preparePeople(db *sqldb.DB) (people, error) {
	identity, err := db.Lookup(`SELECT pool, created, modified, state, parent, version, logins FROM identity WHERE id = $1`)
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
	err = s.people.identity.Each(func(v []driver.Value) (err error) {
		row, ok := identityRow(key, v)
		if !ok {
			return errColumns
		}
		i, err = s.names.identity(pool.Region(id), &row)
		return err
	}, key)
	if err != nil {
		return nil, fmt.Errorf("read identity: %w", err)
	}
	if i == nil {
		return nil, &pool.NoIdentity{ID: id}
	}
	return i, nil
}

func identityRow(id []byte, v []driver.Value) (row poolsql.Identity, ok bool) {
	row.ID = id
	var typed [7]bool
	row.Pool, typed[0] = v[0].(int64)
	row.Created, typed[1] = v[1].(int64)
	row.Modified, typed[2] = v[2].(int64)
	row.State, typed[3] = v[3].(int64)
	row.Parent, typed[4] = v[4].([]byte)
	typed[4] = typed[4] || v[4] == nil
	row.Version, typed[5] = v[5].(int64)
	row.Logins, typed[6] = v[6].(string)
	return row, !slices.Contains(typed[:], false)
}

// LoginOwner implements pool.Store.
func (s *Pools) LoginOwner(_ context.Context, poolID, provider, subject string) (string, error) {
	inPool, from := s.names.number(poolID), s.names.number(provider)
	if inPool == 0 || from == 0 {
		return "", nil
	}
	owner := ""
	err := s.people.owner.Each(func(v []driver.Value) error {
		id, ok := v[0].([]byte)
		if !ok {
			return errColumns
		}
		owner = idText(pool.Region(poolID), id)
		return nil
	}, inPool, from, subject)
	if err != nil {
		return "", fmt.Errorf("read login: %w", err)
	}
	return owner, nil
}
