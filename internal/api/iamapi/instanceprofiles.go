package iamapi

import (
	"context"
	"slices"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// profileType is the CloudFormation type of instance profiles in audit records.
const profileType = "AWS::IAM::InstanceProfile"

// ec2 is the service that an instance profile passes its role to.
const ec2 = "ec2.amazonaws.com"

func (i *Implementation) profileRules(rules api.Rules) {
	rules["ListInstanceProfiles"] = api.OnAny[wire.ListInstanceProfilesInput]()
	rules["ListInstanceProfilesForRole"] = onRole(i, func(in *wire.ListInstanceProfilesForRoleInput) *string { return in.RoleName })
	rules["CreateInstanceProfile"] = api.Needs(func(_ context.Context, c *api.Call, in *wire.CreateInstanceProfileInput) ([]api.Ask, error) {
		p := iam.InstanceProfile{Account: c.Caller.Account, Path: pathOr(in.Path), Name: *in.InstanceProfileName}
		return asks(api.Ask{Resource: p.ARN(), Type: profileType, Keys: requestTags(in.Tags)})
	})
	rules["GetInstanceProfile"] = onProfile(i, func(in *wire.GetInstanceProfileInput) *string { return in.InstanceProfileName }, nil)
	rules["DeleteInstanceProfile"] = onProfile(i, func(in *wire.DeleteInstanceProfileInput) *string { return in.InstanceProfileName }, nil)
	// Whoever starts machines with the profile acts as the role, so the role must
	// be the caller's to pass.
	rules["AddRoleToInstanceProfile"] = api.Needs(func(ctx context.Context, c *api.Call, in *wire.AddRoleToInstanceProfileInput) ([]api.Ask, error) {
		profile, err := i.profileAsk(ctx, c, *in.InstanceProfileName)
		if err != nil {
			return nil, err
		}
		role, _, err := i.roleAsk(ctx, c, in.RoleName)
		role.Action = "iam:PassRole"
		role.Keys = append(role.Keys, sts.ContextKey{Name: "iam:PassedToService", Values: []string{ec2}})
		return []api.Ask{profile, role}, err
	})
	rules["RemoveRoleFromInstanceProfile"] = onProfile(i, func(in *wire.RemoveRoleFromInstanceProfileInput) *string { return in.InstanceProfileName }, nil)
	rules["ListInstanceProfileTags"] = onProfile(i, func(in *wire.ListInstanceProfileTagsInput) *string { return in.InstanceProfileName }, nil)
	rules["TagInstanceProfile"] = onProfile(i, func(in *wire.TagInstanceProfileInput) *string { return in.InstanceProfileName },
		func(in *wire.TagInstanceProfileInput) []sts.ContextKey { return requestTags(in.Tags) })
	rules["UntagInstanceProfile"] = onProfile(i, func(in *wire.UntagInstanceProfileInput) *string { return in.InstanceProfileName },
		func(in *wire.UntagInstanceProfileInput) []sts.ContextKey { return tagKeys(in.TagKeys) })
}

// onProfile asks about the named instance profile.
func onProfile[I any](i *Implementation, name func(*I) *string, more func(*I) []sts.ContextKey) api.Rule {
	return api.Needs(func(ctx context.Context, c *api.Call, in *I) ([]api.Ask, error) {
		ask, err := i.profileAsk(ctx, c, *name(in))
		if err != nil {
			return nil, err
		}
		if more != nil {
			ask.Keys = slices.Concat(ask.Keys, more(in))
		}
		return asks(ask)
	})
}

// profileAsk asks about an instance profile; one that does not exist has the
// path "/".
func (i *Implementation) profileAsk(ctx context.Context, c *api.Call, name string) (api.Ask, error) {
	v, err := i.IAM.Fresh(ctx)
	if err != nil {
		return api.Ask{}, err
	}
	p := &iam.InstanceProfile{Account: c.Caller.Account, Path: "/", Name: name}
	if known, err := v.InstanceProfile(c.Caller.Account, name); err == nil {
		p = known
	}
	return api.Ask{Resource: p.ARN(), Type: profileType, Keys: resourceTags(p.Tags, keyGlobalResourceTag, keyIAMResourceTag)}, nil
}

// CreateInstanceProfile makes an instance profile in the caller's account.
func (b *bound) CreateInstanceProfile(ctx context.Context, in *wire.CreateInstanceProfileInput) (*wire.CreateInstanceProfileOutput, error) {
	p, err := b.IAM.CreateInstanceProfile(ctx, iam.NewInstanceProfile{
		Account: b.account(), Name: *in.InstanceProfileName, Path: text(in.Path), Tags: tagsIn(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &wire.CreateInstanceProfileOutput{InstanceProfile: &wire.InstanceProfile{
		Path: &p.Path, InstanceProfileName: &p.Name, InstanceProfileId: &p.ID, Arn: pointer(p.ARN()), CreateDate: &p.Created,
		Roles: []wire.Role{}, Tags: tagsOut(p.Tags),
	}}, nil
}

// GetInstanceProfile returns an instance profile with its role.
func (b *bound) GetInstanceProfile(ctx context.Context, in *wire.GetInstanceProfileInput) (*wire.GetInstanceProfileOutput, error) {
	v, p, err := b.profile(ctx, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	out := profileListed(v, p)
	out.Tags = tagsOut(p.Tags)
	return &wire.GetInstanceProfileOutput{InstanceProfile: &out}, nil
}

func (b *bound) profile(ctx context.Context, name *string) (*iam.View, *iam.InstanceProfile, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := v.InstanceProfile(b.account(), *name)
	return v, p, err
}

// profileListed is an instance profile as lists show it: with its role, without
// its tags.
func profileListed(v *iam.View, p *iam.InstanceProfile) wire.InstanceProfile {
	out := wire.InstanceProfile{
		Path: &p.Path, InstanceProfileName: &p.Name, InstanceProfileId: &p.ID, Arn: pointer(p.ARN()), CreateDate: &p.Created,
		Roles: []wire.Role{},
	}
	if r, ok := v.RoleByID(p.RoleID); ok {
		role := roleListed(v, r)
		role.Description, role.MaxSessionDuration = nil, nil // AWS leaves them out here
		out.Roles = append(out.Roles, role)
	}
	return out
}

// ListInstanceProfiles lists the account's instance profiles under a path prefix.
func (b *bound) ListInstanceProfiles(ctx context.Context, in *wire.ListInstanceProfilesInput) (*wire.ListInstanceProfilesOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	prefix := text(in.PathPrefix)
	profiles, p, err := b.profilePage(v, "instance profiles under "+prefix, v.InstanceProfiles(b.account(), prefix), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListInstanceProfilesOutput{InstanceProfiles: profiles, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// ListInstanceProfilesForRole lists the instance profiles that a role is in.
func (b *bound) ListInstanceProfilesForRole(ctx context.Context, in *wire.ListInstanceProfilesForRoleInput) (*wire.ListInstanceProfilesForRoleOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	r, err := v.Role(b.account(), *in.RoleName)
	if err != nil {
		return nil, err
	}
	profiles, p, err := b.profilePage(v, "instance profiles of role "+r.ID, v.ProfilesOfRole(r.ID), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListInstanceProfilesForRoleOutput{InstanceProfiles: profiles, IsTruncated: p.truncated, Marker: p.marker}, nil
}

func (b *bound) profilePage(v *iam.View, listing string, all []*iam.InstanceProfile, marker *string, limit *int32) ([]wire.InstanceProfile, paging, error) {
	list, p, err := page(b, listing, all, func(p *iam.InstanceProfile) string { return p.Name }, marker, limit)
	if err != nil {
		return nil, p, err
	}
	return each(list, func(p *iam.InstanceProfile) wire.InstanceProfile { return profileListed(v, p) }), p, nil
}

// DeleteInstanceProfile deletes an instance profile that has no role.
func (b *bound) DeleteInstanceProfile(ctx context.Context, in *wire.DeleteInstanceProfileInput) (*wire.DeleteInstanceProfileOutput, error) {
	if err := b.IAM.DeleteInstanceProfile(ctx, b.account(), *in.InstanceProfileName); err != nil {
		return nil, err
	}
	return &wire.DeleteInstanceProfileOutput{}, nil
}

// AddRoleToInstanceProfile puts a role into an instance profile.
func (b *bound) AddRoleToInstanceProfile(ctx context.Context, in *wire.AddRoleToInstanceProfileInput) (*wire.AddRoleToInstanceProfileOutput, error) {
	if err := b.IAM.AddRoleToInstanceProfile(ctx, b.account(), *in.InstanceProfileName, *in.RoleName); err != nil {
		return nil, err
	}
	return &wire.AddRoleToInstanceProfileOutput{}, nil
}

// RemoveRoleFromInstanceProfile takes the role out of an instance profile.
func (b *bound) RemoveRoleFromInstanceProfile(ctx context.Context, in *wire.RemoveRoleFromInstanceProfileInput) (*wire.RemoveRoleFromInstanceProfileOutput, error) {
	if err := b.IAM.RemoveRoleFromInstanceProfile(ctx, b.account(), *in.InstanceProfileName, *in.RoleName); err != nil {
		return nil, err
	}
	return &wire.RemoveRoleFromInstanceProfileOutput{}, nil
}

// TagInstanceProfile adds or replaces tags of an instance profile.
func (b *bound) TagInstanceProfile(ctx context.Context, in *wire.TagInstanceProfileInput) (*wire.TagInstanceProfileOutput, error) {
	if err := b.IAM.TagInstanceProfile(ctx, b.account(), *in.InstanceProfileName, tagsIn(in.Tags)); err != nil {
		return nil, err
	}
	return &wire.TagInstanceProfileOutput{}, nil
}

// UntagInstanceProfile removes tags of an instance profile.
func (b *bound) UntagInstanceProfile(ctx context.Context, in *wire.UntagInstanceProfileInput) (*wire.UntagInstanceProfileOutput, error) {
	if err := b.IAM.UntagInstanceProfile(ctx, b.account(), *in.InstanceProfileName, in.TagKeys); err != nil {
		return nil, err
	}
	return &wire.UntagInstanceProfileOutput{}, nil
}

// ListInstanceProfileTags lists the tags of an instance profile.
func (b *bound) ListInstanceProfileTags(ctx context.Context, in *wire.ListInstanceProfileTagsInput) (*wire.ListInstanceProfileTagsOutput, error) {
	_, p, err := b.profile(ctx, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	tags, pg, err := tagPage(b, "tags of instance profile "+p.ID, p.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListInstanceProfileTagsOutput{Tags: tags, IsTruncated: pg.truncated, Marker: pg.marker}, nil
}
