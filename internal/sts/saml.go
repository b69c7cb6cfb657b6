package sts

import (
	"context"
	"crypto/sha1" //nolint:gosec // a name that AWS documents, not a signature
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
)

// maxAssertionAge is how soon after its making an assertion must be used.
const maxAssertionAge = 5 * time.Minute

// The attributes by which an assertion speaks to STS, under AWS's prefix. Case
// matters (iam-sts.md 3.5).
const (
	attributePrefix    = "https://aws.amazon.com/SAML/Attributes/"
	roleAttribute      = "Role"
	nameAttribute      = "RoleSessionName"
	durationAttribute  = "SessionDuration"
	sourceAttribute    = "SourceIdentity"
	tagAttributePrefix = "PrincipalTag:"
	transitiveAttrib   = "TransitiveTagKeys"
)

// The condition keys of an assertion (iam-sts.md 2.7). Audience is the recipient.
const (
	samlAudience  = "saml:aud"
	samlIssuer    = "saml:iss"
	samlSubject   = "saml:sub"
	samlType      = "saml:sub_type"
	samlQualifier = "saml:namequalifier"
	samlDocument  = "saml:doc"
)

// formatPrefix is cut off NameID formats.
const formatPrefix = "urn:oasis:names:tc:SAML:2.0:nameid-format:"

// SAMLInput is a request for AssumeRoleWithSAML.
type SAMLInput struct {
	RoleARN     string
	ProviderARN string
	Assertion   keys.Secret // base64 of the response
	Policy      string
	PolicyARNs  []string
	Duration    time.Duration
	Network     *condkey.Network
}

// AssumeRoleWithSAML makes a session of a role for the bearer of a SAML response.
// Refusals are *Invalid, *NoSAMLProvider, *login.Refusal, *BadAttribute,
// *TrustDenied, *policy.Error, *PackedTooLarge and *TokenTooLarge.
func (s *Service) AssumeRoleWithSAML(ctx context.Context, in SAMLInput) (*Result, error) {
	account, err := parseRoleARN(in.RoleARN)
	if err != nil {
		return nil, err
	}
	if a, err := arn.Parse(in.ProviderARN); err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "saml-provider/") {
		return nil, &Invalid{Kind: BadProviderARN, Value: in.ProviderARN}
	}
	provider, ok := s.cfg.IAM().SAMLProviderByARN(in.ProviderARN)
	if !ok || s.cfg.Providers.SAML == nil {
		return nil, &NoSAMLProvider{ARN: in.ProviderARN}
	}
	claims, err := s.cfg.Providers.SAML.Verify(ctx, in.Assertion.Reveal(), login.Expect{
		Provider: in.ProviderARN, Issuer: provider.EntityID, Certificates: provider.Keys,
		MetadataUntil: provider.MetadataUntil, MaxAge: maxAssertionAge,
		Decrypters: provider.Decrypters, OnlyEncrypted: provider.Encryption == iam.EncryptionRequired,
	})
	if err != nil {
		return nil, err
	}
	w := webIdentity{
		saml: true, roleARN: in.RoleARN, provider: in.ProviderARN, duration: in.Duration,
		policyARNs: in.PolicyARNs, network: in.Network, request: in.Network,
	}
	if in.Policy != "" {
		w.policies = []string{in.Policy}
	}
	describeSAML(&w, &provider.SAMLProvider, claims)
	if err := s.readAttributes(&w, claims); err != nil {
		return nil, err
	}
	for _, check := range []struct {
		refused bool
		reason  TrustReason
	}{
		{account != provider.Account, ForeignRole},
		{!asserted(claims, in.RoleARN, in.ProviderARN), RoleNotAsserted},
	} {
		if check.refused {
			s.refuseWebIdentity(&w, check.reason)
			return nil, w.denied(check.reason)
		}
	}
	result, err := s.assumeWebIdentity(&w)
	if err != nil {
		return nil, err
	}
	result.Claims, result.Subject, result.Provider = claims, claims.Subject, claims.Issuer
	result.Audience, result.SubjectType = claims.SAML.Recipient, first(valuesOf(w.keys, samlType))
	result.NameQualifier = first(valuesOf(w.keys, samlQualifier))
	s.issued(result, "AssumeRoleWithSAML", in.Network)
	return result, nil
}

