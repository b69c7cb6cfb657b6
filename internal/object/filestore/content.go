package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sort"

	"github.com/rockpool-id/rockpool/internal/object"
)

// openAttempts bounds how often Open follows an object that is overwritten
// between reading its row and opening its file.
const openAttempts = 10

// Open returns an object and its bytes, which stay readable when the object is
// overwritten or deleted meanwhile.
func (s *Store) Open(_ context.Context, bucket, key string) (*object.Info, object.Content, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, nil, err
	}
	content, e, err := s.openEntry(b, key)
	if err != nil {
		return nil, nil, err
	}
	return e.answer(), content, nil
}

// openEntry is Open with the row.
func (s *Store) openEntry(b *bucket, key string) (object.Content, *entry, error) {
	for range openAttempts {
		e, err := s.lookup(b, key)
		if err != nil {
			return nil, nil, err
		}
		if e == nil {
			return nil, nil, &object.NoKey{Bucket: b.Name, Key: key}
		}
		content, err := s.content(b, e)
		if errors.Is(err, fs.ErrNotExist) {
			continue // replaced since the row was read
		}
		return content, e, err
	}
	return nil, nil, fmt.Errorf("open object: the file of bucket %q, key %q is missing", b.Name, key)
}

// content opens the bytes of a row; fs.ErrNotExist means the row is outdated.
func (s *Store) content(b *bucket, e *entry) (object.Content, error) {
	switch {
	case len(e.pieces) == 0:
		return inline(e.data), nil
	case e.info.Parts == 0:
		f, err := s.openBlob(e.pieces[0].blob, e.info.Size)
		if err != nil {
			return nil, err
		}
		return &single{f: f, size: e.info.Size}, nil
	}
	// The files of parts are opened when they are needed; until then pins hold
	// them. A file freed before it was pinned belongs to a row that is gone now.
	s.pin(e.pieces)
	m := &multi{s: s, pieces: e.pieces, size: e.info.Size, ends: make([]int64, len(e.pieces)), files: map[*os.File]struct{}{}}
	var end int64
	for i, p := range e.pieces {
		end += p.size
		m.ends[i] = end
	}
	again, err := s.lookup(b, e.info.Key)
	if err == nil && (again == nil || !slices.Equal(again.pieces, e.pieces)) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// openBlob opens a file and checks that the disk has kept its length.
func (s *Store) openBlob(id blobID, size int64) (*os.File, error) {
	f, err := os.Open(s.blobPath(id))
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != size {
		err = fmt.Errorf("object file %s has %d bytes, want %d: %w", id, info.Size(), size, errDamaged)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// checkRange refuses a section that is not inside size bytes.
func checkRange(offset, length, size int64) error {
	if offset < 0 || length < 0 || offset > size || length > size-offset {
		return &object.InvalidRange{Offset: offset, Length: length, Size: size}
	}
	return nil
}

// inline is the content of a small object.
type inline []byte

func (c inline) Section(offset, length int64) (io.Reader, error) {
	if err := checkRange(offset, length, int64(len(c))); err != nil {
		return nil, err
	}
	return bytes.NewReader(c[offset : offset+length]), nil
}

func (c inline) Close() error { return nil }

// single is the content of an object in one file.
type single struct {
	f    *os.File
	size int64
	used bool // the file's own position serves an earlier section
}

// Section gives the first caller the file itself, for sendfile; a further
// section must not move its position and reads by offset.
func (c *single) Section(offset, length int64) (io.Reader, error) {
	if err := checkRange(offset, length, c.size); err != nil {
		return nil, err
	}
	if c.used {
		return io.NewSectionReader(c.f, offset, length), nil
	}
	c.used = true
	if _, err := c.f.Seek(offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("seek object file: %w", err)
	}
	return &io.LimitedReader{R: c.f, N: length}, nil
}

func (c *single) Close() error { return c.f.Close() }

// multi is the content of a multipart object.
type multi struct {
	s      *Store
	pieces []piece
	ends   []int64 // offset behind each piece
	size   int64
	files  map[*os.File]struct{} // opened by sections, closed with the content
	closed bool
}

func (c *multi) Section(offset, length int64) (io.Reader, error) {
	if err := checkRange(offset, length, c.size); err != nil {
		return nil, err
	}
	if length == 0 {
		return bytes.NewReader(nil), nil
	}
	i := sort.Search(len(c.ends), func(i int) bool { return c.ends[i] > offset })
	r := &stitched{c: c, next: i, skip: offset - (c.ends[i] - c.pieces[i].size), left: length}
	if offset+length <= c.ends[i] { // within one part
		if err := r.advance(); err != nil {
			return nil, err
		}
		return r.current, nil
	}
	return r, nil
}

// Close closes the files and lets go of the parts.
func (c *multi) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	var err error
	for f := range c.files {
		err = errors.Join(err, f.Close())
	}
	c.s.unpin(c.pieces)
	return err
}

// stitched reads across parts, with one file open at a time.
type stitched struct {
	c       *multi
	next    int   // the piece to open next
	skip    int64 // of that piece
	left    int64 // of the section, behind current
	file    *os.File
	current *io.LimitedReader
}

// advance opens the next piece that has bytes of the section.
func (r *stitched) advance() error {
	if r.file != nil {
		err := r.file.Close()
		delete(r.c.files, r.file)
		r.file = nil
		if err != nil {
			return err
		}
	}
	p := r.c.pieces[r.next]
	f, err := r.c.s.openBlob(p.blob, p.size)
	if err != nil {
		return fmt.Errorf("open part %d: %w", p.number, err)
	}
	r.file = f
	r.c.files[f] = struct{}{}
	if _, err := f.Seek(r.skip, io.SeekStart); err != nil {
		return fmt.Errorf("seek part %d: %w", p.number, err)
	}
	r.current = &io.LimitedReader{R: f, N: min(p.size-r.skip, r.left)}
	r.left -= r.current.N
	r.next++
	r.skip = 0
	return nil
}

func (r *stitched) Read(b []byte) (int, error) {
	for {
		if r.current != nil && r.current.N > 0 {
			n, err := r.current.Read(b)
			if errors.Is(err, io.EOF) && r.current.N > 0 {
				err = io.ErrUnexpectedEOF // the file is shorter than its row says
			} else if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
		if r.left == 0 {
			return 0, io.EOF
		}
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
}

// WriteTo hands the parts over file by file, so that a connection can use
// sendfile for each.
func (r *stitched) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		if r.current != nil && r.current.N > 0 {
			n, err := io.Copy(w, r.current)
			total += n
			if err != nil {
				return total, err
			}
			if r.current.N > 0 {
				return total, io.ErrUnexpectedEOF
			}
		}
		if r.left == 0 {
			return total, nil
		}
		if err := r.advance(); err != nil {
			return total, err
		}
	}
}
