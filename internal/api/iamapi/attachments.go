package iamapi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// AttachRolePolicy attaches a managed policy to a role.
func (b *bound) AttachRolePolicy(ctx context.Context, in *wire.AttachRolePolicyInput) (*wire.AttachRolePolicyOutput, error) {
	if err := b.IAM.AttachPolicy(ctx, b.role(in.RoleName), *in.PolicyArn); err != nil {
		return nil, err
	}
	return &wire.AttachRolePolicyOutput{}, nil
}

// AttachUserPolicy attaches a managed policy to a user.
func (b *bound) AttachUserPolicy(ctx context.Context, in *wire.AttachUserPolicyInput) (*wire.AttachUserPolicyOutput, error) {
	if err := b.IAM.AttachPolicy(ctx, b.user(in.UserName), *in.PolicyArn); err != nil {
		return nil, err
	}
	return &wire.AttachUserPolicyOutput{}, nil
}

// AttachGroupPolicy attaches a managed policy to a group.
func (b *bound) AttachGroupPolicy(ctx context.Context, in *wire.AttachGroupPolicyInput) (*wire.AttachGroupPolicyOutput, error) {
	if err := b.IAM.AttachPolicy(ctx, b.group(in.GroupName), *in.PolicyArn); err != nil {
		return nil, err
	}
	return &wire.AttachGroupPolicyOutput{}, nil
}

// DetachRolePolicy detaches a managed policy from a role.
func (b *bound) DetachRolePolicy(ctx context.Context, in *wire.DetachRolePolicyInput) (*wire.DetachRolePolicyOutput, error) {
	if err := b.IAM.DetachPolicy(ctx, b.role(in.RoleName), *in.PolicyArn); err != nil {
		return nil, err
	}
	return &wire.DetachRolePolicyOutput{}, nil
}

// DetachUserPolicy detaches a managed policy from a user.
func (b *bound) DetachUserPolicy(ctx context.Context, in *wire.DetachUserPolicyInput) (*wire.DetachUserPolicyOutput, error) {
	if err := b.IAM.DetachPolicy(ctx, b.user(in.UserName), *in.PolicyArn); err != nil {
		return nil, err
	}
	return &wire.DetachUserPolicyOutput{}, nil
}

// DetachGroupPolicy detaches a managed policy from a group.
func (b *bound) DetachGroupPolicy(ctx context.Context, in *wire.DetachGroupPolicyInput) (*wire.DetachGroupPolicyOutput, error) {
	if err := b.IAM.DetachPolicy(ctx, b.group(in.GroupName), *in.PolicyArn); err != nil {
		return nil, err
	}
	return &wire.DetachGroupPolicyOutput{}, nil
}

