package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func openTest(t testing.TB, folder string) *DB {
	t.Helper()
	db, err := Open(folder)
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

func openTable(t testing.TB, folder string) *DB {
	t.Helper()
	db := openTest(t, folder)
	_, err := db.Writer().Exec("CREATE TABLE IF NOT EXISTS note (id TEXT NOT NULL PRIMARY KEY, body BLOB NOT NULL)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func insert(id string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO note (id, body) VALUES (?, 'x')", id)
		return err
	}
}

func count(t testing.TB, db *DB) int {
	t.Helper()
	var n int
	if err := db.Reader().QueryRow("SELECT count(*) FROM note").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpenRefuses(t *testing.T) {
	root := os.Getuid() == 0
	cases := []struct {
		name    string
		prepare func(t *testing.T, folder string)
		reason  string
		skip    bool
	}{
		{"a file that is no database", func(t *testing.T, folder string) {
			write(t, filepath.Join(folder, "rockpool.db"), strings.Repeat("this is not SQLite. ", 1000))
		}, "not a database", false},
		{"a database whose pages are overwritten", func(t *testing.T, folder string) {
			db, err := Open(folder)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Writer().Exec("CREATE TABLE a (x BIGINT)"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(filepath.Join(folder, "rockpool.db"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteAt([]byte(strings.Repeat("\xff", 2000)), 100)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}, "damaged", false},
		{"the database of another program", func(t *testing.T, folder string) {
			w, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "rockpool.db"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Exec("CREATE TABLE theirs (x BIGINT)")
			if err := errors.Join(err, w.Close()); err != nil {
				t.Fatal(err)
			}
		}, "another program", false},
		{"a folder in the place of the file", func(t *testing.T, folder string) {
			if err := os.Mkdir(filepath.Join(folder, "rockpool.db"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, "cannot be opened", false},
		{"a file that cannot be written", func(t *testing.T, folder string) {
			db, err := Open(folder)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Close(), os.Chmod(filepath.Join(folder, "rockpool.db"), 0o400)); err != nil {
				t.Fatal(err)
			}
		}, "cannot be", root},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.skip {
				t.Skip("the superuser may write everything")
			}
			folder := t.TempDir()
			c.prepare(t, folder)
			db, err := Open(folder)
			if err == nil {
				t.Fatal("opened", db.Close())
			}
			var u *Unusable
			if !errors.As(err, &u) || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %v, want *Unusable saying %q", err, c.reason)
			}
			// The lock was given up: repairing the file is enough to go on.
			if err := os.RemoveAll(filepath.Join(folder, "rockpool.db")); err != nil {
				t.Fatal(err)
			}
			openTest(t, folder)
		})
	}
	t.Run("a read-only folder", func(t *testing.T) {
		if root {
			t.Skip("the superuser may write everything")
		}
		folder := t.TempDir()
		if err := os.Chmod(folder, 0o500); err != nil {
			t.Fatal(err)
		}
		if db, err := Open(folder); err == nil {
			t.Error("opened", db.Close())
		}
	})
	t.Run("a folder that is in use", func(t *testing.T) {
		folder := t.TempDir()
		openTest(t, folder)
		var inUse *InUse
		if _, err := Open(folder); !errors.As(err, &inUse) || inUse.Folder != folder {
			t.Errorf("got %v, want *InUse", err)
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenSettings(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a % folder?", "data")
	db := openTable(t, folder)
	if err := db.Group(context.Background(), insert("a")); err != nil {
		t.Fatal(err)
	}
	for _, handle := range []*sql.DB{db.Writer(), db.Reader()} {
		var mode string
		var synchronous int
		if err := errors.Join(handle.QueryRow("PRAGMA journal_mode").Scan(&mode), handle.QueryRow("PRAGMA synchronous").Scan(&synchronous)); err != nil {
			t.Fatal(err)
		}
		if mode != "wal" || synchronous != 2 {
			t.Errorf("journal %s, synchronous %d; want wal and 2 (FULL)", mode, synchronous)
		}
	}
	if _, err := db.Reader().Exec("DELETE FROM note"); err == nil {
		t.Error("a reader could write")
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 3 {
		t.Errorf("%d files, want database, log and lock", len(files))
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", f.Name(), info.Mode().Perm())
		}
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v; want mode 700", info, err)
	}
}

func TestClosed(t *testing.T) {
	ctx := context.Background()
	t.Run("writes after Close return ErrClosed, and closing twice is allowed", func(t *testing.T) {
		db := openTable(t, t.TempDir())
		for range 2 {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Group(ctx, insert("a")); !errors.Is(err, ErrClosed) {
			t.Errorf("Group: got %v, want ErrClosed", err)
		}
		if err := db.Update(ctx, insert("a")); !errors.Is(err, ErrClosed) {
			t.Errorf("Update: got %v, want ErrClosed", err)
		}
	})
	t.Run("writes racing with Close are either stored or refused", func(t *testing.T) {
		folder := t.TempDir()
		db := openTable(t, folder)
		var stored atomic.Int64
		var wg sync.WaitGroup
		half := make(chan struct{})
		for w := range 16 {
			wg.Go(func() {
				for i := 0; ; i++ {
					err := db.Group(ctx, insert(fmt.Sprint(w, "-", i)))
					if errors.Is(err, ErrClosed) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					if stored.Add(1) == 100 {
						close(half)
					}
				}
			})
		}
		<-half
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if got := count(t, openTable(t, folder)); int64(got) != stored.Load() {
			t.Errorf("%d rows, %d acknowledged", got, stored.Load())
		}
	})
}

func TestFull(t *testing.T) {
	t.Run("a full database refuses clearly and goes on when there is room", func(t *testing.T) {
		ctx := context.Background()
		db := openTable(t, t.TempDir())
		if err := db.Group(ctx, insert("before")); err != nil {
			t.Fatal(err)
		}
		limit := func(pages int) {
			if _, err := db.Writer().Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
				t.Fatal(err)
			}
		}
		big := func(tx *sql.Tx) error {
			_, err := tx.Exec("INSERT INTO note (id, body) VALUES ('big', zeroblob(1000000))")
			return err
		}
		limit(1)
		for _, run := range []func(context.Context, func(*sql.Tx) error) error{db.Group, db.Update} {
			if err := run(ctx, big); !Full(err) {
				t.Errorf("got %v, want disk full", err)
			}
		}
		limit(1 << 20)
		if err := db.Group(ctx, big); err != nil {
			t.Errorf("with room again: %v", err)
		}
		if got := count(t, db); got != 2 {
			t.Errorf("%d rows, want 2", got)
		}
	})
	t.Run("the disk's own words count too", func(t *testing.T) {
		for _, err := range []error{syscall.ENOSPC, syscall.EDQUOT} {
			if !Full(&os.PathError{Op: "write", Path: "x", Err: err}) {
				t.Errorf("%v is not Full", err)
			}
		}
	})
}
