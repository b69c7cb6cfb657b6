package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rockpool-id/rockpool/internal/object"
)

// fullFile is a file on a disk that fills up.
type fullFile struct {
	file
	room       int
	atSync     bool
	atCloseErr error
}

func (f *fullFile) Write(b []byte) (int, error) {
	if len(b) > f.room && !f.atSync {
		n, err := f.file.Write(b[:f.room])
		f.room = 0
		return n, errors.Join(err, syscall.ENOSPC)
	}
	f.room -= len(b)
	return f.file.Write(b)
}

func (f *fullFile) Sync() error {
	if f.atSync {
		return syscall.EDQUOT
	}
	return f.file.Sync()
}

func (f *fullFile) Close() error { return errors.Join(f.file.Close(), f.atCloseErr) }

func TestFullDisk(t *testing.T) {
	ctx := context.Background()
	before := strings.Repeat("before", 10_000)
	for _, c := range []struct {
		name string
		wrap func(f file) (file, error)
	}{
		{"when the file is created", func(f file) (file, error) { return nil, errors.Join(f.Close(), syscall.ENOSPC) }},
		{"at the first byte", func(f file) (file, error) { return &fullFile{file: f}, nil }},
		{"in the middle", func(f file) (file, error) { return &fullFile{file: f, room: 140_000}, nil }},
		{"at sync", func(f file) (file, error) { return &fullFile{file: f, atSync: true}, nil }},
		{"at close", func(f file) (file, error) { return &fullFile{file: f, room: 1 << 30, atCloseErr: syscall.ENOSPC}, nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openSwept(t)
			if _, err := s.Put(ctx, "b", "k", strings.NewReader(before), object.PutOptions{Size: -1}); err != nil {
				t.Fatal(err)
			}
			up, err := s.CreateUpload(ctx, "b", "mp", object.PutOptions{}, "")
			if err != nil {
				t.Fatal(err)
			}
			create := s.create
			s.create = func(path string) (file, error) {
				f, err := create(path)
				if err != nil {
					return nil, err
				}
				wrapped, err := c.wrap(f)
				if wrapped == nil {
					err = errors.Join(err, os.Remove(path))
				}
				return wrapped, err
			}
			for _, size := range []int{150_000, 600_000} {
				body := bytes.Repeat([]byte("x"), size)
				_, err := s.Put(ctx, "b", "k", bytes.NewReader(body), object.PutOptions{Size: int64(size)})
				var full *object.Full
				if !errors.As(err, &full) {
					t.Errorf("put: got %v, want *object.Full", err)
				}
				_, err = s.PutPart(ctx, "b", "mp", up.ID, 1, bytes.NewReader(body), object.PutOptions{Size: int64(size)})
				if !errors.As(err, &full) {
					t.Errorf("part: got %v, want *object.Full", err)
				}
			}
			s.create = create
			checkFiles(t, s)
			if info, err := s.Head(ctx, "b", "k"); err != nil || info.Size != int64(len(before)) {
				t.Errorf("the former object: %v, %v", info, err)
			}
		})
	}
	t.Run("when the database has no room", func(t *testing.T) {
		s := openSwept(t)
		limit := func(pages int) {
			t.Helper()
			if _, err := s.db.Writer().Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
				t.Fatal(err)
			}
		}
		limit(1)
		var full *object.Full
		stored := map[string]bool{}
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			// In turn in the row and in a file.
			key := fmt.Sprint("k", i)
			if _, err = s.Put(ctx, "b", key, bytes.NewReader(bodyOf(4*i+1+i%2)), object.PutOptions{Size: -1}); err == nil {
				stored[key] = true
			}
		}
		if !errors.As(err, &full) {
			t.Errorf("got %v, want *object.Full", err)
		}
		if _, err = s.Put(ctx, "b", "file", bytes.NewReader(bodyOf(3)), object.PutOptions{Size: -1, Metadata: map[string]string{"m": strings.Repeat("x", 10_000)}}); !errors.As(err, &full) {
			t.Errorf("got %v, want *object.Full", err)
		}
		checkFiles(t, s)
		for key := range stored {
			if err := get(s, key); err != nil {
				t.Error(err)
			}
		}
		limit(1 << 20)
		if _, err := s.Put(ctx, "b", "file", bytes.NewReader(bodyOf(3)), object.PutOptions{Size: -1}); err != nil {
			t.Errorf("with room again: %v", err)
		}
	})
}

func TestDamage(t *testing.T) {
	ctx := context.Background()
	body := bytes.Repeat([]byte("x"), 50_000)
	for name, damage := range map[string]func(path string) error{
		"a file that is missing":    os.Remove,
		"a file that was cut short": func(path string) error { return os.Truncate(path, 100) },
	} {
		t.Run(name+" is an error and not a short body", func(t *testing.T) {
			s := openTest(t, t.TempDir())
			if err := s.CreateBucket(ctx, object.Bucket{Name: "b"}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Put(ctx, "b", "k", bytes.NewReader(body), object.PutOptions{Size: -1}); err != nil {
				t.Fatal(err)
			}
			if err := storeParts(ctx, s, "mp", body); err != nil {
				t.Fatal(err)
			}
			for _, name := range files(t, filepath.Join(s.folder, "blobs")) {
				if err := damage(filepath.Join(s.folder, "blobs", name[:2], name)); err != nil {
					t.Fatal(err)
				}
			}
			for _, key := range []string{"k", "mp"} {
				if err := get(s, key); err == nil {
					t.Errorf("%s: no error", key)
				}
			}
		})
	}
}
