package authz

import (
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// Request is one authorization question of an edge (an API or a gateway).
type Request struct {
	Caller          *caller.Principal
	Network         *caller.Network
	Action          string // "s3:GetObject"
	Resource        string // ARN or "*"
	ResourceAccount string // owner account; "" means the caller's own
	// Keys are the service's own condition keys (s3:prefix, aws:RequestTag/…);
	// global and session keys are filled by authz.
	Keys []sts.ContextKey
	// ResourcePolicy is the compiled resource-based policy, nil when none.
	ResourcePolicy *policy.Policy
	// OwnerOnly is set when the resource's public access block restricts a
	// public policy to principals of the owner account.
	OwnerOnly bool
}

// Decision is the engine's answer with what an edge needs to refuse.
type Decision struct {
	policy.Decision
	Allowed bool
	// Message is AWS's sentence for the caller (spec/iam-sts.md 5.7), "" when
	// allowed. Plain is true when the caller may learn no more than
	// "Access Denied" (anonymous, cross-account).
	Message string
	Plain   bool
}

// Decider decides requests; *Engine implements it.
type Decider interface {
	Decide(r *Request) Decision
}
