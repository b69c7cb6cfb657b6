package login

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func TestParseKey(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	n := func(bits uint) string {
		return b64(new(big.Int).SetBit(big.NewInt(1), int(bits-1), 1).Bytes())
	}
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := priv.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := b64(point[1:33]), b64(point[33:])
	off := bytes.Clone(point[33:])
	off[31] ^= 1
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"RSA of 2048 bits", `{"kty":"RSA","n":"` + n(2048) + `","e":"AQAB"}`, true},
		{"RSA with a leading zero byte", `{"kty":"RSA","n":"` + b64(append([]byte{0}, new(big.Int).SetBit(big.NewInt(1), 2047, 1).Bytes()...)) + `","e":"AQAB"}`, true},
		{"RSA of 8192 bits", `{"kty":"RSA","n":"` + n(8192) + `","e":"AQAB"}`, true},
		{"RSA of 2047 bits", `{"kty":"RSA","n":"` + n(2047) + `","e":"AQAB"}`, false},
		{"RSA of 8193 bits", `{"kty":"RSA","n":"` + n(8193) + `","e":"AQAB"}`, false},
		{"RSA of a million bits", `{"kty":"RSA","n":"` + strings.Repeat("A", 170_000) + `","e":"AQAB"}`, false},
		{"RSA with exponent one", `{"kty":"RSA","n":"` + n(2048) + `","e":"AQ"}`, false},
		{"RSA with exponent two", `{"kty":"RSA","n":"` + n(2048) + `","e":"Ag"}`, false},
		{"RSA with a huge exponent", `{"kty":"RSA","n":"` + n(2048) + `","e":"AQAAAAE"}`, false},
		{"RSA without exponent", `{"kty":"RSA","n":"` + n(2048) + `"}`, false},
		{"RSA with a padded modulus", `{"kty":"RSA","n":"` + n(2048) + `==","e":"AQAB"}`, false},
		{"RSA for encryption", `{"kty":"RSA","use":"enc","n":"` + n(2048) + `","e":"AQAB"}`, false},
		{"RSA that may only encrypt", `{"kty":"RSA","key_ops":["encrypt"],"n":"` + n(2048) + `","e":"AQAB"}`, false},
		{"RSA that may verify", `{"kty":"RSA","key_ops":["verify"],"n":"` + n(2048) + `","e":"AQAB"}`, true},
		{"RSA whose alg is HS256", `{"kty":"RSA","alg":"HS256","n":"` + n(2048) + `","e":"AQAB"}`, false},
		{"RSA with its private half", `{"kty":"RSA","n":"` + n(2048) + `","e":"AQAB","d":"AQAB"}`, false},
		{"a shared secret", `{"kty":"oct","k":"AAAA"}`, false},
		{"an Edwards key", `{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`, false},
		{"EC", `{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + y + `"}`, true},
		{"EC on another curve", `{"kty":"EC","crv":"P-384","x":"` + x + `","y":"` + y + `"}`, false},
		{"EC on a curve of Bitcoin", `{"kty":"EC","crv":"secp256k1","x":"` + x + `","y":"` + y + `"}`, false},
		{"EC off the curve", `{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + b64(off) + `"}`, false},
		{"EC at zero", `{"kty":"EC","crv":"P-256","x":"` + b64(make([]byte, 32)) + `","y":"` + b64(make([]byte, 32)) + `"}`, false},
		{"EC with a short coordinate", `{"kty":"EC","crv":"P-256","x":"` + b64(point[2:33]) + `","y":"` + y + `"}`, false},
		{"no type", `{"n":"` + n(2048) + `","e":"AQAB"}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys, skipped, err := parseKeys(fmt.Appendf(nil, `{"keys":[%s]}`, c.text))
			if err != nil {
				t.Fatal(err)
			}
			if (len(keys) == 1) != c.ok || len(keys)+len(skipped) != 1 {
				t.Errorf("%d keys, left out because of %v; want acceptance %v", len(keys), skipped, c.ok)
			}
		})
	}
}

func TestKeysThatCannotBeUsedDoNotSpoilTheOthers(t *testing.T) {
	priv, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good, err := jose.JSONWebKey{Key: priv.Public(), KeyID: "good"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	keys, skipped, err := parseKeys(fmt.Appendf(nil, `{"keys":[1,{"kty":"new"},%s,{"kty":"RSA","n":"%%"}],"other":1}`, good))
	if err != nil || len(keys) != 1 || len(skipped) != 3 {
		t.Fatalf("keys %d, left out %v, error %v", len(keys), skipped, err)
	}
	if k := keys[0]; k.kid != "good" || !k.rsa.Equal(priv.Public()) || !k.fits(RS256) || !k.fits(PS512) || k.fits(ES256) {
		t.Errorf("wrong key: %+v", k)
	}
}

// FuzzParseKeys holds the reader of keys against go-jose's: a key that we
// accept, it accepts too and reads as the same key.
func FuzzParseKeys(f *testing.F) {
	priv, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: priv.Public(), KeyID: "k", Use: "sig", Algorithm: "ES384"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(set)
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"` + strings.Repeat("_", 342) + `","e":"AQAB","kid":"r"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, _, err := parseKeys(text)
		if err != nil || len(keys) != 1 {
			return
		}
		var theirs struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if err := json.Unmarshal(text, &theirs); err != nil {
			t.Fatalf("accepted %q: %v", text, err)
		}
		for _, raw := range theirs.Keys {
			var k jose.JSONWebKey
			if k.UnmarshalJSON(raw) != nil {
				continue // it reads certificates and we do not
			}
			switch pub := k.Key.(type) {
			case *rsa.PublicKey:
				if keys[0].rsa != nil && keys[0].kid == k.KeyID && !keys[0].rsa.Equal(pub) {
					t.Errorf("another RSA key from %q", text)
				}
			case *ecdsa.PublicKey:
				if keys[0].ec != nil && keys[0].kid == k.KeyID && !keys[0].ec.Equal(pub) {
					t.Errorf("another EC key from %q", text)
				}
			}
		}
	})
}
