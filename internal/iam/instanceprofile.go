package iam

import (
	"context"
	"strings"
	"time"
)

// InstanceProfile is a name under which EC2 finds a role. Nothing in Rockpool
// looks at it: it is kept for Terraform and for the accounts that are moved here.
type InstanceProfile struct {
	Account, ID, Name, Path string
	Created                 time.Time
	RoleID                  string // "" for none
	Tags                    []Tag
	Version                 int64
}

// ARN returns the profile's ARN with its path.
func (p *InstanceProfile) ARN() string {
	return "arn:aws:iam::" + p.Account + ":instance-profile" + p.Path + p.Name
}

// NewInstanceProfile is the input of CreateInstanceProfile.
type NewInstanceProfile struct {
	Account, Name, Path string
	Tags                []Tag
}

// CreateInstanceProfile makes an instance profile without a role.
func (s *Service) CreateInstanceProfile(ctx context.Context, in NewInstanceProfile) (*InstanceProfile, error) {
	path, err := checkNewEntity(in.Name, maxProfileName, in.Path, entityPath)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(KindInstanceProfile, in.Name, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	var id string
	after, err := s.update(ctx, func(v *View, w *Write) error {
		if _, taken := v.profileNames[scoped(in.Account, in.Name)]; taken {
			return &AlreadyExists{Kind: KindInstanceProfile, Name: in.Name}
		}
		if len(v.InstanceProfiles(in.Account, "")) >= s.limits.InstanceProfiles {
			return &LimitExceeded{Quota: QuotaInstanceProfiles, Limit: s.limits.InstanceProfiles, Kind: KindInstanceProfile, Name: in.Name}
		}
		id = s.newID(prefixProfile)
		w.InstanceProfiles = append(w.InstanceProfiles, &InstanceProfile{
			Account: in.Account, ID: id, Name: in.Name, Path: path, Created: s.now(), Tags: tags,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.profiles[id], nil
}

// DeleteInstanceProfile deletes an instance profile without a role.
func (s *Service) DeleteInstanceProfile(ctx context.Context, account, name string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		p, err := v.InstanceProfile(account, name)
		if err != nil {
			return err
		}
		if p.RoleID != "" {
			return &InUse{Kind: KindInstanceProfile, Name: name, By: UseInstanceProfile}
		}
		w.Deleted = append(w.Deleted, Ref{KindInstanceProfile, p.ID})
		return nil
	})
	return err
}

// MaxRolesPerProfile is how many roles an instance profile may have.
const MaxRolesPerProfile = 1

// AddRoleToInstanceProfile puts a role into an instance profile that has none.
func (s *Service) AddRoleToInstanceProfile(ctx context.Context, account, name, role string) error {
	return s.updateProfile(ctx, account, name, func(v *View, p *InstanceProfile) error {
		r, err := v.Role(account, role)
		if err != nil {
			return err
		}
		if p.RoleID != "" {
			return &LimitExceeded{Quota: QuotaProfileRoles, Limit: MaxRolesPerProfile, Kind: KindInstanceProfile, Name: name}
		}
		p.RoleID = r.ID
		return nil
	})
}

// RemoveRoleFromInstanceProfile takes out the role that an instance profile has.
func (s *Service) RemoveRoleFromInstanceProfile(ctx context.Context, account, name, role string) error {
	return s.updateProfile(ctx, account, name, func(v *View, p *InstanceProfile) error {
		r, err := v.Role(account, role)
		if err != nil {
			return err
		}
		if p.RoleID != r.ID {
			return &NotFound{Kind: KindRole, Name: role}
		}
		p.RoleID = ""
		return nil
	})
}

// TagInstanceProfile adds or replaces tags.
func (s *Service) TagInstanceProfile(ctx context.Context, account, name string, tags []Tag) error {
	return s.updateProfile(ctx, account, name, func(_ *View, p *InstanceProfile) (err error) {
		p.Tags, err = mergeTags(KindInstanceProfile, name, p.Tags, tags)
		return err
	})
}

// UntagInstanceProfile removes tags; absent keys are fine.
func (s *Service) UntagInstanceProfile(ctx context.Context, account, name string, keys []string) error {
	return s.updateProfile(ctx, account, name, func(_ *View, p *InstanceProfile) error {
		p.Tags = removeTags(p.Tags, keys)
		return nil
	})
}

// updateProfile lets change edit a copy of an instance profile.
func (s *Service) updateProfile(ctx context.Context, account, name string, change func(*View, *InstanceProfile) error) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		p, err := v.InstanceProfile(account, name)
		if err != nil {
			return err
		}
		next := *p
		if err := change(v, &next); err != nil {
			return err
		}
		w.InstanceProfiles = append(w.InstanceProfiles, &next)
		return nil
	})
	return err
}

// InstanceProfile finds an instance profile by name, or answers *NotFound.
func (v *View) InstanceProfile(account, name string) (*InstanceProfile, error) {
	p, ok := v.profiles[v.profileNames[scoped(account, name)]]
	if !ok || p.Name != name {
		return nil, &NotFound{Kind: KindInstanceProfile, Name: name}
	}
	return p, nil
}

// InstanceProfiles lists an account's instance profiles under a path prefix, by
// name.
func (v *View) InstanceProfiles(account, pathPrefix string) []*InstanceProfile {
	return list(v.profiles, func(p *InstanceProfile) bool {
		return p.Account == account && strings.HasPrefix(p.Path, pathPrefix)
	}, func(p *InstanceProfile) string { return p.Name })
}

// ProfilesOfRole lists the instance profiles that the role with this unique id
// is in, by name.
func (v *View) ProfilesOfRole(id string) []*InstanceProfile {
	return list(v.profiles, func(p *InstanceProfile) bool { return p.RoleID == id },
		func(p *InstanceProfile) string { return p.Name })
}

func (b *builder) putProfile(p *InstanceProfile) {
	b.v.profiles[p.ID] = p
	b.v.profileNames[scoped(p.Account, p.Name)] = p.ID
}
