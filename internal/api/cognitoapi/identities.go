package cognitoapi

import (
	"context"
	"errors"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

// GetId returns the identity that the logins belong to, or a new guest.
func (b *bound) GetId(ctx context.Context, in *wire.GetIdInput) (*wire.GetIdOutput, error) {
	if p, err := b.Pools.Pool(*in.IdentityPoolId); err == nil {
		b.notePool(p)
	}
	id, err := b.Pools.GetID(ctx, *in.IdentityPoolId, text(in.AccountId), in.Logins)
	if err != nil {
		b.noteRefusal(err)
		return nil, err
	}
	b.call.Event.Response = map[string]any{"identityId": id}
	b.call.Event.Extra = map[string]any{"identity": id, "identityPool": *in.IdentityPoolId}
	return &wire.GetIdOutput{IdentityId: &id}, nil
}

// GetCredentialsForIdentity is the enhanced flow.
func (b *bound) GetCredentialsForIdentity(ctx context.Context, in *wire.GetCredentialsForIdentityInput) (*wire.GetCredentialsForIdentityOutput, error) {
	got, err := b.Pools.GetCredentials(ctx, *in.IdentityId, in.Logins, text(in.CustomRoleArn), b.call.Network)
	if err != nil {
		b.noteRefusal(err)
		return nil, err
	}
	b.noteSignIn(got)
	c := got.Credentials
	secret := c.Secret.Reveal()
	return &wire.GetCredentialsForIdentityOutput{
		IdentityId: &got.Identity.ID,
		Credentials: &wire.Credentials{
			AccessKeyId: &c.AccessKeyID, SecretKey: &secret, SessionToken: &c.SessionToken, Expiration: &c.Expiration,
		},
	}, nil
}

// DescribeIdentity returns an identity with the names of its providers; the
// subjects are nobody's business on this operation (cognito-identity.md 3.1).
func (b *bound) DescribeIdentity(ctx context.Context, in *wire.DescribeIdentityInput) (*wire.IdentityDescription, error) {
	id, _, err := b.Pools.Identity(ctx, *in.IdentityId)
	if err != nil {
		return nil, err
	}
	d := identityDescription(id)
	return &d, nil
}

// ListIdentities lists a pool's identities in creation order.
func (b *bound) ListIdentities(ctx context.Context, in *wire.ListIdentitiesInput) (*wire.ListIdentitiesOutput, error) {
	listing := "identities of " + *in.IdentityPoolId
	text, err := pagePosition(b.Sealer, listing, in.NextToken)
	if err != nil {
		return nil, err
	}
	after, err := parseIdentityPosition(text)
	if err != nil {
		return nil, err
	}
	limit := int(*in.MaxResults)
	list, err := b.Pools.ListIdentities(ctx, *in.IdentityPoolId, after, limit+1, truth(in.HideDisabled))
	if err != nil {
		return nil, err
	}
	out := &wire.ListIdentitiesOutput{IdentityPoolId: in.IdentityPoolId, Identities: []wire.IdentityDescription{}}
	for _, id := range list[:min(limit, len(list))] {
		out.Identities = append(out.Identities, identityDescription(id))
	}
	if len(list) > limit {
		last := list[limit-1]
		if out.NextToken, err = pageToken(b.Sealer, listing, identityPosition(pool.Position{Created: last.Created, ID: last.ID})); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func identityDescription(id *pool.Identity) wire.IdentityDescription {
	d := wire.IdentityDescription{IdentityId: &id.ID, CreationDate: &id.Created, LastModifiedDate: &id.Modified}
	if names := id.Providers(); len(names) > 0 {
		d.Logins = names
	}
	return d
}

// notePool names the pool in the audit record.
func (b *bound) notePool(p *pool.Pool) {
	b.call.Event.Account = p.Account
	b.call.Event.Resources = []audit.Resource{{Type: poolType, ARN: p.ARN(), Account: p.Account}}
}

// noteSignIn puts into the record who got which role by which rule, and the key
// by which later requests of the session are found. The credentials' secret
// parts stay out.
func (b *bound) noteSignIn(in *pool.SignIn) {
	b.notePool(in.Pool)
	e := b.call.Event
	e.Response = map[string]any{
		"identityId": in.Identity.ID,
		"credentials": map[string]any{
			"accessKeyId": in.Credentials.AccessKeyID,
			"expiration":  in.Credentials.Expiration.UTC().Format("Jan 2, 2006 3:04:05 PM"),
		},
	}
	logins := make([]any, 0, len(in.Logins))
	for _, l := range in.Logins {
		logins = append(logins, map[string]any{"provider": l.Provider, "subject": l.Subject})
	}
	e.Extra = map[string]any{
		"identity": in.Identity.ID, "identityPool": in.Pool.ID, "logins": logins,
		"role": in.Role.ARN, "roleKind": in.Role.Kind, "roleRule": in.Role.Rule,
		"expires": in.Credentials.Expiration.UTC().Format(time.RFC3339),
	}
	if in.Role.Mapping != "" {
		e.Extra["roleMapping"] = in.Role.Mapping
	}
	if len(in.TagKeys) > 0 {
		e.Extra["principalTagKeys"] = in.TagKeys
	}
}

// noteRefusal puts the whole reason into the record, and the pool if it is
// known; the caller gets AWS's sentence, which often says little.
func (b *bound) noteRefusal(err error) {
	if e, ok := errors.AsType[*pool.SignInRefused](err); ok {
		b.notePool(e.Pool)
	}
	b.call.Event.Extra = map[string]any{"reason": err.Error()}
}
