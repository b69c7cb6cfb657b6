package saml_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/saml"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

const (
	provider = "arn:aws:iam::123456789012:saml-provider/Corp"
	entityID = "https://idp.example.com/saml"
)

// start is when all tests happen.
var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// rsaKeys makes each key once: they are slow to make.
var rsaKeys = sync.OnceValues(func() ([2]crypto.Signer, error) {
	var keys [2]crypto.Signer
	for i := range keys {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return keys, err
		}
		keys[i] = k
	}
	return keys, nil
})

func key(t testing.TB, i int) crypto.Signer {
	t.Helper()
	keys, err := rsaKeys()
	if err != nil {
		t.Fatal(err)
	}
	return keys[i]
}

func ecKey(t testing.TB, c elliptic.Curve) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newProvider(t testing.TB, k crypto.Signer) *pretend.SAML {
	t.Helper()
	p, err := pretend.NewSAML(pretend.SAMLConfig{EntityID: entityID, Key: k, Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newVerifier(t testing.TB, cfg saml.Config) *saml.Verifier {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return start }
	}
	v, err := saml.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func expect(t testing.TB, p *pretend.SAML) login.Expect {
	t.Helper()
	certs, err := p.Certificates()
	if err != nil {
		t.Fatal(err)
	}
	return login.Expect{Provider: provider, Issuer: entityID, Certificates: certs}
}

func encode(xml string) string { return base64.StdEncoding.EncodeToString([]byte(xml)) }

// signed is element with its signature.
func signed(t testing.TB, p *pretend.SAML, element string) string {
	t.Helper()
	s, err := p.SignXML(element, pretend.XMLRSASHA256)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// replace is strings.Replace once, and fails when there was nothing to replace.
func replace(t testing.TB, s, old, by string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("%q is not in the response", old)
	}
	return strings.Replace(s, old, by, 1)
}

// between cuts the text from one mark to another out of s.
func between(t testing.TB, s, from, to string) (whole string) {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	middle, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("no text from %q to %q", from, to)
	}
	return from + middle + to
}

// decrypters makes our keys, with which assertions are encrypted for us, once.
var decrypters = sync.OnceValues(func() ([2]*rsa.PrivateKey, error) {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return keys, err
		}
		keys[i] = k
	}
	return keys, nil
})

// The keys of fuzz targets. The search runs in several processes, which must agree
// on keys: what one has signed or encrypted is changed and read by another. These
// protect nothing.
const (
	fuzzPrime1 = "ScsUSTOTFeAjNPfl8vC0VvI8cCLBZ2Y6iNkwgTSZl3ptTfcWyjfMx3Nq91kOyed8S6pVTeYR1T1mK13AQqSGsf75872kByeSCIJajLDvcX7LMIKgPeXgV9vkYUasnLiC1sIQ9koUeQsZl0XZMiqmanMJlTpkdsOeuYDq2rHoF0TL"
	fuzzPrime2 = "SbXeEhygrxTbDsLt0AkkcNi4RmZbU95fBxfpXiweaM3YyCZARTnxIs9Vmr9yoKwqhw5yEfP0S6Ik2779rbOoi5KJZE3GZOZ5zwDOZ6yKhV4PgOyKpgrAHim43j7URfgDjLx6YwfInry1tdfmFS0nqgZhUcahI0joEvkMYHg1WCBt"
)

// fuzzSigner is a provider's key on an elliptic curve.
func fuzzSigner(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{42}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// fuzzDecrypter is our private key.
func fuzzDecrypter(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	p, ok1 := new(big.Int).SetString(fuzzPrime1, 62)
	q, ok2 := new(big.Int).SetString(fuzzPrime2, 62)
	if !ok1 || !ok2 {
		t.Fatal("a prime cannot be read")
	}
	one, e := big.NewInt(1), big.NewInt(65537)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(e, phi), Primes: []*big.Int{p, q},
	}
	k.Precompute()
	if err := k.Validate(); err != nil {
		t.Fatal(err)
	}
	return k
}

// signedAs is element with its signature by an elliptic curve.
func signedAs(t testing.TB, p *pretend.SAML, element string) string {
	t.Helper()
	s, err := p.SignXML(element, pretend.XMLECDSASHA256)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
