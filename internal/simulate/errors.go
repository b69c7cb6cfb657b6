package simulate

import (
	"fmt"

	"github.com/rockpool-id/rockpool/policy"
)

// Field names what of a simulation's input is wrong.
type Field string

// The fields of Invalid.
const (
	FieldAction        Field = "action"
	FieldResource      Field = "resource"
	FieldResourceOwner Field = "resource owner"
	FieldCaller        Field = "caller"
	FieldSource        Field = "policy source"
	FieldBoundary      Field = "number of permissions boundaries"
	FieldContext       Field = "context entry"
)

// Invalid is an input that a simulation cannot work with.
type Invalid struct {
	Field  Field
	Value  string
	Reason string // in plain words, for context entries
}

func (e *Invalid) Error() string {
	text := fmt.Sprintf("invalid %s %q", e.Field, e.Value)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// ForeignSource says that the source of the policies belongs to another account
// than whoever simulates them.
type ForeignSource struct{ Account, Source string } // account ids

func (e *ForeignSource) Error() string {
	return fmt.Sprintf("policies of account %s are not open to account %s", e.Source, e.Account)
}

// CallerMissing says that a resource policy was given, which names callers,
// and no caller.
type CallerMissing struct{}

func (*CallerMissing) Error() string { return "a resource policy needs a caller" }

// BadPolicy is a policy document of the input that AWS would refuse.
type BadPolicy struct {
	ID    string // of the document, "PolicyInputList.1"
	Cause *policy.Error
}

func (e *BadPolicy) Error() string { return e.ID + ": " + e.Cause.Message }
func (e *BadPolicy) Unwrap() error { return e.Cause }

// Unreadable says that a stored policy of the source no longer parses. Such a
// source is denied everything, and nobody can say by which statement.
type Unreadable struct {
	ARN   string // of the role, user or group
	Cause error
}

func (e *Unreadable) Error() string { return fmt.Sprintf("policies of %s: %v", e.ARN, e.Cause) }
func (e *Unreadable) Unwrap() error { return e.Cause }
