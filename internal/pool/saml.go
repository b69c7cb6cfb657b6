package pool

import (
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
)

// samlNameAttribute is the attribute that the default principal tags of SAML
// providers read beside the NameID (cognito-identity.md 6).
const samlNameAttribute = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"

// samlCheck verifies responses of a SAML provider of the pool. A provider that
// was deleted from IAM no longer signs anybody in.
func (s *Service) samlCheck(key string) (check, error) {
	provider, ok := s.IAM().SAMLProviderByARN(key)
	if !ok {
		return check{}, &UnsupportedProvider{Provider: key}
	}
	if s.SAML == nil {
		return check{}, &NotBuilt{Feature: "logins of SAML providers"}
	}
	return check{
		verifier: s.SAML,
		expect: login.Expect{
			Provider: key, Issuer: provider.EntityID, Certificates: provider.Keys, MetadataUntil: provider.MetadataUntil,
			Decrypters: provider.Decrypters, OnlyEncrypted: provider.Encryption == iam.EncryptionRequired,
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
