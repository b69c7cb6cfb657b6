package cognitoapi

import (
	"context"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

// CreateIdentityPool makes a pool in the caller's account.
func (b *bound) CreateIdentityPool(ctx context.Context, in *wire.CreateIdentityPoolInput) (*wire.IdentityPool, error) {
	p, err := b.Pools.CreatePool(ctx, b.call.Caller.Account, pool.Settings{
		Name:                    text(in.IdentityPoolName),
		AllowUnauthenticated:    truth(in.AllowUnauthenticatedIdentities),
		AllowClassicFlow:        truth(in.AllowClassicFlow),
		SupportedLoginProviders: in.SupportedLoginProviders,
		DeveloperProviderName:   text(in.DeveloperProviderName),
		OIDCProviderARNs:        in.OpenIdConnectProviderARNs,
		UserPools:               userPools(in.CognitoIdentityProviders),
		SAMLProviderARNs:        in.SamlProviderARNs,
		Tags:                    in.IdentityPoolTags,
	})
	if err != nil {
		return nil, err
	}
	return description(p), nil
}

// UpdateIdentityPool replaces a pool's settings.
func (b *bound) UpdateIdentityPool(ctx context.Context, in *wire.UpdateIdentityPoolInput) (*wire.IdentityPool, error) {
	p, err := b.Pools.UpdatePool(ctx, *in.IdentityPoolId, pool.Settings{
		Name:                    text(in.IdentityPoolName),
		AllowUnauthenticated:    truth(in.AllowUnauthenticatedIdentities),
		AllowClassicFlow:        truth(in.AllowClassicFlow),
		SupportedLoginProviders: in.SupportedLoginProviders,
		DeveloperProviderName:   text(in.DeveloperProviderName),
		OIDCProviderARNs:        in.OpenIdConnectProviderARNs,
		UserPools:               userPools(in.CognitoIdentityProviders),
		SAMLProviderARNs:        in.SamlProviderARNs,
		Tags:                    in.IdentityPoolTags,
	})
	if err != nil {
		return nil, err
	}
	return description(p), nil
}

// DescribeIdentityPool returns a pool.
func (b *bound) DescribeIdentityPool(_ context.Context, in *wire.DescribeIdentityPoolInput) (*wire.IdentityPool, error) {
	p, err := b.Pools.Pool(*in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return description(p), nil
}

// DeleteIdentityPool removes a pool with its identities.
func (b *bound) DeleteIdentityPool(ctx context.Context, in *wire.DeleteIdentityPoolInput) (*wire.DeleteIdentityPoolOutput, error) {
	if err := b.Pools.DeletePool(ctx, *in.IdentityPoolId); err != nil {
		return nil, err
	}
	return &wire.DeleteIdentityPoolOutput{}, nil
}

// ListIdentityPools lists the pools of the caller's account.
func (b *bound) ListIdentityPools(_ context.Context, in *wire.ListIdentityPoolsInput) (*wire.ListIdentityPoolsOutput, error) {
	listing := "identity pools of " + b.call.Caller.Account
	after, err := pagePosition(b.Sealer, listing, in.NextToken)
	if err != nil {
		return nil, err
	}
	limit := int(*in.MaxResults)
	list := b.Pools.Pools(b.call.Caller.Account, after, limit+1)
	out := &wire.ListIdentityPoolsOutput{IdentityPools: []wire.IdentityPoolShortDescription{}}
	for _, p := range list[:min(limit, len(list))] {
		out.IdentityPools = append(out.IdentityPools, wire.IdentityPoolShortDescription{IdentityPoolId: &p.ID, IdentityPoolName: &p.Name})
	}
	if len(list) > limit {
		if out.NextToken, err = pageToken(b.Sealer, listing, list[limit-1].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TagResource adds tags to a pool.
func (b *bound) TagResource(ctx context.Context, in *wire.TagResourceInput) (*wire.TagResourceOutput, error) {
	p, err := b.poolByARN(*in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if err := b.Pools.Tag(ctx, p.ID, in.Tags); err != nil {
		return nil, err
	}
	return &wire.TagResourceOutput{}, nil
}

// UntagResource removes tags from a pool.
func (b *bound) UntagResource(ctx context.Context, in *wire.UntagResourceInput) (*wire.UntagResourceOutput, error) {
	p, err := b.poolByARN(*in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if err := b.Pools.Untag(ctx, p.ID, in.TagKeys); err != nil {
		return nil, err
	}
	return &wire.UntagResourceOutput{}, nil
}

// ListTagsForResource returns the tags of a pool.
func (b *bound) ListTagsForResource(_ context.Context, in *wire.ListTagsForResourceInput) (*wire.ListTagsForResourceOutput, error) {
	p, err := b.poolByARN(*in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := p.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return &wire.ListTagsForResourceOutput{Tags: tags}, nil
}

// badARN reports an ARN that names no identity pool of ours.
type badARN struct{ arn string }

func (e *badARN) Error() string { return "cognitoapi: not the ARN of an identity pool: " + e.arn }

// poolByARN finds the pool that an ARN names, exactly.
func (i *Implementation) poolByARN(s string) (*pool.Pool, error) {
	const prefix = "identitypool/"
	a, err := arn.Parse(s)
	if err != nil || a.Service != "cognito-identity" || len(a.Resource) <= len(prefix) || a.Resource[:len(prefix)] != prefix {
		return nil, &badARN{s}
	}
	id := a.Resource[len(prefix):]
	p, err := i.Pools.Pool(id)
	if err != nil {
		return nil, err
	}
	if p.ARN() != s {
		return nil, &pool.NoPool{ID: id}
	}
	return p, nil
}

// description is a pool as clients see it: empty collections are left out, and
// ServerSideTokenCheck is always said (cognito-identity.md 2.2).
func description(p *pool.Pool) *wire.IdentityPool {
	out := &wire.IdentityPool{
		IdentityPoolId:                 &p.ID,
		IdentityPoolName:               &p.Name,
		AllowUnauthenticatedIdentities: &p.AllowUnauthenticated,
		AllowClassicFlow:               &p.AllowClassicFlow,
	}
	if len(p.SupportedLoginProviders) > 0 {
		out.SupportedLoginProviders = p.SupportedLoginProviders
	}
	if p.DeveloperProviderName != "" {
		out.DeveloperProviderName = &p.DeveloperProviderName
	}
	if len(p.OIDCProviderARNs) > 0 {
		out.OpenIdConnectProviderARNs = p.OIDCProviderARNs
	}
	for _, u := range p.UserPools {
		out.CognitoIdentityProviders = append(out.CognitoIdentityProviders, wire.CognitoIdentityProvider{
			ProviderName: &u.ProviderName, ClientId: &u.ClientID, ServerSideTokenCheck: &u.ServerSideTokenCheck,
		})
	}
	if len(p.SAMLProviderARNs) > 0 {
		out.SamlProviderARNs = p.SAMLProviderARNs
	}
	if len(p.Tags) > 0 {
		out.IdentityPoolTags = p.Tags
	}
	return out
}

func userPools(list []wire.CognitoIdentityProvider) []pool.UserPool {
	var out []pool.UserPool
	for _, u := range list {
		out = append(out, pool.UserPool{
			ProviderName: text(u.ProviderName), ClientID: text(u.ClientId), ServerSideTokenCheck: truth(u.ServerSideTokenCheck),
		})
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func truth(b *bool) bool { return b != nil && *b }
