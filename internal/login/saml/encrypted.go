package saml

import (
	"crypto"
	_ "crypto/sha1" // hashes of OAEP, where collisions do not matter
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/rockpool-id/rockpool/internal/login"
)

// The namespaces of XML Encryption.
const (
	encryptionNS   = "http://www.w3.org/2001/04/xmlenc#"
	encryption11NS = "http://www.w3.org/2009/xmlenc11#"
)

// elementType says that a whole element was encrypted (saml-core 6.1).
const elementType = encryptionNS + "Element"

// A sealing is how an assertion was encrypted, as its EncryptedAssertion says.
type sealing struct {
	cipher    dataCipher
	hash, mgf crypto.Hash // of OAEP
	key       []byte      // the AES key, encrypted for one of our keys
	data      []byte      // what the AES key opens
}

// readSealing reads an EncryptedAssertion of one form: one EncryptedData with its
// octets inside, and one EncryptedKey, in the KeyInfo of the data or beside it.
// Nothing is fetched, and what a message says of whose key it needs is not looked
// at. All of it is in the clear, so what is wrong may be said.
func readSealing(e *etree.Element) (*sealing, error) {
	parts, err := encryptionParts(e, "EncryptedData", "?EncryptedKey")
	if err != nil {
		return nil, err
	}
	data := parts[0]
	if got := attribute(data, "Type"); got != "" && got != elementType {
		return nil, unreadable("EncryptedData", got, elementType)
	}
	inside, err := encryptionParts(data, "EncryptionMethod", "?KeyInfo", "CipherData")
	if err != nil {
		return nil, err
	}
	s := &sealing{}
	if err := s.readCipher(inside[0]); err != nil {
		return nil, err
	}
	if s.data, err = cipherValue(inside[2]); err != nil {
		return nil, err
	}
	key, err := keyOf(data, inside[1], parts[1])
	if err != nil {
		return nil, err
	}
	return s, s.readKey(key, attribute(data, "Id"))
}

// keyOf finds the one EncryptedKey: in info, or beside the data.
func keyOf(data, info, beside *etree.Element) (*etree.Element, error) {
	var keys, pointers []*etree.Element
	if info != nil {
		keys, pointers = children(info, encryptionNS, "EncryptedKey"), children(info, signatureNS, "RetrievalMethod")
	}
	if beside != nil {
		keys = append(keys, beside)
	}
	if len(keys) != 1 {
		return nil, unreadable("EncryptedKey", strconv.Itoa(len(keys)), "exactly one")
	}
	for _, p := range pointers {
		if uri := attribute(p, "URI"); beside == nil || uri != "#"+attribute(beside, "Id") || len(p.ChildElements()) > 0 {
			return nil, unreadable("RetrievalMethod", uri, "the EncryptedKey beside "+data.Tag)
		}
	}
	return keys[0], nil
}

// readKey reads an EncryptedKey, whose references must be to the data.
func (s *sealing) readKey(e *etree.Element, data string) error {
	parts, err := encryptionParts(e, "EncryptionMethod", "?KeyInfo", "CipherData", "?ReferenceList", "?CarriedKeyName")
	if err != nil {
		return err
	}
	if parts[3] != nil {
		refs, err := encryptionParts(parts[3], "DataReference")
		if err != nil {
			return err
		}
		if uri := attribute(refs[0], "URI"); uri != "#"+data {
			return unreadable("DataReference", uri, "#"+data)
		}
	}
	if err := s.readTransport(parts[0]); err != nil {
		return err
	}
	s.key, err = cipherValue(parts[2])
	return err
}

// readCipher reads how the data is encrypted.
func (s *sealing) readCipher(e *etree.Element) error {
	name := attribute(e, "Algorithm")
	c, ok := cipherOf(name)
	if !ok || len(e.ChildElements()) > 0 {
		return unreadable("EncryptionMethod", name, "AES-GCM or AES-CBC with 128 or 256 bits")
	}
	s.cipher = c
	return nil
}

