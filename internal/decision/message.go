package decision

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"github.com/rockpool-id/rockpool/internal/keys"
)

const (
	// purposeMessage separates authorization messages from everything else the
	// ring seals.
	purposeMessage = "authorization-message"
	// messageVersion is the first byte of a message's plain text.
	messageVersion = 1
	// MaxMessage is the longest encoded message: the limit of the parameter
	// EncodedMessage of sts:DecodeAuthorizationMessage.
	MaxMessage = 10240
	// maxUnpacked bounds what a message may unpack to.
	maxUnpacked = 1 << 20
)

// NotMessage reports that a text is no authorization message of this
// installation, or a damaged one.
type NotMessage struct{ Err error }

func (e *NotMessage) Error() string { return fmt.Sprintf("not an authorization message: %v", e.Err) }

// Unwrap returns the cause.
func (e *NotMessage) Unwrap() error { return e.Err }

// Encode seals a record into the text that AWS calls an encoded authorization
// message. A caller may hold it: only who may decode messages can read it. What
// does not fit is left out, the statements that nearly matched first.
func Encode(sealer keys.Sealer, r *Record) (string, error) {
	var text string
	err := shorten(r, func(short *Record) (bool, error) {
		var err error
		text, err = seal(sealer, short)
		return len(text) <= MaxMessage, err
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

// Decode opens a message that Encode made. The error for any other text is
// *NotMessage.
func Decode(sealer keys.Sealer, message string) (*Record, error) {
	if len(message) > MaxMessage {
		return nil, &NotMessage{Err: fmt.Errorf("it has %d characters", len(message))}
	}
	sealed, err := base64.RawURLEncoding.DecodeString(message)
	if err != nil {
		return nil, &NotMessage{Err: err}
	}
	plain, err := sealer.Open(purposeMessage, sealed, nil)
	if err != nil {
		return nil, &NotMessage{Err: err}
	}
	if len(plain) == 0 || plain[0] != messageVersion {
		return nil, &NotMessage{Err: errors.New("its version is not known")}
	}
	unpacked, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(plain[1:])), maxUnpacked))
	if err != nil {
		return nil, &NotMessage{Err: err}
	}
	r, err := decode(unpacked)
	if err != nil {
		return nil, &NotMessage{Err: err}
	}
	return r, nil
}

func seal(sealer keys.Sealer, r *Record) (string, error) {
	doc, err := encode(r)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	packed.WriteByte(messageVersion)
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", fmt.Errorf("pack authorization message: %w", err)
	}
	if _, err := w.Write(doc); err != nil {
		return "", fmt.Errorf("pack authorization message: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("pack authorization message: %w", err)
	}
	sealed, err := sealer.Seal(purposeMessage, packed.Bytes(), nil)
	if err != nil {
		return "", fmt.Errorf("seal authorization message: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}
