package saml_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
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
