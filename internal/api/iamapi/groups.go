package iamapi

import (
	"context"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// groupType is the CloudFormation type of groups in audit records.
const groupType = "AWS::IAM::Group"

// Permission for a membership is asked for the group, not for the user: whoever
// may change a group decides who is in it.
func (i *Implementation) groupRules(rules api.Rules) {
	rules["ListGroups"] = api.OnAny[wire.ListGroupsInput]()
	rules["CreateGroup"] = api.Needs(func(_ context.Context, c *api.Call, in *wire.CreateGroupInput) ([]api.Ask, error) {
		g := iam.Group{Account: c.Caller.Account, Path: pathOr(in.Path), Name: *in.GroupName}
		return asks(api.Ask{Resource: g.ARN(), Type: groupType})
	})
	rules["GetGroup"] = onGroup(i, func(in *wire.GetGroupInput) *string { return in.GroupName }, nil)
	// A rename needs permission for the old and for the new name.
	rules["UpdateGroup"] = api.Needs(func(ctx context.Context, c *api.Call, in *wire.UpdateGroupInput) ([]api.Ask, error) {
		g, err := i.groupMeant(ctx, c, *in.GroupName)
		if err != nil {
			return nil, err
		}
		from := api.Ask{Resource: g.ARN(), Type: groupType}
		if g.ID == "" {
			return asks(from)
		}
		if text(in.NewGroupName) != "" {
			g.Name = *in.NewGroupName
		}
		if text(in.NewPath) != "" {
			g.Path = *in.NewPath
		}
		to := api.Ask{Resource: g.ARN(), Type: groupType}
		if to.Resource == from.Resource {
			return asks(from)
		}
		return asks(from, to)
	})
	rules["DeleteGroup"] = onGroup(i, func(in *wire.DeleteGroupInput) *string { return in.GroupName }, nil)
	rules["AddUserToGroup"] = onGroup(i, func(in *wire.AddUserToGroupInput) *string { return in.GroupName }, nil)
	rules["RemoveUserFromGroup"] = onGroup(i, func(in *wire.RemoveUserFromGroupInput) *string { return in.GroupName }, nil)
	rules["PutGroupPolicy"] = onGroup(i, func(in *wire.PutGroupPolicyInput) *string { return in.GroupName }, nil)
	rules["GetGroupPolicy"] = onGroup(i, func(in *wire.GetGroupPolicyInput) *string { return in.GroupName }, nil)
	rules["ListGroupPolicies"] = onGroup(i, func(in *wire.ListGroupPoliciesInput) *string { return in.GroupName }, nil)
	rules["DeleteGroupPolicy"] = onGroup(i, func(in *wire.DeleteGroupPolicyInput) *string { return in.GroupName }, nil)
	rules["AttachGroupPolicy"] = onGroup(i, func(in *wire.AttachGroupPolicyInput) *string { return in.GroupName },
		func(in *wire.AttachGroupPolicyInput) []sts.ContextKey { return policyKey(in.PolicyArn) })
	rules["DetachGroupPolicy"] = onGroup(i, func(in *wire.DetachGroupPolicyInput) *string { return in.GroupName },
		func(in *wire.DetachGroupPolicyInput) []sts.ContextKey { return policyKey(in.PolicyArn) })
	rules["ListAttachedGroupPolicies"] = onGroup(i, func(in *wire.ListAttachedGroupPoliciesInput) *string { return in.GroupName }, nil)
}

// onGroup asks about the named group. Groups have neither tags nor a boundary.
func onGroup[I any](i *Implementation, name func(*I) *string, more func(*I) []sts.ContextKey) api.Rule {
	return api.Needs(func(ctx context.Context, c *api.Call, in *I) ([]api.Ask, error) {
		g, err := i.groupMeant(ctx, c, *name(in))
		if err != nil {
			return nil, err
		}
		ask := api.Ask{Resource: g.ARN(), Type: groupType}
		if more != nil {
			ask.Keys = more(in)
		}
		return asks(ask)
	})
}

// groupMeant finds a group by name. One that does not exist has the path "/" and
// no id.
func (i *Implementation) groupMeant(ctx context.Context, c *api.Call, name string) (iam.Group, error) {
	v, err := i.IAM.Fresh(ctx)
	if err != nil {
		return iam.Group{}, err
	}
	if g, ok := v.GroupByName(c.Caller.Account, name); ok {
		return g.Group, nil
	}
	return iam.Group{Account: c.Caller.Account, Path: "/", Name: name}, nil
}

// CreateGroup makes a group in the caller's account.
func (b *bound) CreateGroup(ctx context.Context, in *wire.CreateGroupInput) (*wire.CreateGroupOutput, error) {
	g, err := b.IAM.CreateGroup(ctx, iam.NewGroup{Account: b.account(), Name: *in.GroupName, Path: text(in.Path)})
	if err != nil {
		return nil, err
	}
	return &wire.CreateGroupOutput{Group: pointer(groupOut(g))}, nil
}

// GetGroup returns a group and, page by page, its members.
func (b *bound) GetGroup(ctx context.Context, in *wire.GetGroupInput) (*wire.GetGroupOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	g, err := v.Group(b.account(), *in.GroupName)
	if err != nil {
		return nil, err
	}
	list, p, err := page(b, "members of group "+g.ID, v.Members(g.ID), func(u *iam.UserEntry) string { return u.Name }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.GetGroupOutput{Group: pointer(groupOut(g)), Users: each(list, userListed), IsTruncated: p.truncated, Marker: p.marker}, nil
}

// ListGroups lists the account's groups under a path prefix.
func (b *bound) ListGroups(ctx context.Context, in *wire.ListGroupsInput) (*wire.ListGroupsOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	prefix := text(in.PathPrefix)
	groups, p, err := b.groupPage("groups under "+prefix, v.Groups(b.account(), prefix), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListGroupsOutput{Groups: groups, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// ListGroupsForUser lists the groups that a user is in.
func (b *bound) ListGroupsForUser(ctx context.Context, in *wire.ListGroupsForUserInput) (*wire.ListGroupsForUserOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	u, err := v.User(b.account(), *in.UserName)
	if err != nil {
		return nil, err
	}
	groups, p, err := b.groupPage("groups of user "+u.ID, byName(u.MemberOf), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListGroupsForUserOutput{Groups: groups, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// byName puts the groups of a user, which are in the order of joining, into that
// of their names.
func byName(groups []*iam.GroupEntry) []*iam.GroupEntry {
	return slices.SortedFunc(slices.Values(groups), func(a, b *iam.GroupEntry) int { return strings.Compare(a.Name, b.Name) })
}

// groupPage is one page of groups that are in the order of their names.
func (b *bound) groupPage(listing string, all []*iam.GroupEntry, marker *string, limit *int32) ([]wire.Group, paging, error) {
	list, p, err := page(b, listing, all, func(g *iam.GroupEntry) string { return g.Name }, marker, limit)
	if err != nil {
		return nil, p, err
	}
	return each(list, groupOut), p, nil
}

// UpdateGroup renames or moves a group.
func (b *bound) UpdateGroup(ctx context.Context, in *wire.UpdateGroupInput) (*wire.UpdateGroupOutput, error) {
	if err := b.IAM.UpdateGroup(ctx, b.account(), *in.GroupName, text(in.NewGroupName), text(in.NewPath)); err != nil {
		return nil, err
	}
	return &wire.UpdateGroupOutput{}, nil
}

// DeleteGroup deletes a group that has neither members nor policies.
func (b *bound) DeleteGroup(ctx context.Context, in *wire.DeleteGroupInput) (*wire.DeleteGroupOutput, error) {
	if err := b.IAM.DeleteGroup(ctx, b.account(), *in.GroupName); err != nil {
		return nil, err
	}
	return &wire.DeleteGroupOutput{}, nil
}

// AddUserToGroup puts a user into a group.
func (b *bound) AddUserToGroup(ctx context.Context, in *wire.AddUserToGroupInput) (*wire.AddUserToGroupOutput, error) {
	if err := b.IAM.AddUserToGroup(ctx, b.account(), *in.GroupName, *in.UserName); err != nil {
		return nil, err
	}
	return &wire.AddUserToGroupOutput{}, nil
}

// RemoveUserFromGroup takes a user out of a group.
func (b *bound) RemoveUserFromGroup(ctx context.Context, in *wire.RemoveUserFromGroupInput) (*wire.RemoveUserFromGroupOutput, error) {
	if err := b.IAM.RemoveUserFromGroup(ctx, b.account(), *in.GroupName, *in.UserName); err != nil {
		return nil, err
	}
	return &wire.RemoveUserFromGroupOutput{}, nil
}
