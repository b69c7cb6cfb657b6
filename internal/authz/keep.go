package authz

import (
	"runtime/debug"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/policy"
)

// The rules that decide without a policy, as records name them.
const (
	ruleIdentity     = "whoever has valid credentials may ask who they are"
	ruleSession      = "this kind of session cannot call this action, whatever its policies say"
	rulePublicAccess = "the bucket's public access block keeps strangers out of a public bucket policy"
)

// keep hands a decision to the sink, with its explanation. For what the sink does
// not want, which is most of all, that is one question; w holds what was decided
// on.
func (e *Engine) keep(w *work, r *Request, trust bool, d policy.Decision, rule, message string) {
	if d.Effect == policy.Allow && !e.keepsAllowed {
		return
	}
	n := r.Network
	if e.decisions.Wants(decision.Question{Effect: d.Effect, RequestID: n.RequestID, Anonymous: r.Caller.Anonymous(), Caller: person(r.Caller)}) {
		e.explain(w, r, trust, d, rule, message)
	}
}

// person tells callers apart. All people of an identity pool share the ARN of
// their role's session. Guests are made by the thousand: those of a pool count as one,
// with the sessions that were assumed with one of the pool's, which may be guests'.
func person(p *caller.Principal) string {
	switch s := p.Session; {
	case s == nil || s.IdentityID == "":
		return p.ARN
	case s.AMR == unauthenticated || s.AMR == "":
		return s.IdentityPoolID
	default:
		return s.IdentityID
	}
}

// unauthenticated is the amr of guests (cognito-identity.md 4.3).
const unauthenticated = "unauthenticated"

// explain makes the record. A fault in an explanation must not change the answer,
// so it ends here.
func (e *Engine) explain(w *work, r *Request, trust bool, d policy.Decision, rule, message string) {
	n := r.Network
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("decision not explained", "requestID", n.RequestID, "action", r.Action, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if !w.prepared {
		e.prepare(w, r, trust)
	}
	_, x := policy.Explain(&w.request, &w.policies)
	if rule != "" {
		// What policies say stays in the layers; the outcome is the rule's, and
		// no addition to a policy would change it.
		x.Effect, x.DecidedBy, x.Statement, x.Fix = d.Effect, d.Layer, nil, nil
		x.Reason = d.Reason(r.Action)
	}
	account := r.Caller.Account
	if r.Caller.Anonymous() {
		account = r.ResourceAccount
	}
	e.decisions.Keep(&decision.Record{
		RequestID: n.RequestID, Time: n.Time, Account: account, Principal: Who(r.Caller),
		SourceIP: n.IPText(), UserAgent: n.UserAgent, Region: n.Region,
		Message: message, Rule: rule, Explanation: x, Matched: decision.MatchedStatement(d),
	})
}
