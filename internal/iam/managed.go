package iam

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// AWSAccount is the account field of the ARNs of AWS-managed policies.
const AWSAccount = "aws"

// ManagedPolicy is a managed policy with its versions.
type ManagedPolicy struct {
	Account, ID, Name, Path string // Account is AWSAccount for AWS-managed ones
	Description             string
	Created, Updated        time.Time
	Default                 int             // number of the default version
	Next                    int             // number the next version gets; numbers are never reused
	Versions                []PolicyVersion // oldest first, never empty
	Tags                    []Tag
	Version                 int64
}

// PolicyVersion is one version of a managed policy.
type PolicyVersion struct {
	Number   int
	Document string
	Created  time.Time
}

// ID returns the version's id, "v" and its number.
func (v *PolicyVersion) ID() string { return "v" + strconv.Itoa(v.Number) }

// ARN returns the policy's ARN with its path.
func (p *ManagedPolicy) ARN() string {
	return "arn:aws:iam::" + p.Account + ":policy" + p.Path + p.Name
}

// VersionByID returns the version with the given id ("v1").
func (p *ManagedPolicy) VersionByID(id string) (*PolicyVersion, bool) {
	for i := range p.Versions {
		if p.Versions[i].ID() == id {
			return &p.Versions[i], true
		}
	}
	return nil, false
}

// DefaultVersion returns the version in force.
func (p *ManagedPolicy) DefaultVersion() *PolicyVersion {
	for i := range p.Versions {
		if p.Versions[i].Number == p.Default {
			return &p.Versions[i]
		}
	}
	return nil
}

// PolicyEntry is a managed policy in a View with its default version compiled.
type PolicyEntry struct {
	ManagedPolicy
	Compiled *policy.Policy // nil when Broken
	Broken   error
}

// NewPolicy is the input of CreatePolicy.
type NewPolicy struct {
	Account, Name, Path, Description, Document string
	Tags                                       []Tag
}

