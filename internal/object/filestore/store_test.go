package filestore

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/object/objecttest"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// openTest opens a store in folder that does not sweep by itself.
func openTest(t testing.TB, folder string) *Store {
	t.Helper()
	s, closeAll, err := openStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openStore(folder string) (s *Store, closeAll func() error, err error) {
	db, err := sqldb.Open(folder)
	if err != nil {
		return nil, nil, err
	}
	s, err = Open(context.Background(), Config{
		DB: db, Folder: filepath.Join(folder, "objects"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Rand: rand.Reader, SweepEvery: -1,
	})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return s, func() error { return errors.Join(s.Close(), db.Close()) }, nil
}

func TestConformance(t *testing.T) {
	objecttest.Run(t, func(t *testing.T) object.Store {
		s := openTest(t, t.TempDir())
		t.Cleanup(func() { checkFiles(t, s) })
		return s
	})
}
