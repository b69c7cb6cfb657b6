package login

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"
)

// Kind says why a login was refused. Edges map a Kind to the sentence of their
// service; they must treat a kind they do not know as a refusal too.
type Kind int

// The kinds of refusal, in the order in which a token meets the checks.
const (
	// TooLarge: longer than any token we read. Limit is in Want.
	TooLarge Kind = iota + 1
	// NotJWT: not three base64url segments holding JSON objects.
	NotJWT
	// Malformed: a header or claim of a type or value it must not have, named
	// in Claim, or a JSON text with duplicate members (Claim then names one).
	Malformed
	// NotIDToken: a JWT made for another purpose: an access token, a logout
	// token, an encrypted token.
	NotIDToken
	// MissingClaim: a required claim, named in Claim, is absent.
	MissingClaim
	// WrongIssuer: iss (Got) is not the provider's (Want).
	WrongIssuer
	// BadAlgorithm: alg (Got) is not accepted from this provider or does not
	// fit the key it names.
	BadAlgorithm
	// UnsupportedHeader: the token lists a critical header (Got); we
	// understand none.
	UnsupportedHeader
	// ProviderUnreachable: the keys could not be fetched and none are known,
	// or an online check got no answer. Trying again later may help.
	ProviderUnreachable
	// UnknownKey: the provider does not publish the key (Got) that the token
	// claims to be signed with, or it publishes no usable key.
	UnknownKey
	// BadSignature: the signature does not verify with the provider's key.
	BadSignature
	// Expired: Now is at or after Exp.
	Expired
	// NotYetValid: iat or nbf (Claim, at Exp) lies in the future.
	NotYetValid
	// TooOld: issued (at Exp) longer ago than the caller accepts.
	TooOld
	// WrongAudience: azp or aud (Got) is not among the accepted client ids.
	WrongAudience
	// Rejected: the provider says that the token is revoked or invalid.
	Rejected
	// WrongProvider: the verifier does not serve the provider asked for, or
	// the provider's configuration cannot be used (Err).
	WrongProvider

	// What only SAML responses are refused for.

	// NotSAML: not base64 of one XML document that is a SAML 2.0 response with
	// one assertion. Claim names what is not as it must be.
	NotSAML
	// Encrypted: the assertion, its subject or an attribute (Claim) is
	// encrypted, and we have no key to read it with, or not in a way that we
	// read; or it is not encrypted (Got) though it must be.
	Encrypted
	// WrongRecipient: the response is addressed (Claim) to somebody else (Got).
	WrongRecipient
)

// kindNames are stable: they appear in logs and audit records.
var kindNames = [...]string{
	TooLarge:            "TooLarge",
	NotJWT:              "NotJWT",
	Malformed:           "Malformed",
	NotIDToken:          "NotIDToken",
	MissingClaim:        "MissingClaim",
	WrongIssuer:         "WrongIssuer",
	BadAlgorithm:        "BadAlgorithm",
	UnsupportedHeader:   "UnsupportedHeader",
	ProviderUnreachable: "ProviderUnreachable",
	UnknownKey:          "UnknownKey",
	BadSignature:        "BadSignature",
	Expired:             "Expired",
	NotYetValid:         "NotYetValid",
	TooOld:              "TooOld",
	WrongAudience:       "WrongAudience",
	Rejected:            "Rejected",
	WrongProvider:       "WrongProvider",
	NotSAML:             "NotSAML",
	Encrypted:           "Encrypted",
	WrongRecipient:      "WrongRecipient",
}

// String returns the name of the kind as it appears in logs.
func (k Kind) String() string {
	if k <= 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// A Refusal is the error for a login that is not accepted. Its fields are for
// logs, audit records and the token doctor; the sentence that a client sees is
// made at the edge. It never contains the token or a piece of its signature,
// and Got holds only printable, shortened text, since the caller chose it.
type Refusal struct {
	Kind     Kind
	Provider string // the Logins key
	Claim    string // the claim or header concerned, if one is
	Got      string // what the token says
	Want     string // what would have been accepted

	// Now and Exp are set for the kinds that are about time.
	Now, Exp time.Time

	// Err is the cause when it lies with the provider or the network.
	Err error
}

// Error says what was refused and why, for logs.
func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString("login: ")
	b.WriteString(r.Kind.String())
	if r.Provider != "" {
		fmt.Fprintf(&b, " from %s", r.Provider)
	}
	if r.Claim != "" {
		fmt.Fprintf(&b, ": %s", r.Claim)
	}
	if r.Got != "" {
		fmt.Fprintf(&b, " is %q", r.Got)
	}
	if r.Want != "" {
		fmt.Fprintf(&b, ", want %q", r.Want)
	}
	if !r.Exp.IsZero() {
		fmt.Fprintf(&b, ": now %d, stated time %d", r.Now.Unix(), r.Exp.Unix())
	}
	if r.Err != nil {
		fmt.Fprintf(&b, ": %v", r.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// LogValue makes a group of the facts that are set.
func (r *Refusal) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", r.Kind.String())}
	for _, a := range []struct{ key, value string }{
		{"provider", r.Provider}, {"claim", r.Claim}, {"got", r.Got}, {"want", r.Want},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if !r.Exp.IsZero() {
		attrs = append(attrs, slog.Time("now", r.Now), slog.Time("stated", r.Exp))
	}
	if r.Err != nil {
		attrs = append(attrs, slog.String("cause", r.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// AsRefusal finds the Refusal in err's chain.
func AsRefusal(err error) (*Refusal, bool) {
	return errors.AsType[*Refusal](err)
}

// Shown prepares text chosen by a caller for a Refusal, as packages below this
// one make them.
func Shown(s string) string { return shown(s) }

// shown prepares text chosen by a caller for a Refusal: printable, and short
// enough that a log line stays a line.
func shown(s string) string {
	const limit = 128
	clean := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s[:min(len(s), limit)])
	if len(s) > limit {
		clean += "…"
	}
	return clean
}
