package saml

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/rockpool-id/rockpool/internal/login"
)

// Audience is the name under which identity providers know AWS, and so us.
const Audience = "urn:amazon:webservices"

// Recipient is AWS's address for SAML responses. Those of its regions, such as
// https://eu-central-1.signin.aws.amazon.com/saml, count with it.
const Recipient = "https://signin.aws.amazon.com/saml"

// maxSkew is how far in the future a time may lie that should have passed.
const maxSkew = 5 * time.Minute

// maxCertificates bounds how many keys one signature is tried with.
const maxCertificates = 10

// Config is what can be set for SAML providers.
type Config struct {
	// Recipients are further addresses that assertions may be made for, beside
	// AWS's, compared exactly. Each counts as an audience too.
	Recipients []string

	// Audiences are further names of ours.
	Audiences []string

	// NotAWS leaves only what is configured: no assertion made for AWS counts.
	NotAWS bool

	// AllowSHA1 accepts signatures and digests with SHA-1, for providers that
	// can nothing else. Collisions of it have been made since 2017.
	AllowSHA1 bool

	// Now is the clock, time.Now if nil. Called by many goroutines.
	Now func() time.Time
}

// Verifier checks SAML responses of the provider named in each call. It fetches
// nothing and remembers nothing.
type Verifier struct {
	recipients []string
	audiences  []string
	aws        bool
	sha1       bool
	now        func() time.Time
	opening    chan struct{} // bounds how many assertions are decrypted at a time
}

var _ login.Verifier = (*Verifier)(nil)

