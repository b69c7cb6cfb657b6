package sqldb

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"
)

func files(kv ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i+1 < len(kv); i += 2 {
		m[kv[i]] = &fstest.MapFile{Data: []byte(kv[i+1])}
	}
	return m
}

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	one := files("00001_a.sql", "-- +goose Up\nCREATE TABLE a (x BIGINT);\n")
	two := files(
		"00001_a.sql", "-- +goose Up\nCREATE TABLE a (x BIGINT);\n",
		"00002_b.sql", "-- +goose Up\nALTER TABLE a ADD COLUMN y TEXT;\n")

	t.Run("engines number their migrations independently and may migrate at every start", func(t *testing.T) {
		db := openTest(t, t.TempDir())
		for range 2 {
			if err := Migrate(ctx, db, "first", two); err != nil {
				t.Fatal(err)
			}
			if err := Migrate(ctx, db, "second", files("00001_c.sql", "-- +goose Up\nCREATE TABLE c (x BIGINT);\n")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Reader().Exec("SELECT y FROM a, c"); err != nil {
			t.Error(err)
		}
	})
	t.Run("a later start applies only what is new", func(t *testing.T) {
		db := openTest(t, t.TempDir())
		for _, fsys := range []fstest.MapFS{one, two} {
			if err := Migrate(ctx, db, "e", fsys); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("a database from a newer program is refused", func(t *testing.T) {
		db := openTest(t, t.TempDir())
		if err := Migrate(ctx, db, "e", two); err != nil {
			t.Fatal(err)
		}
		var newer *Newer
		if err := Migrate(ctx, db, "e", one); !errors.As(err, &newer) || newer.Have != 2 || newer.Known != 1 {
			t.Errorf("got %v, want *Newer{2, 1}", err)
		}
	})
	t.Run("a failing migration names its file and leaves nothing of itself", func(t *testing.T) {
		db := openTest(t, t.TempDir())
		bad := files("00001_a.sql", "-- +goose Up\nCREATE TABLE a (x BIGINT);\nCREATE TABLE a (x BIGINT);\n")
		if err := Migrate(ctx, db, "e", bad); err == nil {
			t.Fatal("no error")
		}
		if err := Migrate(ctx, db, "e", one); err != nil {
			t.Errorf("the corrected migration: %v", err)
		}
	})
	t.Run("a name that is not a word is refused", func(t *testing.T) {
		db := openTest(t, t.TempDir())
		if err := Migrate(ctx, db, "x; DROP TABLE y", one); err == nil {
			t.Error("no error")
		}
	})
	t.Run("after Close it is refused", func(t *testing.T) {
		db := openTest(t, t.TempDir())
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := Migrate(ctx, db, "e", one); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	})
}
