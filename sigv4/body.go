package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Body is the payload of an S3 request, decoded and verified while it is read.
//
// Read returns io.EOF only when everything that was promised has been proven:
// the signed hash, every chunk signature, the trailer signature, the announced
// length and the checksums. Until then the bytes are unproven. A chunk of up to
// 1 MiB is withheld until its signature is verified; larger chunks are handed
// out as they arrive and an error follows at their end. So commit after io.EOF,
// never before, and drop what was read when any other error comes.
type Body struct {
	closer  io.Closer
	in      io.Reader
	chunks  *chunkReader // in, when the body is chunked
	length  int64        // announced, -1 when unknown
	n       int64        // read so far
	hash    hash.Hash    // of the payload, when wantHash is set
	want    string       // lower-case hex SHA-256
	sums    []*checksum
	err     error // sticky
	started bool
}

// NewBody returns the payload stream of an S3 request. The request has been
// verified with a and key, or a is nil for an anonymous one. The form is
// chosen by x-amz-content-sha256:
//
//	hex digest                                     the payload must have it
//	UNSIGNED-PAYLOAD, or a presigned URL           not covered by the signature
//	STREAMING-AWS4-HMAC-SHA256-PAYLOAD             chunks, each signed
//	STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER     chunks and trailers signed
//	STREAMING-UNSIGNED-PAYLOAD-TRAILER             chunks with checksum trailers
//
// The ECDSA forms of SigV4A are refused. Checksums in trailers are always
// verified; those in headers when CheckHeaders is called.
func NewBody(r *http.Request, a *Authorization, key Key) (*Body, error) {
	form, err := payloadForm(r, a)
	if err != nil {
		return nil, err
	}
	src := r.Body
	if src == nil {
		src = http.NoBody
	}
	b := &Body{closer: src, in: src, length: r.ContentLength}
	if src == http.NoBody && b.length < 0 {
		b.length = 0
	}
	switch form {
	case StreamingSigned, StreamingSignedTrailer, StreamingUnsignedTrailer:
		err = b.startChunks(r, a, key, form, src)
	case UnsignedPayload:
		err = refuseChunkedEncoding(r)
	default:
		b.want, b.hash = strings.ToLower(form), sha256.New()
		err = refuseChunkedEncoding(r)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// payloadForm returns x-amz-content-sha256, or what its absence means.
func payloadForm(r *http.Request, a *Authorization) (string, error) {
	if a == nil {
		a = &Authorization{}
		var err error
		if a.PayloadHash, err = a.single(r.Header, "X-Amz-Content-Sha256"); err != nil {
			return "", err
		}
		switch a.PayloadHash {
		case "":
			return UnsignedPayload, nil
		case StreamingSigned, StreamingSignedTrailer:
			return "", &Error{Code: BadContentSHA256, Got: a.PayloadHash} // nobody signed
		}
	}
	if a.PayloadHash == "" && a.Form == Query {
		return UnsignedPayload, nil
	}
	return a.PayloadHash, checkPayloadHash(a)
}

// refuseChunkedEncoding refuses a body that is framed in chunks and not
// announced as such: its frames would be stored as if they were data.
func refuseChunkedEncoding(r *http.Request) error {
	for _, value := range r.Header["Content-Encoding"] {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), "aws-chunked") {
				return &Error{Code: BadContentSHA256, Part: "content-encoding", Got: value}
			}
		}
	}
	return nil
}

// StoredEncoding returns a Content-Encoding without aws-chunked, which is a
// framing of the request and no property of the object.
func StoredEncoding(contentEncoding string) string {
	var keep []string
	for part := range strings.SplitSeq(contentEncoding, ",") {
		if part = strings.TrimSpace(part); part != "" && !strings.EqualFold(part, "aws-chunked") {
			keep = append(keep, part)
		}
	}
	return strings.Join(keep, ",")
}

// startChunks reads the headers that a chunked body needs.
func (b *Body) startChunks(r *http.Request, a *Authorization, key Key, form string, src io.Reader) error {
	length := r.Header["X-Amz-Decoded-Content-Length"]
	switch {
	case len(length) == 0:
		return &Error{Code: MissingDecodedLength}
	case len(length) > 1:
		return &Error{Code: Duplicate, Part: "x-amz-decoded-content-length"}
	}
	n, err := strconv.ParseUint(strings.TrimSpace(length[0]), 10, 63)
	if err != nil {
		return &Error{Code: BadDecodedLength, Got: length[0]}
	}
	var names []string
	if form != StreamingSigned {
		if names, err = announced(r.Header["X-Amz-Trailer"]); err != nil {
			return err
		}
	}
	for _, name := range names {
		b.sums = append(b.sums, newChecksum(name))
	}
	b.length = int64(n)
	b.chunks = newChunkReader(src, a, key, form, b.length, names)
	b.in = b.chunks
	return nil
}

