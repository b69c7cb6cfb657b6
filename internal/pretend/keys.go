package pretend

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
)

// A keyRing holds the signing key and the one before it.
type keyRing struct {
	mu   sync.RWMutex
	keys []signingKey // the current one first
}

type signingKey struct {
	id   string
	priv *rsa.PrivateKey
}

func newKeyRing(random io.Reader) (*keyRing, error) {
	r := new(keyRing)
	return r, r.rotate(random)
}

func (r *keyRing) rotate(random io.Reader) error {
	priv, err := rsa.GenerateKey(random, 2048)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	sum := sha256.Sum256(priv.N.Bytes())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = append([]signingKey{{id: hex.EncodeToString(sum[:20]), priv: priv}}, r.keys[:min(1, len(r.keys))]...)
	return nil
}

// jwk is one member of the key set.
type jwk struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	N   string `json:"n"`
	E   string `json:"e"`
}

// public returns the key set.
func (r *keyRing) public() []jwk {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]jwk, 0, len(r.keys))
	for _, k := range r.keys {
		out = append(out, jwk{
			Kty: "RSA", Use: "sig", Alg: "RS256", Kid: k.id,
			N: b64(k.priv.N.Bytes()), E: b64(big.NewInt(int64(k.priv.E)).Bytes()),
		})
	}
	return out
}

// sign makes a token of claims (RFC 7515 section 3.1).
func (r *keyRing) sign(claims map[string]any) (string, error) {
	r.mu.RLock()
	k := r.keys[0]
	r.mu.RUnlock()
	header, err := json.Marshal(map[string]string{"alg": "RS256", "kid": k.id, "typ": "JWT"})
	if err != nil {
		return "", fmt.Errorf("token header: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token claims: %w", err)
	}
	input := b64(header) + "." + b64(body)
	digest := sha256.Sum256([]byte(input))
	// PKCS #1 v1.5 signatures take no randomness; blinding is internal.
	sig, err := rsa.SignPKCS1v15(nil, k.priv, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("token signature: %w", err)
	}
	return input + "." + b64(sig), nil
}

// subject returns the sub of a token that the ring has signed.
func (r *keyRing) subject(token string) (string, bool) {
	input, sig, ok := cutLast(token)
	if !ok {
		return "", false
	}
	digest := sha256.Sum256([]byte(input))
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if rsa.VerifyPKCS1v15(&k.priv.PublicKey, crypto.SHA256, digest[:], sig) != nil {
			continue
		}
		_, body, _ := strings.Cut(input, ".")
		text, err := base64.RawURLEncoding.DecodeString(body)
		var claims struct{ Sub string }
		if err != nil || json.Unmarshal(text, &claims) != nil {
			return "", false
		}
		return claims.Sub, claims.Sub != ""
	}
	return "", false
}

// cutLast separates a token's signature from what it covers.
func cutLast(token string) (input string, sig []byte, ok bool) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return "", nil, false
	}
	sig, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	return token[:at], sig, err == nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
