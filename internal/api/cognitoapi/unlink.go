package cognitoapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	wire "github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

// UnlinkIdentity takes logins off an identity for whoever proves it.
func (b *bound) UnlinkIdentity(ctx context.Context, in *wire.UnlinkIdentityInput) (*wire.UnlinkIdentityOutput, error) {
	if _, p, err := b.Pools.Identity(ctx, *in.IdentityId); err == nil {
		b.notePool(p)
	}
	if err := b.Pools.Unlink(ctx, *in.IdentityId, in.Logins, in.LoginsToRemove); err != nil {
		b.noteRefusal(err)
		return nil, err
	}
	b.call.Event.Extra = map[string]any{"identity": *in.IdentityId, "unlinked": in.LoginsToRemove}
	return &wire.UnlinkIdentityOutput{}, nil
}

// DeleteIdentities deletes what the caller may delete and lists the rest. The ids
// may be of several pools, so permission is asked for each pool, which policies
// see as a condition key (cognito-identity.md 3.7). Who may delete none of them is
// refused as a whole.
func (b *bound) DeleteIdentities(ctx context.Context, in *wire.DeleteIdentitiesInput) (*wire.DeleteIdentitiesOutput, error) {
	out := &wire.DeleteIdentitiesOutput{UnprocessedIdentityIds: []wire.UnprocessedIdentityId{}}
	decisions := make(map[string]authz.Decision)
	var refused authz.Decision
	denied := 0
	ids := slices.Clone(in.IdentityIdsToDelete)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		_, p, err := b.Pools.Identity(ctx, id)
		if _, unknown := errors.AsType[*pool.NoIdentity](err); err != nil && !unknown {
			b.unprocessed(ctx, out, id, err)
			continue
		}
		pools := ""
		if p != nil {
			pools = p.ARN()
		}
		d, asked := decisions[pools]
		if !asked {
			d = b.mayDelete(p)
			decisions[pools] = d
		}
		switch {
		case !d.Allowed:
			denied, refused = denied+1, d
			code := wire.ErrorCodeAccessDenied
			out.UnprocessedIdentityIds = append(out.UnprocessedIdentityIds, wire.UnprocessedIdentityId{IdentityId: &id, ErrorCode: &code})
		case p != nil: // what is unknown is gone already
			if err := b.Pools.DeleteIdentity(ctx, id); err != nil {
				b.unprocessed(ctx, out, id, err)
			}
		}
	}
	if denied == len(ids) {
		message := refused.Message
		if refused.Plain || message == "" {
			message = "Access Denied"
		}
		return nil, awserr.Access("AccessDeniedException", message, http.StatusBadRequest)
	}
	b.call.Event.Extra = map[string]any{"deleted": len(ids) - len(out.UnprocessedIdentityIds)}
	return out, nil
}

// mayDelete decides about the identities of one pool; nil is no pool of ours.
func (b *bound) mayDelete(p *pool.Pool) authz.Decision {
	r := &authz.Request{Caller: b.call.Caller, Network: b.call.Network, Action: "cognito-identity:DeleteIdentities", Resource: "*"}
	if p != nil {
		r.ResourceAccount = p.Account
		r.Keys = append(resourceTags(p.Tags), sts.ContextKey{Name: identityPoolKey, Values: []string{p.ARN()}})
		b.call.Event.Account = p.Account
		b.call.Event.Resources = append(b.call.Event.Resources, audit.Resource{Type: poolType, ARN: p.ARN(), Account: p.Account})
	}
	return b.Decide.Decide(r)
}

// unprocessed lists an identity that a fault of ours kept from being deleted.
func (b *bound) unprocessed(ctx context.Context, out *wire.DeleteIdentitiesOutput, id string, err error) {
	b.Log.LogAttrs(ctx, slog.LevelError, "identity not deleted", slog.String("identity", id), slog.Any("err", err))
	code := wire.ErrorCodeInternalServerError
	out.UnprocessedIdentityIds = append(out.UnprocessedIdentityIds, wire.UnprocessedIdentityId{IdentityId: &id, ErrorCode: &code})
}