// ListAttachedRolePolicies lists the managed policies attached to a role.
func (b *bound) ListAttachedRolePolicies(ctx context.Context, in *wire.ListAttachedRolePoliciesInput) (*wire.ListAttachedRolePoliciesOutput, error) {
	list, p, err := b.attached(ctx, b.role(in.RoleName), text(in.PathPrefix), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListAttachedRolePoliciesOutput{AttachedPolicies: list, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// ListAttachedUserPolicies lists the managed policies attached to a user.
func (b *bound) ListAttachedUserPolicies(ctx context.Context, in *wire.ListAttachedUserPoliciesInput) (*wire.ListAttachedUserPoliciesOutput, error) {
	list, p, err := b.attached(ctx, b.user(in.UserName), text(in.PathPrefix), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListAttachedUserPoliciesOutput{AttachedPolicies: list, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// ListAttachedGroupPolicies lists the managed policies attached to a group.
func (b *bound) ListAttachedGroupPolicies(ctx context.Context, in *wire.ListAttachedGroupPoliciesInput) (*wire.ListAttachedGroupPoliciesOutput, error) {
	list, p, err := b.attached(ctx, b.group(in.GroupName), text(in.PathPrefix), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListAttachedGroupPoliciesOutput{AttachedPolicies: list, IsTruncated: p.truncated, Marker: p.marker}, nil
}

func (b *bound) attached(ctx context.Context, o iam.Owner, prefix string, marker *string, limit *int32) ([]wire.AttachedPolicy, paging, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, paging{}, err
	}
	own, err := v.Owned(o)
	if err != nil {
		return nil, paging{}, err
	}
	var all []*iam.PolicyEntry
	for _, arn := range own.Attached {
		p, err := v.Policy(arn)
		if err != nil {
			return nil, paging{}, fmt.Errorf("attached to %s %s: %v", o.Kind, o.Name, err) // ours, not the caller's
		}
		if strings.HasPrefix(p.Path, prefix) {
			all = append(all, p)
		}
	}
	key := func(p *iam.PolicyEntry) string { return p.Name + " " + p.Account }
	slices.SortFunc(all, func(a, b *iam.PolicyEntry) int { return strings.Compare(key(a), key(b)) })
	list, pg, err := page(b, "policies of "+string(o.Kind)+" "+o.Name+" under "+prefix, all, key, marker, limit)
	if err != nil {
		return nil, pg, err
	}
	return each(list, func(p *iam.PolicyEntry) wire.AttachedPolicy {
		return wire.AttachedPolicy{PolicyName: &p.Name, PolicyArn: pointer(p.ARN())}
	}), pg, nil
}

// entity is a role, user or group that uses a policy, for paging over them all.
type entity struct {
	kind     wire.EntityType
	name, id string
}

func (e entity) key() string { return string(e.kind) + " " + e.name }

// ListEntitiesForPolicy lists the groups, roles and users that use a managed
// policy.
func (b *bound) ListEntitiesForPolicy(ctx context.Context, in *wire.ListEntitiesForPolicyInput) (*wire.ListEntitiesForPolicyOutput, error) {
	v, p, err := b.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	usage, filter, prefix := wire.PolicyUsageType(""), wire.EntityType(""), text(in.PathPrefix)
	if in.PolicyUsageFilter != nil {
		usage = *in.PolicyUsageFilter
	}
	if in.EntityFilter != nil {
		filter = *in.EntityFilter
	}
	arn := p.ARN()
	uses := func(attached []string, boundary string) bool {
		return usage != wire.PolicyUsageTypePermissionsBoundary && slices.Contains(attached, arn) ||
			usage != wire.PolicyUsageTypePermissionsPolicy && boundary == arn
	}
	var all []entity // in the order of the names of their kinds
	if filter == "" || filter == wire.EntityTypeGroup {
		for _, g := range v.Groups(b.account(), prefix) {
			if uses(g.Attached, "") {
				all = append(all, entity{wire.EntityTypeGroup, g.Name, g.ID})
			}
		}
	}
	if filter == "" || filter == wire.EntityTypeRole {
		for _, r := range v.Roles(b.account(), prefix) {
			if uses(r.Attached, r.Boundary) {
				all = append(all, entity{wire.EntityTypeRole, r.Name, r.ID})
			}
		}
	}
	if filter == "" || filter == wire.EntityTypeUser {
		for _, u := range v.Users(b.account(), prefix) {
			if uses(u.Attached, u.Boundary) {
				all = append(all, entity{wire.EntityTypeUser, u.Name, u.ID})
			}
		}
	}
	listing := fmt.Sprintf("entities of %s %s %s under %s", arn, filter, usage, prefix)
	list, pg, err := page(b, listing, all, entity.key, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &wire.ListEntitiesForPolicyOutput{
		PolicyGroups: []wire.PolicyGroup{}, PolicyUsers: []wire.PolicyUser{}, PolicyRoles: []wire.PolicyRole{},
		IsTruncated: pg.truncated, Marker: pg.marker,
	}
	for _, e := range list {
		switch e.kind {
		case wire.EntityTypeGroup:
			out.PolicyGroups = append(out.PolicyGroups, wire.PolicyGroup{GroupName: &e.name, GroupId: &e.id})
		case wire.EntityTypeRole:
			out.PolicyRoles = append(out.PolicyRoles, wire.PolicyRole{RoleName: &e.name, RoleId: &e.id})
		default:
			out.PolicyUsers = append(out.PolicyUsers, wire.PolicyUser{UserName: &e.name, UserId: &e.id})
		}
	}
	return out, nil
}
