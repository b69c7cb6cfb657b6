package sqlite_test

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
	"github.com/rockpool-id/rockpool/internal/store/storetest"
)

func TestPools(t *testing.T) {
	storetest.Pools(t, func(t *testing.T) (pool.Store, func() pool.Store) {
		folder := t.TempDir()
		var db *sqldb.DB
		var pools *sqlite.Pools
		open := func() pool.Store {
			var err error
			if db, err = sqldb.Open(folder); err != nil {
				t.Fatal(err)
			}
			if pools, err = sqlite.OpenPools(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			return pools
		}
		shut := func() {
			if err := pools.Close(); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		s := open()
		t.Cleanup(func() { shut() })
		return s, func() pool.Store { shut(); return open() }
	})
}
