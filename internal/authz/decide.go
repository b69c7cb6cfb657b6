package authz

import (
	"strings"
	"sync"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// ContextRecorder is a recorder that also wants the condition keys of the
// request. The context is lent for the call.
type ContextRecorder interface {
	Context(c *policy.Context)
}

// work is the memory of one decision, kept for the next.
type work struct {
	context  policy.Context
	policies policy.Policies
	request  policy.Request
	identity []*policy.Policy
	session  []*policy.Policy
	prepared bool // everything above is that of the request
}

// workPool hands out works.
type workPool struct{ pool sync.Pool }

func (p *workPool) get() *work {
	if w, ok := p.pool.Get().(*work); ok {
		return w
	}
	return &work{}
}

func (p *workPool) put(w *work) {
	w.context.Reset()
	clear(w.identity[:cap(w.identity)])
	clear(w.session[:cap(w.session)])
	w.policies, w.request, w.prepared = policy.Policies{}, policy.Request{}, false
	w.identity, w.session = w.identity[:0], w.session[:0]
	p.pool.Put(w)
}

func (e *Engine) decide(r *Request, rec policy.Recorder) Decision {
	w := e.works.get()
	defer e.works.put(w)
	d, rule := policy.Decision{Statement: -1}, ""
	switch standing(r) {
	case alwaysAllowed:
		d.Effect, rule = policy.Allow, ruleIdentity
	case alwaysClosed:
		rule = ruleSession
	case decided:
		d = e.evaluate(w, r, false, rec)
		if d.Effect == policy.Allow && r.OwnerOnly && !ofOwner(r) {
			d, rule = policy.Decision{Effect: policy.ImplicitDeny, Layer: policy.ResourceLayer, Statement: -1}, rulePublicAccess
		}
	}
	out := Decision{Decision: d, Allowed: d.Effect == policy.Allow}
	if !out.Allowed {
		out.Message, out.Plain = sentence(r, d), plain(r)
	}
	if e.decisions != nil && rec == nil && r.Network != nil {
		e.keep(w, r, false, d, rule, out.Message)
	}
	return out
}

// evaluate gathers the policies and the condition keys of a request in w and asks
// the engine.
func (e *Engine) evaluate(w *work, r *Request, trust bool, rec policy.Recorder) policy.Decision {
	e.prepare(w, r, trust)
	if rec == nil {
		return policy.Decide(&w.request, &w.policies)
	}
	if c, ok := rec.(ContextRecorder); ok {
		c.Context(&w.context)
	}
	return policy.DecideRecorded(&w.request, &w.policies, rec)
}

func (e *Engine) prepare(w *work, r *Request, trust bool) {
	e.gather(w, r.Caller)
	w.policies.Resource, w.policies.Trust = r.ResourcePolicy, trust
	e.fill(&w.context, r)
	w.request = policy.Request{
		Principal: r.Caller.Principal, Action: r.Action, Resource: r.Resource,
		ResourceAccount: r.ResourceAccount, Context: &w.context,
	}
	w.prepared = true
}

// gather collects the policies of the caller's side.
func (e *Engine) gather(w *work, p *caller.Principal) {
	var broken error
	switch {
	case p.Role != nil:
		w.policies.Identity, w.policies.Boundary, broken = p.Role.Policies, p.Role.BoundaryPolicy, p.Role.Broken
	case p.User != nil:
		w.policies.Identity, w.policies.Boundary, broken = p.User.Policies, p.User.BoundaryPolicy, p.User.Broken
	}
	if broken != nil {
		// The engine reads nil as a policy whose denies are unknown.
		w.identity = append(append(w.identity, w.policies.Identity...), nil)
		w.policies.Identity = w.identity
	}
	s := p.Session
	if s == nil {
		return
	}
	w.policies.HasSession = s.Type == sts.FederationSession || len(s.Policies) > 0 || len(s.PolicyARNs) > 0
	for _, doc := range s.Policies {
		w.session = append(w.session, e.compile(doc, "session policy", ""))
	}
	for _, arn := range s.PolicyARNs {
		w.session = append(w.session, e.sessionPolicy(p.Snapshot, arn))
	}
	w.policies.Session = w.session
}

// sessionPolicy finds a session policy that is named by ARN. One that is gone
// cannot be read any more, which denies.
func (e *Engine) sessionPolicy(snapshot iam.Snapshot, arn string) *policy.Policy {
	if doc, ok := sts.BuiltinPolicy(arn); ok {
		return e.compile(doc, arn[strings.LastIndexByte(arn, '/')+1:], arn)
	}
	if p, ok := snapshot.ManagedPolicy(arn); ok {
		return p
	}
	e.log.Warn("session policy is gone", "arn", arn)
	return nil
}

// maxRemembered is the longest session policy that is kept compiled. Whoever may
// assume a role writes these, as many and as different as they like, up to
// 128 KiB each; honest ones have a few hundred characters.
const maxRemembered = 8 << 10

// compile returns the compiled form of a session policy, remembered by its text.
// It was checked when the session was made; should it not parse now, it denies.
func (e *Engine) compile(document, name, arn string) *policy.Policy {
	if p, ok := e.compiled.Get(document); ok {
		return p
	}
	meta := policy.Meta{Name: name, ARN: arn}
	p := policy.Broken(meta)
	if doc, err := policy.Parse([]byte(document), policy.Session); err == nil {
		p = policy.Compile(doc, meta)
	} else {
		e.log.Error("session policy does not compile", "err", err)
	}
	if len(document) <= maxRemembered {
		e.compiled.Put(document, p)
	}
	return p
}

// trust decides assumptions of roles for one caller.
type trust struct {
	engine  *Engine
	caller  *caller.Principal
	network *caller.Network
}

// DecideTrust decides action on role under the role's trust policy and the
// policies of the caller.
func (t *trust) DecideTrust(role *iam.RoleEntry, action string, keys []sts.ContextKey) policy.Decision {
	r := &Request{
		Caller: t.caller, Network: t.network, Action: action, Resource: role.ARN(), ResourceAccount: role.Account,
		Keys: append(sts.RoleTagKeys(role), keys...), ResourcePolicy: role.TrustPolicy,
	}
	w := t.engine.works.get()
	defer t.engine.works.put(w)
	d, rule := policy.Decision{Layer: policy.TrustLayer, Statement: -1}, ""
	switch {
	case r.ResourcePolicy == nil:
		rule = sts.TrustBroken.String()
	case standing(r) == alwaysClosed:
		rule = ruleSession
	default:
		d = t.engine.evaluate(w, r, true, nil)
	}
	t.keep(w, r, d, rule)
	return d
}

// RefuseTrust keeps that action on a role was refused without asking a policy.
func (t *trust) RefuseTrust(roleARN, account, action string, reason sts.TrustReason) {
	w := t.engine.works.get()
	defer t.engine.works.put(w)
	r := &Request{Caller: t.caller, Network: t.network, Action: action, Resource: roleARN, ResourceAccount: account}
	t.keep(w, r, policy.Decision{Layer: policy.TrustLayer, Statement: -1}, reason.String())
}

func (t *trust) keep(w *work, r *Request, d policy.Decision, rule string) {
	if t.engine.decisions == nil || t.network == nil {
		return
	}
	message := ""
	if d.Effect != policy.Allow {
		message = sentence(r, d)
	}
	t.engine.keep(w, r, true, d, rule, message)
}
