package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

const (
	// inlineMax is the largest body kept in the database.
	inlineMax = 8 << 10
	// chunk is the unit in which a body is read, hashed and written; a body
	// being received holds at most chunksAhead of them, usually fewer.
	chunk       = 128 << 10
	chunksAhead = 4
)

// staged is a received body: hashed, checked, and either in memory or durable
// in a file of its own, but not referred to by anything yet.
type staged struct {
	size   int64
	etag   string
	sums   *sums
	data   []byte // when inline
	buffer *[chunk]byte
	blob   blobID // when not inline
	inFile bool
}

// stage receives body and judges its length and digests. On an error nothing
// is left. The caller ends with settle.
func (s *Store) stage(ctx context.Context, body io.Reader, o *object.PutOptions, mayInline bool, algorithms ...string) (*staged, error) {
	sums, err := newSums(append(algorithms, o.Checksum.Algorithm)...)
	if err != nil {
		return nil, err
	}
	st := &staged{sums: sums}
	if o.Size >= 0 {
		// One byte more shows a body that is too long.
		body = io.LimitReader(body, o.Size+1)
	}
	var first []byte
	if o.Size >= 0 && o.Size <= inlineMax {
		first = make([]byte, o.Size+2) // a slow small body must not hold a chunk
	} else {
		st.buffer = s.chunks.Get().(*[chunk]byte)
		first = st.buffer[:]
	}
	n, whole, err := fill(body, first)
	if err != nil {
		s.drop(st)
		return nil, err
	}
	first = first[:n]
	st.size = int64(n)
	if whole && mayInline && n <= inlineMax {
		sums.write(first)
		st.data = first
		err = st.judge(o)
	} else {
		err = s.stageFile(ctx, st, first, body, whole, o)
	}
	if err != nil {
		s.drop(st)
		return nil, err
	}
	return st, nil
}

func (st *staged) judge(o *object.PutOptions) error {
	if o.Size >= 0 && st.size != o.Size {
		return &object.Incomplete{Want: o.Size, Got: st.size}
	}
	st.etag = st.sums.etag()
	return st.sums.verify(o)
}

// stageFile writes first and the rest of body to a file.
func (s *Store) stageFile(ctx context.Context, st *staged, first []byte, body io.Reader, whole bool, o *object.PutOptions) error {
	id, err := s.newBlob()
	if err != nil {
		return err
	}
	st.blob = id
	f, err := s.create(s.tmpPath(id))
	if err != nil {
		s.written(id)
		return full(fmt.Errorf("create object file: %w", err))
	}
	st.inFile = true
	err = func() error {
		if whole {
			st.sums.write(first)
			if _, err := f.Write(first); err != nil {
				return full(fmt.Errorf("write object file: %w", err))
			}
		} else if err := s.receive(ctx, st, f, body); err != nil {
			return err
		}
		if err := st.judge(o); err != nil {
			return err
		}
		if err := s.publish(id, f); err != nil {
			return full(fmt.Errorf("store object file: %w", err))
		}
		return nil
	}()
	if closeErr := f.Close(); closeErr != nil {
		err = errors.Join(err, full(fmt.Errorf("close object file: %w", closeErr)))
	}
	return err
}

// fill reads until b is full or the body ends. Only io.EOF ends a body: a
// reader that knows its body was cut off says io.ErrUnexpectedEOF, which
// io.ReadFull would hide.
func fill(body io.Reader, b []byte) (n int, ended bool, err error) {
	for n < len(b) {
		more, err := body.Read(b[n:])
		n += more
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, fmt.Errorf("read body: %w", err)
		}
	}
	return n, false, nil
}

// slab is a chunk on its way through the hashes and the file.
type slab struct {
	buffer *[chunk]byte
	n      int
	users  atomic.Int32
}

// receive writes a body of more than one chunk. Each hash runs in a goroutine
// of its own beside reading and writing, since MD5 alone is slower than both.
func (s *Store) receive(ctx context.Context, st *staged, f file, body io.Reader) error {
	free := make(chan *slab, chunksAhead)
	first := &slab{buffer: st.buffer, n: chunk}
	made := 1
	// next is a slab nobody uses. More are made only while the hashes are
	// behind, so that a slow sender holds one and not all of them.
	next := func() *slab {
		select {
		case c := <-free:
			return c
		default:
		}
		if made < chunksAhead {
			made++
			return &slab{buffer: s.chunks.Get().(*[chunk]byte)}
		}
		return <-free
	}
	done := func(c *slab) {
		if c.users.Add(-1) == 0 {
			free <- c
		}
	}
	hashes := append(st.sums.extra[:len(st.sums.extra):len(st.sums.extra)], st.sums.md5)
	queues := make([]chan *slab, len(hashes))
	var hashing sync.WaitGroup
	for i, h := range hashes {
		queue := make(chan *slab, chunksAhead)
		queues[i] = queue
		hashing.Go(func() {
			for c := range queue {
				h.Write(c.buffer[:c.n])
				done(c)
			}
		})
	}
	feed := func(c *slab) error {
		c.users.Store(int32(len(queues) + 1))
		for _, q := range queues {
			q <- c
		}
		defer done(c)
		if _, err := f.Write(c.buffer[:c.n]); err != nil {
			return full(fmt.Errorf("write object file: %w", err))
		}
		return nil
	}
	err := feed(first)
	for last := false; err == nil && !last; {
		if err = ctx.Err(); err != nil {
			break
		}
		c := next()
		if c.n, last, err = fill(body, c.buffer[:]); err != nil {
			free <- c
			break
		}
		st.size += int64(c.n)
		err = feed(c)
	}
	for _, q := range queues {
		close(q)
	}
	hashing.Wait()
	for range made {
		if c := <-free; c != first { // the first goes back with st
			s.chunks.Put(c.buffer)
		}
	}
	return err
}

// settle ends a stage after its commit. A refused write leaves nothing; after
// an error that leaves the commit in doubt the file stays, and the sweeper
// asks the database later.
func (s *Store) settle(st *staged, err error) {
	if err == nil || sqldb.Uncertain(err) {
		s.release(st)
		return
	}
	s.drop(st)
}

// drop ends a stage that came to nothing and removes its file.
func (s *Store) drop(st *staged) {
	if st.inFile {
		s.unlink(s.tmpPath(st.blob))
		s.unlink(s.blobPath(st.blob))
	}
	s.release(st)
}

func (s *Store) release(st *staged) {
	if st.inFile {
		s.written(st.blob)
	}
	if st.buffer != nil {
		s.chunks.Put(st.buffer)
		st.buffer, st.data = nil, nil
	}
}
