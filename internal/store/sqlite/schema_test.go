package sqlite

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// TestMigrationsKeepTheRules stands in for the engines that speak PostgreSQL's
// protocol and cannot be had in a test: the migrations and queries may use only
// what all of them have (doc.go).
func TestMigrationsKeepTheRules(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)\b(REFERENCES|FOREIGN|SERIAL|BIGSERIAL|AUTOINCREMENT|SEQUENCE|TRIGGER|SAVEPOINT|TRUNCATE|COLLATE|TEMPORARY|WITHOUT ROWID|INTEGER|VARCHAR|TIMESTAMP|JSONB?)\b`)
	ddl := regexp.MustCompile(`(?im)^\s*(CREATE|ALTER)\b`)
	comment := regexp.MustCompile(`(?m)--.*$`)
	seen := 0
	for _, dir := range []struct {
		files fs.FS
		one   bool // one statement per migration
	}{{iamMigrations, true}, {keyMigrations, true}, {poolMigrations, false}, {decisionMigrations, true}, {revokeMigrations, true}, {issuedMigrations, true}} {
		err := fs.WalkDir(dir.files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(dir.files, path)
			if err != nil {
				return err
			}
			seen++
			if strings.HasPrefix(string(text), "-- SQLite only:") {
				return nil // it says why; where it ends is held below
			}
			up, down, ok := strings.Cut(string(text), "-- +goose Down")
			if !ok || !strings.Contains(down, "DROP ") {
				t.Errorf("%s cannot be undone", path)
			}
			up = comment.ReplaceAllString(up, "")
			if word := forbidden.FindString(up); word != "" {
				t.Errorf("%s uses %s", path, word)
			}
			if n := len(ddl.FindAllString(up, -1)); dir.one && n != 1 {
				t.Errorf("%s has %d statements, want one per transaction", path, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 10 {
		t.Errorf("only %d migrations were found", seen)
	}
	text, err := os.ReadFile("schema/pool.sql")
	if err != nil {
		t.Fatal(err)
	}
	if word := forbidden.FindString(comment.ReplaceAllString(string(text), "")); word != "" {
		t.Errorf("schema/pool.sql uses %s", word)
	}
}

// TestPoolMigrationsEndInTheSchema holds the tables that the migrations leave
// against those that sqlc reads.
func TestPoolMigrationsEndInTheSchema(t *testing.T) {
	text, err := os.ReadFile("schema/pool.sql")
	if err != nil {
		t.Fatal(err)
	}
	written, migrated := openDB(t, t.TempDir()), openDB(t, t.TempDir())
	if _, err := written.Writer().Exec(string(text)); err != nil {
		t.Fatal(err)
	}
	s, err := OpenPools(t.Context(), migrated)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want, got := columns(t, written), columns(t, migrated)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables differ (-schema/pool.sql +migrations):\n%s", diff)
	}
	if len(want) < 20 {
		t.Errorf("only %d columns were found", len(want))
	}
}

// columns describes every column of every table and index of identity pools.
func columns(t *testing.T, db *sqldb.DB) []string {
	t.Helper()
	rows, err := db.Reader().Query(`
SELECT t.name || '.' || c.name || ' ' || replace(c.type, 'BLOB', 'BYTEA') || ' ' || c."notnull" || ' key ' || c.pk
FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name LIKE 'identity%'
UNION ALL
SELECT t.name || ' ' || i.name || ' ' || i."unique" || i.partial || ' ' || c.seqno || ' ' || c.name
FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
WHERE t.type = 'table' AND t.name LIKE 'identity%' AND i.origin = 'c' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		list = append(list, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func openDB(t *testing.T, folder string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
