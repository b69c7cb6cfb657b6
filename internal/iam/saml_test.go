package iam_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

const corp = "arn:aws:iam::000000000000:saml-provider/Corp"

// samlIDP is a provider whose key is quick to make.
func samlIDP(t testing.TB, until time.Time) *pretend.SAML {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pretend.NewSAML(pretend.SAMLConfig{Key: key, ValidUntil: until})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// certificate is the text of a certificate in metadata.
func certificate(t testing.TB, bits int) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestSAMLProviders(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	s := node(t, store)
	idp := samlIDP(t, time.Time{})
	p := must[*iam.SAMLEntry](t)(s.CreateSAMLProvider(ctx, iam.NewSAMLProvider{Account: account, Name: "Corp", Metadata: idp.Metadata(), Tags: []iam.Tag{{Key: "k", Value: "v"}}}))
	if p.ARN() != corp || p.EntityID != idp.EntityID || len(p.Keys) != 1 || !strings.HasPrefix(p.UUID, "SAMLSP") || len(p.UUID) != 22 || p.Metadata != "" {
		t.Errorf("provider %+v", p)
	}
	if want := p.Created.AddDate(100, 0, 0); !p.ValidUntil().Equal(want) {
		t.Errorf("valid until %v, want %v", p.ValidUntil(), want)
	}
	ok(t, s.TagSAMLProvider(ctx, corp, []iam.Tag{{Key: "l"}}), s.UntagSAMLProvider(ctx, corp, []string{"K"}))
	metadata := must[string](t)(s.SAMLMetadata(ctx, p))
	if metadata != idp.Metadata() {
		t.Error("tagging changed the metadata")
	}
	// Another node, and this one after a restart, know the same.
	other, found := node(t, store).Snapshot().SAMLProviderByARN(corp)
	if !found || len(other.Keys) != 1 || other.EntityID != idp.EntityID {
		t.Errorf("another node knows %+v", other)
	}
	diff(t, "tags", []iam.Tag{{Key: "l"}}, other.Tags)

	until := time.Date(2040, 1, 2, 3, 4, 5, 678e6, time.UTC)
	next := samlIDP(t, until)
	ok(t, next.Rotate(ecKey(t)))
	ok(t, s.UpdateSAMLProvider(ctx, corp, iam.SAMLUpdate{Metadata: next.Metadata()}))
	now, _ := s.Snapshot().SAMLProviderByARN(corp)
	if len(now.Keys) != 2 || !now.ValidUntil().Equal(until) || now.UUID != p.UUID || !now.Created.Equal(p.Created) {
		t.Errorf("after an update %+v", now)
	}

	_, err := s.CreateSAMLProvider(ctx, iam.NewSAMLProvider{Account: account, Name: "cORP", Metadata: idp.Metadata()})
	wantError(t, "taken", err, &iam.AlreadyExists{Kind: iam.KindSAMLProvider, Name: "cORP"})
	for _, name := range []string{"", "a b", "a/b", "é", strings.Repeat("a", 129), "a,b"} {
		_, err := s.CreateSAMLProvider(ctx, iam.NewSAMLProvider{Account: account, Name: name, Metadata: idp.Metadata()})
		wantError(t, "name", err, &iam.Invalid{Field: iam.FieldName, Value: name})
	}
	missing := corp + "2"
	gone := &iam.NotFound{Kind: iam.KindSAMLProvider, Name: missing}
	wantError(t, "update", s.UpdateSAMLProvider(ctx, missing, iam.SAMLUpdate{Metadata: idp.Metadata()}), gone)
	wantError(t, "tag", s.TagSAMLProvider(ctx, missing, nil), gone)
	wantError(t, "delete", s.DeleteSAMLProvider(ctx, missing), gone)
	ok(t, s.DeleteSAMLProvider(ctx, corp))
	if _, found := s.Snapshot().SAMLProviderByARN(corp); found {
		t.Error("a deleted provider is there")
	}
	if text := must[string](t)(s.SAMLMetadata(ctx, p)); text != "" {
		t.Error("a deleted provider has metadata")
	}
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSAMLProvidersAreCounted(t *testing.T) {
	s := node(t, newMemory(), func(c *iam.Config) { c.Limits.SAMLProviders = 1 })
	idp := samlIDP(t, time.Time{})
	must[*iam.SAMLEntry](t)(s.CreateSAMLProvider(t.Context(), iam.NewSAMLProvider{Account: account, Name: "a", Metadata: idp.Metadata()}))
	_, err := s.CreateSAMLProvider(t.Context(), iam.NewSAMLProvider{Account: account, Name: "b", Metadata: idp.Metadata()})
	wantError(t, "quota", err, &iam.LimitExceeded{Quota: iam.QuotaSAMLProviders, Limit: 1, Kind: iam.KindSAMLProvider, Name: "b"})
}

func TestMetadataThatCannotBeUsedIsRefused(t *testing.T) {
	good := samlIDP(t, time.Time{}).Metadata()
	if _, err := iam.ParseSAMLMetadata(good); err != nil {
		t.Fatal(err)
	}
	edit := func(old, by string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the metadata", old)
		}
		return strings.ReplaceAll(good, old, by)
	}
	cert := good[strings.Index(good, "<ds:X509Certificate>")+len("<ds:X509Certificate>") : strings.Index(good, "</ds:X509Certificate>")]
	pad := strings.Repeat(" ", 1000)
	eleven := samlIDP(t, time.Time{})
	many := eleven.Metadata()
	for range 10 {
		next := samlIDP(t, time.Time{}).Metadata()
		from, to := strings.Index(next, "<md:KeyDescriptor"), strings.Index(next, "<md:NameIDFormat")
		many = strings.Replace(many, "<md:NameIDFormat", next[from:to]+"<md:NameIDFormat", 1)
	}
	for name, c := range map[string]struct{ document, why string }{
		"too short":                         {"<a/>", "4 characters"},
		"too long":                          {strings.Repeat("x", 10_000_001), "10000001 characters"},
		"not XML":                           {strings.Repeat("x", 2000), "text outside the element"},
		"not UTF-8":                         {good + pad + "\xff", "not UTF-8"},
		"a byte order mark":                 {"\ufeff" + good, "not UTF-8"},
		"another encoding":                  {edit(`encoding="UTF-8"`, `encoding="ISO-8859-1"`), "not well-formed"},
		"a document type":                   {edit("<md:EntityDescriptor", "<!DOCTYPE x><md:EntityDescriptor"), "document type"},
		"an entity":                         {edit("<md:EntityDescriptor", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><md:EntityDescriptor`), "document type"},
		"an undefined entity":               {edit("<md:NameIDFormat>", "<md:NameIDFormat>&e;"), "not well-formed"},
		"cut short":                         {good[:len(good)-10], "not well-formed"},
		"two documents":                     {good + good[strings.Index(good, "<md:"):], "not one XML element"},
		"a list of providers":               {edit("md:EntityDescriptor", "md:EntitiesDescriptor"), "not one EntityDescriptor"},
		"another namespace":                 {edit("SAML:2.0:metadata", "SAML:1.0:metadata"), "not one EntityDescriptor"},
		"no entity id":                      {edit("entityID=", "id="), "entityID"},
		"an empty entity id":                {edit(`entityID="https://idp.example.com/saml"`, `entityID=""`), "entityID"},
		"an entity id of 1,025 bytes":       {edit("https://idp.example.com/saml\">", strings.Repeat("x", 1025)+"\">"), "entityID"},
		"a service provider":                {edit("IDPSSODescriptor", "SPSSODescriptor"), "no IDPSSODescriptor"},
		"a provider of SAML 1.1":            {edit(`protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"`, `protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol"`), "no IDPSSODescriptor"},
		"a key that only encrypts":          {edit(`use="signing"`, `use="encryption"`), "no X509Certificate for signing"},
		"no certificate":                    {edit("X509Certificate", "X509Crl"), "no X509Certificate for signing"},
		"a certificate that is no base64":   {edit(cert, "!"+pad), "not base64"},
		"a certificate that is none":        {edit(cert, "AAAA"+pad), "cannot be read"},
		"a certificate with 1,024 bits":     {edit(cert, certificate(t, 1024)), "1024 bits"},
		"a certificate of 50 kB":            {edit(cert, strings.Repeat("A", 50_000)), "too long"},
		"eleven certificates":               {many, "more than 10 certificates"},
		"a hundred levels":                  {edit("<md:NameIDFormat>", strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)+"<md:NameIDFormat>"), "too many"},
		"a time that is none":               {edit("entityID=", `validUntil="tomorrow" entityID=`), "validUntil"},
		"a certificate in the wrong place":  {edit("md:KeyDescriptor", "md:Extensions"), "no X509Certificate for signing"},
		"a certificate of another provider": {edit("<md:IDPSSODescriptor", "<md:AttributeAuthorityDescriptor></md:AttributeAuthorityDescriptor><md:X"), "not well-formed"},
	} {
		_, err := iam.ParseSAMLMetadata(c.document)
		var bad *iam.BadMetadata
		if !errors.As(err, &bad) || !strings.Contains(bad.Why, c.why) {
			t.Errorf("%s: got %v, want %q", name, err, c.why)
		}
	}
}

func TestMetadataOfOtherMakersIsRead(t *testing.T) {
	good := samlIDP(t, time.Time{}).Metadata()
	cert := good[strings.Index(good, "<ds:X509Certificate>")+len("<ds:X509Certificate>") : strings.Index(good, "</ds:X509Certificate>")]
	wrapped := "\n    " + cert[:64] + "\n    " + cert[64:] + "\n  "
	weak := `<KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + certificate(t, 1024) + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
	document := `<EntityDescriptor entityID="urn:idp" ID="_1" cacheDuration="PT1H" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">
 <!-- made by hand -->
 <ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>
 <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/>
 <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol">` + weak + `
 <KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + wrapped + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
 <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + cert + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
 </IDPSSODescriptor>
</EntityDescriptor>` + strings.Repeat("\n", 500)
	m, err := iam.ParseSAMLMetadata(document)
	if err != nil || m.EntityID != "urn:idp" || len(m.Certificates) != 1 || base64.StdEncoding.EncodeToString(m.Certificates[0]) != cert || !m.ValidUntil.IsZero() {
		t.Errorf("got %+v, %v", m, err)
	}
}

// FuzzParseSAMLMetadata changes metadata. Whatever is accepted has an issuer and
// keys that the builder of views accepts too.
func FuzzParseSAMLMetadata(f *testing.F) {
	good := samlIDP(f, time.Unix(4e9, 0)).Metadata()
	f.Add(good)
	f.Add(strings.ReplaceAll(good, "md:", ""))
	f.Add(strings.ReplaceAll(good, "\n", "<!-- -->"))
	f.Fuzz(func(t *testing.T, document string) {
		m, err := iam.ParseSAMLMetadata(document)
		if err != nil {
			var bad *iam.BadMetadata
			if !errors.As(err, &bad) || m != nil {
				t.Fatalf("%v with %v", err, m)
			}
			return
		}
		if m.EntityID == "" || len(m.Certificates) == 0 || len(m.Certificates) > 10 {
			t.Fatalf("accepted %+v", m)
		}
		for _, der := range m.Certificates {
			if _, err := x509.ParseCertificate(der); err != nil {
				t.Fatal(fmt.Errorf("accepted a certificate: %w", err))
			}
		}
	})
}
