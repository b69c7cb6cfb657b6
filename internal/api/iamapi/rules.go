package iamapi

import (
	"context"
	"slices"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// CloudFormation types of resources in audit records.
const (
	roleType     = "AWS::IAM::Role"
	userType     = "AWS::IAM::User"
	policyType   = "AWS::IAM::ManagedPolicy"
	providerType = "AWS::IAM::OIDCProvider"
)

// Condition keys of IAM itself (spec/iam-sts.md 2.7).
const (
	keyPolicyARN         = "iam:PolicyARN"
	keyBoundary          = "iam:PermissionsBoundary"
	keyIAMResourceTag    = "iam:ResourceTag/"
	keyGlobalResourceTag = "aws:ResourceTag/"
)

// Rules says what each operation needs permission for: the operation's own
// action on the entity, under its ARN with path. An entity that does not exist
// has an ARN too, with the path "/", so that who may not ask does not learn what
// exists. Lists without an entity have no resource.
func (i *Implementation) Rules() api.Rules {
	rules := api.Rules{
		"ListRoles":                  api.OnAny[wire.ListRolesInput](),
		"ListUsers":                  api.OnAny[wire.ListUsersInput](),
		"ListPolicies":               api.OnAny[wire.ListPoliciesInput](),
		"ListOpenIDConnectProviders": api.OnAny[wire.ListOpenIDConnectProvidersInput](),
		"ListVirtualMFADevices":      api.OnAny[wire.ListVirtualMFADevicesInput](),
		"GetAccountSummary":          api.OnAny[wire.GetAccountSummaryInput](),
		"GetAccountPasswordPolicy":   api.OnAny[wire.GetAccountPasswordPolicyInput](),
		"CreateAccountAlias":         api.OnAny[wire.CreateAccountAliasInput](),
		"DeleteAccountAlias":         api.OnAny[wire.DeleteAccountAliasInput](),
		"ListAccountAliases":         api.OnAny[wire.ListAccountAliasesInput](),
	}
	i.roleRules(rules)
	i.userRules(rules)
	i.groupRules(rules)
	i.accessKeyRules(rules)
	i.policyRules(rules)
	i.profileRules(rules)
	i.providerRules(rules)
	i.samlRules(rules)
	i.simulateRules(rules)
	return rules
}

func (i *Implementation) roleRules(rules api.Rules) {
	rules["CreateRole"] = api.Needs(func(_ context.Context, c *api.Call, in *wire.CreateRoleInput) ([]api.Ask, error) {
		r := iam.Role{Account: c.Caller.Account, Path: pathOr(in.Path), Name: *in.RoleName}
		return asks(api.Ask{Resource: r.ARN(), Type: roleType, Keys: slices.Concat(boundaryKey(text(in.PermissionsBoundary)), requestTags(in.Tags))})
	})
	rules["GetRole"] = onRole(i, func(in *wire.GetRoleInput) *string { return in.RoleName })
	rules["UpdateRole"] = onRole(i, func(in *wire.UpdateRoleInput) *string { return in.RoleName })
	rules["UpdateRoleDescription"] = onRole(i, func(in *wire.UpdateRoleDescriptionInput) *string { return in.RoleName })
	rules["UpdateAssumeRolePolicy"] = onRole(i, func(in *wire.UpdateAssumeRolePolicyInput) *string { return in.RoleName })
	rules["DeleteRole"] = onRole(i, func(in *wire.DeleteRoleInput) *string { return in.RoleName })
	rules["ListRoleTags"] = onRole(i, func(in *wire.ListRoleTagsInput) *string { return in.RoleName })
	rules["TagRole"] = onRole(i, func(in *wire.TagRoleInput) *string { return in.RoleName },
		func(in *wire.TagRoleInput, _ *iam.Owned) []sts.ContextKey { return requestTags(in.Tags) })
	rules["UntagRole"] = onRole(i, func(in *wire.UntagRoleInput) *string { return in.RoleName },
		func(in *wire.UntagRoleInput, _ *iam.Owned) []sts.ContextKey { return tagKeys(in.TagKeys) })
	rules["PutRolePermissionsBoundary"] = onRole(i, func(in *wire.PutRolePermissionsBoundaryInput) *string { return in.RoleName },
		func(in *wire.PutRolePermissionsBoundaryInput, _ *iam.Owned) []sts.ContextKey {
			return boundaryKey(*in.PermissionsBoundary)
		})
	rules["DeleteRolePermissionsBoundary"] = onRole(i, func(in *wire.DeleteRolePermissionsBoundaryInput) *string { return in.RoleName }, hasBoundary)
	rules["PutRolePolicy"] = onRole(i, func(in *wire.PutRolePolicyInput) *string { return in.RoleName }, hasBoundary)
	rules["DeleteRolePolicy"] = onRole(i, func(in *wire.DeleteRolePolicyInput) *string { return in.RoleName }, hasBoundary)
	rules["GetRolePolicy"] = onRole(i, func(in *wire.GetRolePolicyInput) *string { return in.RoleName })
	rules["ListRolePolicies"] = onRole(i, func(in *wire.ListRolePoliciesInput) *string { return in.RoleName })
	rules["AttachRolePolicy"] = onRole(i, func(in *wire.AttachRolePolicyInput) *string { return in.RoleName }, hasBoundary,
		func(in *wire.AttachRolePolicyInput, _ *iam.Owned) []sts.ContextKey { return policyKey(in.PolicyArn) })
	rules["DetachRolePolicy"] = onRole(i, func(in *wire.DetachRolePolicyInput) *string { return in.RoleName }, hasBoundary,
		func(in *wire.DetachRolePolicyInput, _ *iam.Owned) []sts.ContextKey { return policyKey(in.PolicyArn) })
	rules["ListAttachedRolePolicies"] = onRole(i, func(in *wire.ListAttachedRolePoliciesInput) *string { return in.RoleName })
}

func (i *Implementation) userRules(rules api.Rules) {
	rules["CreateUser"] = api.Needs(func(_ context.Context, c *api.Call, in *wire.CreateUserInput) ([]api.Ask, error) {
		u := iam.User{Account: c.Caller.Account, Path: pathOr(in.Path), Name: *in.UserName}
		return asks(api.Ask{Resource: u.ARN(), Type: userType, Keys: slices.Concat(boundaryKey(text(in.PermissionsBoundary)), requestTags(in.Tags))})
	})
	rules["GetUser"] = onUser(i, func(in *wire.GetUserInput) *string { return in.UserName })
	// A rename needs permission for the old and for the new name.
	rules["UpdateUser"] = api.Needs(func(ctx context.Context, c *api.Call, in *wire.UpdateUserInput) ([]api.Ask, error) {
		from, own, err := i.userAsk(ctx, c, in.UserName)
		if err != nil || own == nil {
			return []api.Ask{from}, err
		}
		v, err := i.IAM.Fresh(ctx)
		if err != nil {
			return nil, err
		}
		to := iam.User{Account: c.Caller.Account, Path: text(in.NewPath), Name: text(in.NewUserName)}
		if u, ok := v.UserByName(c.Caller.Account, *in.UserName); ok && to.Path == "" {
			to.Path = u.Path
		}
		if to.Name == "" {
			to.Name = *in.UserName
		}
		if to.ARN() == from.Resource {
			return asks(from)
		}
		return asks(from, api.Ask{Resource: to.ARN(), Type: userType, Keys: from.Keys})
	})
	rules["DeleteUser"] = onUser(i, func(in *wire.DeleteUserInput) *string { return in.UserName })
	rules["ListUserTags"] = onUser(i, func(in *wire.ListUserTagsInput) *string { return in.UserName })
	rules["TagUser"] = onUser(i, func(in *wire.TagUserInput) *string { return in.UserName },
		func(in *wire.TagUserInput, _ *iam.Owned) []sts.ContextKey { return requestTags(in.Tags) })
	rules["UntagUser"] = onUser(i, func(in *wire.UntagUserInput) *string { return in.UserName },
		func(in *wire.UntagUserInput, _ *iam.Owned) []sts.ContextKey { return tagKeys(in.TagKeys) })
	rules["PutUserPermissionsBoundary"] = onUser(i, func(in *wire.PutUserPermissionsBoundaryInput) *string { return in.UserName },
		func(in *wire.PutUserPermissionsBoundaryInput, _ *iam.Owned) []sts.ContextKey {
			return boundaryKey(*in.PermissionsBoundary)
		})
	rules["DeleteUserPermissionsBoundary"] = onUser(i, func(in *wire.DeleteUserPermissionsBoundaryInput) *string { return in.UserName }, hasBoundary)
	rules["PutUserPolicy"] = onUser(i, func(in *wire.PutUserPolicyInput) *string { return in.UserName }, hasBoundary)
	rules["DeleteUserPolicy"] = onUser(i, func(in *wire.DeleteUserPolicyInput) *string { return in.UserName }, hasBoundary)
	rules["GetUserPolicy"] = onUser(i, func(in *wire.GetUserPolicyInput) *string { return in.UserName })
	rules["ListUserPolicies"] = onUser(i, func(in *wire.ListUserPoliciesInput) *string { return in.UserName })
	rules["AttachUserPolicy"] = onUser(i, func(in *wire.AttachUserPolicyInput) *string { return in.UserName }, hasBoundary,
		func(in *wire.AttachUserPolicyInput, _ *iam.Owned) []sts.ContextKey { return policyKey(in.PolicyArn) })
	rules["DetachUserPolicy"] = onUser(i, func(in *wire.DetachUserPolicyInput) *string { return in.UserName }, hasBoundary,
		func(in *wire.DetachUserPolicyInput, _ *iam.Owned) []sts.ContextKey { return policyKey(in.PolicyArn) })
	rules["ListAttachedUserPolicies"] = onUser(i, func(in *wire.ListAttachedUserPoliciesInput) *string { return in.UserName })
	rules["ListGroupsForUser"] = onUser(i, func(in *wire.ListGroupsForUserInput) *string { return in.UserName })
	rules["ListMFADevices"] = onUser(i, func(in *wire.ListMFADevicesInput) *string { return in.UserName })
	rules["ListSigningCertificates"] = onUser(i, func(in *wire.ListSigningCertificatesInput) *string { return in.UserName })
	rules["ListSSHPublicKeys"] = onUser(i, func(in *wire.ListSSHPublicKeysInput) *string { return in.UserName })
	rules["ListServiceSpecificCredentials"] = onUser(i, func(in *wire.ListServiceSpecificCredentialsInput) *string { return in.UserName })
	rules["GetLoginProfile"] = onUser(i, func(in *wire.GetLoginProfileInput) *string { return in.UserName })
}

func (i *Implementation) accessKeyRules(rules api.Rules) {
	rules["CreateAccessKey"] = onUser(i, func(in *wire.CreateAccessKeyInput) *string { return in.UserName })
	rules["ListAccessKeys"] = onUser(i, func(in *wire.ListAccessKeysInput) *string { return in.UserName })
	rules["UpdateAccessKey"] = onUser(i, func(in *wire.UpdateAccessKeyInput) *string { return in.UserName })
	rules["DeleteAccessKey"] = onUser(i, func(in *wire.DeleteAccessKeyInput) *string { return in.UserName })
	// The resource is the user that owns the key; of a key that is unknown or
	// the root's there is none.
	rules["GetAccessKeyLastUsed"] = api.Needs(func(ctx context.Context, c *api.Call, in *wire.GetAccessKeyLastUsedInput) ([]api.Ask, error) {
		v, err := i.IAM.Fresh(ctx)
		if err != nil {
			return nil, err
		}
		if k, ok := v.AccessKey(*in.AccessKeyId); ok && k.Account == c.Caller.Account {
			if u, ok := v.UserByID(k.UserID); ok {
				return asks(api.Ask{Resource: u.ARN(), Type: userType, Keys: resourceTags(u.Tags, keyGlobalResourceTag, keyIAMResourceTag)})
			}
		}
		return asks(api.Ask{Resource: "*"})
	})
}

func (i *Implementation) policyRules(rules api.Rules) {
	rules["CreatePolicy"] = api.Needs(func(_ context.Context, c *api.Call, in *wire.CreatePolicyInput) ([]api.Ask, error) {
		p := iam.ManagedPolicy{Account: c.Caller.Account, Path: pathOr(in.Path), Name: *in.PolicyName}
		return asks(api.Ask{Resource: p.ARN(), Type: policyType, Keys: requestTags(in.Tags)})
	})
	rules["GetPolicy"] = onPolicy(i, func(in *wire.GetPolicyInput) *string { return in.PolicyArn }, nil)
	rules["DeletePolicy"] = onPolicy(i, func(in *wire.DeletePolicyInput) *string { return in.PolicyArn }, nil)
	rules["CreatePolicyVersion"] = onPolicy(i, func(in *wire.CreatePolicyVersionInput) *string { return in.PolicyArn }, nil)
	rules["GetPolicyVersion"] = onPolicy(i, func(in *wire.GetPolicyVersionInput) *string { return in.PolicyArn }, nil)
	rules["ListPolicyVersions"] = onPolicy(i, func(in *wire.ListPolicyVersionsInput) *string { return in.PolicyArn }, nil)
	rules["DeletePolicyVersion"] = onPolicy(i, func(in *wire.DeletePolicyVersionInput) *string { return in.PolicyArn }, nil)
	rules["SetDefaultPolicyVersion"] = onPolicy(i, func(in *wire.SetDefaultPolicyVersionInput) *string { return in.PolicyArn }, nil)
	rules["ListEntitiesForPolicy"] = onPolicy(i, func(in *wire.ListEntitiesForPolicyInput) *string { return in.PolicyArn }, nil)
	rules["ListPolicyTags"] = onPolicy(i, func(in *wire.ListPolicyTagsInput) *string { return in.PolicyArn }, nil)
	rules["TagPolicy"] = onPolicy(i, func(in *wire.TagPolicyInput) *string { return in.PolicyArn },
		func(in *wire.TagPolicyInput) []sts.ContextKey { return requestTags(in.Tags) })
	rules["UntagPolicy"] = onPolicy(i, func(in *wire.UntagPolicyInput) *string { return in.PolicyArn },
		func(in *wire.UntagPolicyInput) []sts.ContextKey { return tagKeys(in.TagKeys) })
}

func (i *Implementation) providerRules(rules api.Rules) {
	rules["CreateOpenIDConnectProvider"] = api.Needs(func(_ context.Context, c *api.Call, in *wire.CreateOpenIDConnectProviderInput) ([]api.Ask, error) {
		p := iam.OIDCProvider{Account: c.Caller.Account, URL: withoutScheme(*in.Url)}
		return asks(api.Ask{Resource: p.ARN(), Type: providerType, Keys: requestTags(in.Tags)})
	})
	rules["GetOpenIDConnectProvider"] = onProvider(i, func(in *wire.GetOpenIDConnectProviderInput) *string { return in.OpenIDConnectProviderArn }, nil)
	rules["DeleteOpenIDConnectProvider"] = onProvider(i, func(in *wire.DeleteOpenIDConnectProviderInput) *string { return in.OpenIDConnectProviderArn }, nil)
	rules["AddClientIDToOpenIDConnectProvider"] = onProvider(i, func(in *wire.AddClientIDToOpenIDConnectProviderInput) *string { return in.OpenIDConnectProviderArn }, nil)
	rules["RemoveClientIDFromOpenIDConnectProvider"] = onProvider(i, func(in *wire.RemoveClientIDFromOpenIDConnectProviderInput) *string {
		return in.OpenIDConnectProviderArn
	}, nil)
	rules["UpdateOpenIDConnectProviderThumbprint"] = onProvider(i, func(in *wire.UpdateOpenIDConnectProviderThumbprintInput) *string { return in.OpenIDConnectProviderArn }, nil)
	rules["ListOpenIDConnectProviderTags"] = onProvider(i, func(in *wire.ListOpenIDConnectProviderTagsInput) *string { return in.OpenIDConnectProviderArn }, nil)
	rules["TagOpenIDConnectProvider"] = onProvider(i, func(in *wire.TagOpenIDConnectProviderInput) *string { return in.OpenIDConnectProviderArn },
		func(in *wire.TagOpenIDConnectProviderInput) []sts.ContextKey { return requestTags(in.Tags) })
	rules["UntagOpenIDConnectProvider"] = onProvider(i, func(in *wire.UntagOpenIDConnectProviderInput) *string { return in.OpenIDConnectProviderArn },
		func(in *wire.UntagOpenIDConnectProviderInput) []sts.ContextKey { return tagKeys(in.TagKeys) })
}

func asks(list ...api.Ask) ([]api.Ask, error) { return list, nil }

// parseAccount returns the account of a policy's or provider's ARN, "" for one
// without or of AWS: those belong to whoever calls.
func parseAccount(text string) string {
	a, err := arn.Parse(text)
	if err != nil || a.Account == iam.AWSAccount {
		return ""
	}
	return a.Account
}

// tagKeys is aws:TagKeys of a request that names tags.
func tagKeys(names []string) []sts.ContextKey {
	if len(names) == 0 {
		return nil
	}
	return []sts.ContextKey{{Name: condkey.TagKeys, Values: names, Multi: true}}
}
