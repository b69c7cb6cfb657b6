package iamapi

import (
	"context"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// CreateRole makes a role in the caller's account.
func (b *bound) CreateRole(ctx context.Context, in *wire.CreateRoleInput) (*wire.CreateRoleOutput, error) {
	r, err := b.IAM.CreateRole(ctx, iam.NewRole{
		Account: b.account(), Name: *in.RoleName, Path: text(in.Path), Description: text(in.Description),
		Trust: *in.AssumeRolePolicyDocument, MaxSession: duration(in.MaxSessionDuration),
		Boundary: text(in.PermissionsBoundary), Tags: tagsIn(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return &wire.CreateRoleOutput{Role: roleCreated(v, r)}, nil
}

// GetRole returns a role with everything known of it.
func (b *bound) GetRole(ctx context.Context, in *wire.GetRoleInput) (*wire.GetRoleOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	r, err := v.Role(b.account(), *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &wire.GetRoleOutput{Role: roleDetailed(v, r)}, nil
}

// ListRoles lists the account's roles under a path prefix.
func (b *bound) ListRoles(ctx context.Context, in *wire.ListRolesInput) (*wire.ListRolesOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	prefix := text(in.PathPrefix)
	list, p, err := page(b, "roles under "+prefix, v.Roles(b.account(), prefix), func(r *iam.RoleEntry) string { return r.Name }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	roles := each(list, func(r *iam.RoleEntry) wire.Role { return roleListed(v, r) })
	return &wire.ListRolesOutput{Roles: roles, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// UpdateRole changes description and session duration; what is absent stays.
func (b *bound) UpdateRole(ctx context.Context, in *wire.UpdateRoleInput) (*wire.UpdateRoleOutput, error) {
	change := iam.RoleChange{Description: in.Description}
	if in.MaxSessionDuration != nil {
		change.MaxSession = pointer(duration(in.MaxSessionDuration))
	}
	if _, err := b.IAM.UpdateRole(ctx, b.account(), *in.RoleName, change); err != nil {
		return nil, err
	}
	return &wire.UpdateRoleOutput{}, nil
}

// UpdateRoleDescription changes the description alone.
func (b *bound) UpdateRoleDescription(ctx context.Context, in *wire.UpdateRoleDescriptionInput) (*wire.UpdateRoleDescriptionOutput, error) {
	r, err := b.IAM.UpdateRole(ctx, b.account(), *in.RoleName, iam.RoleChange{Description: in.Description})
	if err != nil {
		return nil, err
	}
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return &wire.UpdateRoleDescriptionOutput{Role: roleDetailed(v, r)}, nil
}

// UpdateAssumeRolePolicy replaces the trust policy.
func (b *bound) UpdateAssumeRolePolicy(ctx context.Context, in *wire.UpdateAssumeRolePolicyInput) (*wire.UpdateAssumeRolePolicyOutput, error) {
	if err := b.IAM.UpdateTrust(ctx, b.account(), *in.RoleName, *in.PolicyDocument); err != nil {
		return nil, err
	}
	return &wire.UpdateAssumeRolePolicyOutput{}, nil
}

// DeleteRole deletes a role that has no policies.
func (b *bound) DeleteRole(ctx context.Context, in *wire.DeleteRoleInput) (*wire.DeleteRoleOutput, error) {
	if err := b.IAM.DeleteRole(ctx, b.account(), *in.RoleName); err != nil {
		return nil, err
	}
	return &wire.DeleteRoleOutput{}, nil
}

// PutRolePermissionsBoundary sets a role's permissions boundary.
func (b *bound) PutRolePermissionsBoundary(ctx context.Context, in *wire.PutRolePermissionsBoundaryInput) (*wire.PutRolePermissionsBoundaryOutput, error) {
	if err := b.IAM.PutBoundary(ctx, b.role(in.RoleName), *in.PermissionsBoundary); err != nil {
		return nil, err
	}
	return &wire.PutRolePermissionsBoundaryOutput{}, nil
}

// DeleteRolePermissionsBoundary removes a role's permissions boundary.
func (b *bound) DeleteRolePermissionsBoundary(ctx context.Context, in *wire.DeleteRolePermissionsBoundaryInput) (*wire.DeleteRolePermissionsBoundaryOutput, error) {
	if err := b.IAM.DeleteBoundary(ctx, b.role(in.RoleName)); err != nil {
		return nil, err
	}
	return &wire.DeleteRolePermissionsBoundaryOutput{}, nil
}

// TagRole adds or replaces tags of a role.
func (b *bound) TagRole(ctx context.Context, in *wire.TagRoleInput) (*wire.TagRoleOutput, error) {
	if err := b.IAM.Tag(ctx, b.role(in.RoleName), tagsIn(in.Tags)); err != nil {
		return nil, err
	}
	return &wire.TagRoleOutput{}, nil
}

// UntagRole removes tags of a role.
func (b *bound) UntagRole(ctx context.Context, in *wire.UntagRoleInput) (*wire.UntagRoleOutput, error) {
	if err := b.IAM.Untag(ctx, b.role(in.RoleName), in.TagKeys); err != nil {
		return nil, err
	}
	return &wire.UntagRoleOutput{}, nil
}

// ListRoleTags lists the tags of a role.
func (b *bound) ListRoleTags(ctx context.Context, in *wire.ListRoleTagsInput) (*wire.ListRoleTagsOutput, error) {
	own, err := b.owned(ctx, b.role(in.RoleName))
	if err != nil {
		return nil, err
	}
	tags, p, err := tagPage(b, "tags of role "+*in.RoleName, own.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListRoleTagsOutput{Tags: tags, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// owned reads what a role or user owns.
func (b *bound) owned(ctx context.Context, o iam.Owner) (*iam.Owned, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return v.Owned(o)
}

func duration(seconds *int32) time.Duration {
	if seconds == nil {
		return 0
	}
	return time.Duration(*seconds) * time.Second
}
