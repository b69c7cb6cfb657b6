package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

// bodyTime is how long a client may take to send the body of an API call. It
// comes before the signature is checked, so a stranger could otherwise hold a
// connection, and what it has sent, for as long as it likes.
const bodyTime = 30 * time.Second

// LimitReading gives the client of a request bodyTime to send what it still has
// to send. The answer ends the limit; it must be called before the request is
// worked on, since a limit that runs out then would cancel the work. Writers
// without a connection have no limit.
func LimitReading(w http.ResponseWriter) (done func()) {
	c := http.NewResponseController(w)
	if c.SetReadDeadline(time.Now().Add(bodyTime)) != nil {
		return func() {}
	}
	return func() { _ = c.SetReadDeadline(time.Time{}) } // it could be set, so it can be cleared
}

// smallBody is the announced length up to which a body is read into kept memory,
// and the largest that is kept.
const smallBody = 64 << 10

// buffers keeps the memory of bodies and answers from one request to the next.
// Nothing that outlives a request may point into it: decoders copy what they
// keep, and a written answer is the connection's. An answer that could not be
// written is not kept: it may still be on its way (WriteOutput).
type buffers struct{ pool sync.Pool }

// buffer is memory that is lent for one request.
type buffer struct{ b []byte }

func (p *buffers) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		return b
	}
	return &buffer{make([]byte, 0, 4<<10)}
}

func (p *buffers) put(b *buffer) {
	if cap(b.b) <= smallBody {
		p.pool.Put(b)
	}
}

// ReadAhead reads up to limit bytes of the body of r, for who must know it to
// find the handler; the handler reads the same again. whole says that this is
// all of it.
func ReadAhead(w http.ResponseWriter, r *http.Request, limit int64) (read []byte, whole bool) {
	done := LimitReading(w)
	var err error
	if n := r.ContentLength; n >= 0 && n <= min(smallBody, limit) {
		read = make([]byte, n)
		_, err = io.ReadFull(r.Body, read)
	} else {
		read, err = io.ReadAll(io.LimitReader(r.Body, limit+1))
	}
	done()
	a := &ahead{read: read, err: err, rest: r.Body}
	a.again.Reset(read)
	r.Body = a
	return read, err == nil && int64(len(read)) <= limit
}

// ahead is a request body that was read ahead, as a whole or in part.
type ahead struct {
	again bytes.Reader
	read  []byte
	err   error // ended the reading; the handler sees it too
	rest  io.ReadCloser
}

// Read gives what was read ahead and then the rest.
func (a *ahead) Read(p []byte) (int, error) {
	if a.again.Len() > 0 {
		return a.again.Read(p)
	}
	if a.err != nil {
		return 0, a.err
	}
	return a.rest.Read(p)
}

// Close closes the body.
func (a *ahead) Close() error { return a.rest.Close() }

// read takes in the request's body, up to a limit. What x.body points to is lent
// until the request is answered.
func (x *exchange) read(limit int64, lent *buffer) *awserr.Error {
	n := x.r.ContentLength
	if n == 0 {
		return nil
	}
	small := n > 0 && n <= min(smallBody, limit)
	if a, ok := x.r.Body.(*ahead); ok && small && a.err == nil && int64(len(a.read)) == n {
		x.body = a.read
		return nil
	}
	defer LimitReading(x.w)()
	var err error
	if small {
		if int64(cap(lent.b)) < n {
			lent.b = make([]byte, 0, n)
		}
		x.body = lent.b[:n]
		_, err = io.ReadFull(x.r.Body, x.body)
	} else {
		x.body, err = io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, limit))
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return awserr.Sender("RequestEntityTooLargeException", fmt.Sprintf("Request size exceeded %d bytes.", limit))
	}
	return awserr.Sender("IncompleteBody", "The request body ended early.").WithCause(err)
}
