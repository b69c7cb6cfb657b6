package iamapi

import (
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// text reads an optional member: absent is empty.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// optional leaves out an empty string.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func truth(p *bool) bool { return p != nil && *p }

// encoded percent-encodes a policy document as IAM's answers carry it: all but
// the unreserved characters of RFC 3986, so that decoding it as a query gives
// the text back ("+" is %2B, space is %20).
func encoded(document string) *string {
	const hexadecimal = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(document) + len(document)/2)
	for i := range len(document) {
		c := document[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexadecimal[c>>4])
		b.WriteByte(hexadecimal[c&15])
	}
	s := b.String()
	return &s
}

func tagsIn(list []wire.Tag) []iam.Tag {
	out := make([]iam.Tag, len(list))
	for i, t := range list {
		out[i] = iam.Tag{Key: *t.Key, Value: *t.Value}
	}
	return out
}

// tagsOut leaves out an empty list, as AWS does inside entities.
func tagsOut(list []iam.Tag) []wire.Tag {
	var out []wire.Tag
	for _, t := range list {
		out = append(out, wire.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out
}

func boundaryOut(arn string) *wire.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	kind := wire.PermissionsBoundaryAttachmentTypePermissionsBoundaryPolicy
	return &wire.AttachedPermissionsBoundary{PermissionsBoundaryType: &kind, PermissionsBoundaryArn: &arn}
}

func seconds(d time.Duration) *int32 {
	n := int32(d / time.Second)
	return &n
}

func pointer[T any](v T) *T { return &v }

// roleListed is a role as ListRoles shows it (spec/iam-sts.md 4.3).
func roleListed(v *iam.View, r *iam.RoleEntry) wire.Role {
	return wire.Role{
		Path: &r.Path, RoleName: &r.Name, RoleId: &r.ID, Arn: pointer(r.ARN()), CreateDate: &r.Created,
		AssumeRolePolicyDocument: encoded(v.TrustDocument(&r.Role)),
		Description:              optional(r.Description), MaxSessionDuration: seconds(r.MaxSession),
	}
}

// roleDetailed is a role as GetRole shows it.
func roleDetailed(v *iam.View, r *iam.RoleEntry) *wire.Role {
	out := roleListed(v, r)
	out.PermissionsBoundary = boundaryOut(r.Boundary)
	out.Tags = tagsOut(r.Tags)
	out.RoleLastUsed = &wire.RoleLastUsed{}
	return &out
}

// roleCreated is a role as CreateRole shows it: without the session duration.
func roleCreated(v *iam.View, r *iam.RoleEntry) *wire.Role {
	out := roleDetailed(v, r)
	out.MaxSessionDuration, out.RoleLastUsed = nil, nil
	return out
}

// userListed is a user as ListUsers shows it.
func userListed(u *iam.UserEntry) wire.User {
	return wire.User{Path: &u.Path, UserName: &u.Name, UserId: &u.ID, Arn: pointer(u.ARN()), CreateDate: &u.Created}
}

// groupOut is a group as every operation shows it.
func groupOut(g *iam.GroupEntry) wire.Group {
	return wire.Group{Path: &g.Path, GroupName: &g.Name, GroupId: &g.ID, Arn: pointer(g.ARN()), CreateDate: &g.Created}
}

// userDetailed is a user as GetUser and CreateUser show it.
func userDetailed(u *iam.UserEntry) *wire.User {
	out := userListed(u)
	out.PermissionsBoundary = boundaryOut(u.Boundary)
	out.Tags = tagsOut(u.Tags)
	return &out
}

// policyListed is a managed policy as ListPolicies shows it.
func policyListed(p *iam.PolicyEntry, use iam.PolicyUse) wire.Policy {
	return wire.Policy{
		PolicyName: &p.Name, PolicyId: &p.ID, Arn: pointer(p.ARN()), Path: &p.Path,
		DefaultVersionId: pointer(versionID(p.Default)),
		AttachmentCount:  pointer(int32(use.Attached)), PermissionsBoundaryUsageCount: pointer(int32(use.Boundary)),
		IsAttachable: pointer(true), CreateDate: &p.Created, UpdateDate: &p.Updated,
	}
}

// policyCreated is a managed policy as CreatePolicy shows it.
func policyCreated(p *iam.PolicyEntry) *wire.Policy {
	out := policyListed(p, iam.PolicyUse{})
	out.Tags = tagsOut(p.Tags)
	return &out
}

// policyDetailed is a managed policy as GetPolicy shows it.
func policyDetailed(v *iam.View, p *iam.PolicyEntry) *wire.Policy {
	out := policyListed(p, v.PolicyUses()[p.ARN()])
	out.Description = optional(p.Description)
	out.Tags = tagsOut(p.Tags)
	return &out
}

func versionID(number int) string { return (&iam.PolicyVersion{Number: number}).ID() }

// versionListed is a policy version without its document.
func versionListed(p *iam.PolicyEntry, pv *iam.PolicyVersion) wire.PolicyVersion {
	return wire.PolicyVersion{VersionId: pointer(pv.ID()), IsDefaultVersion: pointer(pv.Number == p.Default), CreateDate: &pv.Created}
}

func status(active bool) *wire.StatusType {
	if active {
		return pointer(wire.StatusTypeActive)
	}
	return pointer(wire.StatusTypeInactive)
}
