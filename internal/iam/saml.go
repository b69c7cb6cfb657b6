package iam

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
)

// SAMLProvider is a registered SAML identity provider as stored.
type SAMLProvider struct {
	Account, Name string
	UUID          string
	// EntityID, Certificates and MetadataUntil are read out of the metadata when
	// it is written: requests need no more, and a document may be large.
	EntityID      string
	Certificates  [][]byte  // DER
	MetadataUntil time.Time // zero if the metadata does not say
	// Encryption is whether assertions may or must be encrypted, and PrivateKeys
	// are the keys that open them, the oldest first.
	Encryption  AssertionEncryption
	PrivateKeys []SealedSAMLKey
	Created     time.Time
	Tags        []Tag
	Version     int64
	// Metadata is the document as it was given. It is set in writes that change
	// it and empty otherwise; Service.SAMLMetadata reads it.
	Metadata string
}

// ARN returns the provider's ARN.
func (p *SAMLProvider) ARN() string {
	return "arn:aws:iam::" + p.Account + ":saml-provider/" + p.Name
}

// samlLifetime is how long a provider is valid whose metadata does not say.
const samlLifetime = 100

// ValidUntil is when the provider's assertions stop to count.
func (p *SAMLProvider) ValidUntil() time.Time {
	if p.MetadataUntil.IsZero() {
		return p.Created.AddDate(samlLifetime, 0, 0)
	}
	return p.MetadataUntil
}

// SAMLEntry is a SAML provider in a snapshot with its certificates parsed.
type SAMLEntry struct {
	SAMLProvider
	// Keys verify signatures. None when the stored ones cannot be read any
	// more: nobody can sign in then.
	Keys []*x509.Certificate
	// Decrypters are the private keys, opened.
	Decrypters []crypto.Decrypter
}

// NewSAMLProvider is the input of CreateSAMLProvider.
type NewSAMLProvider struct {
	Account, Name, Metadata string
	// Encryption and PrivateKey, in PEM, are given together or not at all.
	Encryption AssertionEncryption
	PrivateKey keys.Secret
	Tags       []Tag
}

// CreateSAMLProvider registers a SAML identity provider.
func (s *Service) CreateSAMLProvider(ctx context.Context, in NewSAMLProvider) (*SAMLEntry, error) {
	if !samlName(in.Name) {
		return nil, &Invalid{Field: FieldName, Value: in.Name}
	}
	p := &SAMLProvider{Account: in.Account, Name: in.Name, UUID: samlUUID + s.base32(16), Encryption: in.Encryption}
	var err error
	if p.Tags, err = mergeTags(KindSAMLProvider, in.Name, nil, in.Tags); err != nil {
		return nil, err
	}
	if err := p.describe(in.Metadata); err != nil {
		return nil, err
	}
	if !in.PrivateKey.Empty() {
		key, err := parseSAMLKey(in.PrivateKey)
		if err != nil {
			return nil, err
		}
		if err := s.addKey(p, key); err != nil {
			return nil, err
		}
	}
	if p.Encryption != "" && len(p.PrivateKeys) == 0 {
		return nil, &NeedsPrivateKey{ARN: p.ARN(), Mode: p.Encryption}
	}
	if err := p.checkEncryption(); err != nil {
		return nil, err
	}
	after, err := s.update(ctx, func(v *View, w *Write) error {
		for _, other := range v.SAMLProviders(in.Account) {
			if FoldName(other.Name) == FoldName(in.Name) {
				return &AlreadyExists{Kind: KindSAMLProvider, Name: in.Name}
			}
		}
		if len(v.SAMLProviders(in.Account)) >= s.limits.SAMLProviders {
			return &LimitExceeded{Quota: QuotaSAMLProviders, Limit: s.limits.SAMLProviders, Kind: KindSAMLProvider, Name: in.Name}
		}
		next := *p
		next.Created = s.now()
		w.SAMLProviders = append(w.SAMLProviders, &next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.saml[p.ARN()], nil
}

// samlUUID begins the unique ids of SAML providers, which are what AWS puts into
// their sign-in address.
const samlUUID = "SAMLSP"

// describe reads a metadata document into p.
func (p *SAMLProvider) describe(metadata string) error {
	m, err := ParseSAMLMetadata(metadata)
	if err != nil {
		return err
	}
	p.Metadata, p.EntityID, p.Certificates, p.MetadataUntil = metadata, m.EntityID, m.Certificates, m.ValidUntil
	return nil
}

// SAMLUpdate is what UpdateSAMLProvider changes; what is empty stays.
type SAMLUpdate struct {
	Metadata   string
	Encryption AssertionEncryption
	AddKey     keys.Secret // PEM
	RemoveKey  string      // id
}

// UpdateSAMLProvider changes the metadata of a provider, how its assertions are
// encrypted and its private keys.
func (s *Service) UpdateSAMLProvider(ctx context.Context, arn string, in SAMLUpdate) error {
	var read SAMLProvider
	if in.Metadata != "" {
		if err := read.describe(in.Metadata); err != nil {
			return err
		}
	}
	var add *rsa.PrivateKey
	if !in.AddKey.Empty() {
		var err error
		if add, err = parseSAMLKey(in.AddKey); err != nil {
			return err
		}
	}
	return s.updateSAML(ctx, arn, func(p *SAMLProvider) error {
		if in.Metadata != "" {
			p.Metadata, p.EntityID, p.Certificates, p.MetadataUntil = read.Metadata, read.EntityID, read.Certificates, read.MetadataUntil
		}
		if in.Encryption != "" {
			p.Encryption = in.Encryption
		}
		if add != nil {
			if err := s.addKey(p, add); err != nil {
				return err
			}
		}
		if in.RemoveKey != "" {
			if err := p.removeKey(in.RemoveKey); err != nil {
				return err
			}
		}
		if in.Encryption != "" && len(p.PrivateKeys) == 0 {
			return &NeedsPrivateKey{ARN: p.ARN(), Mode: p.Encryption}
		}
		return p.checkEncryption()
	})
}

// DeleteSAMLProvider removes a provider. Roles that trust it stay and match
// nobody.
func (s *Service) DeleteSAMLProvider(ctx context.Context, arn string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		if _, err := v.SAMLProvider(arn); err != nil {
			return err
		}
		w.Deleted = append(w.Deleted, Ref{KindSAMLProvider, arn})
		return nil
	})
	return err
}

// TagSAMLProvider adds or replaces tags.
func (s *Service) TagSAMLProvider(ctx context.Context, arn string, tags []Tag) error {
	return s.updateSAML(ctx, arn, func(p *SAMLProvider) (err error) {
		p.Tags, err = mergeTags(KindSAMLProvider, arn, p.Tags, tags)
		return err
	})
}

// UntagSAMLProvider removes tags; absent keys are fine.
func (s *Service) UntagSAMLProvider(ctx context.Context, arn string, keys []string) error {
	return s.updateSAML(ctx, arn, func(p *SAMLProvider) error {
		p.Tags = removeTags(p.Tags, keys)
		return nil
	})
}

func (s *Service) updateSAML(ctx context.Context, arn string, change func(*SAMLProvider) error) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		p, err := v.SAMLProvider(arn)
		if err != nil {
			return err
		}
		next := p.SAMLProvider
		if err := change(&next); err != nil {
			return err
		}
		w.SAMLProviders = append(w.SAMLProviders, &next)
		return nil
	})
	return err
}

