package saml_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/saml"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

type encryption = *pretend.SAMLEncryption

// sealed is a response whose assertion is encrypted.
func (s *scene) sealed(assertion string, change func(encryption)) string {
	return s.p.ResponseXML(s.a, encrypted(s.t, s.p, assertion, change))
}

func (s *scene) cipherText(response string, change func([]byte) []byte) string {
	return cipherText(s.t, response, change)
}

// cipherText changes the octets of the data, which come last.
func cipherText(t testing.TB, response string, change func([]byte) []byte) string {
	t.Helper()
	from, to := strings.LastIndex(response, "<xenc:CipherValue>")+len("<xenc:CipherValue>"), strings.LastIndex(response, "</xenc:CipherValue>")
	raw, err := base64.StdEncoding.DecodeString(response[from:to])
	if err != nil {
		t.Fatal(err)
	}
	return response[:from] + base64.StdEncoding.EncodeToString(change(raw)) + response[to:]
}

const (
	openE    = `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">`
	shutE    = `</saml:EncryptedAssertion>`
	keyInfo  = `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`
	oaep     = `<xenc:EncryptionMethod Algorithm="` + pretend.XMLOAEP + `">`
	gcm      = `<xenc:EncryptionMethod Algorithm="` + pretend.XMLAES256GCM + `">`
	digestIn = `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>`
)

