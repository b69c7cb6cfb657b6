package sqlite

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// TestMain lets the test binary be the process that is killed while it migrates.
func TestMain(m *testing.M) {
	folder := os.Getenv("SQLITE_TEST_MIGRATE")
	if folder == "" {
		os.Exit(m.Run())
	}
	db, err := sqldb.Open(folder)
	if err == nil {
		fmt.Println("migrating")
		_, err = OpenPools(context.Background(), db)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// oldPools makes the tables of identity pools as the programs before migration 9
// left them.
func oldPools(t *testing.T, db *sqldb.DB) {
	t.Helper()
	files := fstest.MapFS{}
	paths, err := fs.Glob(poolMigrations, "migrations/pool/000[1-8]_*.sql")
	if err != nil || len(paths) != 8 {
		t.Fatalf("%d migrations, %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := fs.ReadFile(poolMigrations, path)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(path, "migrations/pool/")] = &fstest.MapFile{Data: text}
	}
	if err := sqldb.Migrate(t.Context(), db, "pool", files); err != nil {
		t.Fatal(err)
	}
}

const (
	oldPoolA    = "eu-west-1:aaaaaaaa-0000-4000-8000-000000000001"
	oldPoolB    = "eu-west-1:bbbbbbbb-0000-4000-8000-000000000002"
	oldPoolGone = "eu-west-1:cccccccc-0000-4000-8000-000000000003"
)

func oldID(n int) string { return fmt.Sprintf("eu-west-1:%08x-1234-4000-8000-0000000000ff", n) }

var oldTime = time.UnixMilli(1_700_000_000_123).UTC()

// oldPeople is an identity of every kind.
func oldPeople() []*pool.Identity {
	at := func(ms int) time.Time { return oldTime.Add(time.Duration(ms) * time.Millisecond) }
	anna := &pool.Person{Email: "Anna@Example.com", EmailVerified: true, Vouched: true, Name: "Anna Ä", PreferredUsername: "anna"}
	list := []*pool.Identity{
		{PoolID: oldPoolA, Guest: true},
		{PoolID: oldPoolA, Logins: []pool.Login{{Provider: "accounts.google.com", Subject: "100000000000000001", Linked: at(1)}}},
		{PoolID: oldPoolA, Modified: at(900), Version: 4, Logins: []pool.Login{
			{Provider: "login.example", Subject: "from an older identity", Linked: at(-5000)},
			{Provider: "accounts.google.com", Subject: "2", Linked: at(2), Remembered: at(50), Person: anna},
			{Provider: "login.example", Subject: "7 0 0 3 é\n' \"\x01", Linked: at(10)},
			{Provider: "www.amazon.com", Subject: "nothing remembered", Linked: at(20), Remembered: at(60)},
			{Provider: "graph.facebook.com", Subject: "1 0 0 3 abc\x002 0 0 1 x\xff\xfe", Linked: at(30)},
		}},
		{PoolID: oldPoolA, Disabled: true, Parent: oldID(2), Version: 2},
		{PoolID: oldPoolA, Blocked: true, Version: 3, Logins: []pool.Login{
			{Provider: "graph.facebook.com", Subject: "2", Linked: at(4), Remembered: at(70), Person: &pool.Person{Name: "no address"}},
		}},
		{PoolID: oldPoolA, Blocked: true, Guest: true, Disabled: true, Parent: oldID(2), Version: 7},
		{PoolID: oldPoolA}, // its last login was taken off
		{PoolID: oldPoolB, Logins: []pool.Login{
			{Provider: "accounts.google.com", Subject: "2", Linked: at(7), Remembered: at(80), Person: &pool.Person{Email: "anna@example.com"}},
		}},
		{PoolID: oldPoolGone, Logins: []pool.Login{{Provider: "accounts.google.com", Subject: "2", Linked: at(8)}}},
	}
	for n, i := range list {
		i.ID, i.Created = oldID(n), at(n)
		if i.Modified.IsZero() {
			i.Modified = i.Created
		}
		i.Version = max(i.Version, 1)
	}
	return list
}

// writeOld puts an identity into the old tables.
func writeOld(tx *sql.Tx, i *pool.Identity) error {
	id, err := uuidBytes(i.ID)
	if err != nil {
		return err
	}
	poolKey, err := uuidBytes(i.PoolID)
	if err != nil {
		return err
	}
	var parent []byte
	state := 0
	for bit, set := range map[int]bool{1: i.Guest, 2: i.Disabled, 4: i.Blocked} {
		if set {
			state += bit
		}
	}
	if i.Parent != "" {
		if parent, err = uuidBytes(i.Parent); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`INSERT INTO identity (id, pool, created, modified, state, parent, version) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, poolKey, i.Created.UnixMilli(), i.Modified.UnixMilli(), state, parent, i.Version)
	for _, l := range i.Logins {
		person := ""
		if l.Person != nil {
			text, failed := json.Marshal(l.Person)
			person, err = string(text), errors.Join(err, failed)
		}
		_, failed := tx.Exec(`INSERT INTO identity_login (pool, provider, subject, identity, linked, remembered, email, person) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			poolKey, l.Provider, l.Subject, id, l.Linked.UnixMilli(), millis(l.Remembered), l.Person.EmailKey(), person)
		err = errors.Join(err, failed)
	}
	return err
}

func TestCompactIdentitiesKeepEveryRow(t *testing.T) {
	ctx := t.Context()
	db := openDB(t, t.TempDir())
	oldPools(t, db)
	all := oldPeople()
	moved := pool.Login{Provider: "login.example", Subject: "from an older identity", Linked: oldTime.Add(-5000 * time.Millisecond)}
	err := db.Update(ctx, func(tx *sql.Tx) error {
		for _, i := range all {
			if err := writeOld(tx, i); err != nil {
				return err
			}
		}
		child, err := uuidBytes(oldID(3))
		if err != nil {
			return err
		}
		parent, err := uuidBytes(oldID(2))
		if err != nil {
			return err
		}
		record, err := json.Marshal([]mergedLogin{{Provider: moved.Provider, Subject: moved.Subject, Linked: moved.Linked.UnixMilli()}})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO identity_merge (child, child_version, parent, merged, undone, cause, logins) VALUES ($1, 1, $2, $3, 0, 'developer', $4)`,
			child, parent, oldTime.UnixMilli(), string(record))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO identity_pool (id, version, document) VALUES ($1, 3, '{"Name":"a"}'), ($2, 1, '{"Name":"b"}')`, oldPoolA, oldPoolB)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO identity_pool_deleted (id) VALUES ($1)`, oldPoolGone)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenPools(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	pools, err := s.LoadPools(ctx)
	if err != nil || len(pools) != 2 || pools[0].ID != oldPoolA || pools[0].Version != 3 || pools[1].Name != "b" {
		t.Errorf("pools: %+v, %v", pools, err)
	}
	sorted := func(logins []pool.Login) []pool.Login {
		logins = slices.Clone(logins)
		slices.SortFunc(logins, pool.Login.Compare)
		return logins
	}
	plain := cmpopts.IgnoreFields(pool.Login{}, "Person")
	for _, want := range all {
		want.Logins = sorted(want.Logins)
		got, err := s.Identity(ctx, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, plain); diff != "" {
			t.Errorf("identity differs (-old +new):\n%s", diff)
		}
		logins, err := s.Logins(ctx, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Logins, logins); diff != "" {
			t.Errorf("logins with people differ (-old +new):\n%s", diff)
		}
		for _, l := range want.Logins {
			if owner, err := s.LoginOwner(ctx, want.PoolID, l.Provider, l.Subject); owner != want.ID || err != nil {
				t.Errorf("owner of %s %q: %s, %v", l.Provider, l.Subject, owner, err)
			}
		}
	}
	listed, err := s.ListIdentities(ctx, oldPoolA, pool.Position{}, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all[:7], listed, plain); diff != "" {
		t.Errorf("listing differs (-old +new):\n%s", diff)
	}
	for poolID, want := range map[string]*pool.Identity{oldPoolA: all[2], oldPoolB: all[7]} {
		found, err := s.LoginsByEmail(ctx, poolID, "anna@example.com", 10)
		if err != nil || len(found) != 1 || found[0].Identity != want.ID || found[0].Login.Person == nil {
			t.Errorf("by address in %s: %+v, %v", poolID, found, err)
		}
	}
	if found, err := s.LoginsBySubject(ctx, oldPoolA, "2", 10); err != nil || len(found) != 2 {
		t.Errorf("by subject: %+v, %v", found, err)
	}
	merges, err := s.Merges(ctx, oldID(3), 10)
	if err != nil || len(merges) != 1 || merges[0].Parent != oldID(2) || merges[0].Cause != pool.ByDeveloper {
		t.Fatalf("merges: %+v, %v", merges, err)
	}
	err = s.Apply(ctx, &pool.Change{
		PoolID: oldPoolA, Target: oldID(2), TargetVersion: 4, At: oldTime,
		Undo: &pool.Undo{Merge: merges[0], Child: pool.Merged{ID: oldID(3), Version: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := s.Identity(ctx, oldID(3)); err != nil || back.Disabled || !slices.Equal(back.Logins, []pool.Login{moved}) {
		t.Errorf("after undoing the old merge: %+v, %v", back, err)
	}
	if err := s.SweepPools(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Identity(ctx, oldID(8)); !errors.As(err, new(*pool.NoIdentity)) {
		t.Errorf("an identity of the deleted pool: %v", err)
	}
}

// TestCompactIdentitiesGoBack holds that the way back has a row for every identity
// and every login.
func TestCompactIdentitiesGoBack(t *testing.T) {
	db := openDB(t, t.TempDir())
	oldPools(t, db)
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		for _, i := range oldPeople() {
			if err := writeOld(tx, i); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO identity_pool (id, version, document) VALUES ($1, 1, '{}'), ($2, 1, '{}'), ($3, 1, '{}')`,
			oldPoolA, oldPoolB, oldPoolGone)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const all = `SELECT group_concat(hex(i.id) || hex(i.pool) || i.state || hex(coalesce(l.pool || l.provider || l.subject || l.email || l.person, '')), char(10) ORDER BY i.id, l.subject)
FROM identity i LEFT JOIN identity_login l ON l.identity = i.id`
	read := func() (text string) {
		t.Helper()
		if err := db.Writer().QueryRow(all).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	want := read()
	s, err := OpenPools(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(poolMigrations, "migrations/pool/0009_compact_identities.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, down, _ := strings.Cut(string(text), "-- +goose Down")
	if _, err := db.Writer().Exec(down); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("rows differ (-old +back):\n%s", diff)
	}
}

// TestKilledMigrationLosesNothing kills a process that migrates, sooner or later,
// and finds everybody afterwards.
func TestKilledMigrationLosesNothing(t *testing.T) {
	delays, people := []time.Duration{0, 20, 150}, 10_000
	if testing.Short() {
		delays, people = []time.Duration{20}, 5_000
	}
	for _, delay := range delays {
		t.Run((delay * time.Millisecond).String(), func(t *testing.T) {
			folder := t.TempDir()
			fillOld(t, folder, people)
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), "SQLITE_TEST_MIGRATE="+folder)
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			if !bufio.NewScanner(out).Scan() {
				t.Fatal("the child did not begin")
			}
			killed := time.AfterFunc(delay*time.Millisecond, func() { _ = child.Process.Kill() })
			err = child.Wait()
			killed.Stop()
			t.Logf("the child ended with %v", err)

			db := openDB(t, folder)
			s, err := OpenPools(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			list, err := s.ListIdentities(t.Context(), oldPoolA, pool.Position{}, people+1, false)
			if err != nil || len(list) != people {
				t.Fatalf("%d identities, %v", len(list), err)
			}
			for _, i := range list[:1000] {
				owner, err := s.LoginOwner(t.Context(), oldPoolA, "accounts.google.com", i.Logins[0].Subject)
				if err != nil || owner != i.ID {
					t.Fatalf("owner of %s: %s, %v", i.ID, owner, err)
				}
			}
			var result string
			if err := db.Reader().QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
				t.Errorf("integrity: %s, %v", result, err)
			}
		})
	}
}

// fillOld makes people in the old tables.
func fillOld(t *testing.T, folder string, people int) {
	t.Helper()
	db, err := sqldb.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	oldPools(t, db)
	key, err := uuidBytes(oldPoolA)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO identity_pool (id, version, document) VALUES ($1, 1, '{}')`, oldPoolA)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
INSERT INTO identity (id, pool, created, modified, state, parent, version) SELECT randomblob(16), $1, 1700000000000 + i, 1700000000000 + i, 0, NULL, 1 FROM n`, key, people)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO identity_login (pool, provider, subject, identity, linked)
SELECT pool, 'accounts.google.com', 100000000000000000 + rowid || '', id, created FROM identity`)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
