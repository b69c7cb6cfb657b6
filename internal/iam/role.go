package iam

import (
	"context"
	"time"
)

// Bounds and default of a role's maximum session duration.
const (
	MinMaxSession     = time.Hour
	MaxMaxSession     = 12 * time.Hour
	DefaultMaxSession = time.Hour
)

// NewRole is the input of CreateRole. MaxSession zero means the default.
type NewRole struct {
	Account, Name, Path, Description, Trust string
	MaxSession                              time.Duration
	Boundary                                string
	Tags                                    []Tag
}

// CreateRole makes a role.
func (s *Service) CreateRole(ctx context.Context, in NewRole) (*RoleEntry, error) {
	path, err := checkNewEntity(in.Name, maxEntityName, in.Path, entityPath)
	if err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if in.MaxSession == 0 {
		in.MaxSession = DefaultMaxSession
	}
	if err := checkMaxSession(in.MaxSession); err != nil {
		return nil, err
	}
	tags, err := mergeTags(KindRole, in.Name, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	trust, found, err := s.parseTrust(in.Name, in.Trust)
	if err != nil {
		return nil, err
	}
	var id string
	after, err := s.update(ctx, func(v *View, w *Write) error {
		if _, taken := v.roleNames[scoped(in.Account, in.Name)]; taken {
			return &AlreadyExists{Kind: KindRole, Name: in.Name}
		}
		if v.countRoles(in.Account) >= s.limits.Roles {
			return &LimitExceeded{Quota: QuotaRoles, Limit: s.limits.Roles, Kind: KindRole, Name: in.Name}
		}
		if err := v.checkBoundary(in.Account, in.Boundary); err != nil {
			return err
		}
		bindings, err := BindPrincipals(v, trust)
		if err != nil {
			return err
		}
		id = s.newID(prefixRole)
		w.Roles = append(w.Roles, &Role{
			Account: in.Account, ID: id, Name: in.Name, Path: path, Description: in.Description,
			Created: s.now(), MaxSession: in.MaxSession, Trust: in.Trust, TrustBindings: bindings,
			Boundary: in.Boundary, Tags: tags,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.advise(ctx, found, KindRole, in.Name, trustName)
	return after.roles[id], nil
}

// DeleteRole deletes a role without policies that is in no instance profile. Its sessions end with it, because
// their role is looked up at every request.
func (s *Service) DeleteRole(ctx context.Context, account, name string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		r, err := v.Role(account, name)
		if err != nil {
			return err
		}
		if len(v.ProfilesOfRole(r.ID)) > 0 {
			return &InUse{Kind: KindRole, Name: name, By: UseInstanceProfile}
		}
		if len(r.Attached) > 0 {
			return &InUse{Kind: KindRole, Name: name, By: UseAttached}
		}
		if len(r.Inline) > 0 {
			return &InUse{Kind: KindRole, Name: name, By: UseInline}
		}
		w.Deleted = append(w.Deleted, Ref{KindRole, r.ID})
		return nil
	})
	return err
}

// RoleChange says what UpdateRole changes; nil fields stay as they are.
type RoleChange struct {
	Description *string
	MaxSession  *time.Duration
}

// UpdateRole changes a role's description and maximum session duration.
func (s *Service) UpdateRole(ctx context.Context, account, name string, c RoleChange) (*RoleEntry, error) {
	if c.Description != nil {
		if err := checkDescription(*c.Description); err != nil {
			return nil, err
		}
	}
	if c.MaxSession != nil {
		if err := checkMaxSession(*c.MaxSession); err != nil {
			return nil, err
		}
	}
	return s.updateRole(ctx, account, name, func(_ *View, r *Role) error {
		if c.Description != nil {
			r.Description = *c.Description
		}
		if c.MaxSession != nil {
			r.MaxSession = *c.MaxSession
		}
		return nil
	})
}

// UpdateTrust replaces a role's trust policy. Principals are bound anew: the
// users and roles that bear the named ARNs now are meant.
func (s *Service) UpdateTrust(ctx context.Context, account, name, document string) error {
	trust, found, err := s.parseTrust(name, document)
	if err != nil {
		return err
	}
	_, err = s.updateRole(ctx, account, name, func(v *View, r *Role) error {
		bindings, err := BindPrincipals(v, trust)
		if err != nil {
			return err
		}
		r.Trust, r.TrustBindings = document, bindings
		return nil
	})
	if err != nil {
		return err
	}
	s.advise(ctx, found, KindRole, name, trustName)
	return nil
}

// trustName is what the log calls a role's trust policy, which has no name.
const trustName = "trust policy"

// updateRole lets change edit a copy of a role. Slices and maps of the copy are
// shared with the view and must be replaced, not written to.
func (s *Service) updateRole(ctx context.Context, account, name string, change func(*View, *Role) error) (*RoleEntry, error) {
	var id string
	after, err := s.update(ctx, func(v *View, w *Write) error {
		r, err := v.Role(account, name)
		if err != nil {
			return err
		}
		id = r.ID
		next := r.Role
		if err := change(v, &next); err != nil {
			return err
		}
		w.Roles = append(w.Roles, &next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.roles[id], nil
}

func checkMaxSession(d time.Duration) error {
	if d < MinMaxSession || d > MaxMaxSession || d%time.Second != 0 {
		return &Invalid{Field: FieldDuration, Value: d.String()}
	}
	return nil
}
