package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/awsjson"
	"github.com/rockpool-id/rockpool/internal/wire/awsquery"
)

// exchange is one HTTP request and the answer to it.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	network *caller.Network
	body    []byte
	form    awsquery.Form
}

// ServeHTTP answers one request of the service.
func (s *Service[A]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		s.preflight(w, r)
		return
	}
	x := &exchange{w: w, r: r, network: s.Observe(r)}
	if x.network.RequestID == "" {
		x.network.RequestID = newRequestID()
	}
	if x.network.Time.IsZero() {
		x.network.Time = s.Now()
	}
	s.crossOrigin(w.Header())
	w.Header()["X-Amzn-Requestid"] = []string{x.network.RequestID}

	lent := s.buffers.get()
	defer s.buffers.put(lent)
	op, e := s.route(x, lent)
	if e != nil {
		s.logCall(r.Context(), "", x.network, "", s.Now().Sub(x.network.Time), e)
		s.writeError(x, e)
		return
	}
	k := s.newCall(op, x.network)
	identify := func(context.Context) error { return k.identify(x) }
	decode := func(context.Context) error { return k.decode(x) }
	steps := []step{k.throttle, identify, k.require, decode, k.check, k.guard, k.run}
	if s.model.Protocol == wire.JSON {
		steps = []step{k.throttle, decode, k.check, identify, k.require, k.guard, k.run}
	}
	if e := k.do(r.Context(), steps...); e != nil {
		s.writeError(x, e)
		return
	}
	s.writeOutput(x, op, k.out)
}

// route reads the body and finds the operation.
func (s *Service[A]) route(x *exchange, lent *buffer) (*operation[A], *awserr.Error) {
	if e := x.read(s.model.BodyLimit(), lent); e != nil {
		return nil, e
	}
	if s.model.Protocol == wire.Query {
		return s.routeQuery(x)
	}
	name, ok := strings.CutPrefix(x.r.Header.Get("X-Amz-Target"), s.model.TargetPrefix+".")
	op := s.ops[name]
	if !ok || op == nil || x.r.Method != http.MethodPost {
		return nil, s.model.UnknownOperation(clip(name))
	}
	return op, nil
}

func (s *Service[A]) routeQuery(x *exchange) (*operation[A], *awserr.Error) {
	if e := x.form.Add(x.r.URL.RawQuery); e != nil {
		return nil, e
	}
	if x.r.Method == http.MethodPost {
		if e := x.form.Add(string(x.body)); e != nil {
			return nil, e
		}
	}
	name, version := x.form.Get("Action"), x.form.Get("Version")
	if name == "" || (x.r.Method != http.MethodPost && x.r.Method != http.MethodGet) {
		return nil, awserr.Sender("MissingAction", "The request must contain the parameter Action.")
	}
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	if version != s.model.Version {
		return nil, awserr.NotFound(clip(name), clip(version))
	}
	op := s.ops[name]
	if op == nil {
		return nil, s.model.UnknownOperation(clip(name))
	}
	return op, nil
}

// identify establishes the caller of an operation that clients sign. Others keep
// the anonymous caller: a signature on them is ignored.
func (k *call[A]) identify(x *exchange) error {
	if k.op.Unsigned {
		return nil
	}
	p, err := k.s.Identify.Identify(x.r, x.body, k.s.model.Name, k.Network)
	if err != nil {
		return err
	}
	k.Caller = p
	return nil
}

func (k *call[A]) decode(x *exchange) error {
	k.in = k.op.NewInput()
	var e *awserr.Error
	if k.s.model.Protocol == wire.JSON {
		e = awsjson.Decode(k.s.Shapes, x.body, k.in)
	} else {
		e = awsquery.Decode(k.s.Shapes, &x.form, k.in)
	}
	if e != nil {
		return e
	}
	return nil
}

func (s *Service[A]) writeOutput(x *exchange, op *operation[A], out any) {
	if !op.Output {
		out = nil
	}
	answer := s.buffers.get()
	defer s.buffers.put(answer)
	if s.model.Protocol == wire.JSON {
		answer.b = awsjson.WriteOutput(x.w, answer.b[:0], s.Shapes, out)
		return
	}
	answer.b = awsquery.WriteOutput(x.w, answer.b[:0], s.Shapes, s.model.Namespace, op.Name, x.network.RequestID, out)
}

func (s *Service[A]) writeError(x *exchange, e *awserr.Error) {
	if x.r.TLS != nil {
		x.w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	if s.model.Protocol == wire.JSON {
		awsjson.WriteError(x.w, e)
		return
	}
	awsquery.WriteError(x.w, s.model.Namespace, x.network.RequestID, e)
}

// logCall writes the request's line: ours as an error with its cause, the
// caller's as a warning.
func (s *Service[A]) logCall(ctx context.Context, operation string, n *caller.Network, arn string, took time.Duration, e *awserr.Error) {
	level := slog.LevelInfo
	if e != nil {
		level = slog.LevelWarn
		if e.Internal() {
			level = slog.LevelError
		}
	}
	if !s.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("service", s.model.Name), slog.String("operation", operation), slog.String("request_id", n.RequestID),
		slog.String("caller", arn), slog.String("source", n.SourceIP.String()), slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	if e != nil {
		attrs = append(attrs, slog.String("code", e.Code), slog.String("message", e.Message))
		if e.Cause != nil {
			attrs = append(attrs, slog.String("cause", e.Cause.Error()))
		}
	}
	s.Log.LogAttrs(ctx, level, "api call", attrs...)
}

// newRequestID makes a random UUID.
func newRequestID() string {
	var b [16]byte
	// The system's generator does not fail; crypto/rand ends the program if it did.
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func clip(s string) string {
	if len(s) > 128 {
		return s[:128] + "..."
	}
	return s
}
