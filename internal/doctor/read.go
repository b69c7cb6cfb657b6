package doctor

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

// Form is what kind of text a token is.
type Form string

// The forms of a token.
const (
	JWT    Form = "jwt"
	SAML   Form = "saml"
	Opaque Form = "opaque" // only its provider can read it
)

// Anatomy is what a token says of itself. Nothing in it was proven.
type Anatomy struct {
	Form Form
	// Problems are what is wrong with the token whoever reads it.
	Problems []string

	// What follows is of a JWT.
	Algorithm, KeyID           string
	Issuer, Subject            string
	AuthorizedParty            string
	Audience                   []string
	IssuedAt, NotBefore, Until time.Time
	// Claims are all claims as JSON text, "" when they cannot be read.
	Claims string
}

// maxClaims bounds the text of claims.
const maxClaims = 32 << 10

// Read takes a token apart. Line breaks and spaces around it, which come from
// copying, are no part of it; a "Bearer " before it is mentioned.
func Read(token string, now time.Time) *Anatomy {
	a := &Anatomy{Form: Opaque}
	token = strings.TrimSpace(token)
	if len(token) > 7 && strings.EqualFold(token[:7], "bearer ") {
		a.Problems = append(a.Problems, `The text begins with "Bearer ", which belongs to a header and not to the token.`)
		token = strings.TrimSpace(token[7:])
	}
	switch {
	case strings.Count(token, ".") >= 2 && strings.HasPrefix(token, "ey"):
		a.Form = JWT
		a.readJWT(token, now)
	case looksLikeSAML(token):
		a.Form = SAML
	case strings.ContainsAny(token, " \t\r\n"):
		a.Problems = append(a.Problems, "There is a space or a line break inside the token. It was probably broken when it was copied.")
	}
	return a
}

// looksLikeSAML reports whether the token is base64 of something like XML.
func looksLikeSAML(token string) bool {
	if len(token) < 8 {
		return false
	}
	head, err := base64.StdEncoding.DecodeString(token[:8])
	return err == nil && bytes.HasPrefix(bytes.TrimSpace(head), []byte("<"))
}

// readJWT reads what it can, and lets package login say what is wrong with it.
func (a *Anatomy) readJWT(token string, now time.Time) {
	_, err := login.Parse(token)
	if refusal, ok := login.AsRefusal(err); ok {
		what := Explain(refusal)
		a.Problems = append(a.Problems, what.Words)
	}
	if len(token) > login.MaxTokenBytes {
		return
	}
	parts := strings.Split(token, ".")
	var header struct{ Alg, Kid string }
	if err := json.Unmarshal(segment(parts[0]), &header); err == nil {
		a.Algorithm, a.KeyID = login.Shown(header.Alg), login.Shown(header.Kid)
	}
	payload := segment(parts[1])
	var claims map[string]any
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	if decoder.Decode(&claims) != nil || claims == nil {
		return
	}
	a.Issuer, a.Subject, a.AuthorizedParty = text(claims["iss"]), text(claims["sub"]), text(claims["azp"])
	a.Audience = texts(claims["aud"])
	a.IssuedAt, a.NotBefore, a.Until = moment(claims["iat"]), moment(claims["nbf"]), moment(claims["exp"])
	if !a.Until.IsZero() && !now.Before(a.Until) {
		a.Problems = append(a.Problems, fmt.Sprintf("It expired %s ago.", now.Sub(a.Until).Round(time.Second)))
	}
	if use := text(claims["token_use"]); use == "access" {
		a.Problems = append(a.Problems, "It is an access token of a user pool. Identity pools take the ID token.")
	}
	if shown, err := json.MarshalIndent(claims, "", "  "); err == nil && len(shown) <= maxClaims {
		a.Claims = string(shown)
	}
}

// segment decodes a part of a JWT, leniently; what cannot be decoded is empty.
func segment(part string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return nil
	}
	return b
}

func text(v any) string {
	s, _ := v.(string)
	return login.Shown(s)
}

func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{login.Shown(v)}
	case []any:
		var list []string
		for _, e := range v[:min(len(v), 20)] {
			if s := text(e); s != "" {
				list = append(list, s)
			}
		}
		return slices.Clip(list)
	}
	return nil
}

// moment reads a NumericDate of plausible size.
func moment(v any) time.Time {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}
	}
	f, err := n.Float64()
	if err != nil || f <= 0 || f > 253402300799 { // the year 9999
		return time.Time{}
	}
	return time.Unix(int64(f), 0).UTC()
}

// Summary says in one sentence what the token is.
func (a *Anatomy) Summary() string {
	switch a.Form {
	case SAML:
		return "A SAML response, as an identity provider posts it. Sign in with it under the ARN of the SAML provider."
	case Opaque:
		return "No JSON Web Token and no SAML response: an access token that only its provider can read, or no token. Name the provider to have it asked."
	}
	if a.Claims == "" {
		return "A JSON Web Token whose claims cannot be read."
	}
	s := "A JSON Web Token"
	if a.Issuer != "" {
		s += " of " + a.Issuer
	}
	if len(a.Audience) > 0 {
		s += " for " + strings.Join(a.Audience, ", ")
	}
	if a.Subject != "" {
		s += " about " + a.Subject
	}
	return s + "."
}
