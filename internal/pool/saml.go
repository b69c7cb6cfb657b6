package pool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
)

// samlNameAttribute is the attribute that the default principal tags of SAML
// providers read beside the NameID (cognito-identity.md 6).
const samlNameAttribute = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"

// SAMLSettings are what a pool says and remembers of SAML providers. Its zero value
// is AWS's behaviour.
type SAMLSettings struct {
	// Recipients are the addresses that assertions must be made for, and Audiences
	// the names, in place of those that the server accepts; none leaves those. A
	// recipient counts as an audience too.
	Recipients []string `json:",omitempty"`
	Audiences  []string `json:",omitempty"`
	// Entities is whose people the logins of a provider are, by its ARN: the entity
	// id that the provider had when the first of them signed in. It outlives the
	// provider's place in the pool, as the logins do (decision 10).
	Entities map[string]string `json:",omitempty"`
}

// Bounds of SAMLSettings.
const (
	maxSAMLNames = 20
	maxSAMLName  = 1024 // of an entity id (saml-core 8.3.6), and so of the others
)

func (s SAMLSettings) clone() SAMLSettings {
	return SAMLSettings{Recipients: slices.Clone(s.Recipients), Audiences: slices.Clone(s.Audiences), Entities: maps.Clone(s.Entities)}
}

// learn takes over the entities of providers that s says nothing of: those whose
// people have signed in since s was written down.
func (s *SAMLSettings) learn(since SAMLSettings) {
	for provider, entity := range since.Entities {
		if _, known := s.Entities[provider]; known {
			continue
		}
		if s.Entities == nil {
			s.Entities = make(map[string]string)
		}
		s.Entities[provider] = entity
	}
}

// check refuses names that no assertion can have.
func (s SAMLSettings) check() error {
	for _, list := range [][]string{s.Recipients, s.Audiences} {
		if len(list) > maxSAMLNames {
			return &Invalid{Message: fmt.Sprintf("A pool has at most %d recipients and %d audiences of SAML assertions.", maxSAMLNames, maxSAMLNames)}
		}
		if slices.ContainsFunc(list, notSAMLName) {
			return &Invalid{Message: "A recipient or an audience of SAML assertions has 1 to 1024 characters without space around them."}
		}
	}
	for provider, entity := range s.Entities {
		if a, err := arn.Parse(provider); err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "saml-provider/") {
			return &Invalid{Message: fmt.Sprintf("Invalid SAMLProvider ARN: %s", provider)}
		}
		if notSAMLName(entity) {
			return &Invalid{Message: "An entity id has 1 to 1024 characters without space around them."}
		}
	}
	return nil
}

func notSAMLName(s string) bool { return s == "" || len(s) > maxSAMLName || s != strings.TrimSpace(s) }

// samlCheck verifies responses of a SAML provider of the pool. A provider that
// was deleted from IAM no longer signs anybody in, and neither does one that
// speaks for another entity than the people who are known by it.
func (s *Service) samlCheck(p *Pool, key string) (check, error) {
	provider, ok := s.IAM().SAMLProviderByARN(key)
	if !ok {
		return check{}, &UnsupportedProvider{Provider: key}
	}
	if s.SAML == nil {
		return check{}, &NotBuilt{Feature: "logins of SAML providers"}
	}
	if err := p.SAML.admits(key, provider.EntityID); err != nil {
		return check{}, err
	}
	return check{
		verifier: s.SAML,
		expect: login.Expect{
			Provider: key, Issuer: provider.EntityID, Certificates: provider.Keys, MetadataUntil: provider.MetadataUntil,
			Decrypters: provider.Decrypters, OnlyEncrypted: provider.Encryption == iam.EncryptionRequired,
			Recipients: p.SAML.Recipients, ClientIDs: p.SAML.Audiences,
		},
		name: func(c *login.Claims) naming {
			names := naming{AMR: [2]string{key, key + ":SAML:" + c.Subject}, Mapping: key, TagMap: key}
			if list := c.Strings(samlNameAttribute); len(list) == 1 {
				names.Client = list[0]
			}
			return names
		},
	}, nil
}

// admits refuses the logins of a provider whose entity is not the one whose people
// are known by its ARN.
func (s SAMLSettings) admits(provider, entity string) error {
	if was, known := s.Entities[provider]; known && was != entity {
		return &LoginRefused{Provider: provider, Refusal: &login.Refusal{
			Kind: login.WrongProvider, Provider: provider, Claim: "entityID", Got: login.Shown(entity), Want: login.Shown(was),
			Err: errors.New("the provider's metadata names another entity than the one whose people are known by its ARN"),
		}}
	}
	return nil
}

// rememberEntities settles whose people a SAML provider's are, before the first of
// them is known by its ARN: from then on a provider that is made again under its
// name, or gets the metadata of another, signs nobody in until an administrator
// says that they are the same people. It writes once for a provider and pool.
func (s *Service) rememberEntities(ctx context.Context, p *Pool, logins []verified) error {
	for _, v := range logins {
		if !samlKey(v.Provider) {
			continue
		}
		if _, known := p.SAML.Entities[v.Provider]; known {
			continue // and it is this one: samlCheck has seen to it
		}
		_, err := s.change(ctx, p.ID, func(p *Pool) error {
			if p.SAML.Entities == nil {
				p.SAML.Entities = make(map[string]string)
			}
			if err := p.SAML.admits(v.Provider, v.Claims.Issuer); err != nil {
				return err // somebody of another entity was faster
			}
			p.SAML.Entities[v.Provider] = v.Claims.Issuer
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
