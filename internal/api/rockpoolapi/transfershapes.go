package rockpoolapi

import (
	"maps"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// exportedPool is all that is set of a pool. A test holds it against pool.Pool, so
// that a new setting is not forgotten.
func exportedPool(p *pool.Pool) *wire.TransferPool {
	created := p.Created
	out := &wire.TransferPool{
		IdentityPoolId: &p.ID, IdentityPoolName: &p.Name, CreationDate: &created,
		AllowUnauthenticatedIdentities: &p.AllowUnauthenticated, AllowClassicFlow: truth(p.AllowClassicFlow),
		DeveloperProviderName:   optional(p.DeveloperProviderName),
		SupportedLoginProviders: filled(p.SupportedLoginProviders),
		IdentityPoolTags:        filled(p.Tags), Roles: filled(p.Roles), Sessions: exportedSessions(p.Sessions),
	}
	if len(p.OIDCProviderARNs) > 0 {
		out.OpenIdConnectProviderARNs = p.OIDCProviderARNs
	}
	if len(p.SAMLProviderARNs) > 0 {
		out.SamlProviderARNs = p.SAMLProviderARNs
	}
	for _, u := range p.UserPools {
		out.CognitoIdentityProviders = append(out.CognitoIdentityProviders, wire.TransferUserPool{
			ProviderName: &u.ProviderName, ClientId: &u.ClientID, ServerSideTokenCheck: truth(u.ServerSideTokenCheck),
		})
	}
	if len(p.MergeVerifiedEmail.Authorities) > 0 {
		out.MergeVerifiedEmail = &wire.TransferEmailMerge{}
	}
	for _, a := range p.MergeVerifiedEmail.Authorities {
		out.MergeVerifiedEmail.Authorities = append(out.MergeVerifiedEmail.Authorities, wire.TransferEmailAuthority{Provider: &a.Provider, Domains: a.Domains})
	}
	out.Saml = exportedSAML(p.SAML)
	for key, m := range p.RoleMappings {
		if out.RoleMappings == nil {
			out.RoleMappings = make(map[string]wire.TransferRoleMapping, len(p.RoleMappings))
		}
		out.RoleMappings[key] = exportedMapping(m)
	}
	for key, m := range p.TagMaps {
		if out.PrincipalTags == nil {
			out.PrincipalTags = make(map[string]wire.TransferTagMap, len(p.TagMaps))
		}
		out.PrincipalTags[key] = wire.TransferTagMap{UseDefaults: truth(m.UseDefaults), PrincipalTags: filled(m.Tags)}
	}
	return out
}

func exportedMapping(m pool.RoleMapping) wire.TransferRoleMapping {
	kind, ambiguous := wire.TransferMappingType(m.Type), wire.TransferAmbiguousRole(m.Ambiguous)
	out := wire.TransferRoleMapping{Type: &kind}
	if ambiguous != "" {
		out.AmbiguousRoleResolution = &ambiguous
	}
	if len(m.Rules) > 0 {
		out.RulesConfiguration = &wire.TransferRules{}
	}
	for _, r := range m.Rules {
		match := wire.TransferMatchType(r.Match)
		out.RulesConfiguration.Rules = append(out.RulesConfiguration.Rules, wire.TransferRule{
			Claim: &r.Claim, MatchType: &match, Value: &r.Value, RoleARN: &r.RoleARN,
		})
	}
	return out
}

// exportedSAML gives nil for AWS's behaviour.
func exportedSAML(s pool.SAMLSettings) *wire.TransferSaml {
	if len(s.Recipients)+len(s.Audiences)+len(s.Entities) == 0 {
		return nil
	}
	return &wire.TransferSaml{Recipients: s.Recipients, Audiences: s.Audiences, Entities: filled(s.Entities)}
}

// exportedSessions gives nil for AWS's behaviour.
func exportedSessions(s pool.SessionSettings) *wire.TransferSessions {
	out := wire.TransferSessions{
		DurationSeconds: positive(int(s.Duration.Seconds())), NameTemplate: optional(s.NameTemplate), TokenAlgorithm: optional(s.TokenAlgorithm),
	}
	if len(s.GuestPolicyARNs) > 0 {
		out.GuestPolicyArns = s.GuestPolicyARNs
	}
	if out.DurationSeconds == nil && out.NameTemplate == nil && out.TokenAlgorithm == nil && out.GuestPolicyArns == nil {
		return nil
	}
	return &out
}

// importedPool is exportedPool turned around.
func importedPool(in *wire.TransferPool) *pool.Pool {
	p := &pool.Pool{
		ID: *in.IdentityPoolId, Name: *in.IdentityPoolName, AllowUnauthenticated: *in.AllowUnauthenticatedIdentities,
		AllowClassicFlow: isTrue(in.AllowClassicFlow), DeveloperProviderName: text(in.DeveloperProviderName),
		SupportedLoginProviders: in.SupportedLoginProviders, OIDCProviderARNs: in.OpenIdConnectProviderARNs,
		SAMLProviderARNs: in.SamlProviderARNs, Tags: in.IdentityPoolTags, Roles: in.Roles,
		Created: moment(in.CreationDate), Sessions: importedSessions(in.Sessions),
	}
	for _, u := range in.CognitoIdentityProviders {
		p.UserPools = append(p.UserPools, pool.UserPool{
			ProviderName: *u.ProviderName, ClientID: *u.ClientId, ServerSideTokenCheck: isTrue(u.ServerSideTokenCheck),
		})
	}
	if in.MergeVerifiedEmail != nil {
		for _, a := range in.MergeVerifiedEmail.Authorities {
			p.MergeVerifiedEmail.Authorities = append(p.MergeVerifiedEmail.Authorities, pool.EmailAuthority{Provider: *a.Provider, Domains: a.Domains})
		}
	}
	if in.Saml != nil {
		p.SAML = pool.SAMLSettings{Recipients: in.Saml.Recipients, Audiences: in.Saml.Audiences, Entities: in.Saml.Entities}
	}
	for key, m := range in.RoleMappings {
		if p.RoleMappings == nil {
			p.RoleMappings = make(map[string]pool.RoleMapping, len(in.RoleMappings))
		}
		p.RoleMappings[key] = importedMapping(m)
	}
	for key, m := range in.PrincipalTags {
		if p.TagMaps == nil {
			p.TagMaps = make(map[string]pool.TagMap, len(in.PrincipalTags))
		}
		p.TagMaps[key] = pool.TagMap{UseDefaults: isTrue(m.UseDefaults), Tags: maps.Clone(m.PrincipalTags)}
	}
	return p
}

func importedMapping(m wire.TransferRoleMapping) pool.RoleMapping {
	out := pool.RoleMapping{Type: pool.MappingType(*m.Type)}
	if m.AmbiguousRoleResolution != nil {
		out.Ambiguous = pool.AmbiguousResolution(*m.AmbiguousRoleResolution)
	}
	if m.RulesConfiguration != nil {
		for _, r := range m.RulesConfiguration.Rules {
			out.Rules = append(out.Rules, pool.MappingRule{
				Claim: *r.Claim, Match: pool.MatchType(*r.MatchType), Value: *r.Value, RoleARN: *r.RoleARN,
			})
		}
	}
	return out
}

func importedSessions(in *wire.TransferSessions) pool.SessionSettings {
	if in == nil {
		return pool.SessionSettings{}
	}
	out := pool.SessionSettings{
		NameTemplate: text(in.NameTemplate), GuestPolicyARNs: in.GuestPolicyArns, TokenAlgorithm: text(in.TokenAlgorithm),
	}
	if in.DurationSeconds != nil {
		out.Duration = time.Duration(*in.DurationSeconds) * time.Second
	}
	return out
}

func exportedIdentity(i *pool.Identity) wire.TransferIdentity {
	out := wire.TransferIdentity{
		IdentityId: &i.ID, CreationDate: &i.Created, LastModifiedDate: &i.Modified,
		Guest: truth(i.Guest), Disabled: truth(i.Disabled), Parent: optional(i.Parent), Blocked: truth(i.Blocked),
	}
	for _, l := range i.Logins {
		out.Logins = append(out.Logins, wire.TransferLogin{Provider: &l.Provider, Subject: &l.Subject, Linked: &l.Linked})
	}
	return out
}

// importedIdentity is exportedIdentity turned around.
func importedIdentity(in *wire.TransferIdentity) *pool.Identity {
	out := &pool.Identity{
		ID: *in.IdentityId, Created: *in.CreationDate, Modified: *in.LastModifiedDate,
		Guest: isTrue(in.Guest), Disabled: isTrue(in.Disabled), Parent: text(in.Parent), Blocked: isTrue(in.Blocked),
	}
	for _, l := range in.Logins {
		out.Logins = append(out.Logins, pool.Login{Provider: *l.Provider, Subject: *l.Subject, Linked: *l.Linked})
	}
	return out
}

// filled is a map for a member that is left out when it is empty.
func filled(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func isTrue(b *bool) bool { return b != nil && *b }

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
