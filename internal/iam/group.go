package iam

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
)

// NewGroup is the input of CreateGroup.
type NewGroup struct{ Account, Name, Path string }

// CreateGroup makes a group without members or policies.
func (s *Service) CreateGroup(ctx context.Context, in NewGroup) (*GroupEntry, error) {
	path, err := checkNewEntity(in.Name, maxGroupName, in.Path, entityPath)
	if err != nil {
		return nil, err
	}
	var id string
	after, err := s.update(ctx, func(v *View, w *Write) error {
		if _, taken := v.groupNames[scoped(in.Account, in.Name)]; taken {
			return &AlreadyExists{Kind: KindGroup, Name: in.Name}
		}
		if v.countGroups(in.Account) >= s.limits.Groups {
			return &LimitExceeded{Quota: QuotaGroups, Limit: s.limits.Groups, Kind: KindGroup, Name: in.Name}
		}
		id = s.newID(prefixGroup)
		w.Groups = append(w.Groups, &Group{Account: in.Account, ID: id, Name: in.Name, Path: path, Created: s.now()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.groups[id], nil
}

// UpdateGroup renames or moves a group; empty arguments change nothing. Its
// members stay in it.
func (s *Service) UpdateGroup(ctx context.Context, account, name, newName, newPath string) error {
	if newName != "" {
		if err := checkName(newName, maxGroupName); err != nil {
			return err
		}
	}
	if newPath != "" {
		if _, err := checkPath(newPath, entityPath); err != nil {
			return err
		}
	}
	return s.updateGroup(ctx, account, name, func(v *View, g *Group) error {
		if newName != "" {
			if id, taken := v.groupNames[scoped(account, newName)]; taken && id != g.ID {
				return &AlreadyExists{Kind: KindGroup, Name: newName}
			}
			g.Name = newName
		}
		if newPath != "" {
			g.Path = newPath
		}
		return nil
	})
}

// DeleteGroup deletes a group without members or policies.
func (s *Service) DeleteGroup(ctx context.Context, account, name string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		g, err := v.Group(account, name)
		if err != nil {
			return err
		}
		switch {
		case len(v.Members(g.ID)) > 0:
			return &InUse{Kind: KindGroup, Name: name, By: UseMembers}
		case len(g.Attached) > 0:
			return &InUse{Kind: KindGroup, Name: name, By: UseAttached}
		case len(g.Inline) > 0:
			return &InUse{Kind: KindGroup, Name: name, By: UseInline}
		}
		w.Deleted = append(w.Deleted, Ref{KindGroup, g.ID})
		return nil
	})
	return err
}

// AddUserToGroup gives a user the policies of a group. One that is in it already
// stays in it.
func (s *Service) AddUserToGroup(ctx context.Context, account, group, user string) error {
	return s.updateMember(ctx, account, group, user, func(u *User, id string) error {
		if slices.Contains(u.Groups, id) {
			return nil
		}
		if len(u.Groups) >= MaxGroupsPerUser {
			return &LimitExceeded{Quota: QuotaGroupsPerUser, Limit: MaxGroupsPerUser, Kind: KindUser, Name: user}
		}
		u.Groups = append(slices.Clone(u.Groups), id)
		return nil
	})
}

// RemoveUserFromGroup takes the policies of a group from a user. One that is not
// in it stays out of it, as on AWS.
func (s *Service) RemoveUserFromGroup(ctx context.Context, account, group, user string) error {
	return s.updateMember(ctx, account, group, user, func(u *User, id string) error {
		u.Groups = slices.DeleteFunc(slices.Clone(u.Groups), func(member string) bool { return member == id })
		return nil
	})
}

// updateMember lets change edit the groups of a user; id is the group's. A
// change that leaves them as they were writes nothing.
func (s *Service) updateMember(ctx context.Context, account, group, user string, change func(u *User, id string) error) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		g, err := v.Group(account, group)
		if err != nil {
			return err
		}
		u, err := v.User(account, user)
		if err != nil {
			return err
		}
		next := u.User
		if err := change(&next, g.ID); err != nil {
			return err
		}
		if !slices.Equal(next.Groups, u.Groups) {
			w.Users = append(w.Users, &next)
		}
		return nil
	})
	return err
}

