package cognitoapi

import (
	"context"
	"strconv"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

// GetOpenIdToken is the first half of the classic flow.
func (b *bound) GetOpenIdToken(ctx context.Context, in *wire.GetOpenIdTokenInput) (*wire.GetOpenIdTokenOutput, error) {
	got, err := b.Pools.GetToken(ctx, *in.IdentityId, in.Logins)
	if err != nil {
		b.noteRefusal(err)
		return nil, err
	}
	b.noteIssued(got)
	return &wire.GetOpenIdTokenOutput{IdentityId: &got.Identity.ID, Token: &got.Token}, nil
}

// GetOpenIdTokenForDeveloperIdentity gives a backend a token for a user whom it has
// authenticated itself.
func (b *bound) GetOpenIdTokenForDeveloperIdentity(ctx context.Context, in *wire.GetOpenIdTokenForDeveloperIdentityInput) (*wire.GetOpenIdTokenForDeveloperIdentityOutput, error) {
	request := pool.DeveloperTokenInput{PoolID: *in.IdentityPoolId, IdentityID: text(in.IdentityId), Logins: in.Logins, Tags: in.PrincipalTags}
	if in.TokenDuration != nil {
		request.Lifetime = time.Duration(*in.TokenDuration) * time.Second
	}
	got, err := b.Pools.GetDeveloperToken(ctx, request)
	if err != nil {
		b.call.Event.Extra = map[string]any{"reason": err.Error()}
		return nil, err
	}
	b.noteIssued(got)
	return &wire.GetOpenIdTokenForDeveloperIdentityOutput{IdentityId: &got.Identity.ID, Token: &got.Token}, nil
}

// LookupDeveloperIdentity finds an identity by a developer's user, or the users of
// an identity. The few users of one identity are paged by their place.
func (b *bound) LookupDeveloperIdentity(ctx context.Context, in *wire.LookupDeveloperIdentityInput) (*wire.LookupDeveloperIdentityOutput, error) {
	found, err := b.Pools.LookupDeveloper(ctx, *in.IdentityPoolId, text(in.IdentityId), text(in.DeveloperUserIdentifier))
	if err != nil {
		return nil, err
	}
	listing := "developer users of " + found.Identity.ID
	position, err := pagePosition(b.Sealer, listing, in.NextToken)
	if err != nil {
		return nil, err
	}
	start := 0
	if position != "" {
		if start, err = strconv.Atoi(position); err != nil {
			return nil, &badPage{err}
		}
	}
	limit := 60
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	start = min(start, len(found.Users)) // some may have been unlinked meanwhile
	end := min(start+limit, len(found.Users))
	out := &wire.LookupDeveloperIdentityOutput{IdentityId: &found.Identity.ID, DeveloperUserIdentifierList: append([]string{}, found.Users[start:end]...)}
	if end < len(found.Users) {
		if out.NextToken, err = pageToken(b.Sealer, listing, strconv.Itoa(end)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// MergeDeveloperIdentities folds one user's identity into another's.
func (b *bound) MergeDeveloperIdentities(ctx context.Context, in *wire.MergeDeveloperIdentitiesInput) (*wire.MergeDeveloperIdentitiesOutput, error) {
	id, err := b.Pools.MergeDevelopers(ctx, *in.IdentityPoolId, *in.DeveloperProviderName, *in.SourceUserIdentifier, *in.DestinationUserIdentifier)
	if err != nil {
		return nil, err
	}
	return &wire.MergeDeveloperIdentitiesOutput{IdentityId: &id.ID}, nil
}

// UnlinkDeveloperIdentity takes a developer's user off an identity.
func (b *bound) UnlinkDeveloperIdentity(ctx context.Context, in *wire.UnlinkDeveloperIdentityInput) (*wire.UnlinkDeveloperIdentityOutput, error) {
	err := b.Pools.UnlinkDeveloper(ctx, *in.IdentityPoolId, *in.IdentityId, *in.DeveloperProviderName, *in.DeveloperUserIdentifier)
	if err != nil {
		return nil, err
	}
	return &wire.UnlinkDeveloperIdentityOutput{}, nil
}

// noteIssued puts into the record who got a token; never the token.
func (b *bound) noteIssued(got *pool.Issued) {
	b.notePool(got.Pool)
	logins := make([]any, 0, len(got.Logins))
	for _, l := range got.Logins {
		logins = append(logins, map[string]any{"provider": l.Provider, "subject": l.Subject})
	}
	e := b.call.Event
	e.Response = map[string]any{"identityId": got.Identity.ID}
	e.Extra = map[string]any{"identity": got.Identity.ID, "identityPool": got.Pool.ID, "logins": logins}
	if len(got.TagKeys) > 0 {
		e.Extra["principalTagKeys"] = got.TagKeys
	}
}
