package pretend

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // old identity providers, which must be refused
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
)

// SAML is a pretend SAML 2.0 identity provider, such as a company's ADFS. It has
// no pages: responses are made by calls in the process. What it writes is its
// own canonical form (exclusive canonical XML), so that the standard library
// alone can sign it: it shares no code with the verifier that is tested by it.
type SAML struct {
	// EntityID is the issuer of its assertions.
	EntityID string
	cfg      SAMLConfig

	mu   sync.RWMutex
	keys []samlKey // the current one first
}

// SAMLConfig is what can be set for a SAML provider.
type SAMLConfig struct {
	// EntityID is the issuer, https://idp.example.com/saml by default.
	EntityID string
	// Key signs the first assertions; an RSA key is made if nil.
	Key crypto.Signer
	// ValidUntil is stated in the metadata unless it is zero.
	ValidUntil time.Time

	Now  func() time.Time // time.Now if nil
	Rand io.Reader        // crypto/rand if nil
}

type samlKey struct {
	signer crypto.Signer
	cert   []byte // DER
}

// SAMLAssertion is what a response says. The zero value is somebody signed in to
// AWS a moment ago, with no attributes.
type SAMLAssertion struct {
	ID         string // random
	Subject    string // the NameID, "ada" by default
	Format     string // of the NameID, persistent by default
	Recipient  string // AWS's sign-in address by default
	Audience   string // urn:amazon:webservices by default
	Issued     time.Time
	NotBefore  time.Time // not stated if zero
	Expires    time.Time // five minutes after it was issued by default
	SessionEnd time.Time // not stated if zero
	Attributes []SAMLAttribute
}

// SAMLAttribute is an attribute with its values.
type SAMLAttribute struct {
	Name   string
	Values []string
}

// The parts of a response that carry a signature.
const (
	SignAssertion = 1 << iota
	SignResponse
)

// Names of algorithms in XML signatures.
const (
	XMLRSASHA256   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	XMLRSASHA512   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
	XMLRSASHA1     = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
	XMLECDSASHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	XMLECDSASHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
)

// NewSAML makes an identity provider with one key.
func NewSAML(cfg SAMLConfig) (*SAML, error) {
	cfg.EntityID = cmp.Or(cfg.EntityID, "https://idp.example.com/saml")
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	p := &SAML{EntityID: cfg.EntityID, cfg: cfg}
	return p, p.Rotate(cfg.Key)
}

