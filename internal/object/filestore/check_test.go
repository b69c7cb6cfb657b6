package filestore

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// checkFiles compares the files with the rows: counts are right, every file
// that is needed exists, nothing else does, and tmp is empty.
func checkFiles(t testing.TB, s *Store) {
	t.Helper()
	want := map[blobID]int{}
	count := func(pieces []piece, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		for _, p := range pieces {
			want[p.blob]++
		}
	}
	r := s.db.Reader()
	rows, err := r.Query(`SELECT detail FROM object_entry`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var packed []byte
		if err := rows.Scan(&packed); err != nil {
			t.Fatal(err)
		}
		var d detail
		err := d.unpack(packed)
		count(d.pieces, err)
	}
	count(nil, rows.Err())
	count(readBlobs(r.Query(`SELECT blob FROM object_part`)))

	var lost, unused int
	if err := r.QueryRow(`SELECT (SELECT count(*) FROM object_entry WHERE data IS NOT NULL AND data NOT IN (SELECT id FROM object_data)),
		(SELECT count(*) FROM object_data WHERE id NOT IN (SELECT data FROM object_entry WHERE data IS NOT NULL))`).Scan(&lost, &unused); err != nil {
		t.Fatal(err)
	}
	if lost+unused > 0 {
		t.Errorf("%d rows of data missing, %d abandoned", lost, unused)
	}
	refs, err := r.Query(`SELECT id, refs FROM object_blob`)
	if err != nil {
		t.Fatal(err)
	}
	defer refs.Close()
	counted := 0
	for refs.Next() {
		var raw []byte
		var n int
		if err := refs.Scan(&raw, &n); err != nil {
			t.Fatal(err)
		}
		counted++
		if want[blobID(raw)] != n {
			t.Errorf("file %x: counted %d uses, there are %d", raw, n, want[blobID(raw)])
		}
	}
	if err := refs.Err(); err != nil || counted != len(want) {
		t.Errorf("%d files counted, %d used: %v", counted, len(want), err)
	}
	for id := range want {
		if _, err := os.Stat(s.blobPath(id)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range files(t, filepath.Join(s.folder, "blobs")) {
		raw, err := hex.DecodeString(name)
		if err != nil || len(raw) != 16 || want[blobID(raw)] == 0 {
			t.Errorf("file %s is abandoned", name)
		}
	}
	if left := files(t, filepath.Join(s.folder, "tmp")); len(left) > 0 {
		t.Errorf("tmp holds %q", left)
	}
	if len(s.writing) > 0 || len(s.pins) > 0 {
		t.Errorf("%d files still reserved, %d pinned", len(s.writing), len(s.pins))
	}
}

// files are the names of all files below a folder.
func files(t testing.TB, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}
