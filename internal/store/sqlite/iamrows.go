package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/iamsql"
)

// The JSON forms of lists in columns. They are written out, so that renaming a
// field of the domain cannot change what is stored.
type (
	tagJSON    struct{ K, V string }
	inlineJSON struct {
		Name     string `json:"name"`
		Document string `json:"document"`
	}
	samlKeyJSON struct {
		ID      string `json:"id"`
		Created int64  `json:"created"`
		Sealed  []byte `json:"sealed"`
	}
	policyVersionJSON struct {
		Number   int    `json:"number"`
		Document string `json:"document"`
		Created  int64  `json:"created"`
	}
)

// encoder and decoder keep the first error of several columns.
type encoder struct{ err error }

func (e *encoder) json(v any) string {
	b, err := json.Marshal(v)
	if err != nil && e.err == nil {
		e.err = err
	}
	return string(b)
}

type decoder struct{ err error }

func (d *decoder) json(column, text string, v any) {
	if err := json.Unmarshal([]byte(text), v); err != nil && d.err == nil {
		d.err = fmt.Errorf("column %s: %w", column, err)
	}
}

func (e *encoder) tags(tags []iam.Tag) string { return e.json(convert(tags, toTag)) }

func (d *decoder) tags(text string) []iam.Tag {
	var list []tagJSON
	d.json("tags", text, &list)
	return convert(list, fromTag)
}

func (e *encoder) inline(list []iam.InlinePolicy) string {
	return e.json(convert(list, func(p iam.InlinePolicy) inlineJSON { return inlineJSON(p) }))
}

func (d *decoder) inline(text string) []iam.InlinePolicy {
	var list []inlineJSON
	d.json("inline", text, &list)
	return convert(list, func(p inlineJSON) iam.InlinePolicy { return iam.InlinePolicy(p) })
}

func (d *decoder) strings(column, text string) []string {
	var list []string
	d.json(column, text, &list)
	return list
}

func toTag(t iam.Tag) tagJSON   { return tagJSON{t.Key, t.Value} }
func fromTag(t tagJSON) iam.Tag { return iam.Tag{Key: t.K, Value: t.V} }

func convert[A, B any](list []A, f func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}

func milli(t time.Time) int64     { return t.UnixMilli() }
func fromMilli(n int64) time.Time { return time.UnixMilli(n).UTC() }

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func toRole(r *iam.Role) (iamsql.PutRoleParams, error) {
	var e encoder
	return iamsql.PutRoleParams{
		ID: r.ID, Account: r.Account, Name: r.Name, NameKey: iam.FoldName(r.Name), Path: r.Path, Description: r.Description,
		Created: milli(r.Created), MaxSession: int64(r.MaxSession / time.Second),
		Trust: r.Trust, TrustBindings: e.json(r.TrustBindings), Boundary: r.Boundary,
		Inline: e.inline(r.Inline), Attached: e.json(r.Attached), Tags: e.tags(r.Tags), Version: r.Version,
	}, e.err
}

func fromRole(r *iamsql.IamRole) (*iam.Role, error) {
	var d decoder
	out := &iam.Role{
		Account: r.Account, ID: r.ID, Name: r.Name, Path: r.Path, Description: r.Description,
		Created: fromMilli(r.Created), MaxSession: time.Duration(r.MaxSession) * time.Second,
		Trust: r.Trust, Boundary: r.Boundary, Inline: d.inline(r.Inline),
		Attached: d.strings("attached", r.Attached), Tags: d.tags(r.Tags), Version: r.Version,
	}
	d.json("trust_bindings", r.TrustBindings, &out.TrustBindings)
	return out, wrap("role", r.ID, d.err)
}

func toUser(u *iam.User) (iamsql.PutUserParams, error) {
	var e encoder
	return iamsql.PutUserParams{
		ID: u.ID, Account: u.Account, Name: u.Name, NameKey: iam.FoldName(u.Name), Path: u.Path, Created: milli(u.Created),
		Boundary: u.Boundary, Inline: e.inline(u.Inline), Attached: e.json(u.Attached), Tags: e.tags(u.Tags), Version: u.Version,
		MemberOf: e.json(u.Groups),
	}, e.err
}

