package saml

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"errors"

	"github.com/beevik/etree"

	"github.com/rockpool-id/rockpool/internal/login"
)

// maxDecrypters bounds how many keys one assertion is tried with: what IAM keeps
// for a provider (iam-sts.md 4.3).
const maxDecrypters = 2

// A dataCipher is how an assertion is encrypted under its own key.
type dataCipher struct {
	size int // of the key in bytes
	// gcm says that the key proves the octets. AES-CBC proves nothing: whoever
	// may change its octets and see what comes of it, can read them.
	gcm bool
}

// cipherOf looks up a cipher by its name in XML.
func cipherOf(name string) (dataCipher, bool) {
	switch name {
	case encryption11NS + "aes128-gcm":
		return dataCipher{size: 16, gcm: true}, true
	case encryption11NS + "aes256-gcm":
		return dataCipher{size: 32, gcm: true}, true
	case encryptionNS + "aes128-cbc":
		return dataCipher{size: 16}, true
	case encryptionNS + "aes256-cbc":
		return dataCipher{size: 32}, true
	}
	return dataCipher{}, false
}

// proveSealed opens an encrypted assertion and proves it as any other. A signature
// of the Response is over the encrypted form and comes first; it proves an assertion
// that has none of its own, since only the signed octets come to be read.
func (v *Verifier) proveSealed(ctx context.Context, doc *document, want *login.Expect) (assertion, response *etree.Element, err error) {
	sealed := doc.sealed
	if doc.responseSignature != nil {
		if response, err = v.verifySignature(doc.response, doc.responseSignature, want.Certificates); err != nil {
			return nil, nil, err
		}
		if sealed = child(response, assertionNS, "EncryptedAssertion"); sealed == nil {
			return nil, nil, notSAML("EncryptedAssertion", "lost in canonical form", "exactly one")
		}
	}
	s, err := readSealing(sealed)
	if err != nil {
		return nil, nil, err
	}
	if !s.cipher.gcm && response == nil {
		return nil, nil, unreadable("EncryptionMethod", "AES-CBC without a signature of the Response", "AES-GCM, or a signature of the Response")
	}
	plain, ok, err := v.open(ctx, s, want.Decrypters)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		// The one answer to all that can go wrong with keys, octets and padding.
		return nil, nil, &login.Refusal{Kind: login.Encrypted, Claim: "EncryptedAssertion", Err: errors.New("no private key of the provider opens it")}
	}
	inner, err := readInner(plain, doc)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case inner.assertionSignature != nil:
		assertion, err = v.verifySignature(inner.assertion, inner.assertionSignature, want.Certificates)
	case response != nil:
		assertion = inner.assertion
	default:
		err = &login.Refusal{Kind: login.BadSignature, Claim: "Signature", Got: "none"}
	}
	return assertion, response, err
}

// open decrypts with the first of keys that can. A stranger may send what no key
// opens, and a private key takes a hundred times as long as a signature: they queue,
// so that they cannot take every processor.
func (v *Verifier) open(ctx context.Context, s *sealing, keys []crypto.Decrypter) (plain []byte, ok bool, err error) {
	select {
	case v.opening <- struct{}{}:
		defer func() { <-v.opening }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	plain, ok = s.open(keys)
	return plain, ok, nil
}

// open decrypts with the first of keys that can. A key that cannot is followed by
// the same work as one that can: which step failed shows neither in the answer nor
// in the time.
func (s *sealing) open(keys []crypto.Decrypter) (plain []byte, ok bool) {
	for _, k := range keys[:min(len(keys), maxDecrypters)] {
		instead := make([]byte, s.cipher.size)
		// The system's generator does not fail; crypto/rand ends the program if it did.
		_, _ = rand.Read(instead)
		key, err := k.Decrypt(rand.Reader, s.key, &rsa.OAEPOptions{Hash: s.hash, MGFHash: s.mgf})
		fits := err == nil && len(key) == s.cipher.size
		if !fits {
			key = instead
		}
		if plain, ok = s.cipher.open(key, s.data); ok && fits {
			return plain, true
		}
	}
	return nil, false
}

// open decrypts data, which begins with the nonce (xmlenc-core1 5.2).
func (c dataCipher) open(key, data []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	if c.gcm {
		aead, err := cipher.NewGCM(block)
		if err != nil || len(data) < aead.NonceSize() {
			return nil, false
		}
		plain, err := aead.Open(nil, data[:aead.NonceSize()], data[aead.NonceSize():], nil)
		return plain, err == nil
	}
	if len(data) < 2*aes.BlockSize || len(data)%aes.BlockSize != 0 {
		return nil, false
	}
	plain := bytes.Clone(data[aes.BlockSize:])
	cipher.NewCBCDecrypter(block, data[:aes.BlockSize]).CryptBlocks(plain, plain)
	// The last octet says how many are padding; the others can be anything.
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, false
	}
	return plain[:len(plain)-pad], true
}
