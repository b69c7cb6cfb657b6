package iamapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// CloudFormation's type of SAML providers in audit records.
const samlType = "AWS::IAM::SAMLProvider"

// nothingToUpdate says that UpdateSAMLProvider was given nothing to change.
type nothingToUpdate struct{ arn string }

func (e *nothingToUpdate) Error() string { return "nothing to update in " + e.arn }

// CreateSAMLProvider registers a SAML identity provider by its metadata.
func (b *bound) CreateSAMLProvider(ctx context.Context, in *wire.CreateSAMLProviderInput) (*wire.CreateSAMLProviderOutput, error) {
	p, err := b.IAM.CreateSAMLProvider(ctx, iam.NewSAMLProvider{
		Account: b.account(), Name: *in.Name, Metadata: *in.SAMLMetadataDocument, Tags: tagsIn(in.Tags),
		Encryption: encryptionIn(in.AssertionEncryptionMode), PrivateKey: keyIn(in.AddPrivateKey),
	})
	if err != nil {
		return nil, err
	}
	return &wire.CreateSAMLProviderOutput{SAMLProviderArn: pointer(p.ARN()), Tags: tagsOut(p.Tags)}, nil
}

func encryptionIn(mode *wire.AssertionEncryptionModeType) iam.AssertionEncryption {
	if mode == nil {
		return ""
	}
	return iam.AssertionEncryption(*mode)
}

func keyIn(pem *string) keys.Secret {
	if pem == nil {
		return keys.Secret{}
	}
	return keys.NewSecret(*pem)
}

// saml finds a SAML provider by ARN.
func (b *bound) saml(ctx context.Context, arn *string) (*iam.SAMLEntry, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return v.SAMLProvider(*arn)
}

