package login

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// Limits on what is read of a token. STS accepts tokens of up to 20,000
// characters; no issuer is known to write longer ones, and reading more would
// make a hostile token dearer than an honest one.
const (
	MaxTokenBytes  = 20_000
	maxHeaderBytes = 8 << 10
	maxSignature   = 1366 // RSA with 8192 bits, in base64
)

// A Token is a parsed JSON Web Token of which nothing has been proven yet. Its
// accessors serve to choose a verifier and to explain a refusal; no decision
// to accept may rest on them. It cannot be printed.
type Token struct {
	raw    string
	signed int // length of the signing input: header, dot, payload
	header header
	claims Claims
}

// header is what we read of a JOSE header. Headers that name keys (jwk, jku,
// x5u, x5c) are deliberately absent.
type header struct {
	alg, kid, typ string
}

// UnverifiedIssuer is the iss claim that the token carries, whoever wrote it.
func (t *Token) UnverifiedIssuer() string { return t.claims.Issuer }

// UnverifiedClaims is what the token says. It serves the token doctor.
func (t *Token) UnverifiedClaims() Claims { return t.claims }

// UnverifiedAlgorithm and UnverifiedKeyID are the alg and kid headers. They
// UnverifiedAlgorithm is the alg header, empty if absent.
func (t *Token) UnverifiedAlgorithm() string { return t.header.alg }

// UnverifiedKeyID is the kid header, empty if absent.
func (t *Token) UnverifiedKeyID() string { return t.header.kid }

// hiddenToken is what every way of printing a Token shows.
const hiddenToken = "[token]"

// String hides the token.
func (t *Token) String() string { return hiddenToken }

// Format hides the token from every verb, %#v and %x included.
func (t *Token) Format(f fmt.State, _ rune) {
	// A fmt.State cannot report a failed write to its caller.
	_, _ = f.Write([]byte(hiddenToken))
}

// LogValue hides the token.
func (t *Token) LogValue() slog.Value { return slog.StringValue(hiddenToken) }

// MarshalJSON hides the token.
func (t *Token) MarshalJSON() ([]byte, error) { return []byte(`"` + hiddenToken + `"`), nil }

// Parse reads token as a JSON Web Token in compact form (RFC 7515 section 3.1)
// and checks everything that can be checked without keys or configuration: the
// shape, the types of the registered claims, and that the required ones are
// there. Every error is a *Refusal.
func Parse(token string) (*Token, error) {
	head, payload, err := cut(token)
	if err != nil {
		return nil, err
	}
	t := &Token{raw: token, signed: len(head) + 1 + len(payload)}
	members, err := segment(head, "header")
	if err != nil {
		return nil, err
	}
	if t.header, err = readHeader(members); err != nil {
		return nil, err
	}
	if t.claims.Raw, err = segment(payload, "claims"); err != nil {
		return nil, err
	}
	if err := t.claims.read(); err != nil {
		return nil, err
	}
	if err := t.checkPurpose(); err != nil {
		return nil, err
	}
	return t, nil
}

// cut takes a token apart without looking into its parts. It refuses what cannot
// be a token of any provider, for less than a digest of the token would cost.
func cut(token string) (head, payload string, err error) {
	if len(token) > MaxTokenBytes {
		return "", "", &Refusal{Kind: TooLarge, Want: fmt.Sprintf("at most %d bytes", MaxTokenBytes)}
	}
	head, rest, ok := strings.Cut(token, ".")
	payload, sig, ok2 := strings.Cut(rest, ".")
	switch {
	case !ok || !ok2 || strings.Contains(sig, "."):
		if strings.Count(token, ".") == 4 { // RFC 7516 section 3.1
			return "", "", &Refusal{Kind: NotIDToken, Got: "an encrypted token"}
		}
		return "", "", &Refusal{Kind: NotJWT, Got: "not three segments"}
	case len(head) > maxHeaderBytes:
		return "", "", &Refusal{Kind: TooLarge, Claim: "header"}
	case len(sig) > maxSignature:
		return "", "", &Refusal{Kind: TooLarge, Claim: "signature"}
	}
	return head, payload, nil
}

