package keys

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const secretPlaceholder = "[secret]"

// Secret is a secret string that does not print: fmt, slog and encoding/json
// show a placeholder. Reveal gives the text to the code that must use it. The
// zero Secret is the empty text.
type Secret struct {
	// A pointer, because fmt prints the unexported fields of an enclosing
	// struct without asking for the methods below.
	text *string
}

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text. Call it only where the secret leaves for its owner
// or enters a computation.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Equal reports, in constant time, whether both secrets have the same text.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns a placeholder.
func (Secret) String() string { return secretPlaceholder }

// GoString returns a placeholder.
func (Secret) GoString() string { return secretPlaceholder }

// Format prints a placeholder whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secretPlaceholder)) }

// LogValue returns a placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(secretPlaceholder) }

// MarshalText returns a placeholder.
func (Secret) MarshalText() ([]byte, error) { return []byte(secretPlaceholder), nil }

// Sealer encrypts small records with authentication; Ring implements it.
// purpose separates uses ("session", "access-key", "page"): a record sealed for
// one purpose does not open for another. aad is bound but not stored.
type Sealer interface {
	Seal(purpose string, plain, aad []byte) ([]byte, error)
	Open(purpose string, sealed, aad []byte) ([]byte, error)
}
