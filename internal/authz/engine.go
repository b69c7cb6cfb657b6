package authz

import (
	"log/slog"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/recent"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// defaultCompiled is how many session policies a node keeps compiled.
const defaultCompiled = 4096

// Config is what an Engine needs; the zero Config will do.
type Config struct {
	// Compiled bounds the memory of compiled session policies; 0 means 4096.
	Compiled int
	Log      *slog.Logger // nil discards
	// Decisions takes what was decided and why; nil keeps nothing.
	Decisions decision.Sink
}

// Engine decides requests. It is safe for concurrent use.
type Engine struct {
	log       *slog.Logger
	decisions decision.Sink // nil keeps nothing
	// keepsAllowed is what decisions says of itself.
	keepsAllowed bool
	compiled     *recent.Cache[string, *policy.Policy]
	tagKeys      *recent.Cache[string, string]
	times        *condkey.Times
	works        workPool
}

var _ Decider = (*Engine)(nil)

// New returns an Engine.
func New(cfg Config) *Engine {
	if cfg.Compiled == 0 {
		cfg.Compiled = defaultCompiled
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{
		log:       cfg.Log,
		decisions: cfg.Decisions, keepsAllowed: cfg.Decisions != nil && cfg.Decisions.KeepsAllowed(),
		compiled: recent.New[string, *policy.Policy](cfg.Compiled),
		tagKeys:  recent.New[string, string](1024),
		times:    condkey.NewTimes(),
	}
}

// Decide decides r, and keeps why if that is wanted.
func (e *Engine) Decide(r *Request) Decision { return e.decide(r, nil) }

// Explain decides r like Decide and tells rec what the evaluator sees. It is the
// same code; only the recorder differs, and that the answer is not kept: nobody
// asked for the resource.
func (e *Engine) Explain(r *Request, rec policy.Recorder) Decision { return e.decide(r, rec) }

// Trust returns the decider of role assumptions for a caller, for package sts.
func (e *Engine) Trust(p *caller.Principal, n *caller.Network) sts.TrustDecider {
	return &trust{engine: e, caller: p, network: n}
}
