package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/object"
)

// openSwept opens a store that regards every file as old enough.
func openSwept(t *testing.T) *Store {
	t.Helper()
	s := openTest(t, t.TempDir())
	s.sweepAge = 0
	if err := s.CreateBucket(context.Background(), object.Bucket{Name: "b"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func plant(t *testing.T, s *Store, name string) string {
	t.Helper()
	path := filepath.Join(s.folder, "blobs", name[:2], name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSweep(t *testing.T) {
	ctx := context.Background()
	t.Run("removes old files without a row and nothing else", func(t *testing.T) {
		s := openSwept(t)
		body := strings.Repeat("x", 20_000)
		for _, key := range []string{"kept", "copied", "deleted"} {
			if _, err := s.Put(ctx, "b", key, strings.NewReader(body), object.PutOptions{Size: -1}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Copy(ctx, "b", "copied", "", "b", "copy", nil, nil, object.Precondition{}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Delete(ctx, "b", "copied", object.Precondition{}), s.Delete(ctx, "b", "deleted", object.Precondition{})); err != nil {
			t.Fatal(err)
		}
		foreign := plant(t, s, "README-by-an-operator")
		plant(t, s, strings.Repeat("ab", 16))
		removed, err := s.sweep(ctx)
		if err != nil || removed != 1 {
			t.Errorf("removed %d, %v; want 1", removed, err)
		}
		if err := os.Remove(foreign); err != nil {
			t.Errorf("a file that is not ours was removed: %v", err)
		}
		checkFiles(t, s)
		for _, key := range []string{"kept", "copy"} {
			if err := get(s, key); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("spares young files", func(t *testing.T) {
		s := openSwept(t)
		s.sweepAge = time.Hour
		path := plant(t, s, strings.Repeat("ab", 16))
		if removed, err := s.sweep(ctx); err != nil || removed != 0 {
			t.Errorf("removed %d, %v; want 0", removed, err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if removed, err := s.sweep(ctx); err != nil || removed != 1 {
			t.Errorf("removed %d, %v; want 1", removed, err)
		}
	})
	t.Run("spares files of writes in progress, whatever their age", func(t *testing.T) {
		s := openSwept(t)
		var wg sync.WaitGroup
		stop := make(chan struct{})
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.sweep(ctx); err != nil {
					t.Error(err)
				}
			}
		})
		var writers sync.WaitGroup
		for w := range 6 {
			writers.Go(func() {
				for i := range 25 {
					key, body := fmt.Sprintf("k%d", (w+i)%4), bodyOf(4*i+2+w%2)
					_, err := s.Put(ctx, "b", key, bytes.NewReader(body), object.PutOptions{Size: -1})
					if err == nil && w == 0 {
						err = storeParts(ctx, s, "mp", body)
					}
					if err == nil && w == 1 {
						_, err = s.Copy(ctx, "b", key, "", "b", "copy", nil, nil, object.Precondition{})
					}
					if err != nil {
						t.Error(err)
					}
					if err := get(s, key); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		close(stop)
		wg.Wait()
		checkFiles(t, s)
		for _, key := range []string{"k0", "k1", "k2", "k3", "mp", "copy"} {
			if err := get(s, key); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("files of an open multipart object outlive its deletion and the sweep until it is closed", func(t *testing.T) {
		s := openSwept(t)
		body := bodyOf(3)
		if err := storeParts(ctx, s, "k", body); err != nil {
			t.Fatal(err)
		}
		_, c, err := s.Open(ctx, "b", "k")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, "b", "k", object.Precondition{}); err != nil {
			t.Fatal(err)
		}
		if removed, err := s.sweep(ctx); err != nil || removed != 0 {
			t.Errorf("removed %d, %v; want 0", removed, err)
		}
		r, err := c.Section(0, int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if err := errors.Join(c.Close(), c.Close()); err != nil {
			t.Fatal(err)
		}
		checkFiles(t, s)
	})
	t.Run("runs by itself after Open, and tmp is emptied", func(t *testing.T) {
		folder := t.TempDir()
		s, closeAll, err := openStore(folder)
		if err != nil {
			t.Fatal(err)
		}
		path := plant(t, s, strings.Repeat("ab", 16))
		if err := os.WriteFile(filepath.Join(s.folder, "tmp", "half"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := closeAll(); err != nil {
			t.Fatal(err)
		}
		s, closeAll, err = openStore(folder)
		if err != nil {
			t.Fatal(err)
		}
		if left := files(t, filepath.Join(s.folder, "tmp")); len(left) > 0 {
			t.Errorf("tmp holds %q", left)
		}
		s.sweepAge, s.sweepEvery = 0, time.Hour
		sweepCtx, cancel := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.sweepForever(sweepCtx)
		}()
		for {
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				break
			}
		}
		cancel()
		<-ended
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	})
}
