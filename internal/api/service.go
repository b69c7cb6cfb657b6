package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// Call is one call as an implementation and its rules see it.
type Call struct {
	// Caller is who calls; anonymous for unsigned operations. It is never nil.
	Caller *caller.Principal
	// Network is what the edge observed. It is never nil.
	Network *caller.Network
	// Event is the call's audit record. The edge fills it; an implementation adds
	// what only it knows (the identity, the rule that chose a role), and never a
	// token or a secret.
	Event *audit.Event
}

// Implementation serves one service's API. Its rules and operations are called with
// inputs that keep the model's constraints, so a required member is never nil.
type Implementation[A any] interface {
	// As gives the API bound to one call.
	As(c *Call) A
	// Rules says what each served operation needs permission for. It is read once.
	Rules() Rules
	// Error turns a domain error into a wire error, or gives nil for one it does
	// not know, which then becomes the service's internal error.
	Error(err error) *awserr.Error
}

// Identifier establishes who signed a request.
type Identifier interface {
	// Identify checks the signature over r and body for the service with the given
	// signing name. A request without any credentials gives an anonymous
	// principal. A refusal is a *sigv4.Error.
	Identify(r *http.Request, body []byte, service string, n *caller.Network) (*caller.Principal, error)
}

// Throttle bounds how often one address calls what needs no signature.
type Throttle interface {
	// AllowAddress counts a call and reports whether it may go on.
	AllowAddress(operation string, addr netip.Addr) bool
}

