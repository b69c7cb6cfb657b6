package login

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
)

// An Algorithm is a JWS signature algorithm (RFC 7518 section 3.1). Only
// asymmetric ones exist here: there is no name for none or HS256, so no
// configuration can allow them.
type Algorithm string

// The algorithms that can be allowed for a provider.
const (
	RS256 Algorithm = "RS256"
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256"
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256"
	ES384 Algorithm = "ES384"
	ES512 Algorithm = "ES512"
)

// DefaultAlgorithms are accepted from a provider for which nothing else is
// configured (dependencies.md 1).
func DefaultAlgorithms() []Algorithm { return []Algorithm{RS256, ES256} }

// A family is how a signature is made, apart from the hash.
type family int

const (
	rsaPKCS1 family = iota + 1
	rsaPSS
	ecdsaRaw
)

// A scheme is what an Algorithm means.
type scheme struct {
	family family
	hash   crypto.Hash
	curve  string // ECDSA only: the one curve that goes with the hash
	size   int    // ECDSA only: bytes of r and of s
}

// scheme returns what a means, or false if it is not an algorithm we know.
func (a Algorithm) scheme() (scheme, bool) {
	switch a {
	case RS256:
		return scheme{family: rsaPKCS1, hash: crypto.SHA256}, true
	case RS384:
		return scheme{family: rsaPKCS1, hash: crypto.SHA384}, true
	case RS512:
		return scheme{family: rsaPKCS1, hash: crypto.SHA512}, true
	case PS256:
		return scheme{family: rsaPSS, hash: crypto.SHA256}, true
	case PS384:
		return scheme{family: rsaPSS, hash: crypto.SHA384}, true
	case PS512:
		return scheme{family: rsaPSS, hash: crypto.SHA512}, true
	case ES256:
		return scheme{family: ecdsaRaw, hash: crypto.SHA256, curve: "P-256", size: 32}, true
	case ES384:
		return scheme{family: ecdsaRaw, hash: crypto.SHA384, curve: "P-384", size: 48}, true
	case ES512:
		return scheme{family: ecdsaRaw, hash: crypto.SHA512, curve: "P-521", size: 66}, true
	}
	return scheme{}, false
}

// fits reports whether k may verify signatures made with a: the type and the
// curve must be right, and a key that names an algorithm serves no other.
func (k *key) fits(a Algorithm) bool {
	s, ok := a.scheme()
	if !ok || (k.alg != "" && k.alg != string(a)) {
		return false
	}
	if s.family == ecdsaRaw {
		return k.ec != nil && k.ec.Curve.Params().Name == s.curve
	}
	return k.rsa != nil
}

// verifies reports whether sig is k's signature over text with a. Callers have
// asked fits before.
func (k *key) verifies(a Algorithm, text string, sig []byte) bool {
	s, ok := a.scheme()
	if !ok {
		return false
	}
	var room [2048]byte // on the stack: most tokens fit
	signed := append(room[:0], text...)
	var digest []byte
	switch s.hash {
	case crypto.SHA256:
		sum := sha256.Sum256(signed)
		digest = sum[:]
	case crypto.SHA384:
		sum := sha512.Sum384(signed)
		digest = sum[:]
	default:
		sum := sha512.Sum512(signed)
		digest = sum[:]
	}
	switch s.family {
	case rsaPKCS1:
		return rsa.VerifyPKCS1v15(k.rsa, s.hash, digest, sig) == nil
	case rsaPSS:
		// RFC 7518 section 3.5: the salt is as long as the hash.
		opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash}
		return rsa.VerifyPSS(k.rsa, s.hash, digest, sig, opts) == nil
	case ecdsaRaw:
		if len(sig) != 2*s.size { // RFC 7518 section 3.4: fixed width, not ASN.1
			return false
		}
		r, ss := new(big.Int).SetBytes(sig[:s.size]), new(big.Int).SetBytes(sig[s.size:])
		return ecdsa.Verify(k.ec, digest, r, ss)
	}
	return false
}

// Known reports whether a is one of the algorithms above.
func (a Algorithm) Known() bool {
	_, ok := a.scheme()
	return ok
}
