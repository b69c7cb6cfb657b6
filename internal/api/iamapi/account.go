package iamapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// GetAccountSummary counts the account's entities and states its quotas. Every
// key of the model is there; what Rockpool does not have counts zero.
func (b *bound) GetAccountSummary(ctx context.Context, _ *wire.GetAccountSummaryInput) (*wire.GetAccountSummaryOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	limits := b.IAM.Limits()
	policies := v.Policies(b.account(), "/")
	versions := 0
	for _, p := range policies {
		versions += len(p.Versions)
	}
	rootKeys := min(len(v.AccessKeys(b.account(), "")), 1)
	known := map[wire.SummaryKeyType]int{
		wire.SummaryKeyTypeUsers: len(v.Users(b.account(), "/")), wire.SummaryKeyTypeUsersQuota: limits.Users,
		wire.SummaryKeyTypeRoles: len(v.Roles(b.account(), "/")), wire.SummaryKeyTypeRolesQuota: limits.Roles,
		wire.SummaryKeyTypeGroups: len(v.Groups(b.account(), "/")), wire.SummaryKeyTypeGroupsQuota: limits.Groups,
		wire.SummaryKeyTypeInstanceProfiles: len(v.InstanceProfiles(b.account(), "/")), wire.SummaryKeyTypeInstanceProfilesQuota: limits.InstanceProfiles,
		wire.SummaryKeyTypePolicies: len(policies), wire.SummaryKeyTypePoliciesQuota: limits.Policies,
		wire.SummaryKeyTypePolicyVersionsInUse:           versions,
		wire.SummaryKeyTypePolicyVersionsInUseQuota:      10000,
		wire.SummaryKeyTypeProviders:                     len(v.OIDCProviders(b.account())) + len(v.SAMLProviders(b.account())),
		wire.SummaryKeyTypeAccountAccessKeysPresent:      rootKeys,
		wire.SummaryKeyTypeAccessKeysPerUserQuota:        iam.MaxKeysPerUser,
		wire.SummaryKeyTypeVersionsPerPolicyQuota:        iam.MaxPolicyVersions,
		wire.SummaryKeyTypePolicySizeQuota:               iam.MaxManagedSize,
		wire.SummaryKeyTypeRolePolicySizeQuota:           iam.MaxRoleInline,
		wire.SummaryKeyTypeUserPolicySizeQuota:           iam.MaxUserInline,
		wire.SummaryKeyTypeGroupPolicySizeQuota:          iam.MaxGroupInline,
		wire.SummaryKeyTypeGroupsPerUserQuota:            iam.MaxGroupsPerUser,
		wire.SummaryKeyTypeAssumeRolePolicySizeQuota:     limits.TrustSize,
		wire.SummaryKeyTypeAttachedPoliciesPerRoleQuota:  limits.Attached,
		wire.SummaryKeyTypeAttachedPoliciesPerUserQuota:  limits.Attached,
		wire.SummaryKeyTypeAttachedPoliciesPerGroupQuota: limits.Attached,
		wire.SummaryKeyTypeGlobalEndpointTokenVersion:    2, // session tokens work in every region
	}
	out := make(map[string]int32)
	for _, key := range wire.SummaryKeyType("").Values() {
		out[key] = int32(known[wire.SummaryKeyType(key)])
	}
	return &wire.GetAccountSummaryOutput{SummaryMap: out}, nil
}

// CreateAccountAlias gives the account an alias in place of the one it had.
func (b *bound) CreateAccountAlias(ctx context.Context, in *wire.CreateAccountAliasInput) (*wire.CreateAccountAliasOutput, error) {
	if err := b.IAM.CreateAccountAlias(ctx, b.account(), *in.AccountAlias); err != nil {
		return nil, err
	}
	return &wire.CreateAccountAliasOutput{}, nil
}

// DeleteAccountAlias takes its alias from the account.
func (b *bound) DeleteAccountAlias(ctx context.Context, in *wire.DeleteAccountAliasInput) (*wire.DeleteAccountAliasOutput, error) {
	if err := b.IAM.DeleteAccountAlias(ctx, b.account(), *in.AccountAlias); err != nil {
		return nil, err
	}
	return &wire.DeleteAccountAliasOutput{}, nil
}

