package iamapi

import (
	"context"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// CreateUser makes a user in the caller's account.
func (b *bound) CreateUser(ctx context.Context, in *wire.CreateUserInput) (*wire.CreateUserOutput, error) {
	u, err := b.IAM.CreateUser(ctx, iam.NewUser{
		Account: b.account(), Name: *in.UserName, Path: text(in.Path),
		Boundary: text(in.PermissionsBoundary), Tags: tagsIn(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &wire.CreateUserOutput{User: userDetailed(u)}, nil
}

// GetUser returns the named user, or the caller.
func (b *bound) GetUser(ctx context.Context, in *wire.GetUserInput) (*wire.GetUserOutput, error) {
	name, err := userNamed(b.call.Caller, in.UserName)
	if err != nil {
		return nil, err
	}
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return &wire.GetUserOutput{User: b.root(v)}, nil
	}
	u, err := v.User(b.account(), name)
	if err != nil {
		return nil, err
	}
	return &wire.GetUserOutput{User: userDetailed(u)}, nil
}

// root is the account root as GetUser shows it: its id is the account's, it has
// no name and, for us, is as old as its key.
func (b *bound) root(v *iam.View) *wire.User {
	var created time.Time
	if k, ok := v.AccessKey(b.call.Caller.AccessKeyID); ok {
		created = k.Created
	}
	return &wire.User{
		UserId: pointer(b.account()), Arn: pointer(rootARN(b.account())), CreateDate: &created, Path: pointer("/"),
	}
}

func rootARN(account string) string { return "arn:aws:iam::" + account + ":root" }

// ListUsers lists the account's users under a path prefix.
func (b *bound) ListUsers(ctx context.Context, in *wire.ListUsersInput) (*wire.ListUsersOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	prefix := text(in.PathPrefix)
	list, p, err := page(b, "users under "+prefix, v.Users(b.account(), prefix), func(u *iam.UserEntry) string { return u.Name }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListUsersOutput{Users: each(list, userListed), IsTruncated: p.truncated, Marker: p.marker}, nil
}

// UpdateUser renames or moves a user.
func (b *bound) UpdateUser(ctx context.Context, in *wire.UpdateUserInput) (*wire.UpdateUserOutput, error) {
	if err := b.IAM.UpdateUser(ctx, b.account(), *in.UserName, text(in.NewUserName), text(in.NewPath)); err != nil {
		return nil, err
	}
	return &wire.UpdateUserOutput{}, nil
}

// DeleteUser deletes a user that has neither keys nor policies.
func (b *bound) DeleteUser(ctx context.Context, in *wire.DeleteUserInput) (*wire.DeleteUserOutput, error) {
	if err := b.IAM.DeleteUser(ctx, b.account(), *in.UserName); err != nil {
		return nil, err
	}
	return &wire.DeleteUserOutput{}, nil
}

// PutUserPermissionsBoundary sets a user's permissions boundary.
func (b *bound) PutUserPermissionsBoundary(ctx context.Context, in *wire.PutUserPermissionsBoundaryInput) (*wire.PutUserPermissionsBoundaryOutput, error) {
	if err := b.IAM.PutBoundary(ctx, b.user(in.UserName), *in.PermissionsBoundary); err != nil {
		return nil, err
	}
	return &wire.PutUserPermissionsBoundaryOutput{}, nil
}

// DeleteUserPermissionsBoundary removes a user's permissions boundary.
func (b *bound) DeleteUserPermissionsBoundary(ctx context.Context, in *wire.DeleteUserPermissionsBoundaryInput) (*wire.DeleteUserPermissionsBoundaryOutput, error) {
	if err := b.IAM.DeleteBoundary(ctx, b.user(in.UserName)); err != nil {
		return nil, err
	}
	return &wire.DeleteUserPermissionsBoundaryOutput{}, nil
}

// TagUser adds or replaces tags of a user.
func (b *bound) TagUser(ctx context.Context, in *wire.TagUserInput) (*wire.TagUserOutput, error) {
	if err := b.IAM.Tag(ctx, b.user(in.UserName), tagsIn(in.Tags)); err != nil {
		return nil, err
	}
	return &wire.TagUserOutput{}, nil
}

// UntagUser removes tags of a user.
func (b *bound) UntagUser(ctx context.Context, in *wire.UntagUserInput) (*wire.UntagUserOutput, error) {
	if err := b.IAM.Untag(ctx, b.user(in.UserName), in.TagKeys); err != nil {
		return nil, err
	}
	return &wire.UntagUserOutput{}, nil
}

// ListUserTags lists the tags of a user.
func (b *bound) ListUserTags(ctx context.Context, in *wire.ListUserTagsInput) (*wire.ListUserTagsOutput, error) {
	own, err := b.owned(ctx, b.user(in.UserName))
	if err != nil {
		return nil, err
	}
	tags, p, err := tagPage(b, "tags of user "+*in.UserName, own.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListUserTagsOutput{Tags: tags, IsTruncated: p.truncated, Marker: p.marker}, nil
}
