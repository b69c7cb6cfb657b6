package wire

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

// Protocol is how a service's requests and answers are spelled.
type Protocol uint8

const (
	// JSON is AWS JSON 1.1: POST, an X-Amz-Target header, a JSON object.
	JSON Protocol = iota + 1
	// Query is the AWS Query protocol: a form in, XML out.
	Query
)

// Service is what the model says about a service as a whole.
type Service struct {
	// Name is the prefix of its IAM actions and its signing name.
	Name string
	// Protocol is how it is spoken.
	Protocol Protocol
	// Version is the API version, which query requests carry.
	Version string
	// TargetPrefix precedes the operation in X-Amz-Target (JSON only).
	TargetPrefix string
	// Namespace is the XML namespace of answers (Query only).
	Namespace string
	// Planned names operations that AWS has, that the model does not, and that
	// Rockpool intends to serve.
	Planned []string
	// MissingParameter says that the service answers a missing required
	// parameter with the code MissingParameter instead of a validation error.
	MissingParameter bool
	// MaxBody bounds a request's body in bytes; zero means DefaultMaxBody.
	MaxBody int64
}

// DefaultMaxBody bounds a request's body. The largest request of most models, ten
// logins of 50,000 characters, fits.
const DefaultMaxBody = 1 << 20

// BodyLimit is MaxBody with its default.
func (s Service) BodyLimit() int64 {
	if s.MaxBody > 0 {
		return s.MaxBody
	}
	return DefaultMaxBody
}

// NotImplemented is the error of an operation the service has and Rockpool does
// not serve yet.
func (s Service) NotImplemented(operation string) *awserr.Error {
	code := "UnsupportedOperationException"
	if s.Protocol == Query {
		code = "InvalidAction"
	}
	return awserr.NotImplemented(code, s.Name, operation)
}

// UnknownOperation is the error of an operation the service does not have.
func (s Service) UnknownOperation(operation string) *awserr.Error {
	for _, p := range s.Planned {
		if p == operation {
			return s.NotImplemented(operation)
		}
	}
	if s.Protocol == Query {
		return awserr.NotFound(operation, s.Version)
	}
	return awserr.Sender("UnknownOperationException", "")
}

// ValidationCode is the code of a failed constraint.
func (s Service) ValidationCode() string {
	if s.Protocol == Query {
		return "ValidationError"
	}
	return "ValidationException"
}

// RateExceeded is the answer to a call that came too soon. Clients wait and try
// again when they see its code.
func (s Service) RateExceeded() *awserr.Error {
	code := "TooManyRequestsException"
	if s.Protocol == Query {
		code = "Throttling"
	}
	return awserr.Sender(code, "Rate exceeded")
}

// InternalCode is the code of a failure that is ours.
func (s Service) InternalCode() string {
	if s.Protocol == Query {
		return "InternalFailure"
	}
	return "InternalErrorException"
}

// Info is what the model says about one operation.
type Info struct {
	// Name is the operation's name on the wire.
	Name string
	// Unsigned says that clients call it without credentials.
	Unsigned bool
	// Output says that it has an output shape. One without answers with an empty
	// body in JSON and without a result element in XML.
	Output bool
	// ReadOnly says that it changes nothing, as CloudTrail records it.
	ReadOnly bool
	// DataEvent says that CloudTrail records it as a data event.
	DataEvent bool
	// Unbuilt is the error of the operation while nothing serves it.
	Unbuilt *awserr.Error
}

// Operation is one row of a service's operation table. A is the service's API
// interface.
type Operation[A any] struct {
	Info
	// NewInput makes an empty input, a pointer to a generated struct, for a
	// protocol to fill.
	NewInput func() any
	// NewOutput makes an empty output.
	NewOutput func() any
	// Call runs the operation. Its input must come from NewInput. The output is
	// never nil when the error is.
	Call func(ctx context.Context, api A, in any) (any, error)
}

// Op makes the table row of an operation from its method expression.
func Op[A, I, O any](call func(A, context.Context, *I) (*O, error), info Info) Operation[A] {
	return Operation[A]{
		Info:      info,
		NewInput:  func() any { return new(I) },
		NewOutput: func() any { return new(O) },
		Call: func(ctx context.Context, api A, in any) (any, error) {
			out, err := call(api, ctx, in.(*I))
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = new(O)
			}
			return out, nil
		},
	}
}

// Model is one generated package as a value.
type Model[A any] struct {
	Service    Service
	Operations []Operation[A]
	// Bind makes an API whose every method is a call of do.
	Bind func(do Do) A
}

// Do runs the named operation. The output has the operation's output type.
type Do func(ctx context.Context, operation string, in any) (out any, err error)

// Through calls do and gives its output the type O. Generated bindings use it.
func Through[O any](ctx context.Context, do Do, operation string, in any) (*O, error) {
	out, err := do(ctx, operation, in)
	if err != nil {
		return nil, err
	}
	return out.(*O), nil
}
