package saml

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"github.com/rockpool-id/rockpool/internal/login"
)

// keyType is what kind of key a signature method needs.
type keyType int

const (
	rsaKey keyType = iota + 1
	ecKey
)

// A method is a signature algorithm that can be accepted.
type method struct {
	key  keyType
	sha1 bool
}

// signatureMethod looks up an algorithm by its name in XML.
func signatureMethod(name string) (method, bool) {
	switch name {
	case dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod:
		return method{key: rsaKey}, true
	case dsig.ECDSASHA256SignatureMethod, dsig.ECDSASHA384SignatureMethod, dsig.ECDSASHA512SignatureMethod:
		return method{key: ecKey}, true
	case dsig.RSASHA1SignatureMethod:
		return method{key: rsaKey, sha1: true}, true
	case dsig.ECDSASHA1SignatureMethod:
		return method{key: ecKey, sha1: true}, true
	}
	return method{}, false
}

// digestMethod looks up a digest by its name in XML.
func digestMethod(name string) (sha1, ok bool) {
	switch name {
	case "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512":
		return false, true
	case "http://www.w3.org/2000/09/xmldsig#sha1":
		return true, true
	}
	return false, false
}

// exclusive reports whether name is exclusive canonical XML. With comments or
// without is the same: documents with comments are not read.
func exclusive(name string) bool {
	return name == string(dsig.CanonicalXML10ExclusiveAlgorithmId) || name == string(dsig.CanonicalXML10ExclusiveWithCommentsAlgorithmId)
}

// verifySignature verifies the signature that stands in e and refers to it. It
// returns e as the signature covers it, read again from the signed octets.
func (v *Verifier) verifySignature(e, signature *etree.Element, certs []*x509.Certificate) (*etree.Element, error) {
	m, err := v.checkProfile(signature, attribute(e, "ID"))
	if err != nil {
		return nil, err
	}
	// Certificates that a message brings along mean nothing: the library would
	// choose among the trusted ones by them, and here each is tried.
	detached, own, err := detach(e, signature)
	if err != nil {
		return nil, &login.Refusal{Kind: login.BadSignature, Claim: e.Tag, Err: err}
	}
	if info := child(own, signatureNS, "KeyInfo"); info != nil {
		own.RemoveChild(info)
	}
	value := child(own, signatureNS, "SignatureValue")
	if value == nil {
		return nil, notSAML("Signature", "without SignatureValue", "exactly one")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text(value)), ""))
	if err != nil {
		return nil, &login.Refusal{Kind: login.BadSignature, Claim: e.Tag, Err: errors.New("the signature is not base64")}
	}
	tried := 0
	var last error
	for _, cert := range certs[:min(len(certs), maxCertificates)] {
		encoded, fits := encodeFor(cert, m, raw)
		if !fits {
			continue
		}
		tried++
		value.SetText(base64.StdEncoding.EncodeToString(encoded))
		var proven *etree.Element
		if proven, last = verifyWith(detached, cert); last == nil {
			return proven, nil
		}
	}
	if tried == 0 {
		return nil, &login.Refusal{Kind: login.UnknownKey, Claim: e.Tag, Want: "a certificate of the metadata whose key fits the algorithm"}
	}
	return nil, &login.Refusal{Kind: login.BadSignature, Claim: e.Tag, Err: last}
}

// detach copies e out of its document with the namespaces that are in scope, and
// finds the signature in the copy.
func detach(e, signature *etree.Element) (detached, own *etree.Element, err error) {
	scope, err := etreeutils.NSBuildParentContext(e)
	if err != nil {
		return nil, nil, err
	}
	if detached, err = etreeutils.NSDetatch(scope, e); err != nil {
		return nil, nil, err
	}
	if i := signature.Index(); i < len(detached.Child) {
		if own, ok := detached.Child[i].(*etree.Element); ok && own.Tag == "Signature" {
			return detached, own, nil
		}
	}
	return nil, nil, errors.New("the signature is not where it was")
}

