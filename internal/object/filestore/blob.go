package filestore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// blobID names one file of bytes. Ids are random and never used again.
type blobID [16]byte

func (id blobID) String() string { return hex.EncodeToString(id[:]) }

// pin counts the open contents that still need a file.
type pin struct {
	n      int
	doomed bool // no longer referred to; unlink with the last unpin
}

func (s *Store) blobPath(id blobID) string {
	name := id.String()
	return filepath.Join(s.folder, "blobs", name[:2], name)
}

func (s *Store) tmpPath(id blobID) string {
	return filepath.Join(s.folder, "tmp", id.String())
}

// newBlob reserves an id: the sweeper leaves its file alone until written.
func (s *Store) newBlob() (blobID, error) {
	var id blobID
	if _, err := io.ReadFull(s.rand, id[:]); err != nil {
		return id, fmt.Errorf("random id: %w", err)
	}
	s.blobsMu.Lock()
	defer s.blobsMu.Unlock()
	s.writing[id] = struct{}{}
	return id, nil
}

// written ends the reservation, once the file has its row or is gone.
func (s *Store) written(id blobID) {
	s.blobsMu.Lock()
	defer s.blobsMu.Unlock()
	delete(s.writing, id)
}

// publish moves a received file to its place and makes file and name durable.
// It renames before it syncs: nothing refers to the name yet, so a crash in
// between leaves garbage for the sweeper, and the file system then commits
// file and name together instead of one after the other.
func (s *Store) publish(id blobID, f file) error {
	path := s.blobPath(id)
	err := os.Rename(s.tmpPath(id), path)
	if errors.Is(err, fs.ErrNotExist) { // the first file of this folder
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := syncFolder(filepath.Join(s.folder, "blobs")); err != nil {
			return err
		}
		err = os.Rename(s.tmpPath(id), path)
	}
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// free unlinks files whose last use was dropped by a transaction that has been
// committed. A failure is left to the sweeper.
func (s *Store) free(ids []blobID) {
	for _, id := range ids {
		s.blobsMu.Lock()
		p := s.pins[id]
		if p != nil {
			p.doomed = true
		}
		s.blobsMu.Unlock()
		if p == nil {
			s.unlink(s.blobPath(id))
		}
	}
}

func (s *Store) unlink(path string) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("object file not removed", "path", path, "error", err)
	}
}

// pin keeps the files of an open content from being unlinked.
func (s *Store) pin(pieces []piece) {
	s.blobsMu.Lock()
	defer s.blobsMu.Unlock()
	for _, p := range pieces {
		if s.pins[p.blob] == nil {
			s.pins[p.blob] = &pin{}
		}
		s.pins[p.blob].n++
	}
}

func (s *Store) unpin(pieces []piece) {
	var doomed []blobID
	s.blobsMu.Lock()
	for _, p := range pieces {
		held := s.pins[p.blob]
		if held.n--; held.n == 0 {
			delete(s.pins, p.blob)
			if held.doomed {
				doomed = append(doomed, p.blob)
			}
		}
	}
	s.blobsMu.Unlock()
	for _, id := range doomed {
		s.unlink(s.blobPath(id))
	}
}

// inUse reports whether this process is writing or reading the file.
func (s *Store) inUse(id blobID) bool {
	s.blobsMu.Lock()
	defer s.blobsMu.Unlock()
	_, writing := s.writing[id]
	return writing || s.pins[id] != nil
}

func (s *Store) sweepForever(ctx context.Context) {
	for {
		removed, err := s.sweep(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Error("search for abandoned object files", "error", err)
		case removed > 0:
			s.log.Info("removed abandoned object files", "count", removed)
		}
		pause := time.NewTimer(s.sweepEvery)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// sweep removes files that nothing refers to. A file seen in the folder whose
// id is not reserved was either committed before, so that its row can be read
// now, or never will be: ids are reserved before the file exists and until
// after the commit. The age is a second line of defence.
func (s *Store) sweep(ctx context.Context) (removed int, err error) {
	folders, err := os.ReadDir(filepath.Join(s.folder, "blobs"))
	if err != nil {
		return 0, err
	}
	for _, folder := range folders {
		files, err := os.ReadDir(filepath.Join(s.folder, "blobs", folder.Name()))
		if err != nil {
			return removed, err
		}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return removed, err
			}
			gone, err := s.sweepFile(ctx, f)
			if err != nil {
				return removed, err
			}
			if gone {
				removed++
			}
		}
	}
	return removed, nil
}

func (s *Store) sweepFile(ctx context.Context, f fs.DirEntry) (removed bool, err error) {
	raw, err := hex.DecodeString(f.Name())
	if err != nil || len(raw) != len(blobID{}) {
		return false, nil // not ours, so not ours to remove
	}
	info, err := f.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if s.now().Sub(info.ModTime()) < s.sweepAge {
		return false, nil
	}
	id := blobID(raw)
	if s.inUse(id) {
		return false, nil
	}
	var uses int
	if err := s.q.blobUsed.QueryRowContext(ctx, id[:]).Scan(&uses); err != nil {
		return false, err
	}
	if uses > 0 {
		return false, nil
	}
	s.unlink(s.blobPath(id))
	return true, nil
}
