package pretend

import (
	"cmp"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
)

// SAMLEncryption says for whom and how an assertion is encrypted. Names of
// algorithms are those of XML Encryption.
type SAMLEncryption struct {
	Key *rsa.PublicKey
	// Cipher is AES-256-GCM by default.
	Cipher string
	// Transport is XMLOAEP by default, Digest and Mask SHA-1. Mask is for XMLOAEP11.
	Transport, Digest, Mask string
	// Beside puts the encrypted key beside the data and a pointer to it into the
	// data, as some providers do.
	Beside bool
}

// Names of algorithms of XML Encryption.
const (
	XMLAES128GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
	XMLAES256GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	XMLAES128CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
	XMLAES256CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
	XMLOAEP      = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
	XMLOAEP11    = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
	XMLRSA15     = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
)

// EncryptXML puts an assertion, signed or not, into an EncryptedAssertion.
func (p *SAML) EncryptXML(assertion string, e SAMLEncryption) (string, error) {
	e.Cipher, e.Transport = cmp.Or(e.Cipher, XMLAES256GCM), cmp.Or(e.Transport, XMLOAEP)
	size := 32
	if strings.Contains(e.Cipher, "aes128") {
		size = 16
	}
	key := make([]byte, size)
	rand.Read(key)
	data, err := encryptAES(key, assertion, strings.HasSuffix(e.Cipher, "-gcm"))
	if err != nil {
		return "", err
	}
	wrapped, err := e.wrap(key)
	if err != nil {
		return "", err
	}
	const ds = `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`
	method := `<xenc:EncryptionMethod Algorithm="` + e.Transport + `">`
	if e.Digest != "" {
		declared := "" // by the KeyInfo around it
		if e.Beside {
			declared = ` xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`
		}
		method += `<ds:DigestMethod` + declared + ` Algorithm="` + e.Digest + `"></ds:DigestMethod>`
	}
	if e.Mask != "" {
		method += `<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="` + e.Mask + `"></xenc11:MGF>`
	}
	method += `</xenc:EncryptionMethod>`
	id := "_" + fmt.Sprintf("%x", sum(crypto.SHA256, string(wrapped)))[:16]
	encryptedKey := func(attributes string) string {
		return `<xenc:EncryptedKey` + attributes + `>` + method + cipherXML(wrapped) + `</xenc:EncryptedKey>`
	}
	info, beside := ds+encryptedKey("")+`</ds:KeyInfo>`, ""
	if e.Beside {
		info = ds + `<ds:RetrievalMethod Type="http://www.w3.org/2001/04/xmlenc#EncryptedKey" URI="#` + id + `"></ds:RetrievalMethod></ds:KeyInfo>`
		beside = encryptedKey(` xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Id="` + id + `"`)
	}
	return `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` +
		`<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element">` +
		`<xenc:EncryptionMethod Algorithm="` + e.Cipher + `"></xenc:EncryptionMethod>` + info + cipherXML(data) +
		`</xenc:EncryptedData>` + beside + `</saml:EncryptedAssertion>`, nil
}

func cipherXML(value []byte) string {
	return `<xenc:CipherData><xenc:CipherValue>` + base64.StdEncoding.EncodeToString(value) + `</xenc:CipherValue></xenc:CipherData>`
}

// encryptAES puts the nonce before the octets, as XML Encryption does.
func encryptAES(key []byte, text string, gcm bool) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if gcm {
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		return aead.Seal(nil, nil, []byte(text), nil), nil
	}
	pad := aes.BlockSize - len(text)%aes.BlockSize
	out := make([]byte, aes.BlockSize, 2*aes.BlockSize+len(text))
	rand.Read(out)
	out = append(append(out, text...), make([]byte, pad)...)
	out[len(out)-1] = byte(pad)
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], out[aes.BlockSize:])
	return out, nil
}

// wrap encrypts the key of the data for the one who is to read it.
func (e *SAMLEncryption) wrap(key []byte) ([]byte, error) {
	if e.Transport == XMLRSA15 {
		//lint:ignore SA1019 it must be refused, so it must be made
		return rsa.EncryptPKCS1v15(rand.Reader, e.Key, key)
	}
	hash := func(name string) crypto.Hash {
		switch {
		case strings.HasSuffix(name, "sha256"):
			return crypto.SHA256
		case strings.HasSuffix(name, "sha512"):
			return crypto.SHA512
		}
		return crypto.SHA1
	}
	return rsa.EncryptOAEPWithOptions(rand.Reader, e.Key, key, &rsa.OAEPOptions{Hash: hash(e.Digest), MGFHash: hash(e.Mask)})
}