// New checks cfg and returns a Verifier.
func New(cfg Config) (*Verifier, error) {
	v := &Verifier{
		recipients: slices.Clone(cfg.Recipients), audiences: slices.Concat(cfg.Audiences, cfg.Recipients),
		aws: !cfg.NotAWS, sha1: cfg.AllowSHA1, now: cfg.Now,
		opening: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
	if v.now == nil {
		v.now = time.Now
	}
	if slices.Contains(v.audiences, "") {
		return nil, errors.New("saml: a recipient or audience is empty")
	}
	if cfg.NotAWS && len(v.recipients) == 0 {
		return nil, errors.New("saml: without AWS's addresses, addresses of our own are needed")
	}
	return v, nil
}

// Verify checks a base64 SAML response of the provider whose entity id is
// want.Issuer and whose certificates are want.Certificates. want.Recipients and
// want.ClientIDs are addresses and audiences that count in place of the configured
// ones.
func (v *Verifier) Verify(ctx context.Context, response string, want login.Expect) (*login.Claims, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := v.verify(ctx, response, &want)
	if r, ok := login.AsRefusal(err); ok {
		r.Provider = want.Provider
	}
	if err != nil {
		return nil, err
	}
	c.Provider = want.Provider
	return c, nil
}

// verify takes the steps in the order in which they cost: nothing is verified
// that could not be read, and nothing is believed that was not verified.
func (v *Verifier) verify(ctx context.Context, response string, want *login.Expect) (*login.Claims, error) {
	if want.Issuer == "" || len(want.Certificates) == 0 {
		return nil, &login.Refusal{Kind: login.WrongProvider, Err: errors.New("the provider's metadata names no issuer or no usable certificate")}
	}
	if now := v.now(); !want.MetadataUntil.IsZero() && !now.Before(want.MetadataUntil) {
		return nil, &login.Refusal{Kind: login.WrongProvider, Claim: "validUntil", Now: now, Exp: want.MetadataUntil, Err: errors.New("the provider's metadata has expired")}
	}
	doc, err := read(response)
	if err != nil {
		return nil, err
	}
	// These lead to refusals only, and say what is wrong without a key.
	if err := v.preview(doc, want); err != nil {
		return nil, err
	}
	prove := v.prove
	if doc.sealed != nil {
		prove = v.proveSealed
	}
	assertion, signed, err := prove(ctx, doc, want)
	if err != nil {
		return nil, err
	}
	return v.judge(assertion, signed, want)
}

// preview refuses what the unsigned document says against itself.
func (v *Verifier) preview(doc *document, want *login.Expect) error {
	if doc.encrypted != "" {
		return &login.Refusal{Kind: login.Encrypted, Claim: doc.encrypted}
	}
	if err := judgeStatus(doc.response); err != nil {
		return err
	}
	switch {
	case doc.assertion == nil && doc.sealed == nil:
		return notSAML("Assertion", "none", "exactly one")
	case doc.sealed != nil && len(want.Decrypters) == 0:
		return unreadable("EncryptedAssertion", "encrypted", "a private key of the provider in IAM, or an assertion that is not encrypted")
	case doc.sealed == nil && want.OnlyEncrypted:
		return unreadable("Assertion", "not encrypted", "an EncryptedAssertion, since the provider's AssertionEncryptionMode is Required")
	}
	for _, e := range []*etree.Element{doc.response, doc.assertion} {
		if e == nil {
			continue // it is encrypted
		}
		if err := judgeIssuer(e, want.Issuer, e == doc.assertion); err != nil {
			return err
		}
	}
	return nil
}

// prove verifies the signatures and returns the assertion as it was signed. The
// Response is returned too if it was signed itself, else nil.
func (v *Verifier) prove(_ context.Context, doc *document, want *login.Expect) (assertion, response *etree.Element, err error) {
	certs := want.Certificates
	if doc.responseSignature == nil && doc.assertionSignature == nil {
		return nil, nil, &login.Refusal{Kind: login.BadSignature, Claim: "Signature", Got: "none"}
	}
	if doc.assertionSignature != nil {
		if assertion, err = v.verifySignature(doc.assertion, doc.assertionSignature, certs); err != nil {
			return nil, nil, err
		}
	}
	if doc.responseSignature != nil {
		if response, err = v.verifySignature(doc.response, doc.responseSignature, certs); err != nil {
			return nil, nil, err
		}
		if assertion == nil {
			if assertion = child(response, assertionNS, "Assertion"); assertion == nil {
				return nil, nil, notSAML("Assertion", "lost in canonical form", "exactly one")
			}
		}
	}
	return assertion, response, nil
}

// acceptsRecipient reports whether an assertion made for address is for us.
func (v *Verifier) acceptsRecipient(address string, want *login.Expect) bool {
	if len(want.Recipients) > 0 {
		return slices.Contains(want.Recipients, address)
	}
	return slices.Contains(v.recipients, address) || v.aws && awsAddress(address)
}

// acceptsAudience reports whether name is one of our names.
func (v *Verifier) acceptsAudience(name string, want *login.Expect) bool {
	if slices.Contains(want.Recipients, name) {
		return true
	}
	if len(want.ClientIDs) > 0 {
		return slices.Contains(want.ClientIDs, name)
	}
	return slices.Contains(v.audiences, name) || v.aws && (name == Audience || awsAddress(name))
}

// awsAddress reports whether s is AWS's SAML address or that of a region.
func awsAddress(s string) bool {
	if s == Recipient {
		return true
	}
	region, ok := strings.CutPrefix(s, "https://")
	if !ok {
		return false
	}
	region, ok = strings.CutSuffix(region, ".signin.aws.amazon.com/saml")
	return ok && region != "" && strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func notSAML(what, got, want string) *login.Refusal {
	return &login.Refusal{Kind: login.NotSAML, Claim: what, Got: login.Shown(got), Want: want}
}

func malformed(what, got, want string) *login.Refusal {
	return &login.Refusal{Kind: login.Malformed, Claim: what, Got: login.Shown(got), Want: want}
}

// atTime refuses for a time.
func atTime(kind login.Kind, claim string, now, at time.Time) *login.Refusal {
	return &login.Refusal{Kind: kind, Claim: claim, Now: now, Exp: at}
}

// earlier is the earlier of two times of which either may be missing.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// parseTime reads an xs:dateTime in UTC or with an offset (saml-core 1.3.3).
func parseTime(claim, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 {
		return time.Time{}, malformed(claim, cmp.Or(text, "empty"), "a time such as 2030-01-02T03:04:05Z")
	}
	return t.UTC(), nil
}
