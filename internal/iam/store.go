package iam

import (
	"context"
	"time"
)

// Store keeps IAM durably. It holds rows and knows no rules: what may be
// written is decided by Service, and Commit guarantees that nothing has changed
// between the decision and the write.
//
// All methods are safe for concurrent use and give the caller values of its own.
type Store interface {
	// Version returns the number of the newest committed write, 0 when nothing
	// was ever written. It is one point read.
	Version(ctx context.Context) (int64, error)

	// Since returns everything written after version, and the version that the
	// answer brings the caller to, all from one consistent read. Since(0) is
	// all that exists. An entity appears once, as it is now; one that was
	// deleted appears in Deleted and only there. Order is unspecified.
	Since(ctx context.Context, version int64) (*Changes, error)

	// Commit applies w atomically and durably, or not at all. When the stored
	// version is not w.Base it fails with *VersionConflict and changes nothing;
	// otherwise the stored version becomes w.Base+1, which every entity in w
	// carries already. Writing an entity inserts or replaces it by its unique
	// id (a provider: by account and URL or name; an alias: by account); deleting one that is absent does
	// nothing. A name that is taken, compared without case, fails the whole
	// write: the Service never asks for it, so it is an error without a type.
	Commit(ctx context.Context, w *Write) error

	// SAMLMetadata returns the metadata document of a SAML provider, "" when
	// there is no such provider. Documents may be ten megabytes long, so they
	// are read one at a time and never by Since; a Write with an empty Metadata
	// keeps what is stored.
	SAMLMetadata(ctx context.Context, account, name string) (string, error)
}

// Changes is what Store.Since found.
type Changes struct {
	Version int64
	Entities
	Deleted []Ref
}

// Write is one atomic change of IAM.
type Write struct {
	Base int64
	Entities
	Deleted []Ref
}

// Entities groups things by kind.
type Entities struct {
	Roles     []*Role
	Users     []*User
	Groups    []*Group
	Policies  []*ManagedPolicy
	Keys      []*SealedKey
	Providers []*OIDCProvider
	// SAMLProviders without Metadata, except in a Write that changes it.
	SAMLProviders    []*SAMLProvider
	InstanceProfiles []*InstanceProfile
	Aliases          []*AccountAlias
}

// Ref names an entity for deletion: by unique id (role, user, group, policy, instance
// profile), key id, provider ARN, or account (alias).
type Ref struct {
	Kind Kind
	ID   string
}

// SealedKey is an access key as stored.
type SealedKey struct {
	ID, Account, UserID string
	Active              bool
	Created             time.Time
	Sealed              []byte // by keys.Sealer, purpose KeyPurpose, aad ID
	Version             int64
}

// KeyPurpose is the sealing purpose of access key secrets.
const KeyPurpose = "access-key"

// next returns the version that w will become.
func (w *Write) next() int64 { return w.Base + 1 }

// empty reports that there is nothing to commit.
func (w *Write) empty() bool {
	return len(w.Roles)+len(w.Users)+len(w.Groups)+len(w.Policies)+len(w.Keys)+len(w.Providers)+len(w.SAMLProviders)+
		len(w.InstanceProfiles)+len(w.Aliases)+len(w.Deleted) == 0
}

// stamp gives every entity the version of the write.
func (w *Write) stamp() {
	v := w.next()
	for _, r := range w.Roles {
		r.Version = v
	}
	for _, u := range w.Users {
		u.Version = v
	}
	for _, g := range w.Groups {
		g.Version = v
	}
	for _, p := range w.Policies {
		p.Version = v
	}
	for _, k := range w.Keys {
		k.Version = v
	}
	for _, p := range w.Providers {
		p.Version = v
	}
	for _, p := range w.SAMLProviders {
		p.Version = v
	}
	for _, p := range w.InstanceProfiles {
		p.Version = v
	}
	for _, a := range w.Aliases {
		a.Version = v
	}
}
