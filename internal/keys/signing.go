package keys

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// signingBits is the size AWS uses for the keys of identity pool tokens; larger
// keys would make every token four times as expensive to sign.
const signingBits = 2048

// SigningKey is a key that signs the tokens we issue. Serial counts up, so that
// a published key id can be made from it (cognito-identity.md 4.3).
type SigningKey struct {
	ID      string
	Serial  int
	State   State
	Created time.Time
	private *rsa.PrivateKey
}

// Private returns the key itself.
func (k *SigningKey) Private() *rsa.PrivateKey { return k.private }

// Public returns the half of the key that is published.
func (k *SigningKey) Public() *rsa.PublicKey { return &k.private.PublicKey }

// String names the key without showing it.
func (k *SigningKey) String() string { return "signing key " + k.ID }

// Format prints the name whatever the verb.
func (k *SigningKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue names the key without showing it.
func (k *SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Signer returns the current signing key. The first call in the life of an
// installation generates the keys, which takes a good part of a second: servers
// that never issue a token never pay for it.
func (r *Ring) Signer(ctx context.Context) (*SigningKey, error) {
	if k := r.state.Load().signer(); k != nil {
		return k, nil
	}
	err := r.update(ctx, func(records []Record) ([]Record, error) {
		if find(records, Signing, Current) >= 0 {
			return nil, nil // made while we waited, here or by another node
		}
		return r.promote(records, Signing)
	})
	if err != nil {
		return nil, err
	}
	return r.state.Load().signer(), nil
}

// SigningKeys returns every signing key of the ring, to be published: the next
// one before it is used, the retired ones for as long as they are kept. The
// slice is shared and must not be changed.
func (r *Ring) SigningKeys() []*SigningKey { return r.state.Load().signers }

func (st *ringState) signer() *SigningKey {
	for _, k := range st.signers {
		if k.State == Current {
			return k
		}
	}
	return nil
}

func generateSigningKey(random io.Reader) ([]byte, error) {
	k, err := rsa.GenerateKey(random, signingBits)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(k)
}

func parseSigningKey(rec *Record, der []byte) (*SigningKey, error) {
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("keys: stored signing key %s: %w", rec.ID, err)
	}
	private, ok := k.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("keys: stored signing key %s is a %T", rec.ID, k)
	}
	return &SigningKey{ID: rec.ID, Serial: rec.Serial, State: rec.State, Created: rec.Created, private: private}, nil
}
