package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
)

// DefaultChunkSize is the payload of a chunk that ChunkWriter writes.
const DefaultChunkSize = 64 << 10

// ChunkWriter encodes a payload as aws-chunked: the client's side of Body. A
// request that carries it states Content-Encoding aws-chunked,
// X-Amz-Decoded-Content-Length, and X-Amz-Trailer when there is a checksum; its
// Content-Length is EncodedLength.
type ChunkWriter struct {
	w        io.Writer
	signer   *chunkSigner // nil when chunks are unsigned
	trailers bool
	checksum *checksum
	size     int
	buf      []byte
	head     []byte
	closed   bool
}

// NewChunkWriter returns a writer for the form, one of the three STREAMING
// values. a is the request's signature, as Parse returns it for the signed
// request, and key the one it was signed with; both are unused when chunks are
// unsigned. checksum is the name of the trailer to compute and send, such as
// x-amz-checksum-crc32, or "". chunkSize 0 means DefaultChunkSize.
func NewChunkWriter(w io.Writer, a *Authorization, key Key, form, checksum string, chunkSize int) (*ChunkWriter, error) {
	c := &ChunkWriter{w: w, size: chunkSize}
	if chunkSize <= 0 {
		c.size = DefaultChunkSize
	}
	switch form {
	case StreamingSigned, StreamingSignedTrailer:
		if a == nil || key.IsZero() {
			return nil, fmt.Errorf("sigv4: %s needs the request's signature and key", form)
		}
		c.signer = newChunkSigner(a, key)
	case StreamingUnsignedTrailer:
	default:
		return nil, fmt.Errorf("sigv4: %q is no chunked form", form)
	}
	c.trailers = form != StreamingSigned
	if checksum != "" {
		if c.checksum = newChecksum(checksum); c.checksum == nil || !c.trailers {
			return nil, fmt.Errorf("sigv4: no trailer %q with %s", checksum, form)
		}
	}
	return c, nil
}

// Write adds payload. Full chunks are written, the rest waits for Close.
func (c *ChunkWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), c.size-len(c.buf))
		c.buf = append(c.buf, p[:n]...)
		p = p[n:]
		written += n
		if len(c.buf) == c.size {
			if err := c.flush(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// Close writes the last chunk, the empty one and the trailers. It does not
// close the underlying writer.
func (c *ChunkWriter) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	if len(c.buf) > 0 {
		if err := c.flush(); err != nil {
			return err
		}
	}
	b := c.line()
	if c.trailers {
		b = c.appendTrailers(b)
	}
	_, err := c.w.Write(append(b, "\r\n"...))
	return err
}

// flush writes the buffer as one chunk.
func (c *ChunkWriter) flush() error {
	if c.checksum != nil {
		c.checksum.hash.Write(c.buf)
	}
	if _, err := c.w.Write(c.line()); err != nil {
		return err
	}
	if _, err := c.w.Write(append(c.buf, "\r\n"...)); err != nil {
		return err
	}
	c.buf = c.buf[:0]
	return nil
}

// line returns the chunk line for the buffer.
func (c *ChunkWriter) line() []byte {
	b := strconv.AppendInt(c.head[:0], int64(len(c.buf)), 16)
	if c.signer != nil {
		mac, _ := c.signer.chunk(sha256.Sum256(c.buf))
		b = append(b, chunkSignature...)
		b = hex.AppendEncode(b, mac[:])
	}
	c.head = append(b, "\r\n"...)
	return c.head
}

func (c *ChunkWriter) appendTrailers(b []byte) []byte {
	var signed []byte
	if c.checksum != nil {
		text := c.checksum.name + ":" + c.checksum.sum()
		signed = append(signed, text+"\n"...)
		b = append(b, text+"\r\n"...)
	}
	if c.signer != nil {
		mac, _ := c.signer.trailer(sha256.Sum256(signed))
		b = append(b, trailerSignature+":"...)
		b = hex.AppendEncode(b, mac[:])
		b = append(b, "\r\n"...)
	}
	return b
}

// EncodedLength returns how long a payload of length bytes becomes when a
// ChunkWriter made with the same arguments encodes it.
func EncodedLength(form, checksum string, chunkSize int, length int64) int64 {
	if chunkSize <= 0 {
		chunkSize = DefaultChunkSize
	}
	overhead := int64(len("\r\n"))
	if form != StreamingUnsignedTrailer {
		overhead += int64(len(chunkSignature) + 2*sha256.Size)
	}
	line := func(n int64) int64 { return int64(len(strconv.FormatInt(n, 16))) + overhead }
	full, rest := length/int64(chunkSize), length%int64(chunkSize)
	total := length + full*(line(int64(chunkSize))+2) + line(0) + 2
	if rest > 0 {
		total += line(rest) + 2
	}
	if c := newChecksum(checksum); c != nil {
		total += int64(len(c.name) + len(":") + len(c.sum()) + 2)
	}
	if form == StreamingSignedTrailer {
		total += int64(len(trailerSignature) + len(":") + 2*sha256.Size + 2)
	}
	return total
}
