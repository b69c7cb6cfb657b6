package cognitoapi

import (
	"log/slog"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

// Implementation serves the API of identity pools; it is an api.Implementation.
type Implementation struct {
	Pools *pool.Service
	// Sealer seals page tokens, so that a token of one listing cannot be made
	// up or used for another.
	Sealer keys.Sealer
	// Decide answers for operations that ask about each of many things.
	Decide authz.Decider
	Region string
	Log    *slog.Logger
}

// As gives the API bound to one call.
func (i *Implementation) As(c *api.Call) cognitowire.API {
	return &bound{Implementation: i, call: c}
}

// bound is the API for one call.
type bound struct {
	cognitowire.Unimplemented
	*Implementation
	call *api.Call
}
