package saml_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/saml"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

// A scene is what attacks are made of: the provider, an honest response of each
// shape, and another provider whose key nobody trusts.
type scene struct {
	t        *testing.T
	p, other *pretend.SAML
	a        pretend.SAMLAssertion
	// plain has no signature; inner has the assertion signed, outer the response.
	assertion, signedAssertion string
	plain, inner, outer        string
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, p: newProvider(t, key(t, 0)), other: newProvider(t, key(t, 1)), a: pretend.SAMLAssertion{ID: "_honest", Subject: "ada"}}
	s.assertion = s.p.AssertionXML(s.a)
	s.plain = s.p.ResponseXML(s.a, s.assertion)
	s.signedAssertion = signed(t, s.p, s.assertion)
	s.inner = s.p.ResponseXML(s.a, s.signedAssertion)
	s.outer = signed(t, s.p, s.plain)
	return s
}

// evil is an assertion about somebody else, unsigned.
func (s *scene) evil(id string) string {
	return s.p.AssertionXML(pretend.SAMLAssertion{ID: id, Subject: "admin"})
}

func (s *scene) signature() string {
	return between(s.t, s.inner, "<ds:Signature", "</ds:Signature>")
}

func (s *scene) unsigned(element string) string {
	return strings.Replace(element, s.signature(), "", 1)
}

func (s *scene) replace(in, old, by string) string { return replace(s.t, in, old, by) }

const (
	open  = `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" `
	shut  = `</saml:Assertion>`
	shutR = `</samlp:Response>`
	ext   = `<samlp:Extensions>`
	extE  = `</samlp:Extensions>`

	nameElement   = `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ada</saml:NameID>`
	statusElement = `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>`
)

type attack struct {
	name  string
	make  func(s *scene) string
	want  login.Kind
	claim string
}

