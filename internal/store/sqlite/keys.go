package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/keysql"
)

//go:embed migrations/keys/*.sql
var keyMigrations embed.FS

// Keys keeps the key ring and the remembered public keys of login providers;
// it implements keys.Store and login.KeyStore.
type Keys struct{ db *sqldb.DB }

var (
	_ keys.Store     = (*Keys)(nil)
	_ login.KeyStore = (*Keys)(nil)
)

// OpenKeys brings the tables of keys up to date.
func OpenKeys(ctx context.Context, db *sqldb.DB) (*Keys, error) {
	if err := migrate(ctx, db, "keys", keyMigrations); err != nil {
		return nil, err
	}
	return &Keys{db: db}, nil
}

// ringKeyJSON is a ring key in the column records.
type ringKeyJSON struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	State   string `json:"state"`
	Serial  int    `json:"serial"`
	Created int64  `json:"created"`
	Changed int64  `json:"changed"`
	Sealed  []byte `json:"sealed"`
}

// Load implements keys.Store.
func (s *Keys) Load(ctx context.Context) ([]keys.Record, int64, error) {
	row, err := keysql.New(s.db.Reader()).LoadRing(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("load key ring: %w", err)
	}
	var list []ringKeyJSON
	if err := json.Unmarshal([]byte(row.Records), &list); err != nil {
		return nil, 0, fmt.Errorf("load key ring: %w", err)
	}
	return convert(list, func(k ringKeyJSON) keys.Record {
		return keys.Record{ID: k.ID, Kind: keys.Kind(k.Kind), State: keys.State(k.State), Serial: k.Serial,
			Created: fromMilli(k.Created), Changed: fromMilli(k.Changed), Sealed: k.Sealed}
	}), row.Version, nil
}

// Save implements keys.Store.
func (s *Keys) Save(ctx context.Context, records []keys.Record, version int64) error {
	text, err := json.Marshal(convert(records, func(r keys.Record) ringKeyJSON {
		return ringKeyJSON{r.ID, string(r.Kind), string(r.State), r.Serial, milli(r.Created), milli(r.Changed), r.Sealed}
	}))
	if err != nil {
		return fmt.Errorf("save key ring: %w", err)
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		q := keysql.New(tx)
		var n int64
		var err error
		if version == 0 {
			n, err = q.InsertRing(ctx, string(text))
		} else {
			n, err = q.UpdateRing(ctx, keysql.UpdateRingParams{Records: string(text), Was: version})
		}
		switch {
		case err != nil:
			return fmt.Errorf("save key ring: %w", err)
		case n == 0:
			return keys.ErrConflict
		}
		return nil
	})
}

// LoadKeys implements login.KeyStore.
func (s *Keys) LoadKeys(ctx context.Context, source string) (login.StoredKeys, bool, error) {
	row, err := keysql.New(s.db.Reader()).LoadLoginKeys(ctx, source)
	if errors.Is(err, sql.ErrNoRows) {
		return login.StoredKeys{}, false, nil
	}
	if err != nil {
		return login.StoredKeys{}, false, fmt.Errorf("load login keys: %w", err)
	}
	return login.StoredKeys{Source: source, KeySet: row.KeySet,
		FetchedAt: fromMilli(row.Fetched), FreshUntil: fromMilli(row.FreshUntil)}, true, nil
}

// SaveKeys implements login.KeyStore.
func (s *Keys) SaveKeys(ctx context.Context, k login.StoredKeys) error {
	return s.db.Group(ctx, func(tx *sql.Tx) error {
		err := keysql.New(tx).SaveLoginKeys(ctx, keysql.SaveLoginKeysParams{
			Source: k.Source, KeySet: k.KeySet, Fetched: milli(k.FetchedAt), FreshUntil: milli(k.FreshUntil),
		})
		if err != nil {
			return fmt.Errorf("save login keys: %w", err)
		}
		return nil
	})
}
