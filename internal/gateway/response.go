package gateway

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// Response is the answer being written. It counts, remembers the status, keeps
// sendfile working (io.ReaderFrom) and sets headers without an allocation each.
type Response struct {
	w      http.ResponseWriter
	header http.Header
	status int
	bytes  int64
	used   int
	failed bool
	values [12]string // an object without metadata has eight
	// buffers holds buffers of sendfileFrom bytes; it belongs to the Front.
	buffers *sync.Pool
}

var _ io.ReaderFrom = (*Response)(nil)

func (w *Response) init(under http.ResponseWriter, buffers *sync.Pool) {
	w.w, w.header, w.buffers = under, under.Header(), buffers
}

// Header returns the header map.
func (w *Response) Header() http.Header { return w.header }

// Set sets a header. The name must be in canonical form ("Etag").
func (w *Response) Set(name, value string) {
	if w.used == len(w.values) {
		w.header[name] = []string{value}
		return
	}
	w.values[w.used] = value
	w.header[name] = w.values[w.used : w.used+1 : w.used+1]
	w.used++
}

// WriteHeader sends the status.
func (w *Response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.w.WriteHeader(status)
}

// Write writes a part of the body.
func (w *Response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.w.Write(p)
	w.bytes += int64(n)
	w.failed = w.failed || err != nil
	return n, err
}

// Failed reports whether a Write has failed. HTTP/2 may still be reading the
// memory that it was given, so that is not to be used again.
func (w *Response) Failed() bool { return w.failed }

// sendfileFrom is the size from which sendfile pays for its extra system calls.
const sendfileFrom = 32 << 10

// ReadFrom copies from src, by sendfile where net/http can.
func (w *Response) ReadFrom(src io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if m, ok := src.(*bytes.Reader); ok && m.Len() <= sendfileFrom {
		// It is in memory already, and net/http keeps it together with the headers.
		n, err := m.WriteTo(w.w)
		w.bytes += n
		return n, err
	}
	if l, ok := src.(*io.LimitedReader); ok && l.N <= sendfileFrom {
		buf, ok := w.buffers.Get().(*[sendfileFrom]byte)
		if !ok {
			buf = new([sendfileFrom]byte)
		}
		n, err := io.ReadFull(l, buf[:l.N])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = nil // shorter than promised: the caller compares lengths
		}
		m, werr := w.Write(buf[:n])
		if !w.failed {
			w.buffers.Put(buf)
		}
		if err == nil {
			err = werr
		}
		return int64(m), err
	}
	var n int64
	var err error
	if rf, ok := w.w.(io.ReaderFrom); ok {
		n, err = rf.ReadFrom(src)
	} else {
		n, err = io.Copy(struct{ io.Writer }{w.w}, src)
	}
	w.bytes += n
	return n, err
}

// Unwrap gives the underlying writer to http.ResponseController.
func (w *Response) Unwrap() http.ResponseWriter { return w.w }

// Wrote reports whether the status has been sent.
func (w *Response) Wrote() bool { return w.status != 0 }

// Status returns the status sent, 0 before.
func (w *Response) Status() int { return w.status }

// Bytes returns the number of body bytes written.
func (w *Response) Bytes() int64 { return w.bytes }
