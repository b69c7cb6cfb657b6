package iamapi

import (
	"context"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// extra gives condition keys of a request beside those of its resource; own is
// what the role or user owns, nil when it does not exist.
type extra[I any] func(in *I, own *iam.Owned) []sts.ContextKey

// hasBoundary gives the boundary of the role or user that is acted on, which is
// how a delegated administrator is held to bounded principals.
func hasBoundary[I any](_ *I, own *iam.Owned) []sts.ContextKey {
	if own == nil {
		return nil
	}
	return boundaryKey(own.Boundary)
}

func onRole[I any](i *Implementation, name func(*I) *string, more ...extra[I]) api.Rule {
	return api.Needs(func(ctx context.Context, c *api.Call, in *I) ([]api.Ask, error) {
		ask, own, err := i.roleAsk(ctx, c, name(in))
		for _, f := range more {
			ask.Keys = append(ask.Keys, f(in, own)...)
		}
		return []api.Ask{ask}, err
	})
}

// onUser asks about the named user, or about the caller when none is named.
func onUser[I any](i *Implementation, name func(*I) *string, more ...extra[I]) api.Rule {
	return api.Needs(func(ctx context.Context, c *api.Call, in *I) ([]api.Ask, error) {
		ask, own, err := i.userAsk(ctx, c, name(in))
		for _, f := range more {
			ask.Keys = append(ask.Keys, f(in, own)...)
		}
		return []api.Ask{ask}, err
	})
}

func (i *Implementation) roleAsk(ctx context.Context, c *api.Call, name *string) (api.Ask, *iam.Owned, error) {
	v, err := i.IAM.Fresh(ctx)
	if err != nil {
		return api.Ask{}, nil, err
	}
	r, ok := v.RoleByName(c.Caller.Account, *name)
	if !ok {
		unknown := iam.Role{Account: c.Caller.Account, Path: "/", Name: *name}
		return api.Ask{Resource: unknown.ARN(), Type: roleType}, nil, nil
	}
	ask := api.Ask{Resource: r.ARN(), Type: roleType, Keys: resourceTags(r.Tags, keyGlobalResourceTag, keyIAMResourceTag)}
	own, err := v.Owned(iam.RoleOwner(c.Caller.Account, *name))
	return ask, own, err
}

func (i *Implementation) userAsk(ctx context.Context, c *api.Call, named *string) (api.Ask, *iam.Owned, error) {
	name, err := userNamed(c.Caller, named)
	if err != nil {
		return api.Ask{}, nil, err
	}
	if name == "" {
		return api.Ask{Resource: rootARN(c.Caller.Account)}, nil, nil
	}
	v, err := i.IAM.Fresh(ctx)
	if err != nil {
		return api.Ask{}, nil, err
	}
	u, ok := v.UserByName(c.Caller.Account, name)
	if !ok {
		unknown := iam.User{Account: c.Caller.Account, Path: "/", Name: name}
		return api.Ask{Resource: unknown.ARN(), Type: userType}, nil, nil
	}
	ask := api.Ask{Resource: u.ARN(), Type: userType, Keys: resourceTags(u.Tags, keyGlobalResourceTag, keyIAMResourceTag)}
	own, err := v.Owned(iam.UserOwner(c.Caller.Account, name))
	return ask, own, err
}

// onPolicy asks about a managed policy exactly as its ARN was given.
func onPolicy[I any](i *Implementation, arn func(*I) *string, more func(*I) []sts.ContextKey) api.Rule {
	return api.Needs(func(ctx context.Context, _ *api.Call, in *I) ([]api.Ask, error) {
		v, err := i.IAM.Fresh(ctx)
		if err != nil {
			return nil, err
		}
		ask := api.Ask{Resource: *arn(in), ResourceAccount: parseAccount(*arn(in)), Type: policyType}
		if p, err := v.Policy(*arn(in)); err == nil {
			ask.Keys = resourceTags(p.Tags, keyGlobalResourceTag)
		}
		if more != nil {
			ask.Keys = append(ask.Keys, more(in)...)
		}
		return asks(ask)
	})
}

// onProvider asks about an OpenID Connect provider exactly as its ARN was given.
func onProvider[I any](i *Implementation, arn func(*I) *string, more func(*I) []sts.ContextKey) api.Rule {
	return api.Needs(func(ctx context.Context, _ *api.Call, in *I) ([]api.Ask, error) {
		v, err := i.IAM.Fresh(ctx)
		if err != nil {
			return nil, err
		}
		ask := api.Ask{Resource: *arn(in), ResourceAccount: parseAccount(*arn(in)), Type: providerType}
		if p, ok := v.OIDCProviderByARN(*arn(in)); ok {
			ask.Keys = resourceTags(p.Tags, keyGlobalResourceTag)
		}
		if more != nil {
			ask.Keys = append(ask.Keys, more(in)...)
		}
		return asks(ask)
	})
}

func pathOr(path *string) string {
	if text(path) == "" {
		return "/"
	}
	return *path
}

// withoutScheme cuts off the scheme of a URL; judging it is the domain's work.
func withoutScheme(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		return rest
	}
	return url
}

func policyKey(arn *string) []sts.ContextKey {
	return []sts.ContextKey{{Name: keyPolicyARN, Values: []string{*arn}}}
}

func boundaryKey(arn string) []sts.ContextKey {
	if arn == "" {
		return nil
	}
	return []sts.ContextKey{{Name: keyBoundary, Values: []string{arn}}}
}

func requestTags(tags []wire.Tag) []sts.ContextKey {
	names := make([]string, len(tags))
	for n, t := range tags {
		names[n] = *t.Key
	}
	keys := tagKeys(names)
	for _, t := range tags {
		keys = append(keys, sts.ContextKey{Name: condkey.RequestTagPrefix + *t.Key, Values: []string{*t.Value}})
	}
	return slices.Clip(keys)
}

func resourceTags(tags []iam.Tag, prefixes ...string) []sts.ContextKey {
	var keys []sts.ContextKey
	for _, t := range tags {
		for _, prefix := range prefixes {
			keys = append(keys, sts.ContextKey{Name: prefix + t.Key, Values: []string{t.Value}})
		}
	}
	return keys
}