func fromUser(u *iamsql.IamUser) (*iam.User, error) {
	var d decoder
	out := &iam.User{
		Account: u.Account, ID: u.ID, Name: u.Name, Path: u.Path, Created: fromMilli(u.Created), Boundary: u.Boundary,
		Inline: d.inline(u.Inline), Attached: d.strings("attached", u.Attached), Tags: d.tags(u.Tags), Version: u.Version,
		Groups: d.strings("member_of", u.MemberOf),
	}
	return out, wrap("user", u.ID, d.err)
}

func toGroup(g *iam.Group) (iamsql.PutGroupParams, error) {
	var e encoder
	return iamsql.PutGroupParams{
		ID: g.ID, Account: g.Account, Name: g.Name, NameKey: iam.FoldName(g.Name), Path: g.Path, Created: milli(g.Created),
		Inline: e.inline(g.Inline), Attached: e.json(g.Attached), Version: g.Version,
	}, e.err
}

func fromGroup(g *iamsql.IamGroup) (*iam.Group, error) {
	var d decoder
	out := &iam.Group{
		Account: g.Account, ID: g.ID, Name: g.Name, Path: g.Path, Created: fromMilli(g.Created),
		Inline: d.inline(g.Inline), Attached: d.strings("attached", g.Attached), Version: g.Version,
	}
	return out, wrap("group", g.ID, d.err)
}

func toPolicy(p *iam.ManagedPolicy) (iamsql.PutPolicyParams, error) {
	var e encoder
	versions := convert(p.Versions, func(v iam.PolicyVersion) policyVersionJSON {
		return policyVersionJSON{v.Number, v.Document, milli(v.Created)}
	})
	return iamsql.PutPolicyParams{
		ID: p.ID, Account: p.Account, Name: p.Name, NameKey: iam.FoldName(p.Name), Path: p.Path, Description: p.Description,
		Created: milli(p.Created), Updated: milli(p.Updated), DefaultVersion: int64(p.Default), NextVersion: int64(p.Next),
		Versions: e.json(versions), Tags: e.tags(p.Tags), Version: p.Version,
	}, e.err
}

func fromPolicy(p *iamsql.IamPolicy) (*iam.ManagedPolicy, error) {
	var d decoder
	var versions []policyVersionJSON
	d.json("versions", p.Versions, &versions)
	out := &iam.ManagedPolicy{
		Account: p.Account, ID: p.ID, Name: p.Name, Path: p.Path, Description: p.Description,
		Created: fromMilli(p.Created), Updated: fromMilli(p.Updated), Default: int(p.DefaultVersion), Next: int(p.NextVersion),
		Versions: convert(versions, func(v policyVersionJSON) iam.PolicyVersion {
			return iam.PolicyVersion{Number: v.Number, Document: v.Document, Created: fromMilli(v.Created)}
		}),
		Tags: d.tags(p.Tags), Version: p.Version,
	}
	return out, wrap("policy", p.ID, d.err)
}

func toAccessKey(k *iam.SealedKey) (iamsql.PutAccessKeyParams, error) {
	return iamsql.PutAccessKeyParams{ID: k.ID, Account: k.Account, UserID: k.UserID, Active: boolInt(k.Active),
		Created: milli(k.Created), Sealed: k.Sealed, Version: k.Version}, nil
}

func fromAccessKey(k *iamsql.IamAccessKey) (*iam.SealedKey, error) {
	return &iam.SealedKey{ID: k.ID, Account: k.Account, UserID: k.UserID, Active: k.Active != 0,
		Created: fromMilli(k.Created), Sealed: k.Sealed, Version: k.Version}, nil
}

func toProvider(p *iam.OIDCProvider) (iamsql.PutProviderParams, error) {
	var e encoder
	return iamsql.PutProviderParams{Account: p.Account, Url: p.URL, Insecure: boolInt(p.Insecure),
		ClientIds: e.json(p.ClientIDs), Thumbprints: e.json(p.Thumbprints), Created: milli(p.Created),
		Tags: e.tags(p.Tags), Version: p.Version}, e.err
}

func fromProvider(p *iamsql.IamOidcProvider) (*iam.OIDCProvider, error) {
	var d decoder
	out := &iam.OIDCProvider{Account: p.Account, URL: p.Url, Insecure: p.Insecure != 0,
		ClientIDs: d.strings("client_ids", p.ClientIds), Thumbprints: d.strings("thumbprints", p.Thumbprints),
		Created: fromMilli(p.Created), Tags: d.tags(p.Tags), Version: p.Version}
	return out, wrap("provider", p.Url, d.err)
}

