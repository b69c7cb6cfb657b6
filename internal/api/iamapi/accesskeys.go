package iamapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// CreateAccessKey makes a key for the named user, or for the caller. This answer
// is the only one that carries the secret.
func (b *bound) CreateAccessKey(ctx context.Context, in *wire.CreateAccessKeyInput) (*wire.CreateAccessKeyOutput, error) {
	name, err := userNamed(b.call.Caller, in.UserName)
	if err != nil {
		return nil, err
	}
	k, err := b.IAM.CreateAccessKey(ctx, b.account(), name)
	if err != nil {
		return nil, err
	}
	return &wire.CreateAccessKeyOutput{AccessKey: &wire.AccessKey{
		UserName: optional(name), AccessKeyId: &k.ID, Status: status(k.Active),
		SecretAccessKey: pointer(k.Secret.Reveal()), CreateDate: &k.Created,
	}}, nil
}

// ListAccessKeys lists the keys of the named user, or of the caller.
func (b *bound) ListAccessKeys(ctx context.Context, in *wire.ListAccessKeysInput) (*wire.ListAccessKeysOutput, error) {
	name, err := userNamed(b.call.Caller, in.UserName)
	if err != nil {
		return nil, err
	}
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	owner := ""
	if name != "" {
		u, err := v.User(b.account(), name)
		if err != nil {
			return nil, err
		}
		owner = u.ID
	}
	list, p, err := page(b, "access keys of user "+name, v.AccessKeys(b.account(), owner), func(k *iam.AccessKey) string { return k.ID }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	keys := each(list, func(k *iam.AccessKey) wire.AccessKeyMetadata {
		return wire.AccessKeyMetadata{UserName: optional(name), AccessKeyId: &k.ID, Status: status(k.Active), CreateDate: &k.Created}
	})
	return &wire.ListAccessKeysOutput{AccessKeyMetadata: keys, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// UpdateAccessKey switches a key on or off.
func (b *bound) UpdateAccessKey(ctx context.Context, in *wire.UpdateAccessKeyInput) (*wire.UpdateAccessKeyOutput, error) {
	name, err := userNamed(b.call.Caller, in.UserName)
	if err != nil {
		return nil, err
	}
	if err := b.IAM.UpdateAccessKey(ctx, b.account(), name, *in.AccessKeyId, *in.Status == wire.StatusTypeActive); err != nil {
		return nil, err
	}
	return &wire.UpdateAccessKeyOutput{}, nil
}

// DeleteAccessKey deletes a key.
func (b *bound) DeleteAccessKey(ctx context.Context, in *wire.DeleteAccessKeyInput) (*wire.DeleteAccessKeyOutput, error) {
	name, err := userNamed(b.call.Caller, in.UserName)
	if err != nil {
		return nil, err
	}
	if err := b.IAM.DeleteAccessKey(ctx, b.account(), name, *in.AccessKeyId); err != nil {
		return nil, err
	}
	return &wire.DeleteAccessKeyOutput{}, nil
}

// notApplicable is what AWS shows for the last use of a key never used.
const notApplicable = "N/A"

// GetAccessKeyLastUsed says whose key it is and when it was last used.
func (b *bound) GetAccessKeyLastUsed(ctx context.Context, in *wire.GetAccessKeyLastUsedInput) (*wire.GetAccessKeyLastUsedOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	k, ok := v.AccessKey(*in.AccessKeyId)
	if !ok || k.Account != b.account() {
		return nil, &iam.NotFound{Kind: iam.KindAccessKey, Name: *in.AccessKeyId}
	}
	out := &wire.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &wire.AccessKeyLastUsed{
		ServiceName: pointer(notApplicable), Region: pointer(notApplicable),
	}}
	if u, ok := v.UserByID(k.UserID); ok {
		out.UserName = &u.Name
	}
	use, used, err := b.IAM.KeyUse(ctx, k.ID)
	if err != nil {
		return nil, err
	}
	if used {
		out.AccessKeyLastUsed = &wire.AccessKeyLastUsed{LastUsedDate: &use.At, ServiceName: &use.Service, Region: &use.Region}
	}
	return out, nil
}
