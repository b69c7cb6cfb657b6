package api

import (
	"context"
	"fmt"
	"reflect"

	"github.com/rockpool-id/rockpool/internal/sts"
)

// Ask is one permission that a call needs.
type Ask struct {
	// Action is the IAM action; empty means the operation's own, such as
	// iam:CreateRole.
	Action string
	// Resource is the ARN, or "*" for an action without resources.
	Resource string
	// ResourceAccount is the account that owns the resource; empty means the
	// caller's own.
	ResourceAccount string
	// Type is the resource's CloudFormation type in the audit record, such as
	// AWS::IAM::Role. It may be empty.
	Type string
	// Keys are the service's own condition keys.
	Keys []sts.ContextKey
	// Refusal replaces the usual AccessDenied where AWS answers otherwise.
	Refusal error
}

// Rules holds the guard's rule for each operation that is served.
type Rules map[string]Rule

// Rule says what one operation needs permission for. Make it with Needs, On or
// Inside; the zero Rule is refused.
type Rule struct {
	ask    func(ctx context.Context, c *Call, in any) ([]Ask, error)
	input  reflect.Type
	reason string
}

// Needs makes the rule of an operation with input I. All asks must be granted. An
// error from f ends the call like an error of the operation, so f may look a
// resource up and report that it does not exist, where AWS does so before it
// denies. No asks at all is a mistake and denies.
func Needs[I any](f func(ctx context.Context, c *Call, in *I) ([]Ask, error)) Rule {
	return Rule{
		ask:   func(ctx context.Context, c *Call, in any) ([]Ask, error) { return f(ctx, c, in.(*I)) },
		input: reflect.TypeFor[*I](),
	}
}

// On makes the rule of an operation that needs its own action on one resource.
func On[I any](resource func(c *Call, in *I) string) Rule {
	return Needs(func(_ context.Context, c *Call, in *I) ([]Ask, error) {
		return []Ask{{Resource: resource(c, in)}}, nil
	})
}

// OnAny makes the rule of an operation whose action has no resources.
func OnAny[I any]() Rule {
	return On(func(*Call, *I) string { return "*" })
}

// Inside makes the rule of an operation that the guard lets pass: because nobody
// may be denied it, or because the implementation decides. The reason is for the
// reader and must not be empty.
func Inside(reason string) Rule { return Rule{reason: reason} }

// fits reports why the rule cannot serve an operation with this input.
func (r Rule) fits(operation string, input reflect.Type, unsigned bool) error {
	switch {
	case r.ask == nil && r.reason == "":
		return fmt.Errorf("the rule of %s is empty", operation)
	case r.ask != nil && unsigned:
		return fmt.Errorf("the rule of %s asks about a caller, but nobody signs that operation", operation)
	case r.ask != nil && r.input != input:
		return fmt.Errorf("the rule of %s reads %v, but the input is %v", operation, r.input, input)
	}
	return nil
}
