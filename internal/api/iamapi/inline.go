package iamapi

import (
	"context"
	"slices"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// PutRolePolicy adds or replaces an inline policy of a role.
func (b *bound) PutRolePolicy(ctx context.Context, in *wire.PutRolePolicyInput) (*wire.PutRolePolicyOutput, error) {
	if err := b.IAM.PutInlinePolicy(ctx, b.role(in.RoleName), *in.PolicyName, *in.PolicyDocument); err != nil {
		return nil, err
	}
	return &wire.PutRolePolicyOutput{}, nil
}

// PutUserPolicy adds or replaces an inline policy of a user.
func (b *bound) PutUserPolicy(ctx context.Context, in *wire.PutUserPolicyInput) (*wire.PutUserPolicyOutput, error) {
	if err := b.IAM.PutInlinePolicy(ctx, b.user(in.UserName), *in.PolicyName, *in.PolicyDocument); err != nil {
		return nil, err
	}
	return &wire.PutUserPolicyOutput{}, nil
}

// PutGroupPolicy adds or replaces an inline policy of a group.
func (b *bound) PutGroupPolicy(ctx context.Context, in *wire.PutGroupPolicyInput) (*wire.PutGroupPolicyOutput, error) {
	if err := b.IAM.PutInlinePolicy(ctx, b.group(in.GroupName), *in.PolicyName, *in.PolicyDocument); err != nil {
		return nil, err
	}
	return &wire.PutGroupPolicyOutput{}, nil
}

// GetRolePolicy returns an inline policy of a role.
func (b *bound) GetRolePolicy(ctx context.Context, in *wire.GetRolePolicyInput) (*wire.GetRolePolicyOutput, error) {
	p, err := b.inline(ctx, b.role(in.RoleName), *in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &wire.GetRolePolicyOutput{RoleName: in.RoleName, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, nil
}

// GetUserPolicy returns an inline policy of a user.
func (b *bound) GetUserPolicy(ctx context.Context, in *wire.GetUserPolicyInput) (*wire.GetUserPolicyOutput, error) {
	p, err := b.inline(ctx, b.user(in.UserName), *in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &wire.GetUserPolicyOutput{UserName: in.UserName, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, nil
}

// GetGroupPolicy returns an inline policy of a group.
func (b *bound) GetGroupPolicy(ctx context.Context, in *wire.GetGroupPolicyInput) (*wire.GetGroupPolicyOutput, error) {
	p, err := b.inline(ctx, b.group(in.GroupName), *in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &wire.GetGroupPolicyOutput{GroupName: in.GroupName, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, nil
}

func (b *bound) inline(ctx context.Context, o iam.Owner, name string) (*iam.InlinePolicy, error) {
	own, err := b.owned(ctx, o)
	if err != nil {
		return nil, err
	}
	return own.InlinePolicy(o.Kind, name)
}

// DeleteRolePolicy deletes an inline policy of a role.
func (b *bound) DeleteRolePolicy(ctx context.Context, in *wire.DeleteRolePolicyInput) (*wire.DeleteRolePolicyOutput, error) {
	if err := b.IAM.DeleteInlinePolicy(ctx, b.role(in.RoleName), *in.PolicyName); err != nil {
		return nil, err
	}
	return &wire.DeleteRolePolicyOutput{}, nil
}

// DeleteUserPolicy deletes an inline policy of a user.
func (b *bound) DeleteUserPolicy(ctx context.Context, in *wire.DeleteUserPolicyInput) (*wire.DeleteUserPolicyOutput, error) {
	if err := b.IAM.DeleteInlinePolicy(ctx, b.user(in.UserName), *in.PolicyName); err != nil {
		return nil, err
	}
	return &wire.DeleteUserPolicyOutput{}, nil
}

// DeleteGroupPolicy deletes an inline policy of a group.
func (b *bound) DeleteGroupPolicy(ctx context.Context, in *wire.DeleteGroupPolicyInput) (*wire.DeleteGroupPolicyOutput, error) {
	if err := b.IAM.DeleteInlinePolicy(ctx, b.group(in.GroupName), *in.PolicyName); err != nil {
		return nil, err
	}
	return &wire.DeleteGroupPolicyOutput{}, nil
}

// ListRolePolicies lists the names of a role's inline policies.
func (b *bound) ListRolePolicies(ctx context.Context, in *wire.ListRolePoliciesInput) (*wire.ListRolePoliciesOutput, error) {
	names, p, err := b.inlineNames(ctx, b.role(in.RoleName), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListRolePoliciesOutput{PolicyNames: names, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// ListUserPolicies lists the names of a user's inline policies.
func (b *bound) ListUserPolicies(ctx context.Context, in *wire.ListUserPoliciesInput) (*wire.ListUserPoliciesOutput, error) {
	names, p, err := b.inlineNames(ctx, b.user(in.UserName), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListUserPoliciesOutput{PolicyNames: names, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// ListGroupPolicies lists the names of a group's inline policies.
func (b *bound) ListGroupPolicies(ctx context.Context, in *wire.ListGroupPoliciesInput) (*wire.ListGroupPoliciesOutput, error) {
	names, p, err := b.inlineNames(ctx, b.group(in.GroupName), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListGroupPoliciesOutput{PolicyNames: names, IsTruncated: p.truncated, Marker: p.marker}, nil
}

func (b *bound) inlineNames(ctx context.Context, o iam.Owner, marker *string, limit *int32) ([]string, paging, error) {
	own, err := b.owned(ctx, o)
	if err != nil {
		return nil, paging{}, err
	}
	names := each(own.Inline, func(p iam.InlinePolicy) string { return p.Name })
	slices.Sort(names)
	return page(b, "inline policies of "+string(o.Kind)+" "+o.Name, names, same, marker, limit)
}
