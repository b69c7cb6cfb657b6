package iam

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
)

// AssertionEncryption is what a SAML provider says about encrypted assertions.
type AssertionEncryption string

// The kinds of AssertionEncryption, in AWS's words. The zero value is that of a
// provider of whom nothing was said: its assertions are not encrypted.
const (
	EncryptionAllowed  AssertionEncryption = "Allowed"
	EncryptionRequired AssertionEncryption = "Required"
)

// SAMLKeyPurpose is the sealing purpose of private keys of SAML providers.
const SAMLKeyPurpose = "saml-private-key"

// SealedSAMLKey is a private key, which opens what a provider encrypts, as stored.
type SealedSAMLKey struct {
	ID      string
	Created time.Time
	Sealed  []byte // PKCS #8 by keys.Sealer, purpose SAMLKeyPurpose, aad of its provider and ID
}

// samlKeyID begins the ids of private keys.
const samlKeyID = "SAMLPK"

// Bounds of private keys. A longer one costs whoever is sent garbage more: a key
// of 4,096 bits about seven times as much as one of 2,048.
const (
	maxSAMLPrivateKeys = 2
	maxPrivateRSABits  = 4096
)

// BadPrivateKey says that a text is no private key that we can use. It never says
// what the text is.
type BadPrivateKey struct{ Why string }

func (e *BadPrivateKey) Error() string { return "private key of a SAML provider: " + e.Why }

// NeedsPrivateKey says that a provider's assertions could not be read: a mode was
// set without a key, or the last key was to be removed while encryption is
// required; or that a key was given and not what it is for.
type NeedsPrivateKey struct {
	ARN  string
	Mode AssertionEncryption
}

func (e *NeedsPrivateKey) Error() string {
	return fmt.Sprintf("%s: encryption %q and the private keys do not go together", e.ARN, string(e.Mode))
}

// parseSAMLKey reads one RSA key in PEM, of PKCS #8 or PKCS #1 and not encrypted.
func parseSAMLKey(text keys.Secret) (*rsa.PrivateKey, error) {
	block, rest := pem.Decode([]byte(text.Reveal()))
	switch {
	case block == nil:
		return nil, &BadPrivateKey{"not PEM"}
	case len(strings.TrimSpace(string(rest))) > 0:
		return nil, &BadPrivateKey{"more than one PEM block"}
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
		return nil, &BadPrivateKey{"encrypted with a password"}
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, &BadPrivateKey{"not a private key"}
	}
	if err != nil {
		return nil, &BadPrivateKey{"cannot be read"} // the parser's reason may quote it
	}
	r, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, &BadPrivateKey{"not a key of RSA"}
	}
	if bits := r.N.BitLen(); bits < minRSABits || bits > maxPrivateRSABits {
		return nil, &BadPrivateKey{fmt.Sprintf("of %d bits", bits)}
	}
	return r, nil
}

// sealSAMLKey makes the stored form of a key of the provider.
func (s *Service) sealSAMLKey(p *SAMLProvider, id string, created time.Time, key *rsa.PrivateKey) (SealedSAMLKey, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return SealedSAMLKey{}, &BadPrivateKey{"cannot be written"}
	}
	sealed, err := s.sealer.Seal(SAMLKeyPurpose, der, p.keyContext(id))
	if err != nil {
		return SealedSAMLKey{}, fmt.Errorf("iam: seal private key: %w", err)
	}
	return SealedSAMLKey{ID: id, Created: created, Sealed: sealed}, nil
}

// keyContext binds a private key to its provider: the sealed key of one opens for
// no other, nor for one made again under its name.
func (p *SAMLProvider) keyContext(id string) []byte { return []byte(p.UUID + "/" + id) }

