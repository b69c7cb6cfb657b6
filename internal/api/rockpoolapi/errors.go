package rockpoolapi

import (
	"errors"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/simulate"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// noRecord says that nothing was recorded under a request id.
type noRecord struct {
	requestID string
	keeps     decision.What
	maxAge    time.Duration
}

func (e *noRecord) Error() string { return "rockpoolapi: no record of request " + e.requestID }

// Error turns refusals of this package into wire errors.
func (s *Service) Error(err error) *awserr.Error {
	if e, ok := errors.AsType[*noRecord](err); ok {
		return wire.ResourceNotFoundException(fmt.Sprintf("There is no record of request %s. %s", e.requestID, e.why()))
	}
	if _, ok := errors.AsType[*noRecords](err); ok {
		return wire.ResourceNotFoundException("This server keeps no records of decisions: the setting is off.")
	}
	if e := peopleError(err); e != nil {
		return e
	}
	return transferError(err)
}

// peopleError turns refusals about sessions and identities into wire errors.
func peopleError(err error) *awserr.Error {
	if _, ok := errors.AsType[*oneSubject](err); ok {
		return wire.ValidationException("Name one of AccessKeyId, IdentityId, Provider with Subject, IdentityPoolId and RoleArn.")
	}
	if _, ok := errors.AsType[*issued.Disabled](err); ok {
		return wire.ResourceNotFoundException("This server keeps no list of sessions: the setting is off.")
	}
	if e, ok := errors.AsType[*noRole](err); ok {
		return wire.ResourceNotFoundException(fmt.Sprintf("The role %s does not exist.", e.arn))
	}
	if e, ok := errors.AsType[*pool.NoIdentity](err); ok {
		return wire.ResourceNotFoundException(fmt.Sprintf("Identity '%s' not found.", e.ID))
	}
	if e, ok := errors.AsType[*pool.NotMerged](err); ok {
		return wire.ResourceConflictException(fmt.Sprintf("Identity '%s' was not merged into another.", e.ID))
	}
	if e, ok := errors.AsType[*pool.UndoRefused](err); ok {
		return wire.ResourceConflictException(fmt.Sprintf("The merge of identity '%s' cannot be undone: %s.", e.ID, e.Reason))
	}
	if e, ok := errors.AsType[*simulate.Invalid](err); ok {
		return wire.ValidationException(fmt.Sprintf("%q cannot be simulated.", e.Value))
	}
	if errors.Is(err, keys.ErrConflict) {
		return wire.ConcurrentModificationException("The keys were changed by another request. Try again.")
	}
	return nil
}

// why lists the reasons why there may be no record.
func (e *noRecord) why() string {
	switch e.keeps {
	case decision.Off:
		return "This server keeps no records of decisions: the setting is off."
	case decision.All:
		return fmt.Sprintf("Either it asked nothing that policies decide, or it is older than %s, or it was made to another server or account, "+
			"or there were too many at that time to record all.", age(e.maxAge))
	}
	return fmt.Sprintf("Either no policy denied it (what is refused before policies are asked, such as a bad signature, is in the audit log only), "+
		"or it is older than %s, or it was made to another server or account, or there were too many at that time to record all.", age(e.maxAge))
}

// age says a time in days or hours, which is how it is set.
func age(d time.Duration) string {
	if d == 0 {
		d = decision.DefaultMaxAge
	}
	if days := d / (24 * time.Hour); days > 1 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", days)
	}
	if hours := d / time.Hour; hours > 1 && d%time.Hour == 0 {
		return fmt.Sprintf("%d hours", hours)
	}
	return d.String()
}
