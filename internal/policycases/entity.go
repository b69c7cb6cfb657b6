package policycases

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// entity is a role, user or group with its policies compiled; those of a user's
// groups are among the user's.
type entity struct {
	arn, id, name string
	account       string
	policies      []used
	boundary      used
	trust         used
	tags          []iam.Tag
}

// entities finds roles, users and groups for one file.
type entities struct {
	library *library
	file    *File
	found   map[string]*entity // by kind and name
}

// find looks for a role or user by name or ARN: in the file, on the server, and
// last as a caller of whom nothing is known but the ARN: one from another account,
// or one whose policies the test gives (adHoc).
func (s *entities) find(ctx context.Context, kind, name string, adHoc bool, at place) (*entity, error) {
	key := fmt.Sprint(kind, adHoc, name)
	if e := s.found[key]; e != nil {
		return e, nil
	}
	e, err := s.look(ctx, kind, name, adHoc, at)
	if err == nil {
		s.found[key] = e
	}
	return e, err
}

func (s *entities) look(ctx context.Context, kind, name string, adHoc bool, at place) (*entity, error) {
	if own := s.ofFile(kind, name); own != nil {
		return s.define(ctx, kind, own)
	}
	arn := name
	byName := !strings.HasPrefix(name, "arn:")
	if byName {
		arn = "arn:aws:iam::" + s.file.Account + ":" + kind + "/" + name
	}
	short, ok := entityName(arn, kind)
	if !ok {
		return nil, problem(s.file, at, "%q is not the name of a %s", shorten(name), kind)
	}
	account := strings.Split(arn, ":")[4]
	if s.library.runner.Documents != nil && account == s.file.Account {
		e, err := s.ofServer(ctx, kind, short, at)
		switch {
		case errors.Is(err, ErrNotFound) && !adHoc:
			return nil, problem(s.file, at, "neither the file nor the server has a %s %q", kind, shorten(name))
		case err == nil && !byName && e.arn != arn:
			return nil, problem(s.file, at, "the %s %s of the server is %s, not %s", kind, short, e.arn, shorten(arn))
		case err == nil || !errors.Is(err, ErrNotFound):
			return e, err
		}
	}
	// A misspelt name must not pass for a stranger without rights. Strangers of
	// other accounts have only their ARN.
	if account == s.file.Account && !adHoc {
		return nil, problem(s.file, at, "the file has no %s %q: define it under %ss, give its policies here, or name a server with --endpoint", kind, shorten(name), kind)
	}
	return &entity{arn: arn, id: madeUpID(kind, arn), name: short, account: account}, nil
}

// group finds a group that a user is in, by its name: in the file or, else, on
// the server.
func (s *entities) group(ctx context.Context, ref Ref) (*entity, error) {
	key := "group " + ref.Name
	if e := s.found[key]; e != nil {
		return e, nil
	}
	e, err := s.lookGroup(ctx, ref)
	if err == nil {
		s.found[key] = e
	}
	return e, err
}

func (s *entities) lookGroup(ctx context.Context, ref Ref) (*entity, error) {
	if own, ok := s.file.Groups[ref.Name]; ok {
		return s.define(ctx, "group", own)
	}
	if s.library.runner.Documents == nil {
		return nil, problem(s.file, ref.at, "the file has no group %q: define it under groups, or name a server with --endpoint", shorten(ref.Name))
	}
	e, err := s.ofServer(ctx, "group", ref.Name, ref.at)
	if errors.Is(err, ErrNotFound) {
		return nil, problem(s.file, ref.at, "neither the file nor the server has a group %q", shorten(ref.Name))
	}
	return e, err
}

// join adds the policies of groups to those of a user.
func (s *entities) join(ctx context.Context, user *entity, groups []Ref) error {
	for _, ref := range groups {
		g, err := s.group(ctx, ref)
		if err != nil {
			return err
		}
		for _, u := range g.policies {
			u.policy = u.policy.WithSource("group " + ref.Name)
			user.policies = append(user.policies, u)
		}
	}
	return nil
}

// ofFile finds an entity of the file by its name or ARN.
func (s *entities) ofFile(kind, name string) *Entity {
	table := s.file.Roles
	if kind == "user" {
		table = s.file.Users
	}
	if e, ok := table[name]; ok {
		return e
	}
	for _, e := range table {
		if e.ARN == name {
			return e
		}
	}
	return nil
}

// define compiles what the file says about an entity.
func (s *entities) define(ctx context.Context, kind string, own *Entity) (*entity, error) {
	e := &entity{arn: own.ARN, id: own.ID, tags: own.Tags}
	e.name, _ = entityName(own.ARN, kind)
	e.account = strings.Split(own.ARN, ":")[4]
	if e.id == "" {
		e.id = madeUpID(kind, own.ARN)
	}
	var err error
	if e.policies, err = s.policies(ctx, own.Policies, policy.Identity); err != nil {
		return nil, err
	}
	if own.Boundary != nil {
		if e.boundary, err = s.library.policy(ctx, s.file, *own.Boundary, policy.Managed); err != nil {
			return nil, err
		}
	}
	if err := s.join(ctx, e, own.Groups); err != nil {
		return nil, err
	}
	if own.Trust != nil {
		if e.trust, err = s.library.policy(ctx, s.file, *own.Trust, policy.Trust); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (s *entities) policies(ctx context.Context, refs []Ref, kind policy.Kind) ([]used, error) {
	var all []used
	for _, ref := range refs {
		u, err := s.library.policy(ctx, s.file, ref, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// ofServer compiles what the server has of an entity.
func (s *entities) ofServer(ctx context.Context, kind, name string, at place) (*entity, error) {
	documents := s.library.runner.Documents
	get := documents.Role
	switch kind {
	case "user":
		get = documents.User
	case "group":
		get = documents.Group
	}
	stored, err := get(ctx, name)
	if err != nil {
		return nil, err
	}
	e := &entity{arn: stored.ARN, id: stored.ID, name: name, account: s.file.Account, tags: stored.Tags}
	if parts := strings.Split(stored.ARN, ":"); len(parts) == 6 {
		e.account = parts[4]
	}
	owner := onServer + kind + " " + name
	for _, p := range stored.Inline {
		u, err := s.library.compile(p.Name, owner+", policy "+p.Name, p.Document, policy.Identity, policy.Meta{Name: p.Name}, s.file, at)
		if err != nil {
			return nil, err
		}
		e.policies = append(e.policies, u)
	}
	for _, arn := range stored.Attached {
		u, err := s.library.managed(ctx, s.file, Ref{Name: arn, at: at}, policy.Managed)
		if err != nil {
			return nil, err
		}
		e.policies = append(e.policies, u)
	}
	var groups []Ref
	for _, group := range stored.Groups {
		groups = append(groups, Ref{Name: group, at: at})
	}
	if err := s.join(ctx, e, groups); err != nil {
		return nil, err
	}
	if stored.Boundary != "" {
		if e.boundary, err = s.library.managed(ctx, s.file, Ref{Name: stored.Boundary, at: at}, policy.Managed); err != nil {
			return nil, err
		}
	}
	if stored.Trust != "" {
		trust := "trust policy of " + name
		if e.trust, err = s.library.compile(trust, owner+", trust policy", stored.Trust, policy.Trust, policy.Meta{Name: trust}, s.file, at); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// madeUpID gives an entity that exists on no server a unique id of the right
// form, always the same for the same ARN.
func madeUpID(kind, arn string) string {
	prefix := "AROA"
	if kind == "user" {
		prefix = "AIDA"
	}
	sum := sha256.Sum256([]byte(arn))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