// addKey appends a key if there is room.
func (s *Service) addKey(p *SAMLProvider, key *rsa.PrivateKey) error {
	if len(p.PrivateKeys) >= maxSAMLPrivateKeys {
		return &LimitExceeded{Quota: QuotaSAMLPrivateKeys, Limit: maxSAMLPrivateKeys, Kind: KindSAMLProvider, Name: p.Name}
	}
	sealed, err := s.sealSAMLKey(p, samlKeyID+s.base32(16), s.now(), key)
	if err != nil {
		return err
	}
	p.PrivateKeys = append(slices.Clone(p.PrivateKeys), sealed)
	return nil
}

// removeKey removes a key of the provider.
func (p *SAMLProvider) removeKey(id string) error {
	i := slices.IndexFunc(p.PrivateKeys, func(k SealedSAMLKey) bool { return k.ID == id })
	if i < 0 {
		return &NotFound{Kind: KindSAMLPrivateKey, Name: id, Of: p.ARN()}
	}
	p.PrivateKeys = slices.Delete(slices.Clone(p.PrivateKeys), i, i+1)
	return nil
}

// checkEncryption refuses keys whose use nobody named, and a provider none of
// whose assertions could be read.
func (p *SAMLProvider) checkEncryption() error {
	if p.Encryption == "" && len(p.PrivateKeys) > 0 || p.Encryption == EncryptionRequired && len(p.PrivateKeys) == 0 {
		return &NeedsPrivateKey{ARN: p.ARN(), Mode: p.Encryption}
	}
	return nil
}

// ResealSAMLKeys is ResealAccessKeys for the private keys of SAML providers.
func (s *Service) ResealSAMLKeys(ctx context.Context) (int, error) {
	done := 0
	_, err := s.update(ctx, func(v *View, w *Write) error {
		done = 0
		for _, p := range v.saml {
			next := p.SAMLProvider
			next.PrivateKeys = slices.Clone(p.PrivateKeys)
			changed := false
			for i, k := range next.PrivateKeys {
				opened, err := s.openSAMLKey(&next, k)
				if err != nil {
					continue // it stays as it is
				}
				if next.PrivateKeys[i], err = s.sealSAMLKey(&next, k.ID, k.Created, opened.key); err != nil {
					return err
				}
				done++
				changed = true
			}
			if changed {
				w.SAMLProviders = append(w.SAMLProviders, &next)
			}
		}
		return nil
	})
	return done, err
}

// openSAMLKey opens a stored key.
func (s *Service) openSAMLKey(p *SAMLProvider, k SealedSAMLKey) (samlPrivateKey, error) {
	der, err := s.sealer.Open(SAMLKeyPurpose, k.Sealed, p.keyContext(k.ID))
	if err != nil {
		return samlPrivateKey{}, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return samlPrivateKey{}, errors.New("not PKCS #8")
	}
	r, ok := key.(*rsa.PrivateKey)
	if !ok {
		return samlPrivateKey{}, errors.New("not a key of RSA")
	}
	return samlPrivateKey{r}, nil
}

// samlPrivateKey decrypts, and does not print.
type samlPrivateKey struct{ key *rsa.PrivateKey }

var (
	_ crypto.Decrypter = samlPrivateKey{}
	_ fmt.Formatter    = samlPrivateKey{}
	_ slog.LogValuer   = samlPrivateKey{}
	_ json.Marshaler   = samlPrivateKey{}
)

const privateKeyPlaceholder = "[private key]"

// Public returns the public key.
func (k samlPrivateKey) Public() crypto.PublicKey { return k.key.Public() }

// Decrypt decrypts as rsa.PrivateKey does.
func (k samlPrivateKey) Decrypt(random io.Reader, text []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	return k.key.Decrypt(random, text, opts)
}

// Format prints a placeholder whatever the verb.
func (samlPrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, privateKeyPlaceholder) }

// LogValue returns a placeholder.
func (samlPrivateKey) LogValue() slog.Value { return slog.StringValue(privateKeyPlaceholder) }

// MarshalJSON returns a placeholder.
func (samlPrivateKey) MarshalJSON() ([]byte, error) { return json.Marshal(privateKeyPlaceholder) }
