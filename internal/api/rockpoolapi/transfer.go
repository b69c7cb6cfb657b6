package rockpoolapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

const (
	poolType = "AWS::Cognito::IdentityPool"

	defaultExportPage = 250
)

// badToken reports a NextToken that was not made for this pool's export.
type badToken struct{ err error }

func (e *badToken) Error() string { return fmt.Sprintf("rockpoolapi: bad page token: %v", e.err) }
func (e *badToken) Unwrap() error { return e.err }

// otherPool reports a pool that is not the one the request is about.
type otherPool struct{ pool, request string }

func (e *otherPool) Error() string {
	return fmt.Sprintf("rockpoolapi: a request about %q has the pool %q", e.request, e.pool)
}

// onPool asks about an identity pool. One that is not there has an ARN too, in the
// caller's account: who may not ask learns nothing about what exists.
func (s *Service) onPool(c *api.Call, id string) api.Ask {
	ask := api.Ask{
		Resource:        "arn:aws:cognito-identity:" + s.cfg.Region + ":" + c.Caller.Account + ":identitypool/" + id,
		ResourceAccount: c.Caller.Account, Type: poolType,
	}
	if p, err := s.cfg.Pools.Pool(id); err == nil {
		ask.Resource, ask.ResourceAccount = p.ARN(), p.Account
		for _, key := range slices.Sorted(maps.Keys(p.Tags)) {
			ask.Keys = append(ask.Keys, sts.ContextKey{Name: "aws:ResourceTag/" + key, Values: []string{p.Tags[key]}})
		}
	}
	return ask
}

// importAsks asks for iam:PassRole on every role that the pool hands out, beside
// the operation itself: otherwise importing would be a way around it.
func (s *Service) importAsks(_ context.Context, c *api.Call, in *wire.ImportIdentityPoolInput) ([]api.Ask, error) {
	asks := []api.Ask{s.onPool(c, *in.IdentityPoolId)}
	if in.Pool == nil {
		return asks, nil
	}
	roles := slices.Collect(maps.Values(in.Pool.Roles))
	for _, m := range in.Pool.RoleMappings {
		if m.RulesConfiguration == nil {
			continue
		}
		for _, r := range m.RulesConfiguration.Rules {
			roles = append(roles, *r.RoleARN)
		}
	}
	slices.Sort(roles)
	for _, role := range slices.Compact(roles) {
		asks = append(asks, api.Ask{
			Action: "iam:PassRole", Resource: role, Type: "AWS::IAM::Role",
			Keys: []sts.ContextKey{{Name: "iam:PassedToService", Values: []string{sts.CognitoProvider}}},
		})
	}
	return asks, nil
}

// ExportIdentityPool gives a pool, with the first page, and its identities page by
// page, in the order they were made.
func (b *bound) ExportIdentityPool(ctx context.Context, in *wire.ExportIdentityPoolInput) (*wire.ExportIdentityPoolOutput, error) {
	p, err := b.ownPool(*in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	after, err := b.exportPosition(p.ID, in.NextToken)
	if err != nil {
		return nil, err
	}
	limit := defaultExportPage
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	list, err := b.cfg.Pools.ListIdentities(ctx, p.ID, after, limit+1, false)
	if err != nil {
		return nil, err
	}
	out := &wire.ExportIdentityPoolOutput{Identities: make([]wire.TransferIdentity, 0, min(limit, len(list)))}
	for _, i := range list[:min(limit, len(list))] {
		out.Identities = append(out.Identities, exportedIdentity(i))
	}
	if in.NextToken == nil {
		out.Pool = exportedPool(p)
	}
	if len(list) > limit {
		last := list[limit-1]
		if out.NextToken, err = b.exportToken(p.ID, pool.Position{Created: last.Created, ID: last.ID}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ImportIdentityPool makes a pool, adds identities to one, or both.
func (b *bound) ImportIdentityPool(ctx context.Context, in *wire.ImportIdentityPoolInput) (*wire.ImportIdentityPoolOutput, error) {
	created := false
	if in.Pool != nil {
		if *in.Pool.IdentityPoolId != *in.IdentityPoolId {
			return nil, &otherPool{pool: *in.Pool.IdentityPoolId, request: *in.IdentityPoolId}
		}
		var err error
		if created, err = b.cfg.Pools.ImportPool(ctx, b.call.Caller.Account, importedPool(in.Pool)); err != nil {
			return nil, err
		}
	}
	p, err := b.ownPool(*in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	list := make([]*pool.Identity, 0, len(in.Identities))
	for i := range in.Identities {
		list = append(list, importedIdentity(&in.Identities[i]))
	}
	done, err := b.cfg.Pools.ImportIdentities(ctx, p.ID, list)
	if err != nil {
		return nil, err
	}
	out := &wire.ImportIdentityPoolOutput{
		IdentityPoolId: in.IdentityPoolId, Created: &created, Imported: integer(done.Added), Unchanged: integer(done.Unchanged),
		Conflicts: make([]wire.ImportConflict, 0, len(done.Conflicts)),
	}
	for _, c := range done.Conflicts {
		reason := wire.ImportConflictReason(c.Reason)
		out.Conflicts = append(out.Conflicts, wire.ImportConflict{
			IdentityId: &c.ID, Reason: &reason, Message: &c.Message, Provider: optional(c.Provider), Owner: optional(c.Owner),
		})
	}
	return out, nil
}

// ownPool is a pool of the caller's account.
func (b *bound) ownPool(id string) (*pool.Pool, error) {
	p, err := b.cfg.Pools.Pool(id)
	if err == nil && p.Account != b.call.Caller.Account {
		err = &pool.NoPool{ID: id}
	}
	return p, err
}

// Redact keeps identities, of which there are many, made-up claims, which may be
// somebody's own, and the consumer secrets of providers out of the audit record.
func (s *Service) Redact(described map[string]any, hidden string) {
	if list, ok := described["identities"].([]any); ok {
		described["identities"] = map[string]any{"count": len(list)}
	}
	if list, ok := described["pretendedLogins"].([]any); ok {
		for _, l := range list {
			if m, ok := l.(map[string]any); ok {
				m["claims"] = hidden
			}
		}
	}
	p, ok := described["pool"].(map[string]any)
	if !ok {
		return
	}
	if providers, ok := p["supportedLoginProviders"].(map[string]any); ok {
		for _, name := range []string{pool.Twitter, pool.Digits} {
			if field, ok := providers[name].(string); ok {
				key, _, _ := strings.Cut(field, ";")
				providers[name] = key + ";" + hidden
			}
		}
	}
}

// exportToken seals a place in a pool's export.
func (b *bound) exportToken(poolID string, at pool.Position) (*string, error) {
	text := strconv.FormatInt(at.Created.UnixMilli(), 10) + " " + at.ID
	sealed, err := b.cfg.Sealer.Seal("page", []byte(text), []byte("export of "+poolID))
	if err != nil {
		return nil, fmt.Errorf("seal page token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(sealed)
	return &token, nil
}

// exportPosition opens a token; none is the start.
func (b *bound) exportPosition(poolID string, token *string) (pool.Position, error) {
	if token == nil {
		return pool.Position{}, nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return pool.Position{}, &badToken{err}
	}
	text, err := b.cfg.Sealer.Open("page", sealed, []byte("export of "+poolID))
	if err != nil {
		return pool.Position{}, &badToken{err}
	}
	millis, id, _ := strings.Cut(string(text), " ")
	ms, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return pool.Position{}, &badToken{err}
	}
	return pool.Position{Created: time.UnixMilli(ms).UTC(), ID: id}, nil
}
