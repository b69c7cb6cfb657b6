package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Explain decides a request as Decide does and says why.
//
// The decision is made by the very same code, with a recorder; near misses,
// conditions and the fix are found with the predicates of that code. So an
// explanation cannot disagree with the decision. It costs time linear in the size
// of the policies, and some memory: Decide first, and explain what somebody will
// read.
func Explain(req *Request, p *Policies) (Decision, *Explanation) {
	x := explainer{left: decisionShare, out: &Explanation{Layers: []LayerExplanation{}, Keys: []KeyExplanation{}}}
	d := decide(req, p, &x)
	x.out.Effect, x.out.DecidedBy = d.Effect, d.Layer
	if x.out.Problem = problem(req, p); x.out.Problem != "" {
		if req != nil {
			x.request(req)
			x.out.Reason = d.Reason(x.out.Action)
		}
		return d, x.out
	}
	x.e = evaluation{req: req, policies: p}
	x.e.resource, _ = parseResource(req.Resource)
	x.request(req)
	x.out.Reason = d.Reason(x.out.Action)
	x.decided(d)
	x.layers(d)
	if x.left = fixShare; !d.Allowed() {
		x.out.Fix = x.fix()
	}
	x.left = keysShare
	x.keys()
	return d, x.out
}

// explainer makes one explanation. It is the evaluator's recorder.
type explainer struct {
	e    evaluation // without a recorder, for its predicates
	out  *Explanation
	left int // bytes of text that this part may still spend
	// said holds what the recorder heard, by layer.
	said [TrustLayer + 1]*outcome
	// used are the statements that the explanation shows. Their keys come first.
	used []*statement
}

// Layer records what a layer said.
func (x *explainer) Layer(l Layer, e Effect, p *Policy, statement int) {
	x.said[l] = &outcome{effect: e, policy: p, statement: statement}
}

// problem says why a request cannot be judged, "" if it can.
func problem(req *Request, p *Policies) string {
	if req == nil || p == nil {
		return "there is no request, or nobody looked up its policies"
	}
	e := evaluation{req: req}
	switch _, ok := parseResource(req.Resource); {
	case !ok:
		return "the resource is neither an ARN nor *"
	case req.Principal.Type < Anonymous || req.Principal.Type > Service:
		return "the kind of caller is unknown"
	case e.wellFormed():
		return ""
	}
	if vendor, name, _ := strings.Cut(req.Action, ":"); vendor == "" || name == "" {
		return `the action is not of the form "service:Name"`
	}
	if len(req.Action) > longestActionName {
		return fmt.Sprintf("the action has more than %d characters", longestActionName)
	}
	for i := range len(req.Action) {
		if req.Action[i] >= utf8.RuneSelf {
			return "the action has a character outside ASCII"
		}
	}
	return "the caller has no account"
}

// request copies what was asked.
func (x *explainer) request(req *Request) {
	caller := &req.Principal
	x.out.Action, x.out.Resource = x.text(req.Action), x.text(req.Resource)
	x.out.Principal = x.text(callerName(caller))
	if caller.EntityARN != caller.ARN {
		x.out.Entity = x.text(caller.EntityARN)
	}
	if x.e.req != nil && caller.Account != "" && !x.e.sameAccount() {
		x.out.PrincipalAccount, x.out.ResourceAccount = x.text(caller.Account), x.text(req.ResourceAccount)
	}
}

// callerName is how the caller is called: by ARN, provider or service.
func callerName(caller *Principal) string {
	switch {
	case caller.ARN != "":
		return caller.ARN
	case caller.Provider != "":
		return caller.Provider
	case caller.Service != "":
		return caller.Service
	}
	return "anonymous"
}

// decided copies the statement that decided.
func (x *explainer) decided(d Decision) {
	if d.Effect == ImplicitDeny || d.Layer == NoLayer || d.Policy == nil && d.Effect == Allow {
		return
	}
	x.out.Statement = x.ref(d.Policy, d.Statement, d.Effect)
	if d.Statement >= 0 {
		if d.Effect == ExplicitDeny {
			x.out.Covers = x.covers(d.Policy, d.Statement)
		}
		x.out.Conditions = x.matched(d.Policy, d.Statement)
		x.used = append(x.used, &d.Policy.statements[d.Statement])
	}
}

// ref names a statement, or the whole of a policy that could not be read.
func (x *explainer) ref(p *Policy, i int, e Effect) *StatementRef {
	r := &StatementRef{Policy: x.text(p.Name()), PolicyARN: x.text(p.ARN()), Source: x.text(p.Source()), Index: i, Effect: "Deny"}
	if e == Allow {
		r.Effect = "Allow"
	}
	if i >= 0 {
		r.Sid = x.text(p.Sid(i))
		at := p.Position(i)
		r.Line, r.Column = at.Line, at.Column
	}
	return r
}

// layers describes every layer that was asked, and the one that decided if it
// has no policy at all.
func (x *explainer) layers(d Decision) {
	for l := IdentityLayer; l <= TrustLayer; l++ {
		o := x.said[l]
		if o == nil && l == d.Layer {
			o = &outcome{statement: -1}
			x.said[l] = o
		}
		if o == nil {
			continue
		}
		x.left = layerShare
		layer := LayerExplanation{Layer: l, Effect: o.effect}
		list := x.policies(l)
		layer.Policies = append([]string{}, x.list(len(list), func(i int) string {
			if s := list[i].Source(); s != "" {
				return nameOf(list[i]) + " (" + s + ")"
			}
			return nameOf(list[i])
		})...)
		for _, p := range list {
			layer.Statements += p.Len()
		}
		switch {
		case o.effect == ExplicitDeny, o.policy != nil:
			layer.Statement = x.ref(o.policy, o.statement, o.effect)
		case o.effect == ImplicitDeny && !d.Allowed():
			if layer.NearMisses = x.nearMisses(list, l >= ResourceLayer); layer.NearMisses == nil {
				layer.Services = x.services(list)
			}
		}
		if o.effect == Allow && l >= ResourceLayer {
			o.grant = x.e.resourceSays().grant
			layer.Grant = grantName(o.grant)
		}
		x.out.Layers = append(x.out.Layers, layer)
	}
}

// grantName is what a grant is worth, "" for none.
func grantName(c grantClass) string {
	return [...]string{notNamed: "", account: GrantAccount, limited: GrantEntity, direct: GrantCaller}[c]
}

// nameOf is a policy's name for a list, which must not be empty.
func nameOf(p *Policy) string {
	switch {
	case p == nil:
		return "a policy that could not be read"
	case p.Name() == "":
		return "a policy without name"
	}
	return p.Name()
}

// policies returns the policies of a layer.
func (x *explainer) policies(l Layer) []*Policy {
	all, one := x.e.policies, (*Policy)(nil)
	switch l {
	case IdentityLayer:
		return all.Identity
	case SessionLayer:
		return all.Session
	case BoundaryLayer:
		one = all.Boundary
	default:
		one = all.Resource
	}
	if one == nil {
		return nil
	}
	return []*Policy{one}
}
