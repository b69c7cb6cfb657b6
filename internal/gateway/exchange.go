package gateway

import (
	"fmt"
	"net/http"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// OnDeny says what a denied question does to the request.
type OnDeny uint8

// What a denied question does.
const (
	FailRequest OnDeny = iota // the request is refused
	FailItem                  // this item of a batch is refused
	OmitPart                  // this part of the answer is left out
)

// Question is one thing an operation needs permission for, and the answer.
type Question struct {
	authz.Request
	OnDeny   OnDeny
	Decision authz.Decision // set before Forward
}

// Exchange is one request with everything learnt about it. It belongs to one
// goroutine.
type Exchange struct {
	W       Response
	R       *http.Request
	ID      string // the request id
	Now     time.Time
	Caller  *caller.Principal    // nil until identified
	Auth    *sigv4.Authorization // nil for anonymous callers
	Key     sigv4.Key
	Network *caller.Network // nil until identified

	front     *Front
	op        Operation
	questions []Question
	room      [1]Question // so that the usual request allocates no slice
	code      string
}

// Require adds a question. The caller, the network facts are filled in.
func (x *Exchange) Require(q Question) {
	if x.questions == nil {
		x.questions = x.room[:0]
	}
	x.questions = append(x.questions, q)
}

// Questions returns the questions asked so far, with their decisions once
// Forward runs.
func (x *Exchange) Questions() []Question { return x.questions }

// Ask puts one question to the decider at once. Operations use it for what
// depends on the store's answer, such as whether a missing key may be told from
// a forbidden one.
func (x *Exchange) Ask(r *authz.Request) authz.Decision {
	r.Caller, r.Network = x.Caller, x.Network
	return x.front.Decide.Decide(r)
}

// Mentions reports whether the decision of r may depend on the condition key,
// whose value is costly to get. A key that ends in a slash stands for all keys
// that begin with it.
func (x *Exchange) Mentions(r *authz.Request, key string) bool {
	if r.ResourcePolicy != nil && r.ResourcePolicy.Mentions(key) {
		return true
	}
	p := x.Caller
	var own []*policy.Policy
	var boundary *policy.Policy
	switch {
	case p.Role != nil:
		own, boundary = p.Role.Policies, p.Role.BoundaryPolicy
	case p.User != nil:
		own, boundary = p.User.Policies, p.User.BoundaryPolicy
	}
	if boundary != nil && boundary.Mentions(key) {
		return true
	}
	for _, q := range own {
		if q == nil || q.Mentions(key) {
			return true
		}
	}
	// Session policies are compiled inside authz; one that is not built in may
	// mention anything.
	if s := p.Session; s != nil {
		if len(s.Policies) > 0 {
			return true
		}
		for _, arn := range s.PolicyARNs {
			if _, builtin := sts.BuiltinPolicy(arn); !builtin {
				return true
			}
		}
	}
	return false
}

// Denied reports a question that was answered with no.
type Denied struct {
	Action, Resource string
	Decision         authz.Decision
}

// Error says what was denied, for logs; Decision.Message is for the caller.
func (e *Denied) Error() string {
	return fmt.Sprintf("gateway: %s on %s denied: %s", e.Action, e.Resource, e.Decision.Effect)
}

// Unasked reports an operation that would have run without a decision.
type Unasked struct{ Operation string }

// Error names the operation.
func (e *Unasked) Error() string {
	return "gateway: " + e.Operation + " asked for no permission and is refused"
}

// panicked is a panic of a gateway, with its stack for the log.
type panicked struct {
	value any
	stack []byte
}

func (e *panicked) Error() string { return fmt.Sprintf("gateway: panic: %v", e.value) }