// Config is what the services on one server share.
type Config struct {
	// Identify establishes callers.
	Identify Identifier
	// Decide answers the guard's questions.
	Decide authz.Decider
	// Observe tells what the connection says about a request: address, TLS, time
	// and request id. It knows which proxies to trust.
	Observe func(*http.Request) *caller.Network
	// Account is the installation's account: the recipient of calls whose caller
	// has none.
	Account string
	// Throttle bounds the unsigned operations; nil means no bounds.
	Throttle Throttle
	// Audit takes a record of every call.
	Audit audit.Sink
	// Log takes a line per request.
	Log *slog.Logger
	// Shapes caches what the codecs know of the generated types.
	Shapes *wire.Shapes
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Service is one AWS service, over HTTP and in process.
type Service[A any] struct {
	Config
	model wire.Service
	bind  func(wire.Do) A
	impl  Implementation[A]
	ops   map[string]*operation[A]
	crossOriginValues
	buffers buffers
}

type operation[A any] struct {
	wire.Operation[A]
	rule   Rule
	served bool
}

// New joins a model and its implementation. It fails when a rule does not fit its
// operation or something is missing from cfg.
func New[A any](model wire.Model[A], impl Implementation[A], cfg Config) (*Service[A], error) {
	if cfg.Identify == nil || cfg.Decide == nil || cfg.Observe == nil || cfg.Audit == nil || cfg.Log == nil || cfg.Shapes == nil {
		return nil, fmt.Errorf("api %s: every field of Config but Throttle and Now is needed", model.Service.Name)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Service[A]{
		Config: cfg, model: model.Service, bind: model.Bind, impl: impl,
		ops: make(map[string]*operation[A], len(model.Operations)), crossOriginValues: newCrossOriginValues(),
	}
	rules := impl.Rules()
	for _, op := range model.Operations {
		o := &operation[A]{Operation: op}
		o.rule, o.served = rules[op.Name]
		if o.served {
			if err := o.rule.fits(op.Name, reflect.TypeOf(op.NewInput()), op.Unsigned); err != nil {
				return nil, fmt.Errorf("api %s: %w", model.Service.Name, err)
			}
		}
		s.ops[op.Name] = o
	}
	for name := range rules {
		if s.ops[name] == nil {
			return nil, fmt.Errorf("api %s: a rule for %s, which is no operation", model.Service.Name, name)
		}
	}
	return s, nil
}

// As gives the API bound to a caller, for use in process. Each method checks the
// constraints, asks the guard, runs the operation and records the call exactly as
// a request over HTTP would; an error is always an *awserr.Error. Inputs are not
// changed.
func (s *Service[A]) As(p *caller.Principal, n *caller.Network) A {
	return s.bind(func(ctx context.Context, name string, in any) (any, error) {
		k := s.newCall(s.ops[name], n)
		k.Caller, k.in = p, in
		if err := k.do(ctx, k.throttle, k.require, k.check, k.guard, k.run); err != nil {
			return nil, err
		}
		return k.out, nil
	})
}

// call is a call on its way through the steps.
type call[A any] struct {
	Call
	s       *Service[A]
	op      *operation[A]
	in, out any
	// asked collects what the guard was asked about, for the record.
	asked []Ask
}

// step is one phase of a call. An error ends the call.
type step func(ctx context.Context) error

func (s *Service[A]) newCall(op *operation[A], n *caller.Network) *call[A] {
	return &call[A]{
		Call: Call{
			Caller:  &caller.Principal{Principal: policy.Principal{Type: policy.Anonymous}},
			Network: n,
			Event:   &audit.Event{Time: n.Time, RequestID: n.RequestID},
		},
		s: s, op: op,
	}
}

// do takes the steps in order, then records the call and logs it.
func (k *call[A]) do(ctx context.Context, steps ...step) *awserr.Error {
	start := k.s.Now()
	e := k.s.wireError(protect(ctx, steps))
	k.record(e)
	k.s.logCall(ctx, k.op.Name, k.Network, k.Event.Principal.ARN, k.s.Now().Sub(start), e)
	return e
}

// protect takes the steps and turns a panic into an error.
func protect(ctx context.Context, steps []step) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	for _, next := range steps {
		if err := next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// throttle refuses an address that calls an unsigned operation too often. It is
// the first step, so that a flood costs as little as a call can.
func (k *call[A]) throttle(context.Context) error {
	if !k.op.Unsigned || k.s.Throttle == nil || k.s.Throttle.AllowAddress(k.op.Name, k.Network.SourceIP) {
		return nil
	}
	k.Event.Extra = map[string]any{"reason": "rate limit of the address"}
	return k.s.model.RateExceeded()
}

// check compares the input with the model's constraints.
func (k *call[A]) check(context.Context) error {
	v := k.s.Shapes.Check(k.in)
	if v == nil {
		return nil
	}
	if k.s.model.MissingParameter {
		for _, violation := range v.Violations {
			if violation.Missing && !strings.Contains(violation.Path, ".") {
				return awserr.Sender("MissingParameter", "The request must contain the parameter "+violation.Name)
			}
		}
	}
	return awserr.Sender(k.s.model.ValidationCode(), v.Error())
}

// require refuses an anonymous caller where a signature is needed.
func (k *call[A]) require(context.Context) error {
	if !k.op.Unsigned && k.Caller.Anonymous() {
		return &sigv4.Error{Code: sigv4.MissingAuth}
	}
	return nil
}

// guard asks for every permission the operation's rule names.
func (k *call[A]) guard(ctx context.Context) error {
	if !k.op.served {
		return k.op.Unbuilt
	}
	if k.op.rule.ask == nil {
		return nil
	}
	asks, err := k.op.rule.ask(ctx, &k.Call, k.in)
	if err != nil {
		return err
	}
	if len(asks) == 0 {
		return fmt.Errorf("api: the rule of %s:%s asked for nothing", k.s.model.Name, k.op.Name)
	}
	for _, a := range asks {
		if a.Action == "" {
			a.Action = k.s.model.Name + ":" + k.op.Name
		}
		k.asked = append(k.asked, a)
		d := k.s.Decide.Decide(&authz.Request{
			Caller: k.Caller, Network: k.Network, Action: a.Action,
			Resource: a.Resource, ResourceAccount: a.ResourceAccount, Keys: a.Keys,
		})
		k.noteDecision(a, d)
		if d.Allowed {
			continue
		}
		if a.Refusal != nil {
			return a.Refusal
		}
		return k.s.denied(d)
	}
	return nil
}

// run calls the implementation.
func (k *call[A]) run(ctx context.Context) error {
	out, err := k.op.Call(ctx, k.s.impl.As(&k.Call), k.in)
	if err != nil {
		return err
	}
	k.out = out
	return nil
}

// wireError turns any error of a step into what the caller sees.
func (s *Service[A]) wireError(err error) *awserr.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*awserr.Error](err); ok {
		return e
	}
	if refused, ok := errors.AsType[*sigv4.Error](err); ok {
		code, message, status := refused.Query()
		if s.model.Protocol == wire.JSON {
			code, message, status = refused.JSON()
		}
		if status >= http.StatusInternalServerError {
			return awserr.Internal(s.model.InternalCode(), err)
		}
		return awserr.Access(code, message, status).WithCause(err)
	}
	if e := s.impl.Error(err); e != nil {
		if e.Cause == nil {
			e = e.WithCause(err)
		}
		return e
	}
	return awserr.Internal(s.model.InternalCode(), err)
}

// denied is the answer to a call that policy does not allow.
func (s *Service[A]) denied(d authz.Decision) *awserr.Error {
	message := d.Message
	if d.Plain || message == "" {
		message = "Access Denied"
	}
	if s.model.Protocol == wire.JSON {
		return awserr.Access("AccessDeniedException", message, http.StatusBadRequest)
	}
	return awserr.Access("AccessDenied", message, http.StatusForbidden)
}
