package sigv4

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	algorithmChunk   = "AWS4-HMAC-SHA256-PAYLOAD"
	algorithmTrailer = "AWS4-HMAC-SHA256-TRAILER"
	chunkSignature   = ";chunk-signature="
	trailerSignature = "x-amz-trailer-signature"

	// maxBufferedChunk is the largest signed chunk that is withheld until its
	// signature is verified. SDKs send 64 KiB to 1 MiB.
	maxBufferedChunk = 1 << 20
	// maxChunkLine is more than any size and signature need.
	maxChunkLine = 128
	// maxTrailerLine holds any checksum.
	maxTrailerLine = 1024
)

// chunkReader decodes aws-chunked:
//
//	hexlen[;chunk-signature=64hex] CRLF data CRLF …
//	0[;chunk-signature=64hex] CRLF [name:value CRLF …] [x-amz-trailer-signature:hex CRLF] CRLF
//
// It returns io.EOF only after the last byte of a complete, verified body.
type chunkReader struct {
	br       *bufio.Reader
	signer   *chunkSigner // nil when chunks are unsigned
	trailers bool
	names    []string // the announced trailers
	trailer  http.Header
	budget   int64 // payload bytes still announced

	buf    []byte    // the verified chunk, when withheld
	ready  []byte    // what of it is not yet read
	left   int64     // bytes to come of a chunk handed out as it arrives
	hash   hash.Hash // of that chunk, when signed
	claims string    // its signature
	err    error
}

func newChunkReader(src io.Reader, a *Authorization, key Key, form string, length int64, names []string) *chunkReader {
	c := &chunkReader{br: bufio.NewReaderSize(src, 4096), trailers: form != StreamingSigned, names: names, budget: length}
	if c.trailers {
		c.trailer = http.Header{}
	}
	if form != StreamingUnsignedTrailer {
		c.signer = newChunkSigner(a, key)
	}
	return c
}

// Read returns payload bytes.
func (c *chunkReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for c.err == nil {
		switch {
		case len(c.ready) > 0:
			n := copy(p, c.ready)
			c.ready = c.ready[n:]
			return n, nil
		case c.left > 0:
			n, err := c.readOn(p)
			if err != nil {
				c.err = err
				return 0, err
			}
			return n, nil
		default:
			c.err = c.nextChunk()
		}
	}
	return 0, c.err
}

// readOn hands out part of a chunk that is not withheld.
func (c *chunkReader) readOn(p []byte) (int, error) {
	n, err := c.br.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if c.hash != nil {
		c.hash.Write(p[:n])
	}
	if err != nil {
		return 0, short(err)
	}
	if c.left > 0 {
		return n, nil
	}
	if c.hash != nil {
		if err := c.signer.verifyChunk([32]byte(c.hash.Sum(nil)), c.claims); err != nil {
			return 0, err
		}
	}
	return n, c.crlf()
}

// nextChunk reads a chunk line, and the chunk when it is to be withheld.
func (c *chunkReader) nextChunk() error {
	size, signature, err := c.chunkLine()
	if err != nil {
		return err
	}
	if size > c.budget {
		return &Error{Code: IncompleteBody, Part: "chunk beyond x-amz-decoded-content-length", Limit: c.budget, Size: size}
	}
	c.budget -= size
	switch {
	case size == 0:
		return c.end(signature)
	case c.signer == nil:
		c.left = size
		return nil
	case size > maxBufferedChunk:
		c.left, c.claims, c.hash = size, signature, sha256.New()
		return nil
	}
	if err := c.fill(int(size)); err != nil {
		return err
	}
	if err := c.signer.verifyChunk(sha256.Sum256(c.buf), signature); err != nil {
		return err
	}
	c.ready, c.hash = c.buf, nil
	return c.crlf()
}

// fill reads a chunk into the buffer, which grows with what has arrived and
// not with what a client only announces.
func (c *chunkReader) fill(size int) error {
	const step = 64 << 10
	c.buf = c.buf[:0]
	for len(c.buf) < size {
		n := min(size-len(c.buf), max(step, len(c.buf)))
		c.buf = slices.Grow(c.buf, n)
		part := c.buf[len(c.buf) : len(c.buf)+n]
		if _, err := io.ReadFull(c.br, part); err != nil {
			return short(err)
		}
		c.buf = c.buf[:len(c.buf)+n]
	}
	return nil
}

// chunkLine reads the size and, when chunks are signed, the signature.
func (c *chunkReader) chunkLine() (size int64, signature string, err error) {
	line, err := c.line(maxChunkLine)
	if err != nil {
		return 0, "", err
	}
	digits, signature := line, ""
	if c.signer != nil {
		i := strings.Index(line, chunkSignature)
		if i < 0 {
			return 0, "", &Error{Code: BadChunk, Part: "chunk line without signature"}
		}
		digits, signature = line[:i], line[i+len(chunkSignature):]
	}
	// 15 digits are beyond any object; ParseInt would also take a sign.
	n, err := strconv.ParseUint(digits, 16, 60)
	if err != nil || len(digits) > 15 {
		return 0, "", &Error{Code: BadChunk, Part: "chunk size"}
	}
	return int64(n), signature, nil
}