// signature is the decoded third segment.
func (t *Token) signature() ([]byte, error) {
	text := t.raw[t.signed+1:]
	if text == "" {
		return nil, errors.New("empty")
	}
	sig := make([]byte, base64.RawURLEncoding.DecodedLen(len(text)))
	n, err := decodeBase64(sig, text)
	return sig[:n], err
}

// segment decodes one base64url segment holding a JSON object.
func segment(text, what string) (map[string]any, error) {
	var room [2048]byte // on the stack: most tokens fit
	buf := room[:]
	if size := base64.RawURLEncoding.DecodedLen(len(text)); size > len(buf) {
		buf = make([]byte, size)
	}
	n, err := decodeBase64(buf, text)
	if err != nil {
		return nil, &Refusal{Kind: NotJWT, Claim: what, Err: err}
	}
	members, err := decodeObject(string(buf[:n]), maxTokenValues)
	var bad *jsonError
	switch {
	case err == nil:
		return members, nil
	case errors.As(err, &bad) && bad.member != "":
		return nil, &Refusal{Kind: Malformed, Claim: shown(bad.member), Got: "a duplicate member"}
	}
	return nil, &Refusal{Kind: NotJWT, Claim: what, Err: err}
}

// decodeBase64 is base64url without padding and without the leniency of the
// standard decoder, which skips line breaks: two spellings of one token would
// be two tokens to every cache and log. Its errors quote no input.
func decodeBase64(dst []byte, text string) (int, error) {
	if strings.ContainsAny(text, "\r\n") {
		return 0, errors.New("line break in base64")
	}
	var room [2048]byte // on the stack: most segments fit
	return strictBase64.Decode(dst, append(room[:0], text...))
}

var strictBase64 = base64.RawURLEncoding.Strict()

// readHeader takes the members of a JOSE header that we use.
func readHeader(m map[string]any) (header, error) {
	var h header
	for i, name := range [...]string{"alg", "kid", "typ"} {
		v, present := m[name]
		text, isString := v.(string)
		if present && !isString {
			return h, &Refusal{Kind: Malformed, Claim: name, Got: "not a string"}
		}
		*[...]*string{&h.alg, &h.kid, &h.typ}[i] = text
	}
	// RFC 7515 section 4.1.11: a critical header that is not understood makes
	// the token invalid, and we understand none.
	if crit, present := m["crit"]; present {
		return h, &Refusal{Kind: UnsupportedHeader, Claim: "crit", Got: shown(fmt.Sprint(crit))}
	}
	if _, encrypted := m["enc"]; encrypted {
		return h, &Refusal{Kind: NotIDToken, Claim: "enc", Got: "an encrypted token"}
	}
	return h, nil
}

// logoutEvent marks an OpenID Connect logout token, which is signed with the
// same keys and carries the same iss, aud and sub as an ID token
// (Back-Channel Logout 1.0 section 2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// checkPurpose refuses tokens that say that they are not ID tokens (RFC 8725
// section 3.11). The absence of typ says nothing.
func (t *Token) checkPurpose() error {
	typ := strings.TrimPrefix(strings.ToLower(t.header.typ), "application/")
	switch typ {
	case "", "jwt", "jws", "jose", "id_token", "id_token+jwt", "id+jwt":
	default:
		return &Refusal{Kind: NotIDToken, Claim: "typ", Got: shown(t.header.typ), Want: "JWT"}
	}
	if events, ok := t.claims.Raw["events"].(map[string]any); ok {
		if _, logout := events[logoutEvent]; logout {
			return &Refusal{Kind: NotIDToken, Claim: "events", Got: "a logout token"}
		}
	}
	return nil
}
