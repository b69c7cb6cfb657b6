package cognitoapi

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

const (
	poolType = "AWS::Cognito::IdentityPool"

	// identityPoolKey is the pool of operations on identities, which have no
	// resource of their own (cognito-identity.md 8.1).
	identityPoolKey = "cognito-identity:IdentityPoolArn"
)

// Rules says what each operation needs permission for (cognito-identity.md 8.1).
func (i *Implementation) Rules() api.Rules {
	public := api.Inside("public operation: the pool's own rules decide (cognito-identity.md 2)")
	return api.Rules{
		"GetId":                     public,
		"GetCredentialsForIdentity": public,
		"GetOpenIdToken":            public,
		"UnlinkIdentity":            public,

		"CreateIdentityPool": api.Needs(func(_ context.Context, _ *api.Call, in *wire.CreateIdentityPoolInput) ([]api.Ask, error) {
			return []api.Ask{{Resource: "*", Keys: requestTags(in.IdentityPoolTags)}}, nil
		}),
		"ListIdentityPools": api.On(func(c *api.Call, _ *wire.ListIdentityPoolsInput) string {
			return i.poolARN(c, "")
		}),
		"UpdateIdentityPool": api.Needs(func(_ context.Context, c *api.Call, in *wire.UpdateIdentityPoolInput) ([]api.Ask, error) {
			ask := i.onPool(c, in.IdentityPoolId)
			ask.Keys = append(ask.Keys, requestTags(in.IdentityPoolTags)...)
			return []api.Ask{ask}, nil
		}),
		"DescribeIdentityPool":        onPool(i, func(in *wire.DescribeIdentityPoolInput) *string { return in.IdentityPoolId }),
		"DeleteIdentityPool":          onPool(i, func(in *wire.DeleteIdentityPoolInput) *string { return in.IdentityPoolId }),
		"GetIdentityPoolRoles":        onPool(i, func(in *wire.GetIdentityPoolRolesInput) *string { return in.IdentityPoolId }),
		"ListIdentities":              onPool(i, func(in *wire.ListIdentitiesInput) *string { return in.IdentityPoolId }),
		"SetIdentityPoolRoles":        api.Needs(i.setRolesAsks),
		"SetPrincipalTagAttributeMap": onPool(i, func(in *wire.SetPrincipalTagAttributeMapInput) *string { return in.IdentityPoolId }),
		"GetPrincipalTagAttributeMap": onPool(i, func(in *wire.GetPrincipalTagAttributeMapInput) *string { return in.IdentityPoolId }),
		"DescribeIdentity":            api.Needs(i.describeIdentityAsks),
		"DeleteIdentities":            api.Inside("each identity is asked about by itself, and refusals are listed (cognito-identity.md 3.7)"),

		"GetOpenIdTokenForDeveloperIdentity": api.Needs(func(_ context.Context, c *api.Call, in *wire.GetOpenIdTokenForDeveloperIdentityInput) ([]api.Ask, error) {
			return []api.Ask{i.onDeveloperLogins(c, in.IdentityPoolId, in.Logins)}, nil
		}),
		"LookupDeveloperIdentity": api.Needs(func(_ context.Context, c *api.Call, in *wire.LookupDeveloperIdentityInput) ([]api.Ask, error) {
			return []api.Ask{i.onDeveloperUser(c, in.IdentityPoolId, in.DeveloperUserIdentifier)}, nil
		}),
		"MergeDeveloperIdentities": api.Needs(func(_ context.Context, c *api.Call, in *wire.MergeDeveloperIdentitiesInput) ([]api.Ask, error) {
			return []api.Ask{
				i.onDeveloperUser(c, in.IdentityPoolId, in.SourceUserIdentifier),
				i.onDeveloperUser(c, in.IdentityPoolId, in.DestinationUserIdentifier),
			}, nil
		}),
		"UnlinkDeveloperIdentity": api.Needs(func(_ context.Context, c *api.Call, in *wire.UnlinkDeveloperIdentityInput) ([]api.Ask, error) {
			return []api.Ask{i.onDeveloperUser(c, in.IdentityPoolId, in.DeveloperUserIdentifier)}, nil
		}),

		"TagResource": api.Needs(func(_ context.Context, c *api.Call, in *wire.TagResourceInput) ([]api.Ask, error) {
			ask := i.onARN(c, in.ResourceArn)
			ask.Keys = append(ask.Keys, requestTags(in.Tags)...)
			return []api.Ask{ask}, nil
		}),
		"UntagResource": api.Needs(func(_ context.Context, c *api.Call, in *wire.UntagResourceInput) ([]api.Ask, error) {
			ask := i.onARN(c, in.ResourceArn)
			ask.Keys = append(ask.Keys, sts.ContextKey{Name: condkey.TagKeys, Values: in.TagKeys, Multi: true})
			return []api.Ask{ask}, nil
		}),
		"ListTagsForResource": api.Needs(func(_ context.Context, c *api.Call, in *wire.ListTagsForResourceInput) ([]api.Ask, error) {
			return []api.Ask{i.onARN(c, in.ResourceArn)}, nil
		}),
	}
}

