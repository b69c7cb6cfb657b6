package cognitoapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

// SetIdentityPoolRoles replaces the default roles and the role mappings of a pool.
func (b *bound) SetIdentityPoolRoles(ctx context.Context, in *wire.SetIdentityPoolRolesInput) (*wire.SetIdentityPoolRolesOutput, error) {
	if err := b.Pools.SetRoles(ctx, *in.IdentityPoolId, in.Roles, roleMappings(in.RoleMappings)); err != nil {
		return nil, err
	}
	return &wire.SetIdentityPoolRolesOutput{}, nil
}

// GetIdentityPoolRoles returns the default roles and the role mappings; a pool
// that never had any answers with its id alone (cognito-identity.md 5.1).
func (b *bound) GetIdentityPoolRoles(_ context.Context, in *wire.GetIdentityPoolRolesInput) (*wire.GetIdentityPoolRolesOutput, error) {
	p, err := b.Pools.Pool(*in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	out := &wire.GetIdentityPoolRolesOutput{IdentityPoolId: &p.ID}
	if len(p.Roles) > 0 {
		out.Roles = p.Roles
	}
	if len(p.RoleMappings) > 0 {
		out.RoleMappings = make(map[string]wire.RoleMapping, len(p.RoleMappings))
		for key, m := range p.RoleMappings {
			out.RoleMappings[key] = wireMapping(m)
		}
	}
	return out, nil
}

func roleMappings(in map[string]wire.RoleMapping) map[string]pool.RoleMapping {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]pool.RoleMapping, len(in))
	for key, m := range in {
		mapping := pool.RoleMapping{Type: pool.MappingType(*m.Type)}
		if m.AmbiguousRoleResolution != nil {
			mapping.Ambiguous = pool.AmbiguousResolution(*m.AmbiguousRoleResolution)
		}
		if m.RulesConfiguration != nil {
			for _, r := range m.RulesConfiguration.Rules {
				mapping.Rules = append(mapping.Rules, pool.MappingRule{
					Claim: *r.Claim, Match: pool.MatchType(*r.MatchType), Value: *r.Value, RoleARN: *r.RoleARN,
				})
			}
		}
		out[key] = mapping
	}
	return out
}

func wireMapping(m pool.RoleMapping) wire.RoleMapping {
	kind, ambiguous := wire.RoleMappingType(m.Type), wire.AmbiguousRoleResolutionType(m.Ambiguous)
	out := wire.RoleMapping{Type: &kind, AmbiguousRoleResolution: &ambiguous}
	if m.Type != pool.RulesMapping {
		return out
	}
	out.RulesConfiguration = &wire.RulesConfigurationType{}
	for _, r := range m.Rules {
		match := wire.MappingRuleMatchType(r.Match)
		out.RulesConfiguration.Rules = append(out.RulesConfiguration.Rules, wire.MappingRule{
			Claim: &r.Claim, MatchType: &match, Value: &r.Value, RoleARN: &r.RoleARN,
		})
	}
	return out
}

// SetPrincipalTagAttributeMap says which claims of a provider become tags.
func (b *bound) SetPrincipalTagAttributeMap(ctx context.Context, in *wire.SetPrincipalTagAttributeMapInput) (*wire.SetPrincipalTagAttributeMapOutput, error) {
	m := pool.TagMap{UseDefaults: truth(in.UseDefaults), Tags: in.PrincipalTags}
	if err := b.Pools.SetTagMap(ctx, *in.IdentityPoolId, *in.IdentityProviderName, m); err != nil {
		return nil, err
	}
	return &wire.SetPrincipalTagAttributeMapOutput{
		IdentityPoolId: in.IdentityPoolId, IdentityProviderName: in.IdentityProviderName,
		UseDefaults: &m.UseDefaults, PrincipalTags: tagMap(m),
	}, nil
}

// GetPrincipalTagAttributeMap returns the tag map of a provider; one that was
// never set maps nothing (cognito-identity.md 6).
func (b *bound) GetPrincipalTagAttributeMap(_ context.Context, in *wire.GetPrincipalTagAttributeMapInput) (*wire.GetPrincipalTagAttributeMapOutput, error) {
	m, err := b.Pools.TagMap(*in.IdentityPoolId, *in.IdentityProviderName)
	if err != nil {
		return nil, err
	}
	return &wire.GetPrincipalTagAttributeMapOutput{
		IdentityPoolId: in.IdentityPoolId, IdentityProviderName: in.IdentityProviderName,
		UseDefaults: &m.UseDefaults, PrincipalTags: tagMap(m),
	}, nil
}

// tagMap is the map as clients see it, never null: Terraform compares it.
func tagMap(m pool.TagMap) map[string]string {
	if m.Tags == nil {
		return map[string]string{}
	}
	return m.Tags
}
