package sqlite

import (
	"database/sql"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// TestANameThatIsStoredAlready: a commit that was reported as failed and made all
// the same leaves a name that memory does not know.
func TestANameThatIsStoredAlready(t *testing.T) {
	ctx := t.Context()
	db, err := sqldb.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := OpenPools(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := &pool.Pool{ID: "us-east-1:00000000-0000-4000-8000-00000000000f", Version: 1}
	if err := s.InsertPool(ctx, p); err != nil {
		t.Fatal(err)
	}
	err = db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO identity_name (number, name) VALUES (77, 'lost.example')`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, provider := range []string{"lost.example", "new.example"} {
		i := &pool.Identity{ID: "us-east-1:0000000" + string(rune('1'+n)) + "-abcd-4000-8000-000000000000", PoolID: p.ID, Version: 1}
		i.Created, i.Modified = time.UnixMilli(1), time.UnixMilli(1)
		i.Logins = []pool.Login{{Provider: provider, Subject: "x", Linked: time.UnixMilli(1)}}
		if err := s.Apply(ctx, &pool.Change{PoolID: p.ID, Create: i, At: i.Created}); err != nil {
			t.Fatalf("the first login at %s: %v", provider, err)
		}
		if owner, err := s.LoginOwner(ctx, p.ID, provider, "x"); err != nil || owner != i.ID {
			t.Errorf("%s's login is %q's, %v", provider, owner, err)
		}
	}
	if got := s.names.number("lost.example"); got != 77 {
		t.Errorf("the name got number %d beside the 77 it has", got)
	}
}
