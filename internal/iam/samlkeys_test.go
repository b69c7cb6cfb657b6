package iam_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
)

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// pemOf is a key in PKCS #8.
func pemOf(t testing.TB, key any) keys.Secret {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return keys.NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

func TestPrivateKeysOpenOnEveryNodeAndForNobodyElse(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	s := node(t, store)
	key := rsaKey(t, 2048)
	p := must[*iam.SAMLEntry](t)(s.CreateSAMLProvider(ctx, iam.NewSAMLProvider{
		Account: account, Name: "Corp", Metadata: samlIDP(t, time.Time{}).Metadata(), Encryption: iam.EncryptionRequired, PrivateKey: pemOf(t, key),
	}))
	secret := must[[]byte](t)(rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, []byte("hello"), nil))
	opens := func(what string, p *iam.SAMLEntry) {
		t.Helper()
		if len(p.Decrypters) != 1 || p.Encryption != iam.EncryptionRequired {
			t.Fatalf("%s knows %+v", what, p)
		}
		plain := must[[]byte](t)(p.Decrypters[0].Decrypt(rand.Reader, secret, &rsa.OAEPOptions{Hash: crypto.SHA256}))
		if string(plain) != "hello" {
			t.Errorf("%s decrypts to %q", what, plain)
		}
	}
	opens("the node", p)
	other, _ := node(t, store).Snapshot().SAMLProviderByARN(corp)
	opens("another node", other)
	if n := must[int](t)(s.ResealSAMLKeys(ctx)); n != 1 {
		t.Errorf("resealed %d", n)
	}
	again, _ := s.Snapshot().SAMLProviderByARN(corp)
	opens("the node after resealing", again)
	if again.Version == p.Version || again.PrivateKeys[0].ID != p.PrivateKeys[0].ID || !again.PrivateKeys[0].Created.Equal(p.PrivateKeys[0].Created) {
		t.Errorf("resealed version %d, key %s", again.Version, again.PrivateKeys[0].ID)
	}

	// The stored form of one provider's key is of no use to another.
	stolen := again.PrivateKeys
	ok(t, s.DeleteSAMLProvider(ctx, corp))
	p = must[*iam.SAMLEntry](t)(s.CreateSAMLProvider(ctx, iam.NewSAMLProvider{Account: account, Name: "Corp", Metadata: samlIDP(t, time.Time{}).Metadata()}))
	next := p.SAMLProvider
	next.PrivateKeys, next.Encryption = stolen, iam.EncryptionRequired
	version := must[int64](t)(store.Version(ctx))
	next.Version = version + 1
	ok(t, store.Commit(ctx, &iam.Write{Base: version, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{&next}}}))
	v := must[*iam.View](t)(s.Fresh(ctx))
	if now, _ := v.SAMLProviderByARN(corp); len(now.Decrypters) != 0 || len(now.PrivateKeys) != 1 {
		t.Errorf("a key of another provider: %+v", now)
	}
}

func TestPrivateKeysDoNotPrint(t *testing.T) {
	key := rsaKey(t, 2048)
	s := node(t, newMemory())
	p := must[*iam.SAMLEntry](t)(s.CreateSAMLProvider(t.Context(), iam.NewSAMLProvider{
		Account: account, Name: "Corp", Metadata: samlIDP(t, time.Time{}).Metadata(), Encryption: iam.EncryptionAllowed, PrivateKey: pemOf(t, key),
	}))
	p.PrivateKeys = nil // the test's sealer hides nothing
	d := p.Decrypters[0]
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", d, "provider", p)
	text := log.String() + string(must[[]byte](t)(json.Marshal(d))) + string(must[[]byte](t)(json.Marshal(p)))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		text += fmt.Sprintf(verb, d) + fmt.Sprintf(verb, p)
	}
	for _, piece := range []string{key.D.String(), key.D.Text(16), key.Primes[0].String(), key.Primes[1].Text(16)} {
		if strings.Contains(text, piece) {
			t.Fatal("a private key was printed")
		}
	}
}

func TestPrivateKeysThatCannotBeUsedAreRefused(t *testing.T) {
	s := node(t, newMemory())
	key := rsaKey(t, 2048)
	good := pemOf(t, key).Reveal()
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	ec := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	public := must[[]byte](t)(x509.MarshalPKIXPublicKey(&key.PublicKey))
	create := func(name, text string) error {
		_, err := s.CreateSAMLProvider(t.Context(), iam.NewSAMLProvider{
			Account: account, Name: name, Metadata: samlIDP(t, time.Time{}).Metadata(), Encryption: iam.EncryptionAllowed, PrivateKey: keys.NewSecret(text),
		})
		return err
	}
	for name, text := range map[string]string{
		"PKCS8": good, "PKCS1": block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), "words-before": "Bag Attributes\n" + good + "\n",
	} {
		ok(t, create(name, text))
	}
	for name, c := range map[string]struct{ text, why string }{
		"no PEM":                        {"hello", "not PEM"},
		"two keys":                      {good + good, "more than one"},
		"text after it":                 {good + "x", "more than one"},
		"a public key":                  {block("PUBLIC KEY", public), "not a private key"},
		"an elliptic curve":             {pemOf(t, ec).Reveal(), "not a key of RSA"},
		"1,024 bits":                    {pemOf(t, rsaKey(t, 1024)).Reveal(), "1024 bits"},
		"garbage":                       {block("PRIVATE KEY", []byte("secret words")), "cannot be read"},
		"a password":                    {block("ENCRYPTED PRIVATE KEY", []byte("x")), "password"},
		"a password of the old kind":    {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "password"},
		"a private key by another name": {strings.ReplaceAll(good, "PRIVATE KEY", "OPENSSH PRIVATE KEY"), "not a private key"},
	} {
		err := create("bad", c.text)
		var bad *iam.BadPrivateKey
		if !errors.As(err, &bad) || !strings.Contains(bad.Why, c.why) || strings.Contains(err.Error(), "secret words") {
			t.Errorf("%s: got %v, want %q", name, err, c.why)
		}
	}
}