// GetSAMLProvider returns a provider with its metadata as it was given.
func (b *bound) GetSAMLProvider(ctx context.Context, in *wire.GetSAMLProviderInput) (*wire.GetSAMLProviderOutput, error) {
	p, err := b.saml(ctx, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	metadata, err := b.IAM.SAMLMetadata(ctx, p)
	if err != nil {
		return nil, err
	}
	if metadata == "" { // deleted a moment ago
		return nil, &iam.NotFound{Kind: iam.KindSAMLProvider, Name: *in.SAMLProviderArn}
	}
	out := &wire.GetSAMLProviderOutput{
		SAMLProviderUUID: &p.UUID, SAMLMetadataDocument: &metadata, CreateDate: &p.Created,
		ValidUntil: pointer(p.ValidUntil()), Tags: tagsOut(p.Tags),
		PrivateKeyList: each(p.PrivateKeys, func(k iam.SealedSAMLKey) wire.SAMLPrivateKey {
			return wire.SAMLPrivateKey{KeyId: pointer(k.ID), Timestamp: pointer(k.Created)}
		}),
	}
	if p.Encryption != "" {
		out.AssertionEncryptionMode = pointer(wire.AssertionEncryptionModeType(p.Encryption))
	}
	return out, nil
}

// ListSAMLProviders lists all providers; this list has no pages.
func (b *bound) ListSAMLProviders(ctx context.Context, _ *wire.ListSAMLProvidersInput) (*wire.ListSAMLProvidersOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return &wire.ListSAMLProvidersOutput{SAMLProviderList: each(v.SAMLProviders(b.account()), func(p *iam.SAMLEntry) wire.SAMLProviderListEntry {
		return wire.SAMLProviderListEntry{Arn: pointer(p.ARN()), ValidUntil: pointer(p.ValidUntil()), CreateDate: &p.Created}
	})}, nil
}

// UpdateSAMLProvider changes the metadata of a provider, how its assertions are
// encrypted, and the private keys that open them.
func (b *bound) UpdateSAMLProvider(ctx context.Context, in *wire.UpdateSAMLProviderInput) (*wire.UpdateSAMLProviderOutput, error) {
	if in.SAMLMetadataDocument == nil && in.AssertionEncryptionMode == nil && in.AddPrivateKey == nil && in.RemovePrivateKey == nil {
		return nil, &nothingToUpdate{arn: *in.SAMLProviderArn}
	}
	update := iam.SAMLUpdate{Encryption: encryptionIn(in.AssertionEncryptionMode), AddKey: keyIn(in.AddPrivateKey)}
	if in.SAMLMetadataDocument != nil {
		update.Metadata = *in.SAMLMetadataDocument
	}
	if in.RemovePrivateKey != nil {
		update.RemoveKey = *in.RemovePrivateKey
	}
	if err := b.IAM.UpdateSAMLProvider(ctx, *in.SAMLProviderArn, update); err != nil {
		return nil, err
	}
	return &wire.UpdateSAMLProviderOutput{SAMLProviderArn: in.SAMLProviderArn}, nil
}

// DeleteSAMLProvider removes a provider.
func (b *bound) DeleteSAMLProvider(ctx context.Context, in *wire.DeleteSAMLProviderInput) (*wire.DeleteSAMLProviderOutput, error) {
	if err := b.IAM.DeleteSAMLProvider(ctx, *in.SAMLProviderArn); err != nil {
		return nil, err
	}
	return &wire.DeleteSAMLProviderOutput{}, nil
}

// TagSAMLProvider adds or replaces tags of a provider.
func (b *bound) TagSAMLProvider(ctx context.Context, in *wire.TagSAMLProviderInput) (*wire.TagSAMLProviderOutput, error) {
	if err := b.IAM.TagSAMLProvider(ctx, *in.SAMLProviderArn, tagsIn(in.Tags)); err != nil {
		return nil, err
	}
	return &wire.TagSAMLProviderOutput{}, nil
}

// UntagSAMLProvider removes tags of a provider.
func (b *bound) UntagSAMLProvider(ctx context.Context, in *wire.UntagSAMLProviderInput) (*wire.UntagSAMLProviderOutput, error) {
	if err := b.IAM.UntagSAMLProvider(ctx, *in.SAMLProviderArn, in.TagKeys); err != nil {
		return nil, err
	}
	return &wire.UntagSAMLProviderOutput{}, nil
}

// ListSAMLProviderTags lists the tags of a provider.
func (b *bound) ListSAMLProviderTags(ctx context.Context, in *wire.ListSAMLProviderTagsInput) (*wire.ListSAMLProviderTagsOutput, error) {
	p, err := b.saml(ctx, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	tags, pg, err := tagPage(b, "tags of "+*in.SAMLProviderArn, p.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListSAMLProviderTagsOutput{Tags: tags, IsTruncated: pg.truncated, Marker: pg.marker}, nil
}

// samlRules says what the operations on SAML providers need permission for.
func (i *Implementation) samlRules(rules api.Rules) {
	rules["ListSAMLProviders"] = api.OnAny[wire.ListSAMLProvidersInput]()
	rules["CreateSAMLProvider"] = api.Needs(func(_ context.Context, c *api.Call, in *wire.CreateSAMLProviderInput) ([]api.Ask, error) {
		p := iam.SAMLProvider{Account: c.Caller.Account, Name: *in.Name}
		return asks(api.Ask{Resource: p.ARN(), Type: samlType, Keys: requestTags(in.Tags)})
	})
	rules["GetSAMLProvider"] = onSAML(i, func(in *wire.GetSAMLProviderInput) *string { return in.SAMLProviderArn }, nil)
	rules["UpdateSAMLProvider"] = onSAML(i, func(in *wire.UpdateSAMLProviderInput) *string { return in.SAMLProviderArn }, nil)
	rules["DeleteSAMLProvider"] = onSAML(i, func(in *wire.DeleteSAMLProviderInput) *string { return in.SAMLProviderArn }, nil)
	rules["ListSAMLProviderTags"] = onSAML(i, func(in *wire.ListSAMLProviderTagsInput) *string { return in.SAMLProviderArn }, nil)
	rules["TagSAMLProvider"] = onSAML(i, func(in *wire.TagSAMLProviderInput) *string { return in.SAMLProviderArn },
		func(in *wire.TagSAMLProviderInput) []sts.ContextKey { return requestTags(in.Tags) })
	rules["UntagSAMLProvider"] = onSAML(i, func(in *wire.UntagSAMLProviderInput) *string { return in.SAMLProviderArn },
		func(in *wire.UntagSAMLProviderInput) []sts.ContextKey { return tagKeys(in.TagKeys) })
}

// onSAML asks about a SAML provider exactly as its ARN was given.
func onSAML[I any](i *Implementation, arn func(*I) *string, more func(*I) []sts.ContextKey) api.Rule {
	return api.Needs(func(ctx context.Context, _ *api.Call, in *I) ([]api.Ask, error) {
		v, err := i.IAM.Fresh(ctx)
		if err != nil {
			return nil, err
		}
		ask := api.Ask{Resource: *arn(in), ResourceAccount: parseAccount(*arn(in)), Type: samlType}
		if p, ok := v.SAMLProviderByARN(*arn(in)); ok {
			ask.Keys = resourceTags(p.Tags, keyGlobalResourceTag)
		}
		if more != nil {
			ask.Keys = append(ask.Keys, more(in)...)
		}
		return asks(ask)
	})
}