// describeSAML fills the condition keys of an assertion.
func describeSAML(w *webIdentity, p *iam.SAMLProvider, c *login.Claims) {
	// AWS says to hash so; it names a provider and protects nothing.
	sum := sha1.Sum([]byte(c.Issuer + p.Account + "/" + p.Name)) //nolint:gosec // see above
	w.keys = []ContextKey{
		one(samlAudience, c.SAML.Recipient), one(samlIssuer, c.Issuer), one(samlSubject, c.Subject),
		one(samlQualifier, base64.StdEncoding.EncodeToString(sum[:])), one(samlDocument, p.Account+"/"+p.Name),
	}
	if c.SAML.NameFormat != "" {
		w.keys = append(w.keys, one(samlType, strings.TrimPrefix(c.SAML.NameFormat, formatPrefix)))
	}
	w.keys = append(w.keys, samlAttributeKeys(c)...)
	w.carried = []string{samlQualifier, samlSubject, samlType}
}

// asserted reports whether the assertion gives its subject the role: one of the
// values of Role is the pair of role and provider, in either order.
func asserted(c *login.Claims, role, provider string) bool {
	return slices.ContainsFunc(c.Strings(attributePrefix+roleAttribute), func(pair string) bool {
		a, b, ok := strings.Cut(pair, ",")
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		return ok && (a == role && b == provider || a == provider && b == role)
	})
}

// readAttributes reads what the assertion says about the session.
func (s *Service) readAttributes(w *webIdentity, c *login.Claims) error {
	names := c.Strings(attributePrefix + nameAttribute)
	switch {
	case len(names) == 0:
		return &BadAttribute{Attribute: nameAttribute, Why: "missing"}
	case len(names) > 1 || !validName(names[0]):
		return &BadAttribute{Attribute: nameAttribute, Why: "not one name"}
	}
	w.name = names[0]
	if sources := c.Strings(attributePrefix + sourceAttribute); len(sources) > 0 {
		if len(sources) > 1 || !validName(sources[0]) || hasReservedPrefix(sources[0]) {
			return &BadAttribute{Attribute: sourceAttribute, Why: "not one name"}
		}
		w.source = sources[0]
	}
	for name := range c.Raw {
		key, ok := strings.CutPrefix(name, attributePrefix+tagAttributePrefix)
		if !ok {
			continue
		}
		values := c.Strings(name)
		if len(values) != 1 {
			return &BadAttribute{Attribute: tagAttributePrefix + key, Why: "not one value"}
		}
		w.tags = append(w.tags, iam.Tag{Key: key, Value: values[0]})
	}
	// Maps have no order; a session token should not depend on chance.
	slices.SortFunc(w.tags, func(a, b iam.Tag) int { return strings.Compare(a.Key, b.Key) })
	w.transitive = c.Strings(attributePrefix + transitiveAttrib)
	// Both only ever shorten a session.
	if end := c.SAML.SessionExpires; !end.IsZero() {
		w.atMost = max(end.Sub(s.cfg.Now()).Truncate(time.Second), time.Second)
	}
	if values := c.Strings(attributePrefix + durationAttribute); len(values) > 0 {
		seconds, err := strconv.Atoi(values[0])
		limit := time.Duration(seconds) * time.Second
		if len(values) > 1 || err != nil || limit < minDuration || limit > maxDuration {
			return &BadAttribute{Attribute: durationAttribute, Why: "not a number of seconds from 900 to 43200"}
		}
		if w.atMost == 0 || limit < w.atMost {
			w.atMost = limit
		}
	}
	return nil
}

// valuesOf returns the values of the key named so.
func valuesOf(keys []ContextKey, name string) []string {
	for _, k := range keys {
		if k.Name == name {
			return k.Values
		}
	}
	return nil
}