// SAMLMetadata returns the metadata document of a provider, byte for byte as it
// was written.
func (s *Service) SAMLMetadata(ctx context.Context, p *SAMLEntry) (string, error) {
	return s.store.SAMLMetadata(ctx, p.Account, p.Name)
}

// samlName accepts the names of SAML providers: up to 128 of [\w._-].
func samlName(name string) bool {
	return name != "" && len(name) <= maxPolicyName && !strings.ContainsFunc(name, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '_', r == '-':
			return false
		}
		return true
	})
}

// putSAML parses the certificates of a provider and opens its private keys.
func (b *builder) putSAML(p *SAMLProvider) {
	e := &SAMLEntry{SAMLProvider: *p}
	e.Metadata = ""
	for _, der := range p.Certificates {
		c, err := samlKey(der)
		if err != nil {
			b.s.log.ErrorContext(b.ctx, "stored certificate of a SAML provider cannot be used", "provider", p.ARN(), "error", err)
			continue
		}
		e.Keys = append(e.Keys, c)
	}
	for _, k := range p.PrivateKeys {
		key, err := b.s.openSAMLKey(p, k)
		if err != nil {
			b.s.log.ErrorContext(b.ctx, "private key of a SAML provider cannot be unsealed and is unusable", "provider", p.ARN(), "key", k.ID, "error", err)
			continue
		}
		e.Decrypters = append(e.Decrypters, key)
	}
	b.v.saml[p.ARN()] = e
}

// SAMLProviderByARN finds a SAML provider by its ARN.
func (v *View) SAMLProviderByARN(arn string) (*SAMLEntry, bool) {
	p, ok := v.saml[arn]
	return p, ok
}

// SAMLProvider finds a SAML provider by its ARN, or answers *NotFound.
func (v *View) SAMLProvider(arn string) (*SAMLEntry, error) {
	p, ok := v.saml[arn]
	if !ok {
		return nil, &NotFound{Kind: KindSAMLProvider, Name: arn}
	}
	return p, nil
}

// SAMLProviders lists an account's SAML providers, by name.
func (v *View) SAMLProviders(account string) []*SAMLEntry {
	return list(v.saml, func(p *SAMLEntry) bool { return p.Account == account }, func(p *SAMLEntry) string { return p.Name })
}