// announced returns the lower-case trailer names of x-amz-trailer. Only
// checksums are known as trailers.
func announced(values []string) ([]string, error) {
	var names []string
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name := strings.ToLower(strings.TrimSpace(part))
		switch {
		case name == "":
		case !isChecksum(name):
			return nil, &Error{Code: UnsupportedTrailer, Got: name}
		case newChecksum(name) == nil:
			return nil, &Error{Code: NotImplemented, Part: "x-amz-trailer", Got: name}
		case len(names) > 0:
			return nil, &Error{Code: UnsupportedTrailer, Got: strings.Join(values, ",")} // S3 takes one checksum
		default:
			names = append(names, name)
		}
	}
	return names, nil
}

// CheckHeaders makes the payload answer to the checksums in these headers too:
// Content-MD5 and x-amz-checksum-*. Call it before the first Read, and only
// where they describe this body: in CompleteMultipartUpload they describe the
// whole object.
func (b *Body) CheckHeaders(h http.Header) error {
	if b.started {
		return errors.New("sigv4: CheckHeaders after Read")
	}
	for key, values := range h {
		name := strings.ToLower(key)
		if name != contentMD5 && !isChecksum(name) {
			continue
		}
		if len(values) != 1 {
			return &Error{Code: Duplicate, Part: name}
		}
		c := newChecksum(name)
		if c == nil {
			return &Error{Code: NotImplemented, Part: name}
		}
		if err := c.expect(strings.TrimSpace(values[0])); err != nil {
			return err
		}
		b.sums = append(b.sums, c)
	}
	return nil
}

// Read returns decoded payload, see Body for what may be done with it.
func (b *Body) Read(p []byte) (int, error) {
	b.started = true
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.in.Read(p)
	if b.length >= 0 && b.n+int64(n) > b.length {
		n, err = 0, &Error{Code: IncompleteBody, Limit: b.length, Size: b.n + int64(n)}
	}
	b.n += int64(n)
	if b.hash != nil {
		b.hash.Write(p[:n])
	}
	for _, c := range b.sums {
		c.hash.Write(p[:n])
	}
	switch {
	case err == io.EOF:
		err = b.finish()
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = &Error{Code: IncompleteBody, Limit: b.length, Size: b.n, Err: err}
	}
	b.err = err
	return n, err
}

// finish checks all that only the end can prove. It returns io.EOF when the
// payload is what was promised.
func (b *Body) finish() error {
	if b.length >= 0 && b.n != b.length {
		return &Error{Code: IncompleteBody, Limit: b.length, Size: b.n}
	}
	if b.hash != nil {
		if got := hex.EncodeToString(b.hash.Sum(nil)); got != b.want {
			return &Error{Code: PayloadMismatch, Got: b.want, Want: got}
		}
	}
	for _, c := range b.sums {
		if c.want == "" {
			// A trailer; chunkReader made sure that every announced one came.
			if err := c.expect(b.chunks.trailer.Get(c.name)); err != nil {
				return err
			}
		}
		if got := c.sum(); got != c.want {
			return &Error{Code: ChecksumMismatch, Part: c.name, Got: c.want, Want: got}
		}
	}
	return io.EOF
}

// Close closes the request's body.
func (b *Body) Close() error { return b.closer.Close() }

// DecodedLength returns the length of the payload without chunk framing, or -1
// when the client did not announce it.
func (b *Body) DecodedLength() int64 { return b.length }

// Trailer returns the trailers of a chunked body. It is complete after Read
// returned io.EOF, and nil for a body without trailers.
func (b *Body) Trailer() http.Header {
	if b.chunks == nil {
		return nil
	}
	return b.chunks.trailer
}

// Checksum returns the verified checksum of this name (x-amz-checksum-crc32,
// content-md5 …) in base64, after Read returned io.EOF.
func (b *Body) Checksum(name string) (string, bool) {
	if b.err != io.EOF {
		return "", false
	}
	for _, c := range b.sums {
		if sameName(name, c.name) {
			return c.want, true
		}
	}
	return "", false
}
