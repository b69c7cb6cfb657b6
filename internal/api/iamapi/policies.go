package iamapi

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// CreatePolicy makes a managed policy.
func (b *bound) CreatePolicy(ctx context.Context, in *wire.CreatePolicyInput) (*wire.CreatePolicyOutput, error) {
	p, err := b.IAM.CreatePolicy(ctx, iam.NewPolicy{
		Account: b.account(), Name: *in.PolicyName, Path: text(in.Path), Description: text(in.Description),
		Document: *in.PolicyDocument, Tags: tagsIn(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &wire.CreatePolicyOutput{Policy: policyCreated(p)}, nil
}

// GetPolicy returns a managed policy without its document.
func (b *bound) GetPolicy(ctx context.Context, in *wire.GetPolicyInput) (*wire.GetPolicyOutput, error) {
	v, p, err := b.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &wire.GetPolicyOutput{Policy: policyDetailed(v, p)}, nil
}

func (b *bound) policy(ctx context.Context, arn *string) (*iam.View, *iam.PolicyEntry, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := v.Policy(*arn)
	if err != nil {
		return nil, nil, err
	}
	return v, p, nil
}

// ListPolicies lists managed policies of the account, of AWS, or of both.
func (b *bound) ListPolicies(ctx context.Context, in *wire.ListPoliciesInput) (*wire.ListPoliciesOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	scope, usage, prefix := wire.PolicyScopeTypeAll, wire.PolicyUsageType(""), text(in.PathPrefix)
	if in.Scope != nil {
		scope = *in.Scope
	}
	if in.PolicyUsageFilter != nil {
		usage = *in.PolicyUsageFilter
	}
	var all []*iam.PolicyEntry
	if scope != wire.PolicyScopeTypeAWS {
		all = v.Policies(b.account(), prefix)
	}
	if scope != wire.PolicyScopeTypeLocal {
		all = append(all, v.Policies(iam.AWSAccount, prefix)...)
	}
	uses := v.PolicyUses()
	all = slices.DeleteFunc(all, func(p *iam.PolicyEntry) bool { return !wanted(uses[p.ARN()], truth(in.OnlyAttached), usage) })
	// A name is unique in an account, and AWS may have a policy of that name too.
	key := func(p *iam.PolicyEntry) string { return p.Name + " " + p.Account }
	slices.SortFunc(all, func(a, b *iam.PolicyEntry) int { return strings.Compare(key(a), key(b)) })
	listing := fmt.Sprintf("policies %s %t %s under %s", scope, truth(in.OnlyAttached), usage, prefix)
	list, pg, err := page(b, listing, all, key, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	policies := each(list, func(p *iam.PolicyEntry) wire.Policy { return policyListed(p, uses[p.ARN()]) })
	return &wire.ListPoliciesOutput{Policies: policies, IsTruncated: pg.truncated, Marker: pg.marker}, nil
}

// wanted applies ListPolicies' filters by use.
func wanted(use iam.PolicyUse, onlyAttached bool, usage wire.PolicyUsageType) bool {
	switch {
	case usage == wire.PolicyUsageTypePermissionsBoundary:
		return use.Boundary > 0
	case usage == wire.PolicyUsageTypePermissionsPolicy, onlyAttached:
		return use.Attached > 0
	}
	return true
}

// DeletePolicy deletes a managed policy.
func (b *bound) DeletePolicy(ctx context.Context, in *wire.DeletePolicyInput) (*wire.DeletePolicyOutput, error) {
	if err := b.IAM.DeletePolicy(ctx, *in.PolicyArn); err != nil {
		return nil, err
	}
	return &wire.DeletePolicyOutput{}, nil
}

// CreatePolicyVersion adds a version to a managed policy.
func (b *bound) CreatePolicyVersion(ctx context.Context, in *wire.CreatePolicyVersionInput) (*wire.CreatePolicyVersionOutput, error) {
	p, pv, err := b.IAM.CreatePolicyVersion(ctx, *in.PolicyArn, *in.PolicyDocument, truth(in.SetAsDefault))
	if err != nil {
		return nil, err
	}
	return &wire.CreatePolicyVersionOutput{PolicyVersion: pointer(versionListed(p, pv))}, nil
}

// GetPolicyVersion returns a version with its document.
func (b *bound) GetPolicyVersion(ctx context.Context, in *wire.GetPolicyVersionInput) (*wire.GetPolicyVersionOutput, error) {
	_, p, err := b.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	pv, ok := p.VersionByID(*in.VersionId)
	if !ok {
		return nil, &iam.NotFound{Kind: iam.KindPolicyVersion, Name: *in.VersionId, Of: *in.PolicyArn}
	}
	out := versionListed(p, pv)
	out.Document = encoded(pv.Document)
	return &wire.GetPolicyVersionOutput{PolicyVersion: &out}, nil
}

// ListPolicyVersions lists the versions of a managed policy, newest first.
func (b *bound) ListPolicyVersions(ctx context.Context, in *wire.ListPolicyVersionsInput) (*wire.ListPolicyVersionsOutput, error) {
	_, p, err := b.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	newestFirst := slices.Clone(p.Versions)
	slices.Reverse(newestFirst)
	key := func(pv iam.PolicyVersion) string { return fmt.Sprintf("%020d", math.MaxInt64-pv.Number) }
	list, pg, err := page(b, "versions of "+*in.PolicyArn, newestFirst, key, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	versions := each(list, func(pv iam.PolicyVersion) wire.PolicyVersion { return versionListed(p, &pv) })
	return &wire.ListPolicyVersionsOutput{Versions: versions, IsTruncated: pg.truncated, Marker: pg.marker}, nil
}

// DeletePolicyVersion deletes a version that is not the default.
func (b *bound) DeletePolicyVersion(ctx context.Context, in *wire.DeletePolicyVersionInput) (*wire.DeletePolicyVersionOutput, error) {
	if err := b.IAM.DeletePolicyVersion(ctx, *in.PolicyArn, *in.VersionId); err != nil {
		return nil, err
	}
	return &wire.DeletePolicyVersionOutput{}, nil
}

// SetDefaultPolicyVersion puts a version in force.
func (b *bound) SetDefaultPolicyVersion(ctx context.Context, in *wire.SetDefaultPolicyVersionInput) (*wire.SetDefaultPolicyVersionOutput, error) {
	if err := b.IAM.SetDefaultPolicyVersion(ctx, *in.PolicyArn, *in.VersionId); err != nil {
		return nil, err
	}
	return &wire.SetDefaultPolicyVersionOutput{}, nil
}

// TagPolicy adds or replaces tags of a managed policy.
func (b *bound) TagPolicy(ctx context.Context, in *wire.TagPolicyInput) (*wire.TagPolicyOutput, error) {
	if err := b.IAM.TagPolicy(ctx, *in.PolicyArn, tagsIn(in.Tags)); err != nil {
		return nil, err
	}
	return &wire.TagPolicyOutput{}, nil
}

// UntagPolicy removes tags of a managed policy.
func (b *bound) UntagPolicy(ctx context.Context, in *wire.UntagPolicyInput) (*wire.UntagPolicyOutput, error) {
	if err := b.IAM.UntagPolicy(ctx, *in.PolicyArn, in.TagKeys); err != nil {
		return nil, err
	}
	return &wire.UntagPolicyOutput{}, nil
}

// ListPolicyTags lists the tags of a managed policy.
func (b *bound) ListPolicyTags(ctx context.Context, in *wire.ListPolicyTagsInput) (*wire.ListPolicyTagsOutput, error) {
	_, p, err := b.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	tags, pg, err := tagPage(b, "tags of "+*in.PolicyArn, p.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &wire.ListPolicyTagsOutput{Tags: tags, IsTruncated: pg.truncated, Marker: pg.marker}, nil
}
