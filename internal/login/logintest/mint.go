package logintest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"testing"
)

// JSON is a JSON object under construction.
type JSON map[string]any

// With returns a copy of j with the members of change added or replaced. A
// member that is Absent in change is removed.
func (j JSON) With(change JSON) JSON {
	out := make(JSON, len(j)+len(change))
	maps.Copy(out, j)
	for name, v := range change {
		if _, gone := v.(absent); gone {
			delete(out, name)
		} else {
			out[name] = v
		}
	}
	return out
}

type absent struct{}

// Absent removes a member in JSON.With.
func Absent() any { return absent{} }

// A Key is a provider's key pair.
type Key struct {
	ID     string // kid
	Alg    string // what it signs with
	Signer crypto.Signer
	Open   bool // publish it without alg, for any algorithm that fits
	tb     testing.TB
}

// NewRSAKey makes an RSA key that signs with alg.
func NewRSAKey(tb testing.TB, id, alg string, bits int) *Key {
	tb.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		tb.Fatal(err)
	}
	return &Key{ID: id, Alg: alg, Signer: k, tb: tb}
}

// NewECKey makes an elliptic-curve key that signs with alg.
func NewECKey(tb testing.TB, id, alg string, curve elliptic.Curve) *Key {
	tb.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return &Key{ID: id, Alg: alg, Signer: k, tb: tb}
}

// As returns the same key under another id or algorithm.
func (k *Key) As(id, alg string) *Key {
	return &Key{ID: id, Alg: alg, Signer: k.Signer, tb: k.tb}
}

// JWK is the public key as a member of a key set.
func (k *Key) JWK() JSON {
	j := JSON{"kid": k.ID, "use": "sig"}
	if !k.Open {
		j["alg"] = k.Alg
	}
	switch pub := k.Signer.Public().(type) {
	case *rsa.PublicKey:
		j["kty"] = "RSA"
		j["n"] = B64(pub.N.Bytes())
		j["e"] = B64(big.NewInt(int64(pub.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := pub.Bytes()
		if err != nil {
			k.tb.Fatal(err)
		}
		half := (len(point) - 1) / 2
		j["kty"], j["crv"] = "EC", pub.Curve.Params().Name
		j["x"], j["y"] = B64(point[1:1+half]), B64(point[1+half:])
	}
	return j
}

// Header is the JOSE header of a token signed with k.
func (k *Key) Header() JSON { return JSON{"alg": k.Alg, "kid": k.ID, "typ": "JWT"} }

// Token signs claims under the key's own header.
func (k *Key) Token(claims JSON) string { return k.TokenWith(k.Header(), claims) }

// TokenWith signs claims under any header.
func (k *Key) TokenWith(header, claims JSON) string {
	return k.Seal(k.marshal(header), k.marshal(claims))
}

// Seal signs a token made of any two texts.
func (k *Key) Seal(header, claims []byte) string {
	input := B64(header) + "." + B64(claims)
	return input + "." + B64(k.Sign(input))
}

// Sign signs input with the key's algorithm.
func (k *Key) Sign(input string) []byte {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[k.Alg[2:]]
	h := hash.New()
	h.Write([]byte(input))
	digest := h.Sum(nil)
	switch priv := k.Signer.(type) {
	case *rsa.PrivateKey:
		var opts crypto.SignerOpts = hash
		if strings.HasPrefix(k.Alg, "PS") {
			opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		sig, err := priv.Sign(rand.Reader, digest, opts)
		if err != nil {
			k.tb.Fatal(err)
		}
		return sig
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, priv, digest)
		if err != nil {
			k.tb.Fatal(err)
		}
		size := (priv.Curve.Params().BitSize + 7) / 8
		sig := make([]byte, 2*size)
		r.FillBytes(sig[:size])
		s.FillBytes(sig[size:])
		return sig
	}
	k.tb.Fatalf("logintest: cannot sign with a %T", k.Signer)
	return nil
}

func (k *Key) marshal(j JSON) []byte {
	b, err := json.Marshal(j)
	if err != nil {
		k.tb.Fatal(err)
	}
	return b
}

// hs256 makes a token with a shared secret, as an attacker does with a public
// key for a secret.
func (k *Key) hs256(claims JSON, secret []byte) string {
	header := k.Header().With(JSON{"alg": "HS256"})
	input := B64(k.marshal(header)) + "." + B64(k.marshal(claims))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + B64(mac.Sum(nil))
}

// B64 is base64url without padding.
func B64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signASN1 signs in the form that X.509 uses and JOSE does not.
func (k *Key) signASN1(input string) []byte {
	digest := sha256.Sum256([]byte(input))
	sig, err := k.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		k.tb.Fatal(err)
	}
	return sig
}

// curveOrder is the order of an elliptic-curve key's base point.
func curveOrder(k *Key) []byte {
	pub, ok := k.Signer.Public().(*ecdsa.PublicKey)
	if !ok {
		k.tb.Fatalf("logintest: %T has no curve", k.Signer.Public())
	}
	return pub.Curve.Params().N.Bytes()
}