// verifyWith verifies with one key. The library wants a certificate that is
// valid now; ours are containers for keys, so now is when it was.
func verifyWith(e *etree.Element, cert *x509.Certificate) (*etree.Element, error) {
	c := dsig.ValidationContext{
		CertificateStore: &dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{cert}},
		IdAttribute:      dsig.DefaultIdAttr,
		Clock:            dsig.NewFakeClockAt(cert.NotBefore),
	}
	return c.Validate(e)
}

// encodeFor gives a signature the form that x509 reads, if cert's key fits m:
// XML has the two numbers of an elliptic curve signature side by side
// (xmldsig-core1 6.4.3), x509 wants them in ASN.1.
func encodeFor(cert *x509.Certificate, m method, raw []byte) (encoded []byte, fits bool) {
	switch pub := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return raw, m.key == rsaKey
	case *ecdsa.PublicKey:
		size := (pub.Curve.Params().BitSize + 7) / 8
		if m.key != ecKey || len(raw) != 2*size {
			return nil, false
		}
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:size]), new(big.Int).SetBytes(raw[size:])})
		return der, err == nil
	}
	return nil, false
}

// checkProfile makes sure that a signature says what ours must say and nothing
// else: exactly one reference, to the element that the signature stands in, by
// enveloped signature and exclusive canonical XML (saml-core 5.4).
func (v *Verifier) checkProfile(signature *etree.Element, id string) (method, error) {
	parts, err := sequence(signature, "SignedInfo", "SignatureValue", "?KeyInfo")
	if err != nil {
		return method{}, err
	}
	info, err := sequence(parts[0], "CanonicalizationMethod", "SignatureMethod", "Reference")
	if err != nil {
		return method{}, err
	}
	ref, err := sequence(info[2], "Transforms", "DigestMethod", "DigestValue")
	if err != nil {
		return method{}, err
	}
	transforms, err := sequence(ref[0], "Transform", "Transform")
	if err != nil {
		return method{}, err
	}
	if uri := attribute(info[2], "URI"); uri != "#"+id {
		return method{}, &login.Refusal{Kind: login.BadSignature, Claim: "Reference", Got: login.Shown(uri), Want: login.Shown("#" + id)}
	}
	for _, a := range []struct {
		claim string
		e     *etree.Element
		ok    func(string) bool
	}{
		{"CanonicalizationMethod", info[0], exclusive},
		{"Transform", transforms[0], func(s string) bool { return s == string(dsig.EnvelopedSignatureAltorithmId) }},
		{"Transform", transforms[1], exclusive},
		{"DigestMethod", ref[1], func(s string) bool { sha1, ok := digestMethod(s); return ok && (!sha1 || v.sha1) }},
		{"SignatureMethod", info[1], func(s string) bool { m, ok := signatureMethod(s); return ok && (!m.sha1 || v.sha1) }},
	} {
		if name := attribute(a.e, "Algorithm"); !a.ok(name) {
			return method{}, &login.Refusal{Kind: login.BadAlgorithm, Claim: a.claim, Got: login.Shown(name)}
		}
		// The one parameter there may be are the prefixes of exclusive
		// canonical XML.
		for _, c := range a.e.ChildElements() {
			if c.Tag != "InclusiveNamespaces" || !exclusive(attribute(a.e, "Algorithm")) {
				return method{}, &login.Refusal{Kind: login.BadAlgorithm, Claim: a.claim, Got: login.Shown(c.Tag)}
			}
		}
	}
	m, _ := signatureMethod(attribute(info[1], "Algorithm"))
	return m, nil
}

// sequence returns the child elements of e if they are those named, in order. A
// name with a question mark may be absent, and then is not in the answer.
func sequence(e *etree.Element, names ...string) ([]*etree.Element, error) {
	all := e.ChildElements()
	out := make([]*etree.Element, 0, len(names))
	for _, name := range names {
		plain, optional := strings.CutPrefix(name, "?")
		if i := len(out); i < len(all) && is(all[i], signatureNS, plain) {
			out = append(out, all[i])
		} else if !optional {
			return nil, notSAML(e.Tag, "without "+plain+" in its place", strings.Join(names, ", "))
		}
	}
	if len(out) != len(all) {
		return nil, notSAML(e.Tag, "more than its parts", strings.Join(names, ", "))
	}
	return out, nil
}
