package login

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Limits on what a provider may publish.
const (
	maxKeys    = 100
	maxPerKid  = 4 // keys that share one kid: one per algorithm is legitimate
	minRSABits = 2048
	maxRSABits = 8192
)

// A key is one public key of a provider, usable for signatures.
type key struct {
	kid string
	alg string // the only algorithm it serves; empty if the provider names none
	rsa *rsa.PublicKey
	ec  *ecdsa.PublicKey
}

// costly reports keys whose checks take several times as long as those with
// the usual ones, so that hostile tokens naming them must queue (design.md 8).
func (k *key) costly() bool {
	if k.ec != nil {
		return k.ec.Curve != elliptic.P256()
	}
	return k.rsa.N.BitLen() > minRSABits
}

// same reports whether k and o are the same key for the same use.
func (k *key) same(o *key) bool {
	if k.kid != o.kid || k.alg != o.alg {
		return false
	}
	if k.rsa != nil {
		return o.rsa != nil && k.rsa.Equal(o.rsa)
	}
	return o.ec != nil && k.ec.Equal(o.ec)
}

// parseKeys reads a JWK Set (RFC 7517 section 5). Members that we cannot or
// must not use are left out, with the reason in skipped; RFC 7517 asks for
// that, so that a provider can introduce new kinds of keys. An empty set is
// valid: the provider has withdrawn everything.
func parseKeys(text []byte) (keys []*key, skipped []error, err error) {
	set, err := decodeObject(string(text), maxProviderValues)
	if err != nil {
		return nil, nil, fmt.Errorf("key set: %w", err)
	}
	list, ok := set["keys"].([]any)
	if !ok {
		return nil, nil, errors.New("key set: no list of keys")
	}
	if len(list) > maxKeys {
		return nil, nil, fmt.Errorf("key set: %d keys, at most %d are read", len(list), maxKeys)
	}
	perKid := make(map[string]int)
	for i, e := range list {
		k, err := parseKey(e)
		if err == nil && perKid[k.kid] >= maxPerKid && k.kid != "" {
			err = errors.New("too many keys with one kid")
		}
		if err != nil {
			skipped = append(skipped, fmt.Errorf("key %d: %w", i, err))
			continue
		}
		perKid[k.kid]++
		keys = append(keys, k)
	}
	return keys, skipped, nil
}

// parseKey reads one JWK. Certificates (x5c, x5u) are not looked at: the key
// set came over TLS from the provider, which is all the proof there is.
func parseKey(v any) (*key, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("not an object")
	}
	text := func(name string) string { s, _ := m[name].(string); return s }
	if use := text("use"); use != "" && use != "sig" {
		return nil, fmt.Errorf("use is %q", shown(use))
	}
	if ops, present := m["key_ops"]; present {
		list, _ := ops.([]any)
		if !slices.Contains(list, any("verify")) {
			return nil, errors.New("key_ops does not allow verify")
		}
	}
	if _, private := m["d"]; private {
		return nil, errors.New("the provider publishes a private key, so anyone could sign with it")
	}
	k := &key{kid: text("kid"), alg: text("alg")}
	if k.alg != "" {
		if _, known := Algorithm(k.alg).scheme(); !known {
			return nil, fmt.Errorf("alg is %q", shown(k.alg))
		}
	}
	var err error
	switch kty := text("kty"); kty {
	case "RSA":
		k.rsa, err = parseRSA(text("n"), text("e"))
	case "EC":
		k.ec, err = parseEC(text("crv"), text("x"), text("y"))
	default:
		err = fmt.Errorf("kty is %q", shown(kty))
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

func parseRSA(n, e string) (*rsa.PublicKey, error) {
	modulus, err := unsigned(n, maxRSABits/8+1) // some providers add a leading zero byte
	if err != nil {
		return nil, fmt.Errorf("n: %w", err)
	}
	exponent, err := unsigned(e, 8)
	if err != nil {
		return nil, fmt.Errorf("e: %w", err)
	}
	if bits := modulus.BitLen(); bits < minRSABits || bits > maxRSABits {
		return nil, fmt.Errorf("RSA key of %d bits, want %d to %d", bits, minRSABits, maxRSABits)
	}
	// An exponent of 1 makes every message its own signature.
	if exponent.BitLen() > 31 || exponent.Int64() < 3 || exponent.Bit(0) == 0 || modulus.Bit(0) == 0 {
		return nil, errors.New("RSA key that cannot be sound")
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
}

func parseEC(crv, x, y string) (*ecdsa.PublicKey, error) {
	var curve elliptic.Curve
	switch crv {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return nil, fmt.Errorf("crv is %q", shown(crv))
	}
	size := (curve.Params().BitSize + 7) / 8
	point := make([]byte, 1, 1+2*size)
	point[0] = 4 // uncompressed (SEC 1 section 2.3.3)
	for _, text := range [...]string{x, y} {
		c, err := base64.RawURLEncoding.Strict().DecodeString(text)
		if err != nil || len(c) != size { // RFC 7518 section 6.2.1.2: full width
			return nil, errors.New("coordinate of the wrong size")
		}
		point = append(point, c...)
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(curve, point) // refuses points off the curve
	if err != nil {
		return nil, fmt.Errorf("public point: %w", err)
	}
	return pub, nil
}

// unsigned reads a Base64urlUInt (RFC 7518 section 2) of at most limit bytes.
func unsigned(text string, limit int) (*big.Int, error) {
	if base64.RawURLEncoding.DecodedLen(len(text)) > limit {
		return nil, errors.New("too long")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 {
		return nil, errors.New("absent")
	}
	return new(big.Int).SetBytes(b), nil
}
