package pool

import (
	"context"
	"time"
)

// Store keeps pools and identities. It applies what Service decides and
// enforces three things by itself: unique ids, unique logins within a pool,
// and the versions a Change was computed on. What it acknowledges is durable.
type Store interface {
	PoolStore
	IdentityStore
}

// PoolStore keeps the configuration of pools.
type PoolStore interface {
	// LoadPools returns every pool, in no particular order.
	LoadPools(ctx context.Context) ([]*Pool, error)
	// InsertPool adds a pool; the id is new.
	InsertPool(ctx context.Context, p *Pool) error
	// UpdatePool replaces the pool if its stored version is still was, and
	// fails with *Conflict otherwise. p.Version is the new version.
	UpdatePool(ctx context.Context, p *Pool, was int64) error
	// DeletePool removes the pool, then its identities and logins in batches.
	// Deleting an unknown pool succeeds. After a crash the next LoadPools
	// does not show the pool; identities that were left are unreachable, and
	// a further call with its id removes them.
	DeletePool(ctx context.Context, id string) error
}

// IdentityStore keeps identities and their logins.
type IdentityStore interface {
	// Identity returns the identity with its logins in the order they were
	// linked, or *NoIdentity.
	Identity(ctx context.Context, id string) (*Identity, error)
	// LoginOwner returns the id of the identity that owns the login in the
	// pool, or "" when nobody does.
	LoginOwner(ctx context.Context, poolID, provider, subject string) (string, error)
	// Apply makes all of the change or nothing of it, and fails with *Conflict
	// when a version differs or a login to be linked has an owner.
	Apply(ctx context.Context, c *Change) error
	// DeleteIdentity removes the identity and its logins. Deleting an unknown
	// one succeeds.
	DeleteIdentity(ctx context.Context, id string) error
	// ListIdentities returns up to limit identities with their logins, ordered
	// by (Created, ID), starting after the given position ("" for the start).
	ListIdentities(ctx context.Context, poolID string, after Position, limit int, hideDisabled bool) ([]*Identity, error)
}

// Position is a place in the order of ListIdentities.
type Position struct {
	Created time.Time
	ID      string
}

// Change is an atomic change to the identities of one pool.
type Change struct {
	PoolID string
	// Create is a new identity with its logins.
	Create *Identity
	// Link adds logins to the identity Target, and Move takes logins from
	// other identities to it. Target's stored version must be TargetVersion;
	// it becomes a non-guest, modified at At, one version higher.
	Target        string
	TargetVersion int64
	Link          []Login
	Move          []LoginMove
	// Unlink removes logins of Target, which must be there.
	Unlink []Login
	// Disable marks identities as merged into Target.
	Disable []Merged
	At      time.Time
}

// LoginMove moves one login from another identity to the change's target.
type LoginMove struct {
	From  string
	Login Login
}

// Merged is an identity that lost a merge, at the version that was seen.
type Merged struct {
	ID      string
	Version int64
}