// wrapping lists the eight classic positions of a signed element beside a forged
// one, and their kin.
func wrapping() []attack {
	inSignature := func(signature, what string) string {
		return strings.Replace(signature, `</ds:Signature>`, `<ds:Object>`+what+`</ds:Object></ds:Signature>`, 1)
	}
	return []attack{
		{"XSW1: a forged response around the signed one, which stands in the signature", func(s *scene) string {
			sig := between(s.t, s.outer, "<ds:Signature", "</ds:Signature>")
			bare := strings.Replace(s.outer, sig, "", 1)
			evil := s.replace(s.replace(bare, ">ada<", ">admin<"), `ID="_honest-response"`, `ID="_evil-response"`)
			return s.replace(evil, `<samlp:Status>`, inSignature(sig, bare)+`<samlp:Status>`)
		}, login.NotSAML, ""},
		{"XSW2: a forged response with the signed one beside a detached signature", func(s *scene) string {
			sig := between(s.t, s.outer, "<ds:Signature", "</ds:Signature>")
			bare := strings.Replace(s.outer, sig, "", 1)
			evil := s.replace(s.replace(bare, ">ada<", ">admin<"), `ID="_honest-response"`, `ID="_evil-response"`)
			return s.replace(evil, `<samlp:Status>`, bare+sig+`<samlp:Status>`)
		}, login.NotSAML, ""},
		{"XSW3: a forged assertion before the signed one", func(s *scene) string {
			return s.replace(s.inner, open, s.evil("_evil")+open)
		}, login.NotSAML, "Assertion"},
		{"XSW3 the other way round: a forged assertion after the signed one", func(s *scene) string {
			return s.replace(s.inner, shutR, s.evil("_evil")+shutR)
		}, login.NotSAML, "Assertion"},
		{"XSW4: the signed assertion inside the forged one", func(s *scene) string {
			return s.p.ResponseXML(s.a, s.replace(s.evil("_evil"), shut, s.signedAssertion+shut))
		}, login.NotSAML, "Assertion"},
		{"XSW5: the forged assertion holds the signature, the signed one follows without", func(s *scene) string {
			evil := s.replace(s.evil("_evil"), `</saml:Issuer>`, `</saml:Issuer>`+s.signature())
			return s.p.ResponseXML(s.a, evil+s.unsigned(s.signedAssertion))
		}, login.NotSAML, "Assertion"},
		{"XSW6: the forged assertion holds the signature, which holds the signed one", func(s *scene) string {
			evil := s.replace(s.evil("_evil"), `</saml:Issuer>`, `</saml:Issuer>`+inSignature(s.signature(), s.unsigned(s.signedAssertion)))
			return s.p.ResponseXML(s.a, evil)
		}, login.NotSAML, "Assertion"},
		{"XSW7: the forged assertion in an extension", func(s *scene) string {
			return s.replace(s.inner, `<samlp:Status>`, ext+s.evil("_evil")+extE+`<samlp:Status>`)
		}, login.NotSAML, "Assertion"},
		{"XSW8: the signed assertion in an object of the forged one's signature", func(s *scene) string {
			evil := s.replace(s.evil("_evil"), `</saml:Issuer>`, `</saml:Issuer>`+inSignature(s.signature(), s.unsigned(s.signedAssertion)))
			return s.replace(s.p.ResponseXML(s.a, evil), `<samlp:Status>`, ext+extE+`<samlp:Status>`)
		}, login.NotSAML, "Assertion"},
		{"the original under an extension, a forgery with its ID in its place", func(s *scene) string {
			return s.replace(s.p.ResponseXML(s.a, s.evil("_honest")), `<samlp:Status>`, ext+s.signedAssertion+extE+`<samlp:Status>`)
		}, login.NotSAML, ""},
		{"a forgery with the honest ID and signature", func(s *scene) string {
			return s.p.ResponseXML(s.a, s.replace(s.evil("_honest"), `</saml:Issuer>`, `</saml:Issuer>`+s.signature()))
		}, login.BadSignature, "Assertion"},
		{"a forgery with its own ID and the honest signature", func(s *scene) string {
			return s.p.ResponseXML(s.a, s.replace(s.evil("_evil"), `</saml:Issuer>`, `</saml:Issuer>`+s.signature()))
		}, login.BadSignature, "Reference"},
		{"two elements of one ID", func(s *scene) string {
			return s.replace(s.inner, `<saml:Subject>`, `<saml:Subject ID="_honest">`)
		}, login.NotSAML, "ID"},
		{"the ID once as Id", func(s *scene) string {
			return s.replace(s.inner, `<saml:Subject>`, `<saml:Subject Id="_honest">`)
		}, login.NotSAML, "ID"},
		{"an assertion of another namespace beside", func(s *scene) string {
			return s.replace(s.inner, open, `<x:Assertion xmlns:x="urn:x"></x:Assertion>`+open)
		}, login.NotSAML, "Assertion"},
		{"an assertion as an attribute's value", func(s *scene) string {
			return s.replace(s.inner, `<saml:AuthnContext>`, `<saml:AuthnContext>`+s.evil("_evil"))
		}, login.NotSAML, "Assertion"},
		{"the response's signature after the assertion", func(s *scene) string {
			sig := between(s.t, s.outer, "<ds:Signature", "</ds:Signature>")
			return s.replace(strings.Replace(s.outer, sig, "", 1), shutR, sig+shutR)
		}, login.NotSAML, "Signature"},
		{"a signature in the subject", func(s *scene) string {
			return s.replace(s.unsigned(s.inner), `</saml:Subject>`, s.signature()+`</saml:Subject>`)
		}, login.NotSAML, "Signature"},
		{"a signature twice", func(s *scene) string {
			return s.replace(s.inner, `<saml:Subject>`, s.signature()+`<saml:Subject>`)
		}, login.NotSAML, "Signature"},
		{"a signed response with a forged assertion whose own signature is the honest one", func(s *scene) string {
			forged := s.replace(s.inner, ">ada<", ">admin<")
			return signed(s.t, s.other, forged)
		}, login.BadSignature, "Assertion"},
		{"an honest assertion in a response that another signed", func(s *scene) string {
			return signed(s.t, s.other, s.inner)
		}, login.BadSignature, "Response"},
	}
}

