package sqlite_test

import (
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/revoke"
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

func TestKeyUses(t *testing.T) {
	storetest.KeyUses(t, opener(func(e store.Engine) iam.UseStore { return e.IAM().(iam.UseStore) }))
}

// TestSecretsSurviveARestart goes the whole way: ring and IAM in one database,
// reopened with the same master key.
func TestSecretsSurviveARestart(t *testing.T) {
	engine, reopen := opener(func(e store.Engine) store.Engine { return e })(t)
	master := must(keys.ParseMasterKey(strings.Repeat("A", 43), "test"))(t)
	load := func(e store.Engine) *iam.Service {
		ring := must(keys.Open(t.Context(), keys.Config{Store: e.Ring(), Master: master}))(t)
		return must(iam.New(t.Context(), iam.Config{Store: e.IAM(), Sealer: ring, Account: "000000000000"}))(t)
	}
	s := load(engine)
	must(s.CreateUser(t.Context(), iam.NewUser{Account: "000000000000", Name: "u"}))(t)
	k := must(s.CreateAccessKey(t.Context(), "000000000000", "u"))(t)
	again, found := load(reopen()).Snapshot().AccessKey(k.ID)
	if !found || !again.Active || again.Secret.Reveal() != k.Secret.Reveal() {
		t.Errorf("after the restart: %+v", again)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestKeys(t *testing.T) {
	storetest.Keys(t, opener(func(e store.Engine) keys.Store { return e.Ring() }))
}

func TestLoginKeys(t *testing.T) {
	storetest.LoginKeys(t, opener(func(e store.Engine) login.KeyStore { return e.LoginKeys() }))
}

func TestDecisions(t *testing.T) {
	storetest.Decisions(t, opener(func(e store.Engine) decision.Store { return e.Decisions() }))
}

func TestIssued(t *testing.T) {
	storetest.Issued(t, opener(func(e store.Engine) issued.Store { return e.Issued() }))
}

func TestRevocations(t *testing.T) {
	storetest.Revocations(t, opener(func(e store.Engine) revoke.Store { return e.Revocations() }))
}