// CreatePolicy makes a managed policy whose only version, v1, is the default.
func (s *Service) CreatePolicy(ctx context.Context, in NewPolicy) (*PolicyEntry, error) {
	path, err := checkNewEntity(in.Name, maxPolicyName, in.Path, policyPath)
	if err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	tags, err := mergeTags(KindPolicy, in.Name, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	found, err := s.checkManagedDocument(in.Name, in.Document)
	if err != nil {
		return nil, err
	}
	var arn string
	after, err := s.update(ctx, func(v *View, w *Write) error {
		if _, taken := v.policyNames[scoped(in.Account, in.Name)]; taken {
			return &AlreadyExists{Kind: KindPolicy, Name: in.Name}
		}
		if v.countPolicies(in.Account) >= s.limits.Policies {
			return &LimitExceeded{Quota: QuotaPolicies, Limit: s.limits.Policies, Kind: KindPolicy, Name: in.Name}
		}
		now := s.now()
		p := &ManagedPolicy{
			Account: in.Account, ID: s.newID(prefixPolicy), Name: in.Name, Path: path, Description: in.Description,
			Created: now, Updated: now, Default: 1, Next: 2,
			Versions: []PolicyVersion{{Number: 1, Document: in.Document, Created: now}}, Tags: tags,
		}
		arn = p.ARN()
		w.Policies = append(w.Policies, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.advise(ctx, found, KindPolicy, arn, "v1")
	return after.policies[arn], nil
}

// DeletePolicy deletes a managed policy that is attached to nothing and has
// only its default version.
func (s *Service) DeletePolicy(ctx context.Context, arn string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		p, err := v.ownPolicy(arn)
		if err != nil {
			return err
		}
		if att, bound := v.policyUse(arn); att+bound > 0 {
			return &InUse{Kind: KindPolicy, Name: arn, By: UseEntities}
		}
		if len(p.Versions) > 1 {
			return &InUse{Kind: KindPolicy, Name: arn, By: UseVersions}
		}
		w.Deleted = append(w.Deleted, Ref{KindPolicy, p.ID})
		return nil
	})
	return err
}

// CreatePolicyVersion adds a version and makes it the default if asked.
func (s *Service) CreatePolicyVersion(ctx context.Context, arn, document string, setDefault bool) (*PolicyEntry, *PolicyVersion, error) {
	found, err := s.checkManagedDocument(arn, document)
	if err != nil {
		return nil, nil, err
	}
	var number int
	p, err := s.updatePolicy(ctx, arn, func(_ *View, p *ManagedPolicy) error {
		if len(p.Versions) >= MaxPolicyVersions {
			return &LimitExceeded{Quota: QuotaPolicyVersions, Limit: MaxPolicyVersions, Kind: KindPolicy, Name: arn}
		}
		number = p.Next
		p.Next++
		p.Updated = s.now()
		p.Versions = append(slices.Clone(p.Versions), PolicyVersion{Number: number, Document: document, Created: p.Updated})
		if setDefault {
			p.Default = number
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	pv, _ := p.VersionByID("v" + strconv.Itoa(number))
	s.advise(ctx, found, KindPolicy, arn, pv.ID())
	return p, pv, nil
}

// DeletePolicyVersion deletes a version that is not the default.
func (s *Service) DeletePolicyVersion(ctx context.Context, arn, version string) error {
	_, err := s.updatePolicy(ctx, arn, func(_ *View, p *ManagedPolicy) error {
		pv, ok := p.VersionByID(version)
		if !ok {
			return &NotFound{Kind: KindPolicyVersion, Name: version, Of: arn}
		}
		if pv.Number == p.Default {
			return &InUse{Kind: KindPolicyVersion, Name: version, By: UseDefaultVersion}
		}
		number := pv.Number
		p.Versions = slices.DeleteFunc(slices.Clone(p.Versions), func(v PolicyVersion) bool { return v.Number == number })
		p.Updated = s.now()
		return nil
	})
	return err
}

// SetDefaultPolicyVersion puts a version in force everywhere the policy is
// attached.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, arn, version string) error {
	_, err := s.updatePolicy(ctx, arn, func(_ *View, p *ManagedPolicy) error {
		pv, ok := p.VersionByID(version)
		if !ok {
			return &NotFound{Kind: KindPolicyVersion, Name: version, Of: arn}
		}
		p.Default = pv.Number
		p.Updated = s.now()
		return nil
	})
	return err
}

// TagPolicy adds or replaces tags of a managed policy.
func (s *Service) TagPolicy(ctx context.Context, arn string, tags []Tag) error {
	_, err := s.updatePolicy(ctx, arn, func(_ *View, p *ManagedPolicy) (err error) {
		p.Tags, err = mergeTags(KindPolicy, arn, p.Tags, tags)
		return err
	})
	return err
}

// UntagPolicy removes tags of a managed policy; absent keys are fine.
func (s *Service) UntagPolicy(ctx context.Context, arn string, keys []string) error {
	_, err := s.updatePolicy(ctx, arn, func(_ *View, p *ManagedPolicy) error {
		p.Tags = removeTags(p.Tags, keys)
		return nil
	})
	return err
}

// updatePolicy lets change edit a copy of a customer-managed policy.
func (s *Service) updatePolicy(ctx context.Context, arn string, change func(*View, *ManagedPolicy) error) (*PolicyEntry, error) {
	after, err := s.update(ctx, func(v *View, w *Write) error {
		p, err := v.ownPolicy(arn)
		if err != nil {
			return err
		}
		next := p.ManagedPolicy
		if err := change(v, &next); err != nil {
			return err
		}
		w.Policies = append(w.Policies, &next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.policies[arn], nil
}

// ownPolicy finds a policy that may be changed.
func (v *View) ownPolicy(arn string) (*PolicyEntry, error) {
	p, ok := v.policies[arn]
	if !ok {
		return nil, &NotFound{Kind: KindPolicy, Name: arn}
	}
	if p.Account == AWSAccount {
		return nil, &Immutable{Kind: KindPolicy, Name: arn}
	}
	return p, nil
}

// policyUse counts what a policy is attached to and what it bounds.
func (v *View) policyUse(arn string) (attached, boundary int) {
	for _, r := range v.roles {
		attached += contains(r.Attached, arn)
		boundary += equal(r.Boundary, arn)
	}
	for _, u := range v.users {
		attached += contains(u.Attached, arn)
		boundary += equal(u.Boundary, arn)
	}
	for _, g := range v.groups {
		attached += contains(g.Attached, arn)
	}
	return attached, boundary
}

func contains(list []string, s string) int {
	if slices.Contains(list, s) {
		return 1
	}
	return 0
}

func equal(a, b string) int {
	if a == b {
		return 1
	}
	return 0
}

// checkManagedDocument applies the rules of a managed policy version, and says
// what the linter found in one that is accepted.
func (s *Service) checkManagedDocument(name, document string) ([]lint.Finding, error) {
	d, err := parse(document, policy.Managed)
	if err != nil {
		return nil, err
	}
	if policy.Size([]byte(document)) > MaxManagedSize {
		return nil, &LimitExceeded{Quota: QuotaPolicySize, Limit: MaxManagedSize, Kind: KindPolicy, Name: name}
	}
	return s.findings(d, lint.AnyOwner), nil
}

// isPolicyARN reports whether arn has the form of a managed policy's ARN.
func isPolicyARN(arn string) bool {
	rest, ok := strings.CutPrefix(arn, "arn:aws:iam::")
	if !ok {
		return false
	}
	account, res, ok := strings.Cut(rest, ":")
	return ok && account != "" && strings.HasPrefix(res, "policy/")
}