// encrypting lists what is done to encrypted assertions.
func encrypting() []attack {
	edit := func(old, by string) func(*scene) string {
		return func(s *scene) string { return s.replace(s.sealed(s.signedAssertion, nil), old, by) }
	}
	beside := func(old, by string) func(*scene) string {
		return func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, func(e encryption) { e.Beside = true }), old, by)
		}
	}
	octets := func(change func([]byte) []byte) func(*scene) string {
		return func(s *scene) string { return s.cipherText(s.sealed(s.signedAssertion, nil), change) }
	}
	inside := func(assertion func(*scene) string) func(*scene) string {
		return func(s *scene) string { return s.sealed(assertion(s), nil) }
	}
	how := func(change func(encryption)) func(*scene) string {
		return func(s *scene) string { return s.sealed(s.signedAssertion, change) }
	}
	const unopened = "EncryptedAssertion"
	return []attack{
		// Whose words they are.
		{"a forgery that a stranger encrypted", inside(func(s *scene) string { return s.evil("_evil") }), login.BadSignature, "Signature"},
		{"an honest assertion without its signature", inside(func(s *scene) string { return s.assertion }), login.BadSignature, "Signature"},
		{"a forgery with the honest signature", inside(func(s *scene) string {
			return s.replace(s.evil("_honest"), `</saml:Issuer>`, `</saml:Issuer>`+s.signature())
		}), login.BadSignature, "Assertion"},
		{"a changed name", inside(func(s *scene) string { return s.replace(s.signedAssertion, ">ada<", ">admin<") }), login.BadSignature, "Assertion"},
		{"another provider's signature inside", inside(func(s *scene) string { return signed(s.t, s.other, s.evil("_evil")) }), login.BadSignature, "Assertion"},
		{"the signed assertion inside the forged one", inside(func(s *scene) string {
			return s.replace(s.evil("_evil"), shut, s.signedAssertion+shut)
		}), login.NotSAML, "Assertion"},
		{"a forged assertion before the signed one", inside(func(s *scene) string { return s.evil("_evil") + s.signedAssertion }), login.NotSAML, "response"},
		{"the signed assertion before a forged one", inside(func(s *scene) string { return s.signedAssertion + s.evil("_evil") }), login.NotSAML, "response"},
		{"a response inside", inside(func(s *scene) string { return s.inner }), login.NotSAML, "Assertion"},
		{"the signed assertion in an object of its signature", inside(func(s *scene) string {
			sig := strings.Replace(s.signature(), `</ds:Signature>`, `<ds:Object>`+s.unsigned(s.signedAssertion)+`</ds:Object></ds:Signature>`, 1)
			return s.replace(s.evil("_evil"), `</saml:Issuer>`, `</saml:Issuer>`+sig)
		}), login.NotSAML, "Assertion"},
		{"a forgery put into a signed response", func(s *scene) string {
			honest := signed(s.t, s.p, s.sealed(s.assertion, nil))
			return s.replace(honest, between(s.t, honest, openE, shutE), encrypted(s.t, s.p, s.evil("_evil"), nil))
		}, login.BadSignature, "Response"},
		{"an honest assertion in a response that another signed", func(s *scene) string {
			return signed(s.t, s.other, s.sealed(s.signedAssertion, nil))
		}, login.BadSignature, "Response"},
		{"a forgery in a signed response beside what was signed", func(s *scene) string {
			honest := signed(s.t, s.p, s.sealed(s.assertion, nil))
			return s.replace(honest, openE, encrypted(s.t, s.p, s.evil("_evil"), nil)+openE)
		}, login.NotSAML, "EncryptedAssertion"},
		{"what was signed under an extension, a forgery in its place", func(s *scene) string {
			honest := signed(s.t, s.p, s.sealed(s.assertion, nil))
			sealed := between(s.t, honest, openE, shutE)
			moved := s.replace(honest, sealed, encrypted(s.t, s.p, s.evil("_evil"), nil))
			return s.replace(moved, `<samlp:Status>`, ext+sealed+extE+`<samlp:Status>`)
		}, login.NotSAML, "EncryptedAssertion"},
		{"the ID of the response inside", inside(func(s *scene) string {
			a := s.a
			a.ID = "_honest-response"
			return signed(s.t, s.p, s.p.AssertionXML(a))
		}), login.NotSAML, "ID"},

		// Mixes.
		{"a plain assertion before the encrypted one", edit(openE, `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"></saml:Assertion>`+openE), login.NotSAML, "EncryptedAssertion"},
		{"a forged assertion after the encrypted one", func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, nil), shutE, shutE+s.evil("_evil"))
		}, login.NotSAML, "Assertion"},
		{"a signed assertion beside an encrypted forgery", func(s *scene) string {
			return s.replace(s.inner, open, encrypted(s.t, s.p, s.evil("_evil"), nil)+open)
		}, login.NotSAML, "Assertion"},
		{"two encrypted assertions", func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, nil), shutE, shutE+encrypted(s.t, s.p, s.evil("_evil"), nil))
		}, login.NotSAML, "EncryptedAssertion"},
		{"an assertion in the clear in the encrypted one", func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, nil), shutE, s.evil("_evil")+shutE)
		}, login.NotSAML, "Assertion"},
		{"an assertion in the clear where the key is", func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, nil), keyInfo, keyInfo+s.signedAssertion)
		}, login.NotSAML, "Assertion"},
		{"a signature in the encrypted assertion", func(s *scene) string {
			return s.replace(s.sealed(s.assertion, nil), shutE, s.signature()+shutE)
		}, login.NotSAML, "Signature"},
		{"a response's signature after the encrypted assertion", func(s *scene) string {
			honest := signed(s.t, s.p, s.sealed(s.assertion, nil))
			sig := between(s.t, honest, "<ds:Signature", "</ds:Signature>")
			return s.replace(strings.Replace(honest, sig, "", 1), shutR, sig+shutR)
		}, login.NotSAML, "Signature"},
		{"an encrypted assertion under an extension", func(s *scene) string {
			return s.replace(s.inner, `<samlp:Status>`, ext+encrypted(s.t, s.p, s.evil("_evil"), nil)+extE+`<samlp:Status>`)
		}, login.NotSAML, "EncryptedAssertion"},
		{"an encrypted assertion of another namespace", edit(openE, `<saml:EncryptedAssertion xmlns:saml="urn:x">`), login.NotSAML, "EncryptedAssertion"},
		{"a bare EncryptedData", func(s *scene) string {
			return strings.NewReplacer(openE, "", shutE, "").Replace(s.sealed(s.signedAssertion, nil))
		}, login.Encrypted, "EncryptedData"},
		{"an encrypted key elsewhere", edit(`<samlp:Status>`, `<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"></xenc:EncryptedKey><samlp:Status>`), login.Encrypted, "EncryptedKey"},

		// Nesting.
		{"an encrypted assertion inside an encrypted one", inside(func(s *scene) string { return encrypted(s.t, s.p, s.signedAssertion, nil) }), login.NotSAML, "Assertion"},
		{"an encrypted assertion in the clear inside another", func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, nil), shutE, encrypted(s.t, s.p, s.evil("_evil"), nil)+shutE)
		}, login.NotSAML, "EncryptedAssertion"},
		{"data inside data", inside(func(s *scene) string {
			return strings.NewReplacer(openE, "", shutE, "").Replace(encrypted(s.t, s.p, s.signedAssertion, nil))
		}), login.NotSAML, "Assertion"},
		{"an encrypted name inside", inside(func(s *scene) string {
			return signed(s.t, s.p, s.replace(s.assertion, nameElement, `<saml:EncryptedID></saml:EncryptedID>`))
		}), login.Encrypted, "EncryptedID"},

		// Keys.
		{"a key for somebody else", func(s *scene) string {
			return s.sealed(s.signedAssertion, func(e encryption) { e.Key = &decrypter(s.t, 1).PublicKey })
		}, login.Encrypted, unopened},
		{"two keys in the data", func(s *scene) string {
			r := s.sealed(s.signedAssertion, nil)
			key := between(s.t, r, "<xenc:EncryptedKey>", "</xenc:EncryptedKey>")
			return s.replace(r, key, key+key)
		}, login.Encrypted, "EncryptedKey"},
		{"two keys beside the data", func(s *scene) string {
			r := s.sealed(s.signedAssertion, func(e encryption) { e.Beside = true })
			key := between(s.t, r, "<xenc:EncryptedKey", "</xenc:EncryptedKey>")
			return s.replace(r, key, key+strings.Replace(key, ` Id="`, ` Id="x`, 1))
		}, login.Encrypted, "EncryptedAssertion"},
		{"a key in the data and one beside it", func(s *scene) string {
			other := s.sealed(s.signedAssertion, func(e encryption) { e.Beside = true })
			return s.replace(s.sealed(s.signedAssertion, nil), shutE, between(s.t, other, "<xenc:EncryptedKey", "</xenc:EncryptedKey>")+shutE)
		}, login.Encrypted, "EncryptedKey"},
		{"no key", func(s *scene) string {
			r := s.sealed(s.signedAssertion, nil)
			return s.replace(r, between(s.t, r, "<xenc:EncryptedKey>", "</xenc:EncryptedKey>"), "")
		}, login.Encrypted, "EncryptedKey"},
		{"a key of another length", func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, func(e encryption) { e.Cipher = pretend.XMLAES128GCM }), pretend.XMLAES128GCM, pretend.XMLAES256GCM)
		}, login.Encrypted, unopened},
		{"a key of no octets", func(s *scene) string {
			r := s.sealed(s.signedAssertion, nil)
			return s.replace(r, between(s.t, r, "<xenc:CipherValue>", "</xenc:CipherValue>"), "<xenc:CipherValue></xenc:CipherValue>")
		}, login.Encrypted, unopened},
		{"a key of 4,096 octets", func(s *scene) string {
			r := s.sealed(s.signedAssertion, nil)
			return s.replace(r, between(s.t, r, "<xenc:CipherValue>", "</xenc:CipherValue>"), "<xenc:CipherValue>"+strings.Repeat("AAAA", 1366)+"</xenc:CipherValue>")
		}, login.Encrypted, unopened},
		{"a pointer to a key on the web", beside(`URI="#`, `URI="http://127.0.0.1:1/#`), login.Encrypted, "RetrievalMethod"},
		{"a pointer to another key", beside(`URI="#`, `URI="#x`), login.Encrypted, "RetrievalMethod"},
		{"a pointer with a transform", beside(`</ds:RetrievalMethod>`, `<ds:Transforms></ds:Transforms></ds:RetrievalMethod>`), login.Encrypted, "RetrievalMethod"},
		{"a pointer beside the key in the data", edit(keyInfo, keyInfo+`<ds:RetrievalMethod URI=""></ds:RetrievalMethod>`), login.Encrypted, "RetrievalMethod"},
		{"a key for other data", edit(`</xenc:EncryptedKey>`, `<xenc:ReferenceList><xenc:DataReference URI="#other"></xenc:DataReference></xenc:ReferenceList></xenc:EncryptedKey>`), login.Encrypted, "DataReference"},
		{"an agreement on a key", func(s *scene) string {
			return strings.ReplaceAll(s.sealed(s.signedAssertion, nil), "xenc:EncryptedKey", "xenc:AgreementMethod")
		}, login.Encrypted, "EncryptedKey"},

		// Algorithms.
		{"RSA with PKCS #1 v1.5", how(func(e encryption) { e.Transport = pretend.XMLRSA15 }), login.Encrypted, "EncryptionMethod"},
		{"RSA-OAEP that is called v1.5", edit(pretend.XMLOAEP, pretend.XMLRSA15), login.Encrypted, "EncryptionMethod"},
		{"a key that is wrapped and not encrypted", edit(pretend.XMLOAEP, "http://www.w3.org/2001/04/xmlenc#kw-aes256"), login.Encrypted, "EncryptionMethod"},
		{"no key transport", edit(oaep, `<xenc:EncryptionMethod>`), login.Encrypted, "EncryptionMethod"},
		{"MD5 in OAEP", edit(oaep, oaep+strings.Replace(digestIn, "2001/04/xmlenc#sha256", "2001/04/xmldsig-more#md5", 1)), login.Encrypted, "EncryptionMethod"},
		{"another hash in OAEP than was used", edit(oaep, oaep+digestIn), login.Encrypted, unopened},
		{"two hashes in OAEP", edit(oaep, oaep+digestIn+digestIn), login.Encrypted, "EncryptionMethod"},
		{"parameters of OAEP", edit(oaep, oaep+`<xenc:OAEPparams>AAAA</xenc:OAEPparams>`), login.Encrypted, "EncryptionMethod"},
		{"a mask where there is none", edit(oaep, oaep+`<x:MGF xmlns:x="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"></x:MGF>`), login.Encrypted, "EncryptionMethod"},
		{"a mask of no name", how(func(e encryption) { e.Transport, e.Mask = pretend.XMLOAEP11, "urn:x" }), login.Encrypted, "EncryptionMethod"},
		{"triple DES", edit(pretend.XMLAES256GCM, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"), login.Encrypted, "EncryptionMethod"},
		{"no cipher", edit(gcm, `<xenc:EncryptionMethod>`), login.Encrypted, "EncryptionMethod"},
		{"a key size beside the cipher", edit(gcm, gcm+`<xenc:KeySize>8</xenc:KeySize>`), login.Encrypted, "EncryptionMethod"},
		{"GCM that is called CBC, to read it by its padding", edit(pretend.XMLAES256GCM, pretend.XMLAES256CBC), login.Encrypted, "EncryptionMethod"},
		{"CBC that is called GCM", func(s *scene) string {
			return s.replace(s.sealed(s.signedAssertion, func(e encryption) { e.Cipher = pretend.XMLAES256CBC }), pretend.XMLAES256CBC, pretend.XMLAES256GCM)
		}, login.Encrypted, unopened},
		{"CBC that only the assertion's signature proves", how(func(e encryption) { e.Cipher = pretend.XMLAES256CBC }), login.Encrypted, "EncryptionMethod"},
		{"CBC with changed octets under a signature", func(s *scene) string {
			return s.cipherText(signed(s.t, s.p, s.sealed(s.signedAssertion, func(e encryption) { e.Cipher = pretend.XMLAES256CBC })), func(b []byte) []byte { b[len(b)-17] ^= 1; return b })
		}, login.BadSignature, "Response"},
		{"CBC of half a block that is signed", func(s *scene) string {
			return signed(s.t, s.p, s.cipherText(s.sealed(s.signedAssertion, func(e encryption) { e.Cipher = pretend.XMLAES128CBC }), func(b []byte) []byte { return b[:len(b)-8] }))
		}, login.Encrypted, unopened},
		{"CBC of an IV alone that is signed", func(s *scene) string {
			return signed(s.t, s.p, s.cipherText(s.sealed(s.signedAssertion, func(e encryption) { e.Cipher = pretend.XMLAES128CBC }), func(b []byte) []byte { return b[:16] }))
		}, login.Encrypted, unopened},
		{"encrypted content and not an element", edit(`xmlenc#Element"`, `xmlenc#Content"`), login.Encrypted, "EncryptedData"},

		// Octets.
		{"a tag cut short", octets(func(b []byte) []byte { return b[:len(b)-4] }), login.Encrypted, unopened},
		{"no tag", octets(func(b []byte) []byte { return b[:len(b)-16] }), login.Encrypted, unopened},
		{"a nonce alone", octets(func(b []byte) []byte { return b[:12] }), login.Encrypted, unopened},
		{"half a nonce", octets(func(b []byte) []byte { return b[:6] }), login.Encrypted, unopened},
		{"nothing", octets(func([]byte) []byte { return nil }), login.Encrypted, unopened},
		{"a bit flipped", octets(func(b []byte) []byte { b[100] ^= 1; return b }), login.Encrypted, unopened},
		{"a bit of the nonce flipped", octets(func(b []byte) []byte { b[0] ^= 1; return b }), login.Encrypted, unopened},
		{"octets appended", octets(func(b []byte) []byte { return append(b, 0) }), login.Encrypted, unopened},
		{"80 kB of octets", octets(func(b []byte) []byte { return append(b, make([]byte, 80_000)...) }), login.TooLarge, ""},
		{"octets on the web", edit(`</xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData>`, `</xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherReference URI="http://127.0.0.1:1/x"></xenc:CipherReference>`), login.Encrypted, "CipherData"},
		{"octets of the key on the web", func(s *scene) string {
			r := s.sealed(s.signedAssertion, nil)
			return s.replace(r, between(s.t, r, "<xenc:CipherValue>", "</xenc:CipherValue>"), `<xenc:CipherReference URI="http://127.0.0.1:1/x"></xenc:CipherReference>`)
		}, login.Encrypted, "CipherData"},
		{"octets that are no base64", edit(`</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`, `!</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`), login.Encrypted, "CipherValue"},
		{"octets with an element inside", edit(`</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`, `<x></x></xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`), login.Encrypted, "CipherValue"},
		{"octets with a comment inside", edit(`<xenc:CipherValue>`, `<xenc:CipherValue><!-- x -->`), login.NotSAML, "response"},
		{"a second EncryptedData", edit(shutE, `<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"></xenc:EncryptedData>`+shutE), login.Encrypted, "EncryptedAssertion"},
		{"properties of the encryption", edit(`</xenc:EncryptedData>`, `<xenc:EncryptionProperties></xenc:EncryptionProperties></xenc:EncryptedData>`), login.Encrypted, "EncryptedData"},
		{"an empty encrypted assertion", func(s *scene) string { return s.p.ResponseXML(s.a, openE+shutE) }, login.Encrypted, "EncryptedAssertion"},

		// Texts that are no assertion.
		{"an empty text", inside(func(*scene) string { return "" }), login.NotSAML, "response"},
		{"a text that is no XML", inside(func(*scene) string { return "hello" }), login.NotSAML, "response"},
		{"a document type inside", inside(func(s *scene) string { return `<!DOCTYPE x>` + s.signedAssertion }), login.NotSAML, "response"},
		{"an entity inside", inside(func(s *scene) string { return s.replace(s.signedAssertion, ">ada<", ">&admin;<") }), login.NotSAML, "response"},
		{"a prefix that only the response declares", inside(func(s *scene) string {
			return s.replace(s.signedAssertion, ` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`, "")
		}), login.NotSAML, "Assertion"},
		{"an assertion of SAML 1.1 inside", inside(func(s *scene) string { return s.replace(s.signedAssertion, `Version="2.0"`, `Version="1.1"`) }), login.NotSAML, "Version"},
	}
}

