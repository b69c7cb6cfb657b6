package saml_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/saml"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

// decrypter is our key number i, which is no provider's.
func decrypter(t testing.TB, i int) *rsa.PrivateKey {
	t.Helper()
	keys, err := decrypters()
	if err != nil {
		t.Fatal(err)
	}
	return keys[i]
}

// expectEncrypted is expect with our first key.
func expectEncrypted(t testing.TB, p *pretend.SAML) login.Expect {
	t.Helper()
	want := expect(t, p)
	want.Decrypters = []crypto.Decrypter{decrypter(t, 0)}
	return want
}

// encrypted is assertion encrypted for us.
func encrypted(t testing.TB, p *pretend.SAML, assertion string, change func(*pretend.SAMLEncryption)) string {
	t.Helper()
	var e pretend.SAMLEncryption
	if change != nil {
		change(&e)
	}
	if e.Key == nil {
		e.Key = &decrypter(t, 0).PublicKey
	}
	out, err := p.EncryptXML(assertion, e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatAnEncryptedAssertionSaysIsWhatAPlainOneSays(t *testing.T) {
	p := newProvider(t, key(t, 0))
	a := pretend.SAMLAssertion{ID: "_1", Attributes: []pretend.SAMLAttribute{{Name: "groups", Values: []string{"a & <b>", "é"}}}}
	assertion := signed(t, p, p.AssertionXML(a))
	v, want := newVerifier(t, saml.Config{}), expectEncrypted(t, p)
	plain, err := v.Verify(t.Context(), encode(p.ResponseXML(a, assertion)), want)
	if err != nil {
		t.Fatal(err)
	}
	type E = *pretend.SAMLEncryption
	for name, change := range map[string]func(E){
		"AES-256-GCM under OAEP with SHA-1":      nil,
		"AES-128-GCM":                            func(e E) { e.Cipher = pretend.XMLAES128GCM },
		"the key beside the data":                func(e E) { e.Beside = true },
		"OAEP with SHA-256 and a mask of SHA-1":  func(e E) { e.Digest = "http://www.w3.org/2001/04/xmlenc#sha256" },
		"OAEP of XML Encryption 1.1 as it comes": func(e E) { e.Transport = pretend.XMLOAEP11 },
		"OAEP of XML Encryption 1.1 with SHA-256": func(e E) {
			e.Transport, e.Digest, e.Mask = pretend.XMLOAEP11, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2009/xmlenc11#mgf1sha256"
		},
		"OAEP of XML Encryption 1.1 with SHA-512": func(e E) {
			e.Transport, e.Digest, e.Mask = pretend.XMLOAEP11, "http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2009/xmlenc11#mgf1sha512"
		},
		"SHA-1 by its name, and a mask of SHA-1 too": func(e E) {
			e.Transport, e.Digest, e.Mask = pretend.XMLOAEP11, "http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2009/xmlenc11#mgf1sha1"
		},
	} {
		t.Run(name, func(t *testing.T) {
			sealed := encrypted(t, p, assertion, change)
			for what, response := range map[string]string{
				"a signed assertion inside":                   p.ResponseXML(a, sealed),
				"a signed response around a signed assertion": signed(t, p, p.ResponseXML(a, sealed)),
				"a signed response around an unsigned one":    signed(t, p, p.ResponseXML(a, encrypted(t, p, p.AssertionXML(a), change))),
				"white space and a declaration inside":        p.ResponseXML(a, encrypted(t, p, "<?xml version=\"1.0\"?>\n"+assertion+"\n", change)),
				"hints whose key it is":                       p.ResponseXML(a, strings.Replace(sealed, `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`, `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyName>another</ds:KeyName>`, 1)),
			} {
				got, err := v.Verify(t.Context(), encode(response), want)
				if err != nil {
					t.Errorf("%s: %v", what, err)
				} else if diff := cmp.Diff(plain, got); diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
			}
		})
	}
}

func TestCBCCountsOnlyUnderASignatureOfTheResponse(t *testing.T) {
	p := newProvider(t, key(t, 0))
	a := pretend.SAMLAssertion{ID: "_1"}
	v, want := newVerifier(t, saml.Config{}), expectEncrypted(t, p)
	for _, cipher := range []string{pretend.XMLAES128CBC, pretend.XMLAES256CBC} {
		for _, assertion := range []string{signed(t, p, p.AssertionXML(a)), p.AssertionXML(a)} {
			response := p.ResponseXML(a, encrypted(t, p, assertion, func(e *pretend.SAMLEncryption) { e.Cipher = cipher }))
			if c, err := v.Verify(t.Context(), encode(signed(t, p, response)), want); err != nil || c.Subject != "ada" {
				t.Errorf("%s in a signed response: %v", cipher, err)
			}
			_, err := v.Verify(t.Context(), encode(response), want)
			if r, ok := login.AsRefusal(err); !ok || r.Kind != login.Encrypted || r.Claim != "EncryptionMethod" {
				t.Errorf("%s in a response without signature: %v", cipher, err)
			}
		}
	}
}

func TestKeysForDecryptingRollOver(t *testing.T) {
	p := newProvider(t, key(t, 0))
	a := pretend.SAMLAssertion{ID: "_1"}
	v, want := newVerifier(t, saml.Config{}), expect(t, p)
	for i := range 2 {
		response := encode(p.ResponseXML(a, encrypted(t, p, signed(t, p, p.AssertionXML(a)), func(e *pretend.SAMLEncryption) { e.Key = &decrypter(t, i).PublicKey })))
		want.Decrypters = []crypto.Decrypter{decrypter(t, 0), decrypter(t, 1)}
		if _, err := v.Verify(t.Context(), response, want); err != nil {
			t.Errorf("key %d of two: %v", i, err)
		}
		want.Decrypters = []crypto.Decrypter{decrypter(t, 1-i)}
		_, err := v.Verify(t.Context(), response, want)
		if r, ok := login.AsRefusal(err); !ok || r.Kind != login.Encrypted {
			t.Errorf("a key that is gone: %v", err)
		}
	}
}

func TestEncryptionIsAskedForAsTheProviderSays(t *testing.T) {
	p := newProvider(t, key(t, 0))
	a := pretend.SAMLAssertion{ID: "_1"}
	plain := p.ResponseXML(a, signed(t, p, p.AssertionXML(a)))
	sealed := p.ResponseXML(a, encrypted(t, p, signed(t, p, p.AssertionXML(a)), nil))
	v := newVerifier(t, saml.Config{})
	for name, c := range map[string]struct {
		keys          []crypto.Decrypter
		only          bool
		plain, sealed bool
	}{
		"no key":                 {plain: true},
		"a key, both allowed":    {keys: []crypto.Decrypter{decrypter(t, 0)}, plain: true, sealed: true},
		"a key, only encrypted":  {keys: []crypto.Decrypter{decrypter(t, 0)}, only: true, sealed: true},
		"no key, only encrypted": {only: true},
	} {
		want := expect(t, p)
		want.Decrypters, want.OnlyEncrypted = c.keys, c.only
		for response, ok := range map[string]bool{plain: c.plain, signed(t, p, plain): c.plain, sealed: c.sealed, signed(t, p, sealed): c.sealed} {
			_, err := v.Verify(t.Context(), encode(response), want)
			if r, refused := login.AsRefusal(err); (err == nil) != ok || !ok && (!refused || r.Kind != login.Encrypted) {
				t.Errorf("%s: got %v, want accepted: %v", name, err, ok)
			}
		}
	}
}

// TestAnotherImplementationsEncryptionIsRead has assertions encrypted by xmlsec.
func TestAnotherImplementationsEncryptionIsRead(t *testing.T) {
	tool, err := exec.LookPath("xmlsec1")
	if err != nil {
		t.Skip("xmlsec1 is not installed")
	}
	p := newProvider(t, key(t, 0))
	a := pretend.SAMLAssertion{ID: "_1", Attributes: []pretend.SAMLAttribute{{Name: "dep", Values: []string{"R&D <it>"}}}}
	assertion := signed(t, p, p.AssertionXML(a))
	for name, c := range map[string]struct {
		session, cipher string
		sign            bool // the response too, by xmlsec
	}{
		"AES-256-GCM":            {"aes-256", pretend.XMLAES256GCM, false},
		"AES-128-GCM":            {"aes-128", pretend.XMLAES128GCM, false},
		"AES-256-CBC and signed": {"aes-256", pretend.XMLAES256CBC, true},
		"AES-128-CBC and signed": {"aes-128", pretend.XMLAES128CBC, true},
		"AES-256-GCM and signed": {"aes-256", pretend.XMLAES256GCM, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := func(name string, content []byte) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			der, err := x509.MarshalPKIXPublicKey(&decrypter(t, 0).PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			public := file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
			in := file("in.xml", []byte(assertion))
			template := file("template.xml", []byte(`<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element">
  <EncryptionMethod Algorithm="`+c.cipher+`"/>
  <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
    <EncryptedKey xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="`+pretend.XMLOAEP+`"/><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><KeyName/></KeyInfo><CipherData><CipherValue/></CipherData></EncryptedKey>
  </KeyInfo>
  <CipherData><CipherValue/></CipherData>
</EncryptedData>`))
			run := func(arguments ...string) string {
				cmd := exec.CommandContext(t.Context(), tool, arguments...)
				var complaint strings.Builder
				cmd.Stderr = &complaint
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v: %s", err, complaint.String())
				}
				return string(out)
			}
			_, data, _ := strings.Cut(run("--encrypt", "--pubkey-pem", public, "--session-key", c.session, "--xml-data", in, template), "?>")
			response := p.ResponseXML(a, `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">`+strings.TrimSpace(data)+`</saml:EncryptedAssertion>`)
			if c.sign {
				der, err := x509.MarshalPKCS8PrivateKey(key(t, 0))
				if err != nil {
					t.Fatal(err)
				}
				private := file("private.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
				response = replace(t, response, "</saml:Issuer>", "</saml:Issuer>"+signatureTemplate(pretend.XMLRSASHA256, "_1-response"))
				response = run("--sign", "--privkey-pem", private, "--id-attr:ID", "Response", file("response.xml", []byte(response)))
			}
			claims, err := newVerifier(t, saml.Config{}).Verify(t.Context(), encode(response), expectEncrypted(t, p))
			if err != nil || claims.Subject != "ada" || claims.Raw["dep"] != "R&D <it>" {
				t.Errorf("got %+v, %v\n%s", claims, err, response)
			}
		})
	}
}

// FuzzEncrypted changes encrypted responses, and what is encrypted. Whatever comes
// out must be refused or say exactly what was signed.
func FuzzEncrypted(f *testing.F) {
	p := newProvider(f, fuzzSigner(f))
	a := pretend.SAMLAssertion{ID: "_1", Attributes: []pretend.SAMLAttribute{{Name: "role", Values: []string{"reader"}}}}
	assertion := signedAs(f, p, p.AssertionXML(a))
	ours := fuzzDecrypter(f)
	encrypted := func(t testing.TB, assertion string, change func(*pretend.SAMLEncryption)) string {
		return encrypted(t, p, assertion, func(e *pretend.SAMLEncryption) {
			e.Key = &ours.PublicKey
			if change != nil {
				change(e)
			}
		})
	}
	inner := p.ResponseXML(a, encrypted(f, assertion, nil))
	f.Add(inner, "")
	f.Add(p.ResponseXML(a, encrypted(f, assertion, func(e *pretend.SAMLEncryption) { e.Beside = true })), "")
	f.Add(signedAs(f, p, p.ResponseXML(a, encrypted(f, p.AssertionXML(a), func(e *pretend.SAMLEncryption) { e.Cipher = pretend.XMLAES128CBC }))), "")
	f.Add("", assertion)
	f.Add("", p.AssertionXML(a))
	f.Add("", strings.ReplaceAll(assertion, "saml:", "x:"))
	v, want := newVerifier(f, saml.Config{}), expect(f, p)
	want.Decrypters = []crypto.Decrypter{ours}
	f.Fuzz(func(t *testing.T, xml, plain string) {
		if xml == "" { // what a stranger encrypts for us, which anybody can
			xml = p.ResponseXML(a, encrypted(t, plain, nil))
		}
		c, err := v.Verify(t.Context(), encode(xml), want)
		if err != nil {
			if _, ok := login.AsRefusal(err); !ok {
				t.Fatalf("an error that is no refusal: %v", err)
			}
			return
		}
		if c.Subject != "ada" || c.Raw["role"] != "reader" || len(c.Raw) != 1 || c.SAML.Recipient != saml.Recipient || c.SAML.AssertionID != "_1" {
			t.Fatalf("accepted what was not signed: %+v", c)
		}
	})
}

func BenchmarkVerifyEncrypted(b *testing.B) {
	p := newProvider(b, key(b, 0))
	a := pretend.SAMLAssertion{ID: "_1"}
	honest := p.ResponseXML(a, encrypted(b, p, signed(b, p, p.AssertionXML(a)), nil))
	foreign := p.ResponseXML(a, encrypted(b, p, signed(b, p, p.AssertionXML(a)), func(e *pretend.SAMLEncryption) { e.Key = &decrypter(b, 1).PublicKey }))
	value := between(b, honest, "<xenc:CipherValue>", "</xenc:CipherValue>")
	for name, text := range map[string]string{
		"honest":          honest,
		"another's key":   foreign,
		"changed octets":  cipherText(b, honest, func(octets []byte) []byte { octets[100] ^= 1; return octets }),
		"a key of zeroes": strings.Replace(honest, value, "<xenc:CipherValue>"+base64.StdEncoding.EncodeToString(make([]byte, 256))+"</xenc:CipherValue>", 1),
	} {
		b.Run(name, func(b *testing.B) {
			v, want, r := newVerifier(b, saml.Config{}), expectEncrypted(b, p), encode(text)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = v.Verify(b.Context(), r, want)
			}
		})
	}
}

// slowKey opens nothing, and that when it is let.
type slowKey struct {
	began atomic.Int64
	let   chan struct{}
}

func (k *slowKey) Public() crypto.PublicKey { return nil }

func (k *slowKey) Decrypt(io.Reader, []byte, crypto.DecrypterOpts) ([]byte, error) {
	k.began.Add(1)
	<-k.let
	return nil, errors.New("not mine")
}

func TestFewAssertionsAreOpenedAtATime(t *testing.T) {
	p := newProvider(t, key(t, 0))
	a := pretend.SAMLAssertion{ID: "_1"}
	response := encode(p.ResponseXML(a, encrypted(t, p, p.AssertionXML(a), nil)))
	want := expectEncrypted(t, p)
	synctest.Test(t, func(t *testing.T) {
		v, k := newVerifier(t, saml.Config{}), &slowKey{let: make(chan struct{})}
		want.Decrypters = []crypto.Decrypter{k}
		ctx, leave := context.WithCancel(t.Context())
		most := max(1, runtime.GOMAXPROCS(0)/2)
		errs := make(chan error, most+3)
		for range cap(errs) {
			go func() {
				_, err := v.Verify(ctx, response, want)
				errs <- err
			}()
		}
		synctest.Wait()
		if got := k.began.Load(); got != int64(most) {
			t.Errorf("%d are opened at a time, want %d", got, most)
		}
		leave()
		synctest.Wait()
		close(k.let)
		left := 0
		for range cap(errs) {
			if errors.Is(<-errs, context.Canceled) {
				left++
			}
		}
		if left != 3 {
			t.Errorf("%d left the queue, want 3", left)
		}
	})
}
