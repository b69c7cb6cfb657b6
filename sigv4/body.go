package sigv4

import "net/http"

// Body is the payload of an S3 request, verified while it is read.
type Body struct{ req *http.Request }

// NewBody returns the verified payload stream of an S3 request.
func NewBody(r *http.Request, a *Authorization, key Key) (*Body, error) {
	return nil, &Error{Code: NotImplemented, Part: "body"}
}

// Read reads the payload.
func (b *Body) Read(p []byte) (int, error) { return b.req.Body.Read(p) }

// Close closes the request's body.
func (b *Body) Close() error { return b.req.Body.Close() }

// Trailer returns the trailers, complete after Read returned io.EOF.
func (b *Body) Trailer() http.Header { return nil }

// DecodedLength returns the length of the payload, or -1 when it is not known before the end.
func (b *Body) DecodedLength() int64 { return -1 }
