package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
)

// Writer writes the lines of a file. Buffering and compression are its caller's.
type Writer struct {
	w   io.Writer
	sum hash.Hash
	end End
}

// NewWriter writes a new file: the header is its first line.
func NewWriter(w io.Writer, h *Header) (*Writer, error) {
	out := &Writer{w: w, sum: sha256.New()}
	return out, out.line(line{Header: h})
}

// Identity writes one identity.
func (w *Writer) Identity(i *Identity) error {
	if i.IdentityId == "" {
		return errors.New("transfer: an identity without an id")
	}
	w.end.Identities++
	w.end.Logins += len(i.Logins)
	return w.line(line{Identity: i})
}

// End writes the last line.
func (w *Writer) End() (End, error) {
	w.end.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return w.end, w.line(line{End: &w.end})
}

func (w *Writer) line(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	w.sum.Write(text)
	_, err = w.w.Write(text)
	return err
}
