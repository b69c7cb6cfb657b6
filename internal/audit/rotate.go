package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
)

const (
	defaultMaxBytes = 100 << 20
	defaultKeep     = 10
)

// rotating is a file that is renamed away when it has grown enough. It is used
// by one goroutine; each Write is whole lines.
type rotating struct {
	path string
	max  int64
	keep int
	f    *os.File
	size int64
}

func openRotating(path string, max int64, keep int) (*rotating, error) {
	if max == 0 {
		max = defaultMaxBytes
	}
	if keep == 0 {
		keep = defaultKeep
	}
	r := &rotating{path: path, max: max, keep: keep}
	return r, r.open()
}

func (r *rotating) open() error {
	// Records name people and what they did: only the server's user reads them.
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("audit: %w", err), f.Close())
	}
	r.f, r.size = f, info.Size()
	return nil
}

// Write appends whole lines, after making room for them when the file is full.
func (r *rotating) Write(b []byte) (int, error) {
	if r.f == nil {
		// The last rotation failed half-way; perhaps it works now.
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	if r.size > 0 && r.size+int64(len(b)) > r.max {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.f.Write(b)
	r.size += int64(n)
	return n, err
}

// rotate renames the file and its predecessors one on and opens a new file.
func (r *rotating) rotate() error {
	err := r.f.Close()
	r.f = nil
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for i := r.keep; i > 0; i-- {
		from := r.path
		if i > 1 {
			from = r.path + "." + strconv.Itoa(i-1)
		}
		err := os.Rename(from, r.path+"."+strconv.Itoa(i))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("audit: %w", err)
		}
	}
	return r.open()
}

// Close makes the records durable and closes the file.
func (r *rotating) Close() error {
	if r.f == nil {
		return nil
	}
	return errors.Join(r.f.Sync(), r.f.Close())
}