func onPool[I any](i *Implementation, id func(*I) *string) api.Rule {
	return api.Needs(func(_ context.Context, c *api.Call, in *I) ([]api.Ask, error) {
		return []api.Ask{i.onPool(c, id(in))}, nil
	})
}

// onPool asks about a pool by id. An unknown pool has an ARN too, in the
// caller's account: who may not ask learns nothing about what exists.
func (i *Implementation) onPool(c *api.Call, id *string) api.Ask {
	ask := api.Ask{Resource: i.poolARN(c, *id), ResourceAccount: c.Caller.Account, Type: poolType}
	if p, err := i.Pools.Pool(*id); err == nil {
		ask.Resource, ask.ResourceAccount = p.ARN(), p.Account
		ask.Keys = resourceTags(p.Tags)
	}
	return ask
}

// developerUserKey is a condition key of ours: the developer's user an operation is
// about, so that a backend can be held to users of its own (design.md 9).
const developerUserKey = "cognito-identity:DeveloperUserIdentifier"

// onDeveloperUser asks about a pool and one user of its developer provider.
func (i *Implementation) onDeveloperUser(c *api.Call, id, user *string) api.Ask {
	ask := i.onPool(c, id)
	if user != nil {
		ask.Keys = append(ask.Keys, sts.ContextKey{Name: developerUserKey, Values: []string{*user}})
	}
	return ask
}

// onDeveloperLogins is onDeveloperUser for the user among logins.
func (i *Implementation) onDeveloperLogins(c *api.Call, id *string, logins map[string]string) api.Ask {
	if p, err := i.Pools.Pool(*id); err == nil && p.DeveloperProviderName != "" {
		if user, ok := logins[p.DeveloperProviderName]; ok {
			return i.onDeveloperUser(c, id, &user)
		}
	}
	return i.onPool(c, id)
}

// onARN asks about a pool by ARN, exactly as it was given.
func (i *Implementation) onARN(c *api.Call, text *string) api.Ask {
	if p, err := i.poolByARN(*text); err == nil {
		return i.onPool(c, &p.ID)
	}
	return api.Ask{Resource: *text, ResourceAccount: c.Caller.Account, Type: poolType}
}

func (i *Implementation) poolARN(c *api.Call, id string) string {
	return "arn:aws:cognito-identity:" + i.Region + ":" + c.Caller.Account + ":identitypool/" + id
}

// setRolesAsks asks for iam:PassRole on every role beside the operation itself.
func (i *Implementation) setRolesAsks(_ context.Context, c *api.Call, in *wire.SetIdentityPoolRolesInput) ([]api.Ask, error) {
	asks := []api.Ask{i.onPool(c, in.IdentityPoolId)}
	for _, role := range passedRoles(in) {
		asks = append(asks, api.Ask{
			Action: "iam:PassRole", Resource: role, Type: "AWS::IAM::Role",
			Keys:    []sts.ContextKey{{Name: "iam:PassedToService", Values: []string{sts.CognitoProvider}}},
			Refusal: &pool.RoleForbidden{ARN: role, Reason: "iam:PassRole is not allowed"},
		})
	}
	return asks, nil
}

// passedRoles lists every role that the pool would hand out, each once.
func passedRoles(in *wire.SetIdentityPoolRolesInput) []string {
	roles := slices.Collect(maps.Values(in.Roles))
	for _, m := range in.RoleMappings {
		if m.RulesConfiguration == nil {
			continue
		}
		for _, r := range m.RulesConfiguration.Rules {
			roles = append(roles, *r.RoleARN)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// describeIdentityAsks asks without a resource; the pool is a condition key.
func (i *Implementation) describeIdentityAsks(ctx context.Context, _ *api.Call, in *wire.DescribeIdentityInput) ([]api.Ask, error) {
	ask := api.Ask{Resource: "*"}
	_, p, err := i.Pools.Identity(ctx, *in.IdentityId)
	var unknown *pool.NoIdentity
	switch {
	case err == nil:
		ask.ResourceAccount = p.Account
		ask.Keys = []sts.ContextKey{{Name: identityPoolKey, Values: []string{p.ARN()}}}
	case !errors.As(err, &unknown):
		return nil, err
	}
	return []api.Ask{ask}, nil
}

func requestTags(tags map[string]string) []sts.ContextKey {
	if len(tags) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(tags))
	list := []sts.ContextKey{{Name: condkey.TagKeys, Values: names, Multi: true}}
	for _, n := range names {
		list = append(list, sts.ContextKey{Name: condkey.RequestTagPrefix + n, Values: []string{tags[n]}})
	}
	return list
}

func resourceTags(tags map[string]string) []sts.ContextKey {
	var list []sts.ContextKey
	for _, n := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, sts.ContextKey{Name: "aws:ResourceTag/" + n, Values: []string{tags[n]}})
	}
	return list
}
