package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/sigv4"
)

// Identifier establishes who sends a request and what may be believed about the
// connection; *caller.Resolver is one. A request without credentials has the
// anonymous principal and no Authorization; a bad signature is an error.
type Identifier interface {
	Identify(r *http.Request, service, bodySHA256 string) (*caller.Principal, *sigv4.Authorization, sigv4.Key, error)
	// Observe tells what is seen of the connection, the time and the id of the
	// request.
	Observe(r *http.Request) *caller.Network
}

// Service is a fronted service: what a gateway adds to the shared steps.
type Service interface {
	// Classify says which operation a request is. It looks at method, target
	// and headers and at nothing else: no store, no body. Whatever it does not
	// know is an error, or a Call whose Locate refuses it, when even the refusal
	// needs what Locate finds.
	Classify(x *Exchange) (Call, error)
	// Fail answers with an error in the service's form and returns the code and
	// the sentence it wrote. It must not reveal the cause of an internal error.
	Fail(x *Exchange, err error) (code, message string)
}

// Operation names what a request asks for.
type Operation struct {
	Name       string // the API's name, "GetObject"
	ReadOnly   bool
	Management bool // a management event, not a data event
	// Open marks an operation that needs no permission and is never
	// authenticated: a CORS preflight, and nothing else so far.
	Open bool
}

// Call is one classified request on its way.
type Call interface {
	Operation() Operation
	// Locate loads what the questions need and sets the headers that every
	// answer carries. Its error is reported after a failed signature.
	Locate(x *Exchange) error
	// Questions puts what has to be allowed to x.Require.
	Questions(x *Exchange) error
	// Forward runs the operation and answers.
	Forward(x *Exchange) error
	// Record adds the resources and parameters to the audit event, whose Request
	// and Extra are empty maps to write into. It is used again: keep none of it.
	Record(x *Exchange, e *audit.Event)
}

// Front walks requests through the steps. The fields are set once, before the
// first request.
type Front struct {
	Name     string // the signing name, "s3"
	Source   string // the event source, "s3.amazonaws.com"
	Region   string
	Account  string // the account that audit records are filed under
	Identify Identifier
	Decide   authz.Decider
	Audit    audit.Sink
	Log      *slog.Logger

	buffers sync.Pool
	records sync.Pool // of *recordMemory
}

// Validate reports a missing field.
func (f *Front) Validate() error {
	for name, missing := range map[string]bool{
		"Name": f.Name == "", "Source": f.Source == "", "Region": f.Region == "",
		"Identify": f.Identify == nil, "Decide": f.Decide == nil, "Audit": f.Audit == nil,
		"Log": f.Log == nil,
	} {
		if missing {
			return fmt.Errorf("gateway: %s is not set", name)
		}
	}
	return nil
}

// Serve walks one request through the steps of s.
func (f *Front) Serve(w http.ResponseWriter, r *http.Request, s Service) {
	x := &Exchange{R: r, Network: f.Identify.Observe(r), front: f}
	x.ID, x.Now = x.Network.RequestID, x.Network.Time
	x.W.init(w, &f.buffers)
	var call Call
	defer func() {
		var failure error
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			failure = &panicked{p, debug.Stack()}
			f.finish(x, s, call, failure)
		}
	}()
	call, err := s.Classify(x)
	if err == nil {
		err = f.walk(x, call)
	} else {
		call = nil
	}
	f.finish(x, s, call, err)
}

// walk takes a classified call through identify, locate, decide and forward.
func (f *Front) walk(x *Exchange, call Call) error {
	op := call.Operation()
	x.op = op
	if op.Open {
		if err := call.Locate(x); err != nil {
			return err
		}
		return call.Forward(x)
	}
	who, auth, key, authErr := f.Identify.Identify(x.R, f.Name, "")
	if authErr == nil && who == nil {
		authErr = errors.New("gateway: the identifier returned no caller")
	}
	if authErr == nil {
		x.Caller, x.Auth, x.Key = who, auth, key
		if auth != nil {
			x.Network.Region = auth.Scope.Region // verified to be one of ours
		}
	}
	locateErr := call.Locate(x)
	switch {
	case authErr != nil:
		return authErr
	case locateErr != nil:
		return locateErr
	}
	if err := call.Questions(x); err != nil {
		return err
	}
	if len(x.questions) == 0 {
		return &Unasked{Operation: op.Name}
	}
	for i := range x.questions {
		q := &x.questions[i]
		q.Decision = x.Ask(&q.Request)
		if !q.Decision.Allowed && q.OnDeny == FailRequest {
			return &Denied{Action: q.Action, Resource: q.Resource, Decision: q.Decision}
		}
	}
	return call.Forward(x)
}

// finish writes the error, if any, logs and records.
func (f *Front) finish(x *Exchange, s Service, call Call, err error) {
	var code, message string
	cut := false
	if err != nil {
		if x.W.Wrote() {
			cut = true
			code, message = "ConnectionBroken", "The answer was cut off."
		} else {
			code, message = s.Fail(x, err)
		}
	}
	x.code = code
	f.log(x, err, cut)
	f.record(x, call, err, code, message)
	if cut {
		panic(http.ErrAbortHandler)
	}
}

// log writes one line per request: errors of ours as Error, the caller's as
// Warn.
func (f *Front) log(x *Exchange, err error, cut bool) {
	level := slog.LevelInfo
	switch {
	case err != nil && x.R.Context().Err() != nil:
		level = slog.LevelInfo // the client went away
	case cut, x.W.Status() >= 500 && x.W.Status() != http.StatusNotImplemented:
		level = slog.LevelError
	case err != nil:
		level = slog.LevelWarn
	}
	ctx := x.R.Context()
	if !f.Log.Enabled(ctx, level) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	attrs := []slog.Attr{
		slog.String("request_id", x.ID), slog.String("service", f.Name), slog.String("operation", x.op.Name),
		slog.Int("status", x.W.Status()), slog.Int64("bytes", x.W.Bytes()), slog.String("method", x.R.Method),
	}
	if x.Network != nil {
		attrs = append(attrs, slog.String("source", x.Network.IPText()))
	}
	if x.Caller != nil {
		attrs = append(attrs, slog.String("caller", x.Caller.ARN))
	}
	if err != nil {
		attrs = append(attrs, slog.String("code", x.code), slog.String("error", err.Error()))
	}
	var p *panicked
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	f.Log.LogAttrs(ctx, level, "gateway request", attrs...)
}
