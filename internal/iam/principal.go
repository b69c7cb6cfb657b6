package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/policy"
)

// Owner names a role, a user or a group where they are treated alike: what they
// own (inline and attached policies; roles and users also boundary and tags)
// follows the same rules.
type Owner struct {
	Kind          Kind // KindRole, KindUser or KindGroup
	Account, Name string
}

// RoleOwner names a role.
func RoleOwner(account, name string) Owner { return Owner{KindRole, account, name} }

// UserOwner names a user.
func UserOwner(account, name string) Owner { return Owner{KindUser, account, name} }

// GroupOwner names a group.
func GroupOwner(account, name string) Owner { return Owner{KindGroup, account, name} }

// Owned is what a role, user or group owns, read only. A group has neither
// boundary nor tags.
type Owned struct {
	Inline   []InlinePolicy
	Attached []string
	Boundary string
	Tags     []Tag
}

// InlinePolicy returns an inline policy by name, or answers *NotFound.
func (o *Owned) InlinePolicy(owner Kind, name string) (*InlinePolicy, error) {
	if i := inlineIndex(o.Inline, name); i >= 0 {
		return &o.Inline[i], nil
	}
	return nil, &NotFound{Kind: KindInlinePolicy, Name: name, Owner: owner}
}

// Owned finds what a role, user or group owns, or answers *NotFound.
func (v *View) Owned(o Owner) (*Owned, error) {
	switch o.Kind {
	case KindRole:
		r, err := v.Role(o.Account, o.Name)
		if err != nil {
			return nil, err
		}
		return &Owned{r.Inline, r.Attached, r.Boundary, r.Tags}, nil
	case KindUser:
		u, err := v.User(o.Account, o.Name)
		if err != nil {
			return nil, err
		}
		return &Owned{u.Inline, u.Attached, u.Boundary, u.Tags}, nil
	case KindGroup:
		g, err := v.Group(o.Account, o.Name)
		if err != nil {
			return nil, err
		}
		return &Owned{Inline: g.Inline, Attached: g.Attached}, nil
	}
	return nil, fmt.Errorf("iam: a %s owns no policies", o.Kind)
}