func TestAttacksOnEncryptionAreRefused(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, saml.Config{})
	want := expectEncrypted(t, s.p)
	for name, honest := range map[string]string{
		"GCM": s.sealed(s.signedAssertion, nil), "GCM, signed": signed(t, s.p, s.sealed(s.assertion, nil)), "plain": s.inner,
		"CBC, signed":         signed(t, s.p, s.sealed(s.assertion, func(e encryption) { e.Cipher = pretend.XMLAES256CBC })),
		"GCM, the key beside": s.sealed(s.signedAssertion, func(e encryption) { e.Beside = true }),
	} {
		if c, err := v.Verify(t.Context(), encode(honest), want); err != nil || c.Subject != "ada" {
			t.Fatalf("the honest response, %s: %+v, %v", name, c, err)
		}
	}
	for _, a := range encrypting() {
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

// TestAttacksAreRefusedWhenTheyAreEncrypted hides every attack on plain assertions
// in an EncryptedAssertion.
func TestAttacksAreRefusedWhenTheyAreEncrypted(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, saml.Config{})
	want := expectEncrypted(t, s.p)
	hidden := 0
	for _, group := range [][]attack{wrapping(), signing(), shapes(), claims()} {
		for _, a := range group {
			t.Run(a.name, func(t *testing.T) {
				s.t = t
				xml := a.make(s)
				from, to := strings.Index(xml, "<saml:Assertion"), strings.LastIndex(xml, shut)
				if from < 0 || to < from {
					t.Skip("no assertion to hide")
				}
				hidden++
				to += len(shut)
				xml = xml[:from] + encrypted(t, s.p, xml[from:to], nil) + xml[to:]
				c, err := v.Verify(t.Context(), encode(xml), want)
				if _, ok := login.AsRefusal(err); !ok {
					t.Errorf("got %+v, %v; want a refusal", c, err)
				}
			})
		}
	}
	if hidden < 100 {
		t.Errorf("only %d attacks were hidden", hidden)
	}
}