// updateGroup lets change edit a copy of a group. Slices of the copy are shared
// with the view and must be replaced, not written to.
func (s *Service) updateGroup(ctx context.Context, account, name string, change func(*View, *Group) error) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		g, err := v.Group(account, name)
		if err != nil {
			return err
		}
		next := g.Group
		if err := change(v, &next); err != nil {
			return err
		}
		w.Groups = append(w.Groups, &next)
		return nil
	})
	return err
}

// GroupByName finds a group by its name in the case it was created with.
func (v *View) GroupByName(account, name string) (*GroupEntry, bool) {
	g, ok := v.groups[v.groupNames[scoped(account, name)]]
	if !ok || g.Name != name {
		return nil, false
	}
	return g, true
}

// GroupByARN finds a group by its exact ARN, path included.
func (v *View) GroupByARN(text string) (*GroupEntry, bool) {
	a, err := arn.Parse(text)
	if err != nil {
		return nil, false
	}
	g, ok := v.GroupByName(a.Account, a.Resource[strings.LastIndexByte(a.Resource, '/')+1:])
	if !ok || g.ARN() != text {
		return nil, false
	}
	return g, true
}

// Group finds a group by name, or answers *NotFound.
func (v *View) Group(account, name string) (*GroupEntry, error) {
	g, ok := v.GroupByName(account, name)
	if !ok {
		return nil, &NotFound{Kind: KindGroup, Name: name}
	}
	return g, nil
}

// Groups lists an account's groups under a path prefix, by name.
func (v *View) Groups(account, pathPrefix string) []*GroupEntry {
	return list(v.groups, func(g *GroupEntry) bool {
		return g.Account == account && strings.HasPrefix(g.Path, pathPrefix)
	}, func(g *GroupEntry) string { return g.Name })
}

// Members lists the users in the group with this unique id, by name.
func (v *View) Members(id string) []*UserEntry {
	return list(v.users, func(u *UserEntry) bool { return slices.Contains(u.Groups, id) },
		func(u *UserEntry) string { return u.Name })
}

func (v *View) countGroups(account string) int {
	return count(v.groups, func(g *GroupEntry) bool { return g.Account == account })
}

// releaseGroup gives up a group's name, which a rename changes.
func (b *builder) releaseGroup(id string) {
	if g, ok := b.v.groups[id]; ok {
		delete(b.v.groupNames, scoped(g.Account, g.Name))
	}
}

// putGroup compiles the policies of a group. They carry its name, so a rename
// compiles them again.
func (b *builder) putGroup(g *Group, last *GroupEntry) {
	e := &GroupEntry{Group: *g}
	var old owned
	if last != nil {
		old = owned{last.Inline, last.Policies, last.Broken == nil && last.Name == g.Name}
	}
	e.Policies, _, e.Broken = b.policies(g.ARN(), "group "+g.Name, g.Inline, g.Attached, "", old)
	b.v.groups[g.ID] = e
	b.v.groupNames[scoped(g.Account, g.Name)] = g.ID
	b.staleGroups[g.ID] = true
}

// refreshGroups builds again the groups that use a managed policy that changed.
func (b *builder) refreshGroups() {
	if len(b.stale) == 0 {
		return
	}
	for _, g := range b.v.groups {
		if b.usesStale(g.Attached) {
			b.putGroup(&g.Group, g)
		}
	}
}

func (b *builder) usesStale(attached []string) bool {
	return slices.ContainsFunc(attached, func(arn string) bool { return b.stale[arn] })
}

// join gives a user the policies of its groups. The user's own stay in front,
// where the next build looks for them.
func (b *builder) join(e *UserEntry) {
	policies, broken := slices.Clip(e.Policies), e.Broken
	for _, id := range e.Groups {
		g, ok := b.v.groups[id]
		if !ok {
			broken = errors.Join(broken, b.broken(e.ARN(), "group "+id, &NotFound{Kind: KindGroup, Name: id}))
			continue
		}
		e.MemberOf = append(e.MemberOf, g)
		policies, broken = append(policies, g.Policies...), errors.Join(broken, g.Broken)
	}
	if broken != nil {
		e.Policies, e.Broken = nil, broken
		return
	}
	e.Policies = policies
}
