package iam

import "context"

// NewUser is the input of CreateUser.
type NewUser struct {
	Account, Name, Path string
	Boundary            string
	Tags                []Tag
}

// CreateUser makes a user without keys or policies.
func (s *Service) CreateUser(ctx context.Context, in NewUser) (*UserEntry, error) {
	path, err := checkNewEntity(in.Name, maxEntityName, in.Path, entityPath)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(KindUser, in.Name, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	var id string
	after, err := s.update(ctx, func(v *View, w *Write) error {
		if _, taken := v.userNames[scoped(in.Account, in.Name)]; taken {
			return &AlreadyExists{Kind: KindUser, Name: in.Name}
		}
		if v.countUsers(in.Account) >= s.limits.Users {
			return &LimitExceeded{Quota: QuotaUsers, Limit: s.limits.Users, Kind: KindUser, Name: in.Name}
		}
		if err := v.checkBoundary(in.Account, in.Boundary); err != nil {
			return err
		}
		id = s.newID(prefixUser)
		w.Users = append(w.Users, &User{
			Account: in.Account, ID: id, Name: in.Name, Path: path, Created: s.now(),
			Boundary: in.Boundary, Tags: tags,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.users[id], nil
}

// UpdateUser renames or moves a user; empty arguments change nothing. The
// unique id stays, so trust policies that named the user still mean it.
func (s *Service) UpdateUser(ctx context.Context, account, name, newName, newPath string) error {
	if newName != "" {
		if err := checkName(newName, maxEntityName); err != nil {
			return err
		}
	}
	if newPath != "" {
		if _, err := checkPath(newPath, entityPath); err != nil {
			return err
		}
	}
	_, err := s.updateUser(ctx, account, name, func(v *View, u *User) error {
		if newName != "" {
			if id, taken := v.userNames[scoped(account, newName)]; taken && id != u.ID {
				return &AlreadyExists{Kind: KindUser, Name: newName}
			}
			u.Name = newName
		}
		if newPath != "" {
			u.Path = newPath
		}
		return nil
	})
	return err
}

// DeleteUser deletes a user without keys, groups or policies.
func (s *Service) DeleteUser(ctx context.Context, account, name string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		u, err := v.User(account, name)
		if err != nil {
			return err
		}
		switch {
		case len(v.AccessKeys(account, u.ID)) > 0:
			return &InUse{Kind: KindUser, Name: name, By: UseAccessKeys}
		case len(u.Groups) > 0:
			return &InUse{Kind: KindUser, Name: name, By: UseGroups}
		case len(u.Attached) > 0:
			return &InUse{Kind: KindUser, Name: name, By: UseAttached}
		case len(u.Inline) > 0:
			return &InUse{Kind: KindUser, Name: name, By: UseInline}
		}
		w.Deleted = append(w.Deleted, Ref{KindUser, u.ID})
		return nil
	})
	return err
}

// updateUser lets change edit a copy of a user. Slices of the copy are shared
// with the view and must be replaced, not written to.
func (s *Service) updateUser(ctx context.Context, account, name string, change func(*View, *User) error) (*UserEntry, error) {
	var id string
	after, err := s.update(ctx, func(v *View, w *Write) error {
		u, err := v.User(account, name)
		if err != nil {
			return err
		}
		id = u.ID
		next := u.User
		if err := change(v, &next); err != nil {
			return err
		}
		w.Users = append(w.Users, &next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.users[id], nil
}
