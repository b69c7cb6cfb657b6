package iamapi

import (
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/simulate"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

// badSimulation is an input that only the wire has.
type badSimulation struct{ message string }

func (e *badSimulation) Error() string { return e.message }

// simulation turns the errors of package simulate into the three that IAM's
// simulator has.
func simulation(err error) *awserr.Error {
	if e, ok := errors.AsType[*badSimulation](err); ok {
		return wire.InvalidInputException(e.message)
	}
	if e, ok := errors.AsType[*simulate.Invalid](err); ok {
		return wire.InvalidInputException(invalidSimulation(e))
	}
	if e, ok := errors.AsType[*simulate.ForeignSource](err); ok {
		return wire.InvalidInputException(fmt.Sprintf("Invalid Policy Source Arn: caller's account %s does not have access to policies in account %s", e.Account, e.Source))
	}
	if _, ok := errors.AsType[*simulate.CallerMissing](err); ok {
		return wire.InvalidInputException("Invalid caller - Caller cannot be null or empty.")
	}
	if e, ok := errors.AsType[*simulate.BadPolicy](err); ok {
		// The sentence, and which of the documents; a call may carry many.
		return wire.InvalidInputException(fmt.Sprintf("%s (%s, line %d, column %d)", e.Cause.Message, e.ID, e.Cause.Line, e.Cause.Column))
	}
	if e, ok := errors.AsType[*simulate.Unreadable](err); ok {
		return wire.PolicyEvaluationException(fmt.Sprintf("A policy of %s could not be evaluated.", e.ARN))
	}
	return nil
}

func invalidSimulation(e *simulate.Invalid) string {
	switch e.Field {
	case simulate.FieldAction:
		return fmt.Sprintf("Invalid Input Actions: %q is not the name of an action.", e.Value)
	case simulate.FieldResource:
		return fmt.Sprintf("ResourceNames are not in a valid ARN format: %s.", e.Value)
	case simulate.FieldResourceOwner:
		return fmt.Sprintf("'%s' is not a valid as a Resource Owner.", e.Value)
	case simulate.FieldCaller, simulate.FieldSource:
		return fmt.Sprintf("Invalid Entity Arn: %s does not clearly define entity type and name.", e.Value)
	case simulate.FieldBoundary:
		return "Only one permissions boundary policy can be simulated."
	case simulate.FieldContext:
	}
	return fmt.Sprintf("Invalid Context Entry: %s: %s.", e.Value, e.Reason)
}