// providerKey reads the primary key of a provider out of its ARN.
func providerKey(id string) (iamsql.DeleteProviderParams, error) {
	a, err := arn.Parse(id)
	if err != nil {
		return iamsql.DeleteProviderParams{}, err
	}
	url, ok := strings.CutPrefix(a.Resource, "oidc-provider/")
	if !ok {
		return iamsql.DeleteProviderParams{}, fmt.Errorf("%q is not a provider's ARN", id)
	}
	return iamsql.DeleteProviderParams{Account: a.Account, Url: url}, nil
}

func toSAMLProvider(p *iam.SAMLProvider) (iamsql.PutSAMLProviderParams, error) {
	var e encoder
	until := int64(0)
	if !p.MetadataUntil.IsZero() {
		until = milli(p.MetadataUntil)
	}
	return iamsql.PutSAMLProviderParams{Account: p.Account, Name: p.Name, NameKey: iam.FoldName(p.Name), Uuid: p.UUID,
		EntityID: p.EntityID, Certificates: e.json(p.Certificates), MetadataUntil: until, Metadata: p.Metadata,
		Created: milli(p.Created), Tags: e.tags(p.Tags), Version: p.Version, Encryption: string(p.Encryption),
		PrivateKeys: e.json(convert(p.PrivateKeys, func(k iam.SealedSAMLKey) samlKeyJSON {
			return samlKeyJSON{ID: k.ID, Created: milli(k.Created), Sealed: k.Sealed}
		}))}, e.err
}

func fromSAMLProvider(p *iamsql.SAMLProvidersSinceRow) (*iam.SAMLProvider, error) {
	var d decoder
	out := &iam.SAMLProvider{Account: p.Account, Name: p.Name, UUID: p.Uuid, EntityID: p.EntityID,
		Created: fromMilli(p.Created), Tags: d.tags(p.Tags), Version: p.Version}
	if p.MetadataUntil != 0 {
		out.MetadataUntil = fromMilli(p.MetadataUntil)
	}
	d.json("certificates", p.Certificates, &out.Certificates)
	out.Encryption = iam.AssertionEncryption(p.Encryption)
	var list []samlKeyJSON
	d.json("private_keys", p.PrivateKeys, &list)
	out.PrivateKeys = convert(list, func(k samlKeyJSON) iam.SealedSAMLKey {
		return iam.SealedSAMLKey{ID: k.ID, Created: fromMilli(k.Created), Sealed: k.Sealed}
	})
	return out, wrap("saml provider", p.Name, d.err)
}

// samlKey reads the primary key of a SAML provider out of its ARN.
func samlKey(id string) (account, name string, err error) {
	a, err := arn.Parse(id)
	if err != nil {
		return "", "", err
	}
	name, ok := strings.CutPrefix(a.Resource, "saml-provider/")
	if !ok {
		return "", "", fmt.Errorf("%q is not a SAML provider's ARN", id)
	}
	return a.Account, name, nil
}

func toInstanceProfile(p *iam.InstanceProfile) (iamsql.PutInstanceProfileParams, error) {
	var e encoder
	return iamsql.PutInstanceProfileParams{
		ID: p.ID, Account: p.Account, Name: p.Name, NameKey: iam.FoldName(p.Name), Path: p.Path, Created: milli(p.Created),
		RoleID: p.RoleID, Tags: e.tags(p.Tags), Version: p.Version,
	}, e.err
}

func fromInstanceProfile(p *iamsql.IamInstanceProfile) (*iam.InstanceProfile, error) {
	var d decoder
	out := &iam.InstanceProfile{Account: p.Account, ID: p.ID, Name: p.Name, Path: p.Path, Created: fromMilli(p.Created),
		RoleID: p.RoleID, Tags: d.tags(p.Tags), Version: p.Version}
	return out, wrap("instance profile", p.ID, d.err)
}

func fromAlias(a *iamsql.IamAccountAlias) (*iam.AccountAlias, error) {
	return &iam.AccountAlias{Account: a.Account, Alias: a.Alias, Version: a.Version}, nil
}

func wrap(kind, id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("stored %s %s: %w", kind, id, err)
}
