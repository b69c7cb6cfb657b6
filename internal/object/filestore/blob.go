package filestore

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rockpool-id/rockpool/internal/sqldb"
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
		if err := sqldb.SyncFolder(filepath.Join(s.folder, "blobs")); err != nil {
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
	return sqldb.SyncFolder(filepath.Dir(path))
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
