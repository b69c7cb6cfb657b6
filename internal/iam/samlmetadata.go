package iam

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// SAMLMetadata is what a metadata document says that matters for verifying
// assertions (saml-metadata 2.3, 2.4).
type SAMLMetadata struct {
	EntityID     string
	Certificates [][]byte  // DER, of the keys that sign
	ValidUntil   time.Time // zero if the document does not say
}

// Bounds of metadata. AWS takes ten million characters; the document is read as
// a stream, and only what is asked for is kept.
const (
	minSAMLMetadata    = 1000
	maxSAMLMetadata    = 10_000_000
	maxMetadataDepth   = 64
	maxMetadataItems   = 500_000 // elements
	maxEntityID        = 1024    // saml-core 8.3.6
	maxCertificateText = 32 << 10
	maxSAMLKeys        = 10
	minRSABits         = 2048
)

const (
	metadataNS  = "urn:oasis:names:tc:SAML:2.0:metadata"
	signatureNS = "http://www.w3.org/2000/09/xmldsig#"
	saml2       = "urn:oasis:names:tc:SAML:2.0:protocol"
)

// BadMetadata says that a SAML metadata document cannot be used.
type BadMetadata struct{ Why string }

func (e *BadMetadata) Error() string { return "SAML metadata: " + e.Why }

// ParseSAMLMetadata reads the metadata of one identity provider. It refuses DTDs,
// anything but UTF-8, and documents whose provider could never sign anybody in.
func ParseSAMLMetadata(document string) (*SAMLMetadata, error) {
	switch n := utf8.RuneCountInString(document); {
	case !utf8.ValidString(document), strings.HasPrefix(document, "\ufeff"):
		return nil, &BadMetadata{"not UTF-8 without byte order mark"}
	case n < minSAMLMetadata, n > maxSAMLMetadata:
		return nil, &BadMetadata{fmt.Sprintf("%d characters", n)}
	}
	r := metadataReader{d: xml.NewDecoder(strings.NewReader(document))}
	if err := r.read(); err != nil {
		return nil, err
	}
	switch {
	case r.out.EntityID == "" || len(r.out.EntityID) > maxEntityID || r.out.EntityID != strings.TrimSpace(r.out.EntityID):
		return nil, &BadMetadata{"entityID is missing or malformed"}
	case !r.idp:
		return nil, &BadMetadata{"no IDPSSODescriptor for SAML 2.0"}
	case len(r.out.Certificates) == 0 && r.unusable != nil:
		return nil, &BadMetadata{"no usable certificate: " + r.unusable.Error()}
	case len(r.out.Certificates) == 0:
		return nil, &BadMetadata{"no X509Certificate for signing"}
	}
	return &r.out, nil
}

// metadataReader walks the document. path holds the names of open elements, ""
// for those of namespaces that mean nothing here.
type metadataReader struct {
	d        *xml.Decoder
	path     []string
	text     []byte // of the certificate that is open
	inKey    bool   // in a KeyDescriptor whose key signs
	idp      bool
	out      SAMLMetadata
	unusable error // why the last certificate cannot be used
}

func (r *metadataReader) read() error {
	items, roots := 0, 0
	for {
		token, err := r.d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &BadMetadata{"not well-formed XML"}
		}
		switch t := token.(type) {
		case xml.StartElement:
			if items++; items > maxMetadataItems || len(r.path) >= maxMetadataDepth {
				return &BadMetadata{"too many elements or levels"}
			}
			if len(r.path) == 0 {
				roots++
			}
			if err := r.open(t); err != nil {
				return err
			}
		case xml.EndElement:
			if err := r.close(); err != nil {
				return err
			}
		case xml.CharData:
			if len(r.path) == 0 && len(bytes.TrimSpace(t)) > 0 {
				return &BadMetadata{"text outside the element"}
			}
			if r.at("X509Certificate") && len(r.text) <= maxCertificateText {
				r.text = append(r.text, t...)
			}
		case xml.Directive:
			return &BadMetadata{"a document type"}
		}
	}
	if roots != 1 {
		return &BadMetadata{"not one XML element"}
	}
	return nil
}

func (r *metadataReader) open(t xml.StartElement) error {
	name := ""
	if t.Name.Space == metadataNS || t.Name.Space == signatureNS {
		name = t.Name.Local
	}
	r.path = append(r.path, name)
	switch {
	case len(r.path) == 1:
		if t.Name != (xml.Name{Space: metadataNS, Local: "EntityDescriptor"}) {
			return &BadMetadata{"the document is not one EntityDescriptor of SAML 2.0"}
		}
		r.out.EntityID = attr(t, "entityID")
		if s := attr(t, "validUntil"); s != "" {
			until, err := time.Parse(time.RFC3339Nano, s)
			if err != nil {
				return &BadMetadata{"validUntil is not a time"}
			}
			r.out.ValidUntil = until.UTC().Truncate(time.Millisecond)
		}
	case r.at("EntityDescriptor", "IDPSSODescriptor"):
		r.idp = slices.Contains(strings.Fields(attr(t, "protocolSupportEnumeration")), saml2)
	case r.at("EntityDescriptor", "IDPSSODescriptor", "KeyDescriptor"):
		use := attr(t, "use")
		r.inKey = use == "" || use == "signing"
	}
	r.text = r.text[:0]
	return nil
}

func (r *metadataReader) close() error {
	defer func() { r.path = r.path[:len(r.path)-1] }()
	if !r.inKey || !r.at("EntityDescriptor", "IDPSSODescriptor", "KeyDescriptor", "KeyInfo", "X509Data", "X509Certificate") {
		return nil
	}
	der, err := certificateOf(string(r.text))
	if err != nil {
		r.unusable = err
		return nil // a key too weak to use may stand beside its successor
	}
	if slices.ContainsFunc(r.out.Certificates, func(c []byte) bool { return bytes.Equal(c, der) }) {
		return nil
	}
	if len(r.out.Certificates) == maxSAMLKeys {
		return &BadMetadata{fmt.Sprintf("more than %d certificates", maxSAMLKeys)}
	}
	r.out.Certificates = append(r.out.Certificates, der)
	return nil
}

// at reports whether the open elements are those named, or with one name whether
// it is the innermost.
func (r *metadataReader) at(names ...string) bool {
	if len(names) == 1 {
		return len(r.path) > 0 && r.path[len(r.path)-1] == names[0]
	}
	return slices.Equal(r.path, names)
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name == (xml.Name{Local: name}) {
			return a.Value
		}
	}
	return ""
}

// certificateOf decodes a certificate whose key can sign for us.
func certificateOf(text string) ([]byte, error) {
	if len(text) > maxCertificateText {
		return nil, errors.New("a certificate is too long")
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, errors.New("a certificate is not base64")
	}
	_, err = samlKey(der)
	return der, err
}

// samlKey parses a certificate and makes sure that its key may sign. Its dates do
// not matter: AWS does not look at them either.
func samlKey(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("a certificate cannot be read: %w", err)
	}
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > 8192 {
			return nil, fmt.Errorf("a key of RSA has %d bits", bits)
		}
		return c, nil
	case *ecdsa.PublicKey:
		return c, nil
	}
	return nil, fmt.Errorf("a key is of kind %v", c.PublicKeyAlgorithm)
}