// signing lists what is done to signatures.
func signing() []attack {
	edit := func(old, by string) func(*scene) string {
		return func(s *scene) string { return s.replace(s.inner, old, by) }
	}
	const digest = `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">`
	return []attack{
		{"no signature", func(s *scene) string { return s.plain }, login.BadSignature, "Signature"},
		{"a changed name", edit(">ada<", ">admin<"), login.BadSignature, "Assertion"},
		{"a changed name under a signed response", func(s *scene) string { return s.replace(s.outer, ">ada<", ">admin<") }, login.BadSignature, "Response"},
		{"a changed recipient", edit(`Recipient="https://signin.aws`, `Recipient="https://eu-central-1.signin.aws`), login.BadSignature, "Assertion"},
		{"a changed expiry", edit(`NotOnOrAfter="2026`, `NotOnOrAfter="2027`), login.BadSignature, "Assertion"},
		{"another provider's key", func(s *scene) string { return s.p.ResponseXML(s.a, signed(s.t, s.other, s.assertion)) }, login.BadSignature, "Assertion"},
		{"another provider's key with the trusted certificate beside", func(s *scene) string {
			ours := between(s.t, s.inner, "<ds:KeyInfo>", "</ds:KeyInfo>")
			theirs := signed(s.t, s.other, s.assertion)
			return s.p.ResponseXML(s.a, s.replace(theirs, between(s.t, theirs, "<ds:KeyInfo>", "</ds:KeyInfo>"), ours))
		}, login.BadSignature, "Assertion"},
		{"the signature value of another message", func(s *scene) string {
			v := between(s.t, s.outer, "<ds:SignatureValue>", "</ds:SignatureValue>")
			return s.replace(s.inner, between(s.t, s.inner, "<ds:SignatureValue>", "</ds:SignatureValue>"), v)
		}, login.BadSignature, "Assertion"},
		{"a digest of the forgery", func(s *scene) string {
			theirs := signed(s.t, s.other, s.evil("_honest"))
			forged := s.replace(theirs, between(s.t, theirs, "<ds:SignatureValue>", "</ds:SignatureValue>"), between(s.t, s.inner, "<ds:SignatureValue>", "</ds:SignatureValue>"))
			return s.p.ResponseXML(s.a, forged)
		}, login.BadSignature, "Assertion"},
		{"a second SignedInfo", edit(`<ds:SignatureValue>`, `<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue>`), login.NotSAML, "Signature"},
		{"a second SignatureValue", edit(`<ds:KeyInfo>`, `<ds:SignatureValue>AAAA</ds:SignatureValue><ds:KeyInfo>`), login.NotSAML, "Signature"},
		{"a second reference", edit(`</ds:SignedInfo>`, `<ds:Reference URI="#_evil"></ds:Reference></ds:SignedInfo>`), login.NotSAML, "SignedInfo"},
		{"a second digest", edit(`</ds:Reference>`, `<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>`), login.NotSAML, "Reference"},
		{"a comment in the digest", edit(`<ds:DigestValue>`, `<ds:DigestValue><!-- x -->`), login.NotSAML, "response"},
		{"a reference to the whole document", edit(`URI="#_honest"`, `URI=""`), login.BadSignature, "Reference"},
		{"a reference by another letter", edit(`URI="#_honest"`, `URI="x_honest"`), login.BadSignature, "Reference"},
		{"a reference by XPointer", edit(`URI="#_honest"`, `URI="#xpointer(id('_honest'))"`), login.BadSignature, "Reference"},
		{"a reference to elsewhere", edit(`URI="#_honest"`, `URI="http://127.0.0.1:1/x"`), login.BadSignature, "Reference"},
		{"an XSLT transform", edit(`xmldsig#enveloped-signature"`, `REC-xslt-19991116"`), login.BadAlgorithm, "Transform"},
		{"an XPath transform", edit(`<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>`,
			`<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(//x)</ds:XPath></ds:Transform>`), login.BadAlgorithm, "Transform"},
		{"a third transform", edit(`</ds:Transforms>`, `<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms>`), login.NotSAML, "Transforms"},
		{"inclusive canonical XML", edit(`CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"`,
			`CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"`), login.BadAlgorithm, "CanonicalizationMethod"},
		{"HMAC with the public key", edit(`xmldsig-more#rsa-sha256"`, `xmldsig-more#hmac-sha256"`), login.BadAlgorithm, "SignatureMethod"},
		{"a signature method of no name", edit(`<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256">`, `<ds:SignatureMethod Algorithm="">`), login.BadAlgorithm, "SignatureMethod"},
		{"MD5 as digest", edit(digest, `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#md5">`), login.BadAlgorithm, "DigestMethod"},
		{"SHA-1 as digest", edit(digest, `<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1">`), login.BadAlgorithm, "DigestMethod"},
		{"a parameter of the signature method", edit(`rsa-sha256"></ds:SignatureMethod>`, `rsa-sha256"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>`), login.BadAlgorithm, "SignatureMethod"},
		{"an elliptic curve's algorithm for an RSA key", edit(`xmldsig-more#rsa-sha256"`, `xmldsig-more#ecdsa-sha256"`), login.UnknownKey, "Assertion"},
		{"RSA with SHA-1", func(s *scene) string {
			a, err := s.p.SignXML(s.assertion, pretend.XMLRSASHA1)
			if err != nil {
				s.t.Fatal(err)
			}
			return s.p.ResponseXML(s.a, a)
		}, login.BadAlgorithm, "DigestMethod"},
	}
}

