package saml_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/login/saml"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

// TestAnotherImplementationAgrees has responses signed by xmlsec, which shares no
// code with either end of ours: laid out by hand, with types and prefixes, so that
// the canonical form is another than what is sent.
func TestAnotherImplementationAgrees(t *testing.T) {
	tool, err := exec.LookPath("xmlsec1")
	if err != nil {
		t.Skip("xmlsec1 is not installed")
	}
	for name, c := range map[string]struct {
		key       crypto.Signer
		algorithm string
		element   string // what is signed
	}{
		"RSA over the assertion":               {key(t, 0), pretend.XMLRSASHA256, "Assertion"},
		"RSA over the response":                {key(t, 0), pretend.XMLRSASHA512, "Response"},
		"an elliptic curve over the assertion": {ecKey(t, elliptic.P256()), pretend.XMLECDSASHA256, "Assertion"},
		"an elliptic curve over the response":  {ecKey(t, elliptic.P384()), pretend.XMLECDSASHA384, "Response"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			der, err := x509.MarshalPKCS8PrivateKey(c.key)
			if err != nil {
				t.Fatal(err)
			}
			keyFile, in := filepath.Join(dir, "key.pem"), filepath.Join(dir, "in.xml")
			for file, content := range map[string][]byte{
				keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), in: []byte(template(c.algorithm, c.element)),
			} {
				if err := os.WriteFile(file, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), tool, "--sign", "--privkey-pem", keyFile, "--id-attr:ID", c.element, in)
			var complaint strings.Builder
			cmd.Stderr = &complaint
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, complaint.String())
			}
			p := newProvider(t, c.key)
			claims, err := newVerifier(t, saml.Config{}).Verify(t.Context(), encode(string(out)), expect(t, p))
			if err != nil || claims.Subject != "ada" || claims.Raw["dep"] != "R&D <it>" {
				t.Errorf("got %+v, %v\n%s", claims, err, out)
			}
		})
	}
}

// template is a response to be signed, whose signature is empty.
func template(algorithm, element string) string {
	signature := signatureTemplate(algorithm, "_"+element)
	in := map[string]string{element: signature}
	return `<?xml version="1.0" encoding="UTF-8"?>
<saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:xs="http://www.w3.org/2001/XMLSchema" Version="2.0"
    IssueInstant="2026-03-04T05:06:07Z" ID='_Response' InResponseTo="_1" Destination="https://signin.aws.amazon.com/saml">
  <saml2:Issuer xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example.com/saml</saml2:Issuer>` + in["Response"] + `
  <saml2p:Status><saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status>
  <Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" ID="_Assertion" IssueInstant="2026-03-04T05:06:07.123456Z">
    <Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">https://idp.example.com/saml</Issuer>` + in["Assertion"] + `
    <Subject>
      <NameID>ada</NameID>
      <SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <SubjectConfirmationData InResponseTo="_1" NotOnOrAfter="2026-03-04T06:11:07+01:00" Recipient="https://signin.aws.amazon.com/saml"/>
      </SubjectConfirmation>
    </Subject>
    <Conditions NotBefore="2026-03-04T05:05:07Z" NotOnOrAfter="2026-03-04T05:11:07Z">
      <AudienceRestriction><Audience>urn:amazon:webservices</Audience></AudienceRestriction>
    </Conditions>
    <AttributeStatement>
      <Attribute Name="dep" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">
        <AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">R&amp;D &#60;it&gt;</AttributeValue>
      </Attribute>
    </AttributeStatement>
    <AuthnStatement AuthnInstant="2026-03-04T05:06:07Z" SessionIndex="_2"><AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</AuthnContextClassRef></AuthnContext></AuthnStatement>
  </Assertion>
</saml2p:Response>
`
}

// signatureTemplate is a signature to be made, of the element with an ID.
func signatureTemplate(algorithm, id string) string {
	return `
    <ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
      <ds:SignedInfo>
        <ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
        <ds:SignatureMethod Algorithm="` + algorithm + `"/>
        <ds:Reference URI="#` + id + `">
          <ds:Transforms>
            <ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
            <ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs xsi"/></ds:Transform>
          </ds:Transforms>
          <ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
          <ds:DigestValue></ds:DigestValue>
        </ds:Reference>
      </ds:SignedInfo>
      <ds:SignatureValue></ds:SignatureValue>
    </ds:Signature>`
}
