package login

import (
	"context"
	"crypto"
	"crypto/x509"
	"slices"
	"strings"
	"time"
)

// A Verifier checks tokens of one login provider.
//
// Verify returns the claims of token, or a *Refusal when the token is not
// acceptable or the provider cannot be asked. Any other error is Rockpool's
// own fault, or the context's. Verify must not return claims that were not
// proven by the provider, must not keep the token, and must be safe for
// concurrent use. The Claims it returns are shared: callers must not change
// what their slices and maps hold.
type Verifier interface {
	Verify(ctx context.Context, token string, want Expect) (*Claims, error)
}

// A TokenVerifier is a Verifier that can also take a token which the caller
// has parsed already, so that choosing a verifier by issuer (STS) does not
// cost a second parse. Providers of JSON Web Tokens have it.
type TokenVerifier interface {
	VerifyToken(ctx context.Context, token *Token, want Expect) (*Claims, error)
}

// A LivenessChecker is a Verifier that can ask the provider whether a login it
// has verified still stands. User pools have it (ServerSideTokenCheck).
// CheckLive returns a *Refusal of kind Rejected when it does not.
type LivenessChecker interface {
	CheckLive(ctx context.Context, token string, claims *Claims) error
}

// Expect is what the caller's configuration says about a token: nothing in it
// may come from the token itself.
type Expect struct {
	// Provider is the Logins key, such as "accounts.google.com" or an issuer
	// without its scheme. It is copied to Claims.Provider.
	Provider string

	// Issuer is the issuer URL registered in IAM. Empty means "https://"
	// followed by Provider. Providers with an issuer of their own, such as
	// Google, ignore it. A trailing slash is significant.
	Issuer string

	// ClientIDs are the accepted audiences. None means that no audience is
	// acceptable, unless AnyAudience is set.
	ClientIDs []string

	// Consumers are the applications of a provider that signs in with OAuth
	// 1.0a, in the order in which they are tried. Their keys stand in
	// ClientIDs too.
	Consumers []Consumer

	// AnyAudience skips the audience check: STS leaves the audience of
	// built-in web identity providers to the trust policy (iam-sts.md 3.4).
	AnyAudience bool

	// NeedAuthorizedParty refuses a token with several audiences and no azp
	// (iam-sts.md 3.4 step 8); identity pools accept any element instead.
	NeedAuthorizedParty bool

	// MaxAge refuses tokens issued longer ago than this even if they have not
	// expired (iam-sts.md 3.4 step 7). Zero means no limit.
	MaxAge time.Duration

	// Thumbprints are the SHA-1 fingerprints, in hexadecimal, that IAM holds
	// for the provider. They matter only when the provider's certificate does
	// not chain to a trusted root.
	Thumbprints []string

	// Certificates are those of a SAML provider's metadata: signatures count
	// if they verify with one of them. Issuer is the metadata's entity id, and
	// MetadataUntil when the metadata stops to count, never if zero.
	Certificates  []*x509.Certificate
	MetadataUntil time.Time

	// Recipients are the addresses that a SAML assertion may be made for, in
	// place of the verifier's own; none leaves those. They count as audiences
	// too, and ClientIDs are then the audiences in place of the verifier's own.
	Recipients []string

	// Decrypters are the private keys that open the encrypted assertions of a
	// SAML provider, which are refused without one. They must not say what they
	// are when printed.
	Decrypters []crypto.Decrypter

	// OnlyEncrypted refuses SAML assertions that are not encrypted.
	OnlyEncrypted bool
}

// Claims is what a provider has said about a person, after it was proven.
type Claims struct {
	// Provider is the Logins key under which the login counts. Together with
	// Subject it identifies the person.
	Provider string

	// Issuer is the iss claim as the token spells it.
	Issuer string

	// Subject is the provider's stable id of the person. Never empty.
	Subject string

	// Audience is the aud claim; a single audience is a list of one.
	Audience []string

	// AuthorizedParty is the azp claim, empty if absent.
	AuthorizedParty string

	// IssuedAt, NotBefore and Expires are the iat, nbf and exp claims.
	// NotBefore is zero if absent.
	IssuedAt, NotBefore, Expires time.Time

	// AMR is the amr claim: how the person was authenticated.
	AMR []string

	// Raw holds every claim by name: string, bool, json.Number, nil,
	// []any or map[string]any. Read only. Of a SAML assertion these are the
	// attributes: a string, or []any of strings when there are several values.
	Raw map[string]any

	// SAML is what an assertion says beside all that; nil for other tokens.
	SAML *SAML
}

// SAML is what an assertion says that tokens of other kinds have no word for.
// Its NameID is Claims.Subject.
type SAML struct {
	// NameFormat is the Format of the NameID as the assertion spells it, empty
	// if it has none.
	NameFormat string

	// Recipient is the address that the assertion was made for. Trust policies
	// call it saml:aud; Claims.Audience holds the audiences.
	Recipient string

	// AuthnInstant is when the person signed in, and SessionExpires when that
	// sign-in ends. Zero if the assertion does not say.
	AuthnInstant, SessionExpires time.Time

	// AssertionID names the assertion in the provider's log.
	AssertionID string
}

// EffectiveAudience is what audience rules compare: azp when the token has
// one, else the elements of aud (cognito-identity.md 7.2 items 4 and 5).
func (c *Claims) EffectiveAudience() []string {
	if c.AuthorizedParty != "" {
		return []string{c.AuthorizedParty}
	}
	return c.Audience
}

// Strings returns the claim name as a list: a string is a list of one, a list
// keeps only its strings, and anything else is an empty list.
func (c *Claims) Strings(name string) []string {
	switch v := c.Raw[name].(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// acceptsAudience applies the audience rules of e to c.
func (e *Expect) acceptsAudience(c *Claims) bool {
	if e.NeedAuthorizedParty && c.AuthorizedParty == "" && len(c.Audience) > 1 {
		return false
	}
	if e.AnyAudience {
		return true
	}
	if c.AuthorizedParty != "" {
		return slices.Contains(e.ClientIDs, c.AuthorizedParty)
	}
	return slices.ContainsFunc(c.Audience, func(aud string) bool {
		return slices.Contains(e.ClientIDs, aud)
	})
}

// judgeAudience refuses claims of another audience.
func (e *Expect) judgeAudience(c *Claims) error {
	if e.acceptsAudience(c) {
		return nil
	}
	claim := "aud"
	if c.AuthorizedParty != "" {
		claim = "azp"
	}
	return &Refusal{
		Kind: WrongAudience, Claim: claim,
		Got: shown(strings.Join(c.EffectiveAudience(), " ")), Want: shown(strings.Join(e.ClientIDs, " ")),
	}
}