// readTransport reads how the key is encrypted: RSA-OAEP. The padding of PKCS #1
// v1.5 is refused: whoever decrypts it and answers tells strangers how to decrypt
// (Bleichenbacher), however careful the answer.
func (s *sealing) readTransport(e *etree.Element) error {
	name := attribute(e, "Algorithm")
	s.hash, s.mgf = crypto.SHA1, crypto.SHA1 // what counts when nothing is said
	if name != encryptionNS+"rsa-oaep-mgf1p" && name != encryption11NS+"rsa-oaep" {
		return unreadable("EncryptionMethod", name, "RSA-OAEP")
	}
	digests, masks := 0, 0
	for _, c := range e.ChildElements() {
		ok := false
		switch {
		case is(c, signatureNS, "DigestMethod"):
			digests++
			s.hash, ok = hashOf(attribute(c, "Algorithm"))
		case is(c, encryption11NS, "MGF") && strings.HasPrefix(name, encryption11NS):
			masks++
			s.mgf, ok = maskOf(attribute(c, "Algorithm"))
		}
		if !ok || digests > 1 || masks > 1 || len(c.ChildElements()) > 0 {
			return unreadable("EncryptionMethod", c.Tag+" "+attribute(c, "Algorithm"), "RSA-OAEP with one hash, one mask and no parameters")
		}
	}
	return nil
}

// hashOf looks up a hash of OAEP by its name in XML.
func hashOf(name string) (crypto.Hash, bool) {
	switch name {
	case signatureNS + "sha1":
		return crypto.SHA1, true
	case encryptionNS + "sha256":
		return crypto.SHA256, true
	case encryptionNS + "sha512":
		return crypto.SHA512, true
	}
	return 0, false
}

// maskOf looks up a mask generation function by its name in XML.
func maskOf(name string) (crypto.Hash, bool) {
	switch name {
	case encryption11NS + "mgf1sha1":
		return crypto.SHA1, true
	case encryption11NS + "mgf1sha256":
		return crypto.SHA256, true
	case encryption11NS + "mgf1sha512":
		return crypto.SHA512, true
	}
	return 0, false
}

// cipherValue returns the octets inside a CipherData. A reference to octets
// elsewhere is not followed.
func cipherValue(e *etree.Element) ([]byte, error) {
	parts, err := encryptionParts(e, "CipherValue")
	if err != nil {
		return nil, err
	}
	if len(parts[0].ChildElements()) > 0 {
		return nil, unreadable("CipherValue", "more than text", "base64")
	}
	value, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text(parts[0])), ""))
	if err != nil {
		return nil, unreadable("CipherValue", "not base64", "base64")
	}
	return value, nil
}

// encryptionParts returns the child elements of e if they are those named, in
// order. Of a name with a question mark the answer has nil if it is absent. KeyInfo
// is an element of XML signatures.
func encryptionParts(e *etree.Element, names ...string) ([]*etree.Element, error) {
	all := e.ChildElements()
	out := make([]*etree.Element, len(names))
	next := 0
	for i, name := range names {
		plain, optional := strings.CutPrefix(name, "?")
		space := encryptionNS
		if plain == "KeyInfo" {
			space = signatureNS
		}
		if next < len(all) && is(all[next], space, plain) {
			out[i] = all[next]
			next++
		} else if !optional {
			return nil, unreadable(e.Tag, "without "+plain+" in its place", strings.Join(names, ", "))
		}
	}
	if next != len(all) {
		return nil, unreadable(e.Tag, "more than its parts", strings.Join(names, ", "))
	}
	return out, nil
}

// unreadable refuses an encryption that we do not read, by what it says in the
// clear.
func unreadable(what, got, want string) *login.Refusal {
	return &login.Refusal{Kind: login.Encrypted, Claim: what, Got: login.Shown(got), Want: want}
}
