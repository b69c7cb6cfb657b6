package sqlite

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
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
	}{{iamMigrations, true}, {keyMigrations, true}, {poolMigrations, false}, {decisionMigrations, true}, {revokeMigrations, true}} {
		err := fs.WalkDir(dir.files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(dir.files, path)
			if err != nil {
				return err
			}
			seen++
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
}
