package store

import (
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/revoke"
)

// Engine is an open database with everything Rockpool keeps in it.
type Engine interface {
	// IAM returns the store of roles, users, policies, access keys and
	// identity providers.
	IAM() iam.Store
	// Pools returns the store of identity pools and identities.
	Pools() pool.Store
	// Ring returns the store of the key ring.
	Ring() keys.Store
	// LoginKeys returns the store of login providers' public keys.
	LoginKeys() login.KeyStore
	// Decisions returns the store of decision records.
	Decisions() decision.Store
	// Revocations returns the store of sessions that were ended early.
	Revocations() revoke.Store
	// Issued returns the store of sessions that were issued.
	Issued() issued.Store
	// Close releases what the engine prepared on the database. It does not
	// close a database that it was given.
	Close() error
}
