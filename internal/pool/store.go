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
	DirectoryStore
	Inserter
}

// PoolStore keeps the configuration of pools.
type PoolStore interface {
	// LoadPools returns every pool, in no particular order.
	LoadPools(ctx context.Context) ([]*Pool, error)
	// InsertPool adds a pool; the id is new. It fails with *Conflict while the
	// identities of a deleted pool with this id are still being removed.
	InsertPool(ctx context.Context, p *Pool) error
	// UpdatePool replaces the pool if its stored version is still was, and
	// fails with *Conflict otherwise. p.Version is the new version.
	UpdatePool(ctx context.Context, p *Pool, was int64) error
	// DeletePool removes the pool; no identity can be made in it from then on.
	// Deleting an unknown pool succeeds. Its identities are left to SweepPools,
	// which knows the pool until it is done, also after a crash.
	DeletePool(ctx context.Context, id string) error
	// SweepPools removes the identities of deleted pools with all that belongs to
	// them, in batches. Several may run at once.
	SweepPools(ctx context.Context) error
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
	// DeleteIdentity removes the identity, its logins, and the records of merges
	// that it was part of. Deleting an unknown one succeeds.
	DeleteIdentity(ctx context.Context, id string) error
	// ListIdentities returns up to limit identities with their logins, ordered
	// by (Created, ID), starting after the given position ("" for the start).
	ListIdentities(ctx context.Context, poolID string, after Position, limit int, hideDisabled bool) ([]*Identity, error)
}

// DirectoryStore answers who the identities are and what became of them.
type DirectoryStore interface {
	// Merges returns up to limit merges that the identity lost, newest first, and
	// then up to limit that it won, newest first.
	Merges(ctx context.Context, id string, limit int) ([]*Merge, error)
	// Logins returns the logins of an identity in the order they were linked, each
	// with its Person. An unknown identity has none.
	Logins(ctx context.Context, id string) ([]Login, error)
	// LoginsBySubject returns up to limit logins of the pool with this subject, at
	// whatever provider.
	LoginsBySubject(ctx context.Context, poolID, subject string, limit int) ([]OwnedLogin, error)
	// LoginsByEmail returns up to limit logins of the pool whose address has this
	// EmailKey, each with its Person.
	LoginsByEmail(ctx context.Context, poolID, key string, limit int) ([]OwnedLogin, error)
	// WasUnlinked reports whether the login was ever taken off an identity of the
	// pool (Change.Unlink).
	WasUnlinked(ctx context.Context, poolID, provider, subject string) (bool, error)
	// Remember keeps l.Person at l.Remembered if something older was kept of the
	// login. A login that is gone is no error.
	Remember(ctx context.Context, poolID string, l Login) error
}

// OwnedLogin is a login with the id of the identity that owns it.
type OwnedLogin struct {
	Identity string
	Login    Login
}

// Merge records that the identity Child was merged into Parent.
type Merge struct {
	Child, Parent string
	// ChildVersion is the version of the child that was merged; with Child it
	// names the record.
	ChildVersion int64
	At           time.Time
	Cause        Cause
	Logins       []Login // that moved to the parent
	Undone       time.Time
}

// Cause is why identities were merged.
type Cause string

// The causes of a merge.
const (
	// BySignIn: one request proved logins of both.
	BySignIn Cause = "sign-in"
	// ByDeveloper: the backend said so (MergeDeveloperIdentities).
	ByDeveloper Cause = "developer"
	// ByEmail: their providers vouch for one address (EmailMerge).
	ByEmail Cause = "e-mail"
)

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
	// Disable marks identities as merged into Target, and records each merge with
	// the logins that Move takes from it.
	Disable []Merged
	Cause   Cause
	// Undo gives a disabled identity back what it lost to Target, which may be
	// blocked and becomes one version higher.
	Undo *Undo
	// Block and Unblock change whether Target is blocked, and nothing else.
	Block, Unblock bool
	At             time.Time
}

// Undo is the reversal of a merge, which must stand, on the child as it was seen:
// the logins of the merge must all be the target's.
type Undo struct {
	Merge *Merge
	Child Merged
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