// shapes lists documents that are not read at all.
func shapes() []attack {
	text := func(s string) func(*scene) string { return func(*scene) string { return s } }
	edit := func(old, by string) func(*scene) string {
		return func(s *scene) string { return s.replace(s.inner, old, by) }
	}
	before := func(what string) func(*scene) string {
		return func(s *scene) string { return what + s.inner }
	}
	return []attack{
		{"an empty document", text(""), login.NotSAML, "response"},
		{"not XML", text("hello"), login.NotSAML, "response"},
		{"a bare assertion", func(s *scene) string { return s.signedAssertion }, login.NotSAML, "Response"},
		{"a response of SAML 1.1", edit(`urn:oasis:names:tc:SAML:2.0:protocol`, `urn:oasis:names:tc:SAML:1.0:protocol`), login.NotSAML, "Response"},
		{"another version", edit(`Version="2.0"><saml:Issuer xmlns`, `Version="1.1"><saml:Issuer xmlns`), login.NotSAML, "Version"},
		{"a document type", before(`<!DOCTYPE x>`), login.NotSAML, "response"},
		{"an external entity", before(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`), login.NotSAML, "response"},
		{"a billion laughs", before(`<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`), login.NotSAML, "response"},
		{"an entity in the name", edit(">ada<", ">&admin;<"), login.NotSAML, "response"},
		{"a comment in the name", edit(">ada<", "><!---->ada<"), login.NotSAML, "response"},
		{"a comment that cuts the name short", func(s *scene) string {
			a := s.a
			a.Subject = "admin.evil.example"
			return s.replace(s.p.ResponseXML(a, signed(s.t, s.p, s.p.AssertionXML(a))), "admin.evil", "admin<!---->.evil")
		}, login.NotSAML, "response"},
		{"a processing instruction", edit("<samlp:Status>", "<?x y?><samlp:Status>"), login.NotSAML, "response"},
		{"a style sheet", before(`<?xml-stylesheet href="x"?>`), login.NotSAML, "response"},
		{"another encoding", before(`<?xml version="1.0" encoding="UTF-16"?>`), login.NotSAML, "response"},
		{"bytes that are no UTF-8", edit(">ada<", ">a\xff<"), login.NotSAML, "response"},
		{"a name with two colons", edit("<samlp:Status>", "<a:b:c></a:b:c><samlp:Status>"), login.NotSAML, "response"},
		{"an attribute without a name before the colon", edit(`<samlp:Status>`, `<samlp:Status :x="1">`), login.NotSAML, "response"},
		{"an attribute twice", edit(`ID="_honest"`, `ID="_honest" ID="_evil"`), login.NotSAML, "response"},
		{"two documents", func(s *scene) string { return s.inner + s.inner }, login.NotSAML, "response"},
		{"text after the document", func(s *scene) string { return s.inner + "x" }, login.NotSAML, "response"},
		{"an element that is not closed", func(s *scene) string { return strings.TrimSuffix(s.inner, shutR) }, login.NotSAML, "response"},
		{"elements that cross", edit("</samlp:Status>", ""), login.NotSAML, "response"},
		{"a hundred levels", edit("<samlp:Status>", strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)+"<samlp:Status>"), login.TooLarge, "response"},
		{"five thousand elements", edit("<samlp:Status>", strings.Repeat("<a></a>", 5000)+"<samlp:Status>"), login.TooLarge, "response"},
		{"a thousand namespaces", edit("<samlp:Status>", strings.Repeat(`<a xmlns:b="urn:b"></a>`, 800)+"<samlp:Status>"), login.TooLarge, "response"},
		{"a hundred attributes", edit("<samlp:Status>", "<samlp:Status "+manyAttributes(100)+">"), login.TooLarge, "response"},
		{"100 kB", func(s *scene) string { return s.inner + strings.Repeat(" ", 100_000) }, login.TooLarge, ""},
		{"an encrypted assertion", func(s *scene) string {
			return s.p.ResponseXML(s.a, `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"></saml:EncryptedAssertion>`)
		}, login.Encrypted, "EncryptedAssertion"},
		{"an encrypted name", edit(nameElement, `<saml:EncryptedID></saml:EncryptedID>`), login.Encrypted, "EncryptedID"},
		{"an ID with a space", edit(`ID="_honest"`, `ID="_honest x"`), login.NotSAML, "ID"},
		{"no ID", edit(` ID="_honest"`, ``), login.NotSAML, "ID"},
		{"no assertion", func(s *scene) string { return s.p.ResponseXML(s.a, "") }, login.NotSAML, "Assertion"},
		{"a sign-in that failed", edit("status:Success", "status:Responder"), login.Rejected, "Status"},
		{"a sign-in without status", edit(statusElement, ""), login.NotSAML, "Status"},
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a" + strings.Repeat("x", i) + `="1"`)
	}
	return b.String()
}