// PutInlinePolicy adds an inline policy or replaces the one of that name.
func (s *Service) PutInlinePolicy(ctx context.Context, o Owner, name, document string) error {
	if err := checkName(name, maxPolicyName); err != nil {
		return err
	}
	d, err := parse(document, policy.Identity)
	if err != nil {
		return err
	}
	found := s.findings(d, ownerOf(o))
	err = s.updateOwned(ctx, o, func(_ *View, own *Owned) error {
		own.Inline = slices.Clone(own.Inline)
		if i := inlineIndex(own.Inline, name); i >= 0 {
			own.Inline[i].Document = document
		} else {
			own.Inline = append(own.Inline, InlinePolicy{Name: name, Document: document})
		}
		total, limit := 0, inlineLimit(o.Kind)
		for _, p := range own.Inline {
			total += policy.Size([]byte(p.Document))
		}
		if total > limit {
			return &LimitExceeded{Quota: QuotaInlineSize, Limit: limit, Kind: o.Kind, Name: o.Name}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.advise(ctx, found, o.Kind, o.Name, name)
	return nil
}

// DeleteInlinePolicy deletes an inline policy.
func (s *Service) DeleteInlinePolicy(ctx context.Context, o Owner, name string) error {
	return s.updateOwned(ctx, o, func(_ *View, own *Owned) error {
		i := inlineIndex(own.Inline, name)
		if i < 0 {
			return &NotFound{Kind: KindInlinePolicy, Name: name, Owner: o.Kind}
		}
		own.Inline = slices.Delete(slices.Clone(own.Inline), i, i+1)
		return nil
	})
}

// AttachPolicy attaches a managed policy. Attaching it again changes nothing.
func (s *Service) AttachPolicy(ctx context.Context, o Owner, arn string) error {
	if !isPolicyARN(arn) {
		return &Invalid{Field: FieldPolicyARN, Value: arn}
	}
	return s.updateOwned(ctx, o, func(v *View, own *Owned) error {
		if !v.usable(o.Account, arn) {
			return &NotAttachable{ARN: arn}
		}
		if slices.Contains(own.Attached, arn) {
			return nil
		}
		if len(own.Attached) >= s.limits.Attached {
			return &LimitExceeded{Quota: attachedQuota(o.Kind), Limit: s.limits.Attached, Kind: o.Kind, Name: o.Name}
		}
		own.Attached = append(slices.Clone(own.Attached), arn)
		return nil
	})
}

// DetachPolicy detaches a managed policy that is attached.
func (s *Service) DetachPolicy(ctx context.Context, o Owner, arn string) error {
	if !isPolicyARN(arn) {
		return &Invalid{Field: FieldPolicyARN, Value: arn}
	}
	return s.updateOwned(ctx, o, func(_ *View, own *Owned) error {
		i := slices.Index(own.Attached, arn)
		if i < 0 {
			return &NotFound{Kind: KindPolicy, Name: arn}
		}
		own.Attached = slices.Delete(slices.Clone(own.Attached), i, i+1)
		return nil
	})
}

// PutBoundary sets the permissions boundary.
func (s *Service) PutBoundary(ctx context.Context, o Owner, arn string) error {
	return s.updateOwned(ctx, o, func(v *View, own *Owned) error {
		if arn == "" {
			return &Invalid{Field: FieldBoundary}
		}
		if err := v.checkBoundary(o.Account, arn); err != nil {
			return err
		}
		own.Boundary = arn
		return nil
	})
}

// DeleteBoundary removes the permissions boundary; *NotFound without one.
func (s *Service) DeleteBoundary(ctx context.Context, o Owner) error {
	return s.updateOwned(ctx, o, func(_ *View, own *Owned) error {
		if own.Boundary == "" {
			return &NotFound{Kind: KindPolicy, Name: o.Name, Owner: o.Kind}
		}
		own.Boundary = ""
		return nil
	})
}

// Tag adds or replaces tags.
func (s *Service) Tag(ctx context.Context, o Owner, tags []Tag) error {
	return s.updateOwned(ctx, o, func(_ *View, own *Owned) (err error) {
		own.Tags, err = mergeTags(o.Kind, o.Name, own.Tags, tags)
		return err
	})
}

// Untag removes tags; absent keys are fine.
func (s *Service) Untag(ctx context.Context, o Owner, keys []string) error {
	return s.updateOwned(ctx, o, func(_ *View, own *Owned) error {
		own.Tags = removeTags(own.Tags, keys)
		return nil
	})
}

// updateOwned lets change edit what a role, user or group owns. It must replace the
// slices, which are shared with the view.
func (s *Service) updateOwned(ctx context.Context, o Owner, change func(*View, *Owned) error) error {
	switch o.Kind {
	case KindRole:
		_, err := s.updateRole(ctx, o.Account, o.Name, func(v *View, r *Role) error {
			own := Owned{r.Inline, r.Attached, r.Boundary, r.Tags}
			err := change(v, &own)
			r.Inline, r.Attached, r.Boundary, r.Tags = own.Inline, own.Attached, own.Boundary, own.Tags
			return err
		})
		return err
	case KindUser:
		_, err := s.updateUser(ctx, o.Account, o.Name, func(v *View, u *User) error {
			own := Owned{u.Inline, u.Attached, u.Boundary, u.Tags}
			err := change(v, &own)
			u.Inline, u.Attached, u.Boundary, u.Tags = own.Inline, own.Attached, own.Boundary, own.Tags
			return err
		})
		return err
	case KindGroup:
		return s.updateGroup(ctx, o.Account, o.Name, func(v *View, g *Group) error {
			own := Owned{Inline: g.Inline, Attached: g.Attached}
			if err := change(v, &own); err != nil {
				return err
			}
			if own.Boundary != "" || len(own.Tags) > 0 {
				return errors.New("iam: a group has neither boundary nor tags")
			}
			g.Inline, g.Attached = own.Inline, own.Attached
			return nil
		})
	}
	return fmt.Errorf("iam: a %s owns no policies", o.Kind)
}

// inlineLimit is how long the inline policies of an owner may be together.
func inlineLimit(k Kind) int {
	switch k {
	case KindUser:
		return MaxUserInline
	case KindGroup:
		return MaxGroupInline
	}
	return MaxRoleInline
}

// attachedQuota is the quota of attached policies of an owner.
func attachedQuota(k Kind) Quota {
	switch k {
	case KindUser:
		return QuotaUserPolicies
	case KindGroup:
		return QuotaGroupPolicies
	}
	return QuotaRolePolicies
}

// usable reports whether an entity of account may use a managed policy: one of
// its own account or AWS's.
func (v *View) usable(account, arn string) bool {
	p, ok := v.policies[arn]
	return ok && (p.Account == account || p.Account == AWSAccount)
}

// checkBoundary accepts no boundary or one that an entity of account may use.
func (v *View) checkBoundary(account, arn string) error {
	if arn == "" {
		return nil
	}
	if !isPolicyARN(arn) {
		return &Invalid{Field: FieldBoundary, Value: arn}
	}
	if !v.usable(account, arn) {
		return &NotAttachable{ARN: arn, Boundary: true}
	}
	return nil
}

func inlineIndex(list []InlinePolicy, name string) int {
	return slices.IndexFunc(list, func(p InlinePolicy) bool { return p.Name == name })
}
