package iamapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// CreateOpenIDConnectProvider registers an OpenID Connect provider.
func (b *bound) CreateOpenIDConnectProvider(ctx context.Context, in *wire.CreateOpenIDConnectProviderInput) (*wire.CreateOpenIDConnectProviderOutput, error) {
	p, err := b.IAM.CreateOIDCProvider(ctx, iam.NewOIDCProvider{
		Account: b.account(), URL: *in.Url, ClientIDs: in.ClientIDList, Thumbprints: in.ThumbprintList, Tags: tagsIn(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &wire.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: pointer(p.ARN()), Tags: tagsOut(p.Tags)}, nil
}

// provider finds a provider by ARN.
func (b *bound) provider(ctx context.Context, arn *string) (*iam.OIDCProvider, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return v.Provider(*arn)
}

// GetOpenIDConnectProvider returns a provider; its URL has no scheme.
func (b *bound) GetOpenIDConnectProvider(ctx context.Context, in *wire.GetOpenIDConnectProviderInput) (*wire.GetOpenIDConnectProviderOutput, error) {
	p, err := b.provider(ctx, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &wire.GetOpenIDConnectProviderOutput{
		Url: &p.URL, ClientIDList: each(p.ClientIDs, same), ThumbprintList: each(p.Thumbprints, same),
		CreateDate: &p.Created, Tags: tagsOut(p.Tags),
	}, nil
}

// ListOpenIDConnectProviders lists all providers; this list has no pages.
func (b *bound) ListOpenIDConnectProviders(ctx context.Context, _ *wire.ListOpenIDConnectProvidersInput) (*wire.ListOpenIDConnectProvidersOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return &wire.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: each(v.OIDCProviders(b.account()),
		func(p *iam.OIDCProvider) wire.OpenIDConnectProviderListEntry {
			return wire.OpenIDConnectProviderListEntry{Arn: pointer(p.ARN())}
		})}, nil
}

// DeleteOpenIDConnectProvider removes a provider.
func (b *bound) DeleteOpenIDConnectProvider(ctx context.Context, in *wire.DeleteOpenIDConnectProviderInput) (*wire.DeleteOpenIDConnectProviderOutput, error) {
	if err := b.IAM.DeleteOIDCProvider(ctx, *in.OpenIDConnectProviderArn); err != nil {
		return nil, err
	}
	return &wire.DeleteOpenIDConnectProviderOutput{}, nil
}

// AddClientIDToOpenIDConnectProvider registers a client id.
func (b *bound) AddClientIDToOpenIDConnectProvider(ctx context.Context, in *wire.AddClientIDToOpenIDConnectProviderInput) (*wire.AddClientIDToOpenIDConnectProviderOutput, error) {
	if err := b.IAM.AddClientID(ctx, *in.OpenIDConnectProviderArn, *in.ClientID); err != nil {
		return nil, err
	}
	return &wire.AddClientIDToOpenIDConnectProviderOutput{}, nil
}

// RemoveClientIDFromOpenIDConnectProvider removes a client id.
func (b *bound) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, in *wire.RemoveClientIDFromOpenIDConnectProviderInput) (*wire.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	if err := b.IAM.RemoveClientID(ctx, *in.OpenIDConnectProviderArn, *in.ClientID); err != nil {
		return nil, err
	}
	return &wire.RemoveClientIDFromOpenIDConnectProviderOutput{}, nil
}

// UpdateOpenIDConnectProviderThumbprint replaces the certificate fingerprints.
func (b *bound) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, in *wire.UpdateOpenIDConnectProviderThumbprintInput) (*wire.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	if err := b.IAM.SetThumbprints(ctx, *in.OpenIDConnectProviderArn, in.ThumbprintList); err != nil {
		return nil, err
	}
	return &wire.UpdateOpenIDConnectProviderThumbprintOutput{}, nil
}

// TagOpenIDConnectProvider adds or replaces tags of a provider.
func (b *bound) TagOpenIDConnectProvider(ctx context.Context, in *wire.TagOpenIDConnectProviderInput) (*wire.TagOpenIDConnectProviderOutput, error) {
	if err := b.IAM.TagOIDCProvider(ctx, *in.OpenIDConnectProviderArn, tagsIn(in.Tags)); err != nil {
		return nil, err
	}
	return &wire.TagOpenIDConnectProviderOutput{}, nil
}

// UntagOpenIDConnectProvider removes tags of a provider.
func (b *bound) UntagOpenIDConnectProvider(ctx context.Context, in *wire.UntagOpenIDConnectProviderInput) (*wire.UntagOpenIDConnectProviderOutput, error) {
	if err := b.IAM.UntagOIDCProvider(ctx, *in.OpenIDConnectProviderArn, in.TagKeys); err != nil {
		return nil, err
	}
	return &wire.UntagOpenIDConnectProviderOutput{}, nil
}

// ListOpenIDConnectProviderTags lists the tags of a provider.
func (b *bound) ListOpenIDConnectProviderTags(ctx context.Context, in *wire.ListOpenIDConnectProviderTagsInput) (*wire.ListOpenIDConnectProviderTagsOutput, error) {
	p, err := b.provider(ctx, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	tags, pg, err := tagPage(b, "tags of "+*in.OpenIDConnectProviderArn, p.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListOpenIDConnectProviderTagsOutput{Tags: tags, IsTruncated: pg.truncated, Marker: pg.marker}, nil
}