func TestAttacksAreRefused(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, saml.Config{})
	want := expect(t, s.p)
	for _, honest := range []string{s.inner, s.outer, signed(t, s.p, s.inner)} {
		if c, err := v.Verify(t.Context(), encode(honest), want); err != nil || c.Subject != "ada" {
			t.Fatalf("the honest response: %+v, %v", c, err)
		}
	}
	for _, group := range [][]attack{wrapping(), signing(), shapes(), claims()} {
		for _, a := range group {
			t.Run(a.name, func(t *testing.T) {
				s.t = t
				c, err := v.Verify(t.Context(), encode(a.make(s)), want)
				r, ok := login.AsRefusal(err)
				if !ok {
					t.Fatalf("got %+v, %v; want a refusal", c, err)
				}
				if r.Kind != a.want || r.Claim != a.claim && a.claim != "" || r.Provider != provider {
					t.Errorf("got %v; want %v for %s", r, a.want, a.claim)
				}
			})
		}
	}
}

// claims lists honestly signed responses that do not count here or now.
func claims() []attack {
	signedEdit := func(old, by string) func(*scene) string {
		return func(s *scene) string { return s.p.ResponseXML(s.a, signed(s.t, s.p, s.replace(s.assertion, old, by))) }
	}
	say := func(change func(*pretend.SAMLAssertion)) func(*scene) string {
		return func(s *scene) string {
			a := s.a
			change(&a)
			return s.p.ResponseXML(a, signed(s.t, s.p, s.p.AssertionXML(a)))
		}
	}
	type A = *pretend.SAMLAssertion
	at := func(d time.Duration) time.Time { return start.Add(d) }
	const restriction = `<saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience></saml:AudienceRestriction>`
	const confirmation = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`
	return []attack{
		{"expired this instant", say(func(a A) { a.Issued, a.Expires = at(-time.Hour), start }), login.Expired, "NotOnOrAfter"},
		{"conditions that expired though the confirmation has not", signedEdit(`Conditions NotOnOrAfter="2026`, `Conditions NotOnOrAfter="2025`), login.Expired, "NotOnOrAfter"},
		{"a session at the provider that is over", say(func(a A) { a.SessionEnd = start }), login.Expired, "SessionNotOnOrAfter"},
		{"valid in six minutes", say(func(a A) { a.NotBefore = at(6 * time.Minute) }), login.NotYetValid, "NotBefore"},
		{"made in six minutes", say(func(a A) { a.Issued = at(6 * time.Minute) }), login.NotYetValid, "IssueInstant"},
		{"signed in in six minutes", signedEdit(`AuthnInstant="2026`, `AuthnInstant="2027`), login.NotYetValid, "AuthnInstant"},
		{"a time that is none", signedEdit(`IssueInstant="2026`, `IssueInstant="x026`), login.Malformed, "IssueInstant"},
		{"a time without zone", signedEdit(`IssueInstant="2026-03-04T05:06:07.000Z`, `IssueInstant="2026-03-04T05:06:07.000`), login.Malformed, "IssueInstant"},
		{"made for another service", say(func(a A) { a.Recipient = "https://wiki.example.com/saml" }), login.WrongRecipient, "Recipient"},
		{"made for an address that begins like AWS's", say(func(a A) { a.Recipient = "https://signin.aws.amazon.com/saml.evil.example" }), login.WrongRecipient, "Recipient"},
		{"made for an address that ends like AWS's", say(func(a A) { a.Recipient = "https://evil.example/x.signin.aws.amazon.com/saml" }), login.WrongRecipient, "Recipient"},
		{"without recipient", signedEdit(` Recipient="https://signin.aws.amazon.com/saml"`, ``), login.MissingClaim, "Recipient"},
		{"another audience", say(func(a A) { a.Audience = "https://wiki.example.com" }), login.WrongAudience, "Audience"},
		{"an audience in another case", say(func(a A) { a.Audience = "URN:amazon:webservices" }), login.WrongAudience, "Audience"},
		{"an empty restriction", signedEdit(`<saml:Audience>urn:amazon:webservices</saml:Audience>`, ``), login.WrongAudience, "Audience"},
		{"a second restriction without us", signedEdit(restriction, restriction+strings.Replace(restriction, "urn:amazon:webservices", "other", 1)), login.WrongAudience, "Audience"},
		{"a condition that nobody understands", signedEdit(restriction, restriction+`<saml:Condition></saml:Condition>`), login.Malformed, "Conditions"},
		{"conditions twice", signedEdit(`<saml:AuthnStatement`, `<saml:Conditions></saml:Conditions><saml:AuthnStatement`), login.NotSAML, "Conditions"},
		{"another issuer", signedEdit(`<saml:Issuer>https://idp.example.com/saml<`, `<saml:Issuer>https://idp.example.com/saml2<`), login.WrongIssuer, "Assertion"},
		{"an issuer with a space", signedEdit(`idp.example.com/saml</saml:Issuer>`, `idp.example.com/saml </saml:Issuer>`), login.WrongIssuer, "Assertion"},
		{"an issuer of another format", signedEdit(`<saml:Issuer>`, `<saml:Issuer Format="urn:x">`), login.WrongIssuer, "Assertion"},
		{"two issuers", signedEdit(`<saml:Subject>`, `<saml:Issuer>x</saml:Issuer><saml:Subject>`), login.NotSAML, "Issuer"},
		{"another issuer of the response", func(s *scene) string {
			return s.replace(s.inner, `assertion">https://idp.example.com/saml<`, `assertion">https://evil.example.com/saml<`)
		}, login.WrongIssuer, "Response"},
		{"no subject", func(s *scene) string {
			return s.p.ResponseXML(s.a, signed(s.t, s.p, s.replace(s.assertion, between(s.t, s.assertion, "<saml:Subject>", "</saml:Subject>"), "")))
		}, login.MissingClaim, "Subject"},
		{"no name", signedEdit(nameElement, ""), login.MissingClaim, "NameID"},
		{"an empty name", signedEdit(">ada<", "><"), login.MissingClaim, "NameID"},
		{"a name with a line break", signedEdit(">ada<", ">ada\n<"), login.Malformed, "NameID"},
		{"a name with a space in front", signedEdit(">ada<", "> ada<"), login.Malformed, "NameID"},
		{"a name with a tab inside", signedEdit(">ada<", ">a\tda<"), login.Malformed, "NameID"},
		{"a name with an element inside", signedEdit(">ada<", "><saml:b>admin</saml:b><"), login.Malformed, "NameID"},
		{"a name of 2,000 bytes", signedEdit(">ada<", ">"+strings.Repeat("a", 2000)+"<"), login.Malformed, "NameID"},
		{"two confirmations", signedEdit(confirmation, confirmation+`</saml:SubjectConfirmation>`+confirmation), login.Malformed, "SubjectConfirmation"},
		{"a holder of a key", signedEdit(`cm:bearer`, `cm:holder-of-key`), login.Malformed, "SubjectConfirmation"},
		{"a confirmation that does not expire", signedEdit(`SubjectConfirmationData NotOnOrAfter="2026-03-04T05:11:07.000Z"`, `SubjectConfirmationData`), login.MissingClaim, "NotOnOrAfter"},
		{"an attribute without name", signedEdit(shut, `<saml:AttributeStatement><saml:Attribute></saml:Attribute></saml:AttributeStatement>`+shut), login.MissingClaim, "Attribute Name"},
		{"a signed destination that is not the recipient", func(s *scene) string {
			return signed(s.t, s.p, s.replace(s.plain, `Destination="https://signin`, `Destination="https://us-east-1.signin`))
		}, login.WrongRecipient, "Destination"},
	}
}

func TestTheEncodingIsBase64(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, saml.Config{})
	want := expect(t, s.p)
	good := encode(s.inner)
	wrapped := good[:76] + "\r\n" + good[76:] + "\n"
	if _, err := v.Verify(t.Context(), wrapped, want); err != nil {
		t.Errorf("base64 with line breaks: %v", err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "the XML itself": s.inner, "the URL alphabet": base64.URLEncoding.EncodeToString([]byte(s.inner + ">>>???")),
		"a space": " " + good, "half of it": good[:101], "bytes after it": good + "=",
	} {
		_, err := v.Verify(t.Context(), bad, want)
		if r, ok := login.AsRefusal(err); !ok || r.Kind != login.NotSAML {
			t.Errorf("%s: got %v, want NotSAML", name, err)
		}
	}
}
