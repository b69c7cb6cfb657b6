package transfer

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// maxLine bounds a line. A header with every document that IAM's quotas allow is
// smaller.
const maxLine = 16 << 20

// Cut says that a file ends before its end line: it was not written to its end, or
// not copied whole.
type Cut struct{ Line int }

func (e *Cut) Error() string {
	return fmt.Sprintf("the file is cut: it ends after line %d without an end line", e.Line)
}

// Damaged says that a file is not what was written.
type Damaged struct {
	Line   int
	Reason string
}

func (e *Damaged) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Reader reads a file, line by line.
type Reader struct {
	in     *bufio.Scanner
	sum    hash.Hash
	lines  int
	header Header
	end    End
	ended  bool
}

// NewReader reads the header of a file, which may be compressed by gzip. Errors of
// it and of Next are *Cut, *Damaged, or those of r.
func NewReader(r io.Reader) (*Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	var plain io.Reader = buffered
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, &Damaged{Line: 1, Reason: "it begins like a gzip file and is none"}
		}
		plain = unzipped
	}
	out := &Reader{in: bufio.NewScanner(plain), sum: sha256.New()}
	out.in.Buffer(make([]byte, 0, 64<<10), maxLine)
	out.in.Split(wholeLines)
	text, err := out.line()
	if err != nil {
		return nil, err
	}
	var l line
	if err := out.parse(text, &l); err != nil {
		return nil, err
	}
	if l.Header == nil || l.Header.Format != Format {
		return nil, out.damaged("this is no export of an identity pool")
	}
	if l.Header.Version != Version {
		return nil, out.damaged("the export has the version %d, and this program reads version %d", l.Header.Version, Version)
	}
	if l.Header.Pool.IdentityPoolId == "" {
		return nil, out.damaged("the header has no identity pool")
	}
	out.sum.Write(text)
	out.header = *l.Header
	return out, nil
}

// Header is the first line.
func (r *Reader) Header() *Header { return &r.header }

// Next gives the next identity; io.EOF after the last, when the whole file proved
// to be what was written.
func (r *Reader) Next() (*Identity, error) {
	if r.ended {
		return nil, io.EOF
	}
	text, err := r.line()
	if err != nil {
		return nil, err
	}
	var l line
	if err := r.parse(text, &l); err != nil {
		return nil, err
	}
	switch {
	case l.Header != nil:
		return nil, r.damaged("a second header")
	case l.End != nil:
		return nil, r.finish(l.End)
	case l.Identity.IdentityId == "":
		return nil, r.damaged("an identity without an id")
	}
	r.sum.Write(text)
	r.end.Identities++
	r.end.Logins += len(l.Identity.Logins)
	return l.Identity, nil
}

// finish compares what was read with what the last line says.
func (r *Reader) finish(said *End) error {
	r.end.SHA256 = hex.EncodeToString(r.sum.Sum(nil))
	switch {
	case said.Identities != r.end.Identities || said.Logins != r.end.Logins:
		return r.damaged("there are %d identities with %d logins, and there should be %d with %d",
			r.end.Identities, r.end.Logins, said.Identities, said.Logins)
	case said.SHA256 != r.end.SHA256:
		return r.damaged("the lines before were changed: their sum is %s and should be %s", r.end.SHA256, said.SHA256)
	}
	if _, err := r.line(); err == nil {
		return r.damaged("there is something after the end line")
	} else if r.in.Err() != nil {
		return err
	}
	r.ended = true
	return io.EOF
}

// End is what was counted and summed, once Next has given io.EOF.
func (r *Reader) End() End { return r.end }

// line reads one line with its end.
func (r *Reader) line() ([]byte, error) {
	if r.in.Scan() {
		r.lines++
		return r.in.Bytes(), nil
	}
	corrupt := flate.CorruptInputError(0)
	switch err := r.in.Err(); {
	case err == nil, errors.Is(err, io.ErrUnexpectedEOF): // the latter from gzip
		return nil, &Cut{Line: r.lines}
	case errors.Is(err, bufio.ErrTooLong):
		r.lines++
		return nil, r.damaged("the line is longer than %d bytes", maxLine)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return nil, r.damaged("the compressed file is damaged after this line")
	default:
		return nil, fmt.Errorf("after line %d: %w", r.lines, err)
	}
}

// parse reads a line strictly.
func (r *Reader) parse(text []byte, l *line) error {
	if text[len(text)-1] != '\n' {
		return &Cut{Line: r.lines - 1}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(l); err != nil {
		return r.damaged("%v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r.damaged("more than one value")
	}
	members := 0
	for _, there := range []bool{l.Header != nil, l.Identity != nil, l.End != nil} {
		if there {
			members++
		}
	}
	if members != 1 {
		return r.damaged("not one of Header, Identity and End")
	}
	return nil
}

func (r *Reader) damaged(format string, values ...any) error {
	return &Damaged{Line: r.lines, Reason: fmt.Sprintf(format, values...)}
}

// resume is a writer that goes on where the reader, which came to the end of a cut
// file, has stopped.
func (r *Reader) resume(w io.Writer) *Writer {
	return &Writer{w: w, sum: r.sum, end: r.end}
}

// wholeLines splits into lines that keep their end, so that the sum is of every
// byte.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
