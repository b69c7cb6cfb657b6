package rockpoolapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// transferError turns refusals of exports and imports into wire errors.
func transferError(err error) *awserr.Error {
	if e, ok := errors.AsType[*pool.NoPool](err); ok {
		return wire.ResourceNotFoundException(fmt.Sprintf("IdentityPool '%s' not found.", e.ID))
	}
	if e, ok := errors.AsType[*pool.PoolDiffers](err); ok {
		return wire.ResourceConflictException(fmt.Sprintf(
			"The identity pool %s is there already, with other settings (%s). Give it the same settings, or delete it.", e.ID, strings.Join(e.Fields, ", ")))
	}
	if e, ok := errors.AsType[*pool.RoleForbidden](err); ok {
		return wire.ValidationException(fmt.Sprintf("The role %s cannot be a role of the pool: %s.", e.ARN, e.Reason))
	}
	if e, ok := errors.AsType[*pool.Invalid](err); ok {
		return wire.ValidationException(e.Message)
	}
	if e, ok := errors.AsType[*pool.LimitExceeded](err); ok {
		return wire.LimitExceededException(e.Message)
	}
	if _, ok := errors.AsType[*pool.Conflict](err); ok {
		return wire.ConcurrentModificationException("The pool was changed by another request. Try again.")
	}
	if _, ok := errors.AsType[*badToken](err); ok {
		return wire.ValidationException("Invalid NextToken.")
	}
	if e, ok := errors.AsType[*otherPool](err); ok {
		return wire.ValidationException(fmt.Sprintf("The request is about the pool %s, and its Pool is %s.", e.request, e.pool))
	}
	return nil
}