// end reads what follows the last, empty chunk's line.
func (c *chunkReader) end(signature string) error {
	if c.signer != nil {
		if err := c.signer.verifyChunk(sha256.Sum256(nil), signature); err != nil {
			return err
		}
	}
	if c.trailers {
		if err := c.readTrailers(); err != nil {
			return err
		}
	} else if err := c.crlf(); err != nil {
		return err
	}
	if c.budget != 0 {
		return &Error{Code: IncompleteBody, Part: "less than x-amz-decoded-content-length"}
	}
	switch _, err := c.br.ReadByte(); err {
	case io.EOF:
		return io.EOF
	case nil:
		return &Error{Code: BadChunk, Part: "bytes after the end"}
	default:
		return err
	}
}

// readTrailers reads exactly the announced trailers, then their signature when
// chunks are signed, then the empty line.
func (c *chunkReader) readTrailers() error {
	var signed []byte
	signature := ""
	for {
		line, err := c.line(maxTrailerLine)
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.ToLower(name), strings.TrimSpace(value)
		switch {
		case !ok || value == "" || signature != "":
			return &Error{Code: BadTrailer, Part: name}
		case name == trailerSignature && c.signer != nil:
			signature = value
			continue
		case !slices.Contains(c.names, name):
			return &Error{Code: BadTrailer, Part: name, Want: strings.Join(c.names, ",")}
		case c.trailer.Get(name) != "":
			return &Error{Code: BadTrailer, Part: name}
		}
		c.trailer.Set(name, value)
		signed = append(append(append(append(signed, name...), ':'), value...), '\n')
	}
	for _, name := range c.names {
		if c.trailer.Get(name) == "" {
			return &Error{Code: BadTrailer, Part: name}
		}
	}
	if c.signer == nil {
		return nil
	}
	return c.signer.verifyTrailer(sha256.Sum256(signed), signature)
}

// line reads up to CRLF, at most limit bytes.
func (c *chunkReader) line(limit int) (string, error) {
	line, err := c.br.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull) || len(line) > limit:
		return "", &Error{Code: BadChunk, Part: "line too long"}
	case err != nil:
		return "", short(err)
	case !bytes.HasSuffix(line, []byte("\r\n")):
		return "", &Error{Code: BadChunk, Part: "line without CRLF"}
	}
	return string(line[:len(line)-2]), nil
}

// crlf reads the end of a chunk.
func (c *chunkReader) crlf() error {
	end, err := c.br.Peek(2)
	if err != nil {
		return short(err)
	}
	if end[0] != '\r' || end[1] != '\n' {
		return &Error{Code: BadChunk, Part: "chunk without CRLF"}
	}
	_, err = c.br.Discard(2)
	return err
}

// short turns an end of input into an unexpected one: only end may say EOF.
func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// chunkSigner makes the chain of chunk signatures, each over the one before.
// The first is the request's.
type chunkSigner struct {
	a        *Authorization
	key      Key
	previous [64]byte
	room     [512]byte
}

func newChunkSigner(a *Authorization, key Key) *chunkSigner {
	s := &chunkSigner{a: a, key: key}
	copy(s.previous[:], a.Signature)
	return s
}

// chunk returns the signature of the next chunk, given its hash, and the string that was signed.
func (s *chunkSigner) chunk(hash [sha256.Size]byte) (mac [sha256.Size]byte, stringToSign []byte) {
	b := s.a.appendPreamble(s.room[:0], algorithmChunk)
	b = append(append(b, s.previous[:]...), '\n')
	b = append(append(b, EmptySHA256...), '\n')
	b = hex.AppendEncode(b, hash[:])
	return s.sign(b), b
}

// trailer returns the signature of the trailers, given the hash of their lines.
func (s *chunkSigner) trailer(hash [sha256.Size]byte) (mac [sha256.Size]byte, stringToSign []byte) {
	b := s.a.appendPreamble(s.room[:0], algorithmTrailer)
	b = append(append(b, s.previous[:]...), '\n')
	b = hex.AppendEncode(b, hash[:])
	return s.sign(b), b
}

func (s *chunkSigner) sign(stringToSign []byte) [sha256.Size]byte {
	mac := s.key.sum(stringToSign)
	hex.Encode(s.previous[:], mac[:])
	return mac
}

func (s *chunkSigner) verifyChunk(hash [sha256.Size]byte, claimed string) error {
	mac, text := s.chunk(hash)
	return s.compare(mac, text, claimed)
}

func (s *chunkSigner) verifyTrailer(hash [sha256.Size]byte, claimed string) error {
	mac, text := s.trailer(hash)
	return s.compare(mac, text, claimed)
}

func (s *chunkSigner) compare(mac [sha256.Size]byte, text []byte, claimed string) error {
	if equalHex(mac, claimed) && !s.key.IsZero() {
		return nil
	}
	return &Error{
		Code: ChunkMismatch, Form: s.a.Form, AccessKeyID: s.a.AccessKeyID, StringToSign: string(text),
		SignatureProvided: claimed,
	}
}
