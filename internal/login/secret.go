package login

import (
	"fmt"
	"log/slog"
)

// A Secret is a text of configuration that must not be printed, such as the
// secret of an OAuth consumer.
type Secret struct{ text string }

// NewSecret hides text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text, for the one place that needs it.
func (s Secret) Reveal() string { return s.text }

// hiddenSecret is what every way of printing a Secret shows.
const hiddenSecret = "[secret]"

// String hides the secret.
func (s Secret) String() string { return hiddenSecret }

// Format hides the secret from every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) {
	// A fmt.State cannot report a failed write to its caller.
	_, _ = f.Write([]byte(hiddenSecret))
}

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hiddenSecret) }

// MarshalJSON hides the secret.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hiddenSecret + `"`), nil }

// A Consumer is an application as OAuth 1.0a knows it: the key is public and
// serves as client id, the secret signs.
type Consumer struct {
	Key    string
	Secret Secret
}
