package filestore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

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

// sweep removes files that nothing refers to: those of writes that were cut
// off, and those that could not be unlinked when they were freed.
func (s *Store) sweep(ctx context.Context) (removed int, err error) {
	folders, err := os.ReadDir(filepath.Join(s.folder, "blobs"))
	if err != nil {
		return 0, err
	}
	for _, folder := range folders {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		n, err := s.sweepFolder(ctx, folder.Name())
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// sweepFolder works in this order: it lists the files, sets aside those being
// written or read, and only then reads the rows. An id is reserved before its
// file exists and until after its commit, so a listed file that is not
// reserved either has its row by now or never will. The age is a second line
// of defence.
func (s *Store) sweepFolder(ctx context.Context, name string) (removed int, err error) {
	first, err := hex.DecodeString(name)
	if err != nil || len(first) != 1 {
		return 0, nil // not ours, so not ours to clean
	}
	files, err := os.ReadDir(filepath.Join(s.folder, "blobs", name))
	if err != nil {
		return 0, err
	}
	candidates := map[blobID]fs.DirEntry{}
	for _, f := range files {
		raw, err := hex.DecodeString(f.Name())
		if err == nil && len(raw) == len(blobID{}) && !s.inUse(blobID(raw)) {
			candidates[blobID(raw)] = f
		}
	}
	from, to := blobID{first[0]}, blobID{first[0]}
	for i := 1; i < len(to); i++ {
		to[i] = 0xFF
	}
	used, err := readBlobs(s.q.blobsUsed.QueryContext(ctx, from[:], to[:]))
	if err != nil {
		return 0, fmt.Errorf("read object files: %w", err)
	}
	for _, p := range used {
		delete(candidates, p.blob)
	}
	for id, f := range candidates {
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return removed, err
		}
		if s.now().Sub(info.ModTime()) >= s.sweepAge {
			s.unlink(s.blobPath(id))
			removed++
		}
	}
	return removed, nil
}
