package sqlite_test

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
	"github.com/rockpool-id/rockpool/internal/store/storetest"
)

// opener opens an engine in a folder of the test and returns one of its stores,
// and how to get it again after a restart.
func opener[S any](part func(store.Engine) S) func(t *testing.T) (S, func() S) {
	return func(t *testing.T) (S, func() S) {
		folder := t.TempDir()
		var db *sqldb.DB
		var e *sqlite.Engine
		open := func() S {
			var err error
			if db, err = sqldb.Open(folder); err != nil {
				t.Fatal(err)
			}
			if e, err = sqlite.Open(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			return part(e)
		}
		shut := func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		s := open()
		t.Cleanup(func() { shut() })
		return s, func() S { shut(); return open() }
	}
}

func TestIAM(t *testing.T) {
	storetest.IAM(t, opener(func(e store.Engine) iam.Store { return e.IAM() }))
}

func TestKeys(t *testing.T) {
	storetest.Keys(t, opener(func(e store.Engine) keys.Store { return e.Ring() }))
}

func TestLoginKeys(t *testing.T) {
	storetest.LoginKeys(t, opener(func(e store.Engine) login.KeyStore { return e.LoginKeys() }))
}
