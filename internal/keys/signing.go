package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// signingBits is the size AWS uses for the keys of identity pool tokens; larger
// keys would make every token four times as expensive to sign.
const signingBits = 2048

// SigningKey is a key that signs the tokens we issue. Serial counts the keys of a
// kind, so that a published key id can be made from it (cognito-identity.md 4.3).
type SigningKey struct {
	ID      string
	Kind    Kind // Signing or SigningEC
	Serial  int
	State   State
	Created time.Time
	rsa     *rsa.PrivateKey
	ec      *ecdsa.PrivateKey
}

// Algorithm is the JWS algorithm of the key's signatures (RFC 7518 section 3.1).
func (k *SigningKey) Algorithm() string {
	if k.ec != nil {
		return "ES256"
	}
	return "RS512"
}

// Sign signs a text with the key's algorithm, in the form of JWS: an RSA
// signature, or r and s of 32 bytes each (RFC 7518 section 3.4).
func (k *SigningKey) Sign(text []byte) ([]byte, error) {
	if k.ec == nil {
		digest := sha512.Sum512(text)
		return rsa.SignPKCS1v15(nil, k.rsa, crypto.SHA512, digest[:])
	}
	digest := sha256.Sum256(text)
	r, s, err := ecdsa.Sign(rand.Reader, k.ec, digest[:])
	if err != nil {
		return nil, err
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig, nil
}

// Public returns the half of the key that is published: an *rsa.PublicKey or an
// *ecdsa.PublicKey.
func (k *SigningKey) Public() crypto.PublicKey {
	if k.ec != nil {
		return &k.ec.PublicKey
	}
	return &k.rsa.PublicKey
}

// String names the key without showing it.
func (k *SigningKey) String() string { return "signing key " + k.ID }

// Format prints the name whatever the verb.
func (k *SigningKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue names the key without showing it.
func (k *SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Signer returns the current signing key of a kind. The first call in the life of
// an installation generates the keys, which takes a good part of a second for RSA:
// servers that never issue a token never pay for it.
func (r *Ring) Signer(ctx context.Context, kind Kind) (*SigningKey, error) {
	if kind != Signing && kind != SigningEC {
		return nil, fmt.Errorf("keys: %q is no kind of signing key", kind)
	}
	if k := r.state.Load().signer(kind); k != nil {
		return k, nil
	}
	err := r.update(ctx, func(records []Record) ([]Record, error) {
		if find(records, kind, Current) >= 0 {
			return nil, nil // made while we waited, here or by another node
		}
		return r.promote(records, kind)
	})
	if err != nil {
		return nil, err
	}
	return r.state.Load().signer(kind), nil
}

// SigningKeys returns every signing key of the ring, to be published: the next
// one before it is used, the retired ones for as long as they are kept. The
// slice is shared and must not be changed.
func (r *Ring) SigningKeys() []*SigningKey { return r.state.Load().signers }

func (st *ringState) signer(kind Kind) *SigningKey {
	for _, k := range st.signers {
		if k.State == Current && k.Kind == kind {
			return k
		}
	}
	return nil
}

func generateSigningKey(kind Kind, random io.Reader) ([]byte, error) {
	if kind == SigningEC {
		k, err := ecdsa.GenerateKey(elliptic.P256(), random)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKCS8PrivateKey(k)
	}
	k, err := rsa.GenerateKey(random, signingBits)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(k)
}

func parseSigningKey(rec *Record, der []byte) (*SigningKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("keys: stored signing key %s: %w", rec.ID, err)
	}
	k := &SigningKey{ID: rec.ID, Kind: rec.Kind, Serial: rec.Serial, State: rec.State, Created: rec.Created}
	switch parsed := parsed.(type) {
	case *rsa.PrivateKey:
		k.rsa = parsed
	case *ecdsa.PrivateKey:
		k.ec = parsed
	}
	if (rec.Kind == SigningEC) != (k.ec != nil && k.ec.Curve == elliptic.P256()) || (rec.Kind == Signing) != (k.rsa != nil) {
		return nil, fmt.Errorf("keys: stored signing key %s of kind %s is a %T", rec.ID, rec.Kind, parsed)
	}
	return k, nil
}