// Rotate makes key the one that signs; an RSA key is made if it is nil. The
// metadata lists it before the one that signed until now.
func (p *SAML) Rotate(key crypto.Signer) error {
	if key == nil {
		var err error
		if key, err = rsa.GenerateKey(p.cfg.Rand, 2048); err != nil {
			return fmt.Errorf("pretend: SAML key: %w", err)
		}
	}
	now := p.cfg.Now()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pretend SAML identity provider"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(p.cfg.Rand, cert, cert, key.Public(), key)
	if err != nil {
		return fmt.Errorf("pretend: SAML certificate: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append([]samlKey{{key, der}}, p.keys[:min(1, len(p.keys))]...)
	return nil
}

// Certificates returns the certificates of the metadata, the current one first.
func (p *SAML) Certificates() ([]*x509.Certificate, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var out []*x509.Certificate
	for _, k := range p.keys {
		c, err := x509.ParseCertificate(k.cert)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// Metadata is the document that is registered in IAM.
func (p *SAML) Metadata() string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + attrXML(p.EntityID) + `"`)
	if !p.cfg.ValidUntil.IsZero() {
		b.WriteString(` validUntil="` + samlTime(p.cfg.ValidUntil) + `"`)
	}
	b.WriteString(">\n  <md:IDPSSODescriptor WantAuthnRequestsSigned=\"false\" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n")
	for _, k := range p.keys {
		b.WriteString("    <md:KeyDescriptor use=\"signing\">\n      <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n        <ds:X509Data>\n          <ds:X509Certificate>" +
			base64.StdEncoding.EncodeToString(k.cert) + "</ds:X509Certificate>\n        </ds:X509Data>\n      </ds:KeyInfo>\n    </md:KeyDescriptor>\n")
	}
	b.WriteString("    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>\n" +
		`    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="` + attrXML(p.EntityID) + `/sso"></md:SingleSignOnService>` + "\n" +
		"  </md:IDPSSODescriptor>\n</md:EntityDescriptor>\n")
	return b.String()
}

// Response makes a signed response, in base64 as a browser posts it.
func (p *SAML) Response(a SAMLAssertion) (string, error) {
	return p.ResponseSigned(a, SignAssertion, XMLRSASHA256)
}

// ResponseSigned makes a response whose parts named by what are signed with an
// algorithm.
func (p *SAML) ResponseSigned(a SAMLAssertion, what int, algorithm string) (string, error) {
	var err error
	assertion := p.AssertionXML(a)
	if what&SignAssertion != 0 {
		if assertion, err = p.SignXML(assertion, algorithm); err != nil {
			return "", err
		}
	}
	response := p.ResponseXML(a, assertion)
	if what&SignResponse != 0 {
		if response, err = p.SignXML(response, algorithm); err != nil {
			return "", err
		}
	}
	return base64.StdEncoding.EncodeToString([]byte(response)), nil
}

// AssertionXML is an assertion without signature.
func (p *SAML) AssertionXML(a SAMLAssertion) string {
	a = p.defaults(a)
	var b strings.Builder
	b.WriteString(`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="` + attrXML(a.ID) +
		`" IssueInstant="` + samlTime(a.Issued) + `" Version="2.0"><saml:Issuer>` + textXML(p.EntityID) +
		`</saml:Issuer><saml:Subject><saml:NameID Format="` + attrXML(a.Format) + `">` + textXML(a.Subject) +
		`</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="` +
		samlTime(a.Expires) + `" Recipient="` + attrXML(a.Recipient) +
		`"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions`)
	if !a.NotBefore.IsZero() {
		b.WriteString(` NotBefore="` + samlTime(a.NotBefore) + `"`)
	}
	b.WriteString(` NotOnOrAfter="` + samlTime(a.Expires) + `"><saml:AudienceRestriction><saml:Audience>` + textXML(a.Audience) +
		`</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="` + samlTime(a.Issued) + `"`)
	if !a.SessionEnd.IsZero() {
		b.WriteString(` SessionNotOnOrAfter="` + samlTime(a.SessionEnd) + `"`)
	}
	b.WriteString(`><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`)
	if len(a.Attributes) > 0 {
		b.WriteString(`<saml:AttributeStatement>`)
		for _, attr := range a.Attributes {
			b.WriteString(`<saml:Attribute Name="` + attrXML(attr.Name) + `">`)
			for _, v := range attr.Values {
				b.WriteString(`<saml:AttributeValue>` + textXML(v) + `</saml:AttributeValue>`)
			}
			b.WriteString(`</saml:Attribute>`)
		}
		b.WriteString(`</saml:AttributeStatement>`)
	}
	b.WriteString(`</saml:Assertion>`)
	return b.String()
}

// ResponseXML is a successful response around an assertion, without a signature
// of its own.
func (p *SAML) ResponseXML(a SAMLAssertion, assertion string) string {
	a = p.defaults(a)
	return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="` + attrXML(a.Recipient) +
		`" ID="` + attrXML(a.ID) + `-response" IssueInstant="` + samlTime(a.Issued) + `" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` +
		textXML(p.EntityID) + `</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>` +
		assertion + `</samlp:Response>`
}

// SignXML signs an element, in canonical form and with an ID, and puts the
// signature behind its Issuer.
func (p *SAML) SignXML(element, algorithm string) (string, error) {
	_, rest, ok := strings.Cut(element, ` ID="`)
	id, _, ok2 := strings.Cut(rest, `"`)
	head, tail, ok3 := strings.Cut(element, `</saml:Issuer>`)
	if !ok || !ok2 || !ok3 {
		return "", errors.New("pretend: element without ID or Issuer")
	}
	signature, err := p.SignatureXML(element, id, algorithm)
	if err != nil {
		return "", err
	}
	return head + `</saml:Issuer>` + signature + tail, nil
}

// SignatureXML makes the signature of an element in canonical form, with
// exclusive canonical XML as its one transform beside the enveloped signature.
func (p *SAML) SignatureXML(element, id, algorithm string) (string, error) {
	return p.SignatureEdited(element, id, algorithm, func(info string) string { return info })
}

// SignatureEdited is SignatureXML with a SignedInfo that edit changes before it
// is signed.
func (p *SAML) SignatureEdited(element, id, algorithm string, edit func(info string) string) (string, error) {
	hash, digest := crypto.SHA256, "http://www.w3.org/2001/04/xmlenc#sha256"
	switch {
	case strings.HasSuffix(algorithm, "sha1"):
		hash, digest = crypto.SHA1, "http://www.w3.org/2000/09/xmldsig#sha1"
	case strings.HasSuffix(algorithm, "sha384"):
		hash, digest = crypto.SHA384, "http://www.w3.org/2001/04/xmldsig-more#sha384"
	case strings.HasSuffix(algorithm, "sha512"):
		hash, digest = crypto.SHA512, "http://www.w3.org/2001/04/xmlenc#sha512"
	}
	const exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
	info := `<ds:CanonicalizationMethod Algorithm="` + exclusive + `"></ds:CanonicalizationMethod>` +
		`<ds:SignatureMethod Algorithm="` + algorithm + `"></ds:SignatureMethod>` +
		`<ds:Reference URI="#` + attrXML(id) + `"><ds:Transforms>` +
		`<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>` +
		`<ds:Transform Algorithm="` + exclusive + `"></ds:Transform></ds:Transforms>` +
		`<ds:DigestMethod Algorithm="` + digest + `"></ds:DigestMethod>` +
		`<ds:DigestValue>` + base64.StdEncoding.EncodeToString(sum(hash, element)) + `</ds:DigestValue></ds:Reference></ds:SignedInfo>`
	info = edit(info)
	p.mu.RLock()
	key := p.keys[0]
	p.mu.RUnlock()
	// The canonical form of SignedInfo declares the prefix itself.
	value, err := signXML(key.signer, hash, `<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`+info)
	if err != nil {
		return "", err
	}
	return `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>` + info +
		`<ds:SignatureValue>` + base64.StdEncoding.EncodeToString(value) + `</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` +
		base64.StdEncoding.EncodeToString(key.cert) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>`, nil
}

// signXML signs text in the form that XML signatures have.
func signXML(key crypto.Signer, hash crypto.Hash, text string) ([]byte, error) {
	digest := sum(hash, text)
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(rand.Reader, key, hash, digest)
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			return nil, err
		}
		size := (key.Curve.Params().BitSize + 7) / 8
		return slices.Concat(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))), nil
	}
	return nil, fmt.Errorf("pretend: cannot sign XML with a %T", key)
}

func sum(hash crypto.Hash, text string) []byte {
	h := hash.New()
	h.Write([]byte(text))
	return h.Sum(nil)
}

// defaults fills in what an assertion does not say.
func (p *SAML) defaults(a SAMLAssertion) SAMLAssertion {
	if a.ID == "" {
		var random [16]byte
		rand.Read(random[:])
		a.ID = "_" + hex.EncodeToString(random[:])
	}
	a.Subject = cmp.Or(a.Subject, "ada")
	a.Format = cmp.Or(a.Format, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
	a.Recipient = cmp.Or(a.Recipient, "https://signin.aws.amazon.com/saml")
	a.Audience = cmp.Or(a.Audience, "urn:amazon:webservices")
	if a.Issued.IsZero() {
		a.Issued = p.cfg.Now()
	}
	if a.Expires.IsZero() {
		a.Expires = a.Issued.Add(5 * time.Minute)
	}
	return a
}

func samlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// textXML escapes character data, and attrXML an attribute's value, as canonical
// XML does.
func textXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;").Replace(s)
}

func attrXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;").Replace(s)
}
