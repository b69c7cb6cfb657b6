package filestore

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/object"
)

// sendable reports whether net/http would use sendfile for r.
func sendable(r io.Reader) bool {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return false
	}
	_, ok = limited.R.(*os.File)
	return ok
}

// fileCounter is a connection that counts what it was given as files.
type fileCounter struct {
	bytes.Buffer
	files int
}

func (c *fileCounter) ReadFrom(r io.Reader) (int64, error) {
	if sendable(r) {
		c.files++
	}
	return c.Buffer.ReadFrom(r)
}

func TestBytesInFilesCanBeSentAsFiles(t *testing.T) {
	ctx := context.Background()
	s := openSwept(t)
	large := strings.Repeat("x", 20_000)
	if _, err := s.Put(ctx, "b", "file", strings.NewReader(large), object.PutOptions{Size: -1}); err != nil {
		t.Fatal(err)
	}
	up, err := s.CreateUpload(ctx, "b", "parts", object.PutOptions{}, "")
	if err != nil {
		t.Fatal(err)
	}
	bodies := []string{strings.Repeat("1", minPart), strings.Repeat("2", minPart), "3"}
	var list []object.CompletePart
	for i, body := range bodies {
		p, err := s.PutPart(ctx, "b", "parts", up.ID, i+1, strings.NewReader(body), object.PutOptions{Size: -1})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, object.CompletePart{Number: i + 1, ETag: p.ETag})
	}
	if _, err := s.Complete(ctx, "b", "parts", up.ID, list, object.Precondition{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, key      string
		offset, length int64
		files          int
	}{
		{"a whole file", "file", 0, 20_000, 1},
		{"a range of a file", "file", 5, 10, 1},
		{"a range within a part", "parts", minPart + 1, 10, 1},
		{"a whole part", "parts", minPart, minPart, 1},
		{"a range across two parts", "parts", minPart - 1, 2, 2},
		{"all parts", "parts", 0, 2*minPart + 1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, content, err := s.Open(ctx, "b", c.key)
			if err != nil {
				t.Fatal(err)
			}
			defer content.Close()
			r, err := content.Section(c.offset, c.length)
			if err != nil {
				t.Fatal(err)
			}
			if got := sendable(r); got != (c.files == 1) {
				t.Errorf("is a file: %v", got)
			}
			var conn fileCounter
			n, err := io.Copy(&conn, r)
			if err != nil || n != c.length || conn.files != c.files {
				t.Errorf("%d bytes in %d files, %v; want %d in %d", n, conn.files, err, c.length, c.files)
			}
		})
	}
}