// ListAccountAliases lists the alias of the account, if it has one.
func (b *bound) ListAccountAliases(ctx context.Context, in *wire.ListAccountAliasesInput) (*wire.ListAccountAliasesOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	aliases := []string{}
	if alias := v.AccountAlias(b.account()); alias != "" {
		aliases = append(aliases, alias)
	}
	list, p, err := page(b, "account aliases", aliases, same, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListAccountAliasesOutput{AccountAliases: list, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// What follows are lists of things that no Rockpool account has. They are served
// because the AWS console and Terraform walk them before they delete a user or
// role; an empty list is the truth (spec/iam-sts.md 4.3, 4.5).

// ListMFADevices answers that an existing user has no MFA device.
func (b *bound) ListMFADevices(ctx context.Context, in *wire.ListMFADevicesInput) (*wire.ListMFADevicesOutput, error) {
	if err := b.userExists(ctx, in.UserName); err != nil {
		return nil, err
	}
	return &wire.ListMFADevicesOutput{MFADevices: []wire.MFADevice{}, IsTruncated: pointer(false)}, nil
}

// ListVirtualMFADevices answers that there is no virtual MFA device.
func (b *bound) ListVirtualMFADevices(context.Context, *wire.ListVirtualMFADevicesInput) (*wire.ListVirtualMFADevicesOutput, error) {
	return &wire.ListVirtualMFADevicesOutput{VirtualMFADevices: []wire.VirtualMFADevice{}, IsTruncated: pointer(false)}, nil
}

// ListSigningCertificates answers that an existing user has no certificate.
func (b *bound) ListSigningCertificates(ctx context.Context, in *wire.ListSigningCertificatesInput) (*wire.ListSigningCertificatesOutput, error) {
	if err := b.userExists(ctx, in.UserName); err != nil {
		return nil, err
	}
	return &wire.ListSigningCertificatesOutput{Certificates: []wire.SigningCertificate{}, IsTruncated: pointer(false)}, nil
}

// ListSSHPublicKeys answers that an existing user has no SSH key.
func (b *bound) ListSSHPublicKeys(ctx context.Context, in *wire.ListSSHPublicKeysInput) (*wire.ListSSHPublicKeysOutput, error) {
	if err := b.userExists(ctx, in.UserName); err != nil {
		return nil, err
	}
	return &wire.ListSSHPublicKeysOutput{SSHPublicKeys: []wire.SSHPublicKeyMetadata{}, IsTruncated: pointer(false)}, nil
}

// ListServiceSpecificCredentials answers that an existing user has none.
func (b *bound) ListServiceSpecificCredentials(ctx context.Context, in *wire.ListServiceSpecificCredentialsInput) (*wire.ListServiceSpecificCredentialsOutput, error) {
	if err := b.userExists(ctx, in.UserName); err != nil {
		return nil, err
	}
	return &wire.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []wire.ServiceSpecificCredentialMetadata{}}, nil
}

// noLoginProfile says that a user has no console password.
type noLoginProfile struct{ user string }

func (e *noLoginProfile) Error() string { return "user " + e.user + " has no login profile" }

// GetLoginProfile answers that an existing user has no console password.
func (b *bound) GetLoginProfile(ctx context.Context, in *wire.GetLoginProfileInput) (*wire.GetLoginProfileOutput, error) {
	if err := b.userExists(ctx, in.UserName); err != nil {
		return nil, err
	}
	name, err := userNamed(b.call.Caller, in.UserName)
	if err != nil {
		return nil, err
	}
	return nil, &noLoginProfile{user: name}
}

// noPasswordPolicy says that the account has no password policy.
type noPasswordPolicy struct{ account string }

func (e *noPasswordPolicy) Error() string { return "account " + e.account + " has no password policy" }

// GetAccountPasswordPolicy answers that the account has none.
func (b *bound) GetAccountPasswordPolicy(context.Context, *wire.GetAccountPasswordPolicyInput) (*wire.GetAccountPasswordPolicyOutput, error) {
	return nil, &noPasswordPolicy{account: b.account()}
}

// userExists checks that the named user, or the caller, exists.
func (b *bound) userExists(ctx context.Context, user *string) error {
	name, err := userNamed(b.call.Caller, user)
	if err != nil || name == "" {
		return err
	}
	_, err = b.owned(ctx, iam.UserOwner(b.account(), name))
	return err
}
