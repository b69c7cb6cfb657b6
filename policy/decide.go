package policy

import (
	"strings"
	"unicode/utf8"
)

// Decide answers a request. The zero of everything is a denial: no policies,
// an unknown kind of caller, a malformed action or resource.
//
// It reads the request and the policies and changes neither, so both may be
// shared. On a warm Context it allocates nothing.
func Decide(req *Request, p *Policies) Decision { return decide(req, p, nil) }

// DecideRecorded is Decide, and tells r the outcome of every layer that was
// looked at. It is the same code, so an explanation cannot disagree with the
// decision; with a recorder no layer is skipped.
func DecideRecorded(req *Request, p *Policies, r Recorder) Decision { return decide(req, p, r) }

// evaluation is one decision in progress.
type evaluation struct {
	req      *Request
	policies *Policies
	resource resource
	recorder Recorder
	keys     requestKeys
	action   [longestActionName]byte // folded
	folded   bool                    // action is there
}

// outcome is what one layer says. grant is used by the resource layer only.
type outcome struct {
	effect    Effect
	grant     grantClass
	policy    *Policy
	statement int
}

var silent = outcome{statement: -1}

func decide(req *Request, p *Policies, r Recorder) Decision {
	if req == nil || p == nil {
		return Decision{Statement: -1}
	}
	e := evaluation{req: req, policies: p, recorder: r}
	var ok bool
	if e.resource, ok = parseResource(req.Resource); !ok || !e.wellFormed() {
		return Decision{Statement: -1}
	}
	switch req.Principal.Type {
	case Anonymous, WebIdentity, SAML, Service:
		return e.outsider(e.resourceSays())
	case Root:
		return e.root(e.resourceSays())
	case User, AssumedRole, FederatedUser:
		return e.insider()
	}
	return Decision{Statement: -1}
}

// longestActionName bounds the action of a request (ActionNameType of the IAM
// API). Matching it against an Action element costs at most its square.
const longestActionName = 128

// wellFormed refuses requests that no edge should make. An IAM caller without
// an account would otherwise be at home in an account without a name; the
// names of actions are ASCII, so that folding and ? mean bytes.
func (e *evaluation) wellFormed() bool {
	vendor, name, found := strings.Cut(e.req.Action, ":")
	if !found || vendor == "" || name == "" || len(e.req.Action) > longestActionName {
		return false
	}
	for i := range len(e.req.Action) {
		if e.req.Action[i] >= utf8.RuneSelf {
			return false
		}
	}
	switch e.req.Principal.Type {
	case Root, User, AssumedRole, FederatedUser:
		return e.req.Principal.Account != ""
	}
	return true
}

func (e *evaluation) sameAccount() bool {
	return e.req.ResourceAccount == "" || e.req.ResourceAccount == e.req.Principal.Account
}

// outsider decides for callers without identity policies: anonymous ones,
// holders of a web identity or SAML assertion, and services. Only the
// resource speaks, and it must name them (spec/iam-sts.md 2.3, 2.5).
func (e *evaluation) outsider(res outcome) Decision {
	return e.answer(e.resourceLayer(), res)
}

// root decides for the account root with its own key: everything in its own
// account but what the resource denies, and even that for the policy of its
// own bucket, so that nobody locks himself out for good (spec 2.2, step 1).
func (e *evaluation) root(res outcome) Decision {
	switch {
	case !e.sameAccount() || e.policies.Trust:
		return e.answer(e.resourceLayer(), res)
	case res.effect == ExplicitDeny && !e.ownBucketPolicy():
		return e.answer(e.resourceLayer(), res)
	}
	return Decision{Effect: Allow, Statement: -1}
}

func (e *evaluation) ownBucketPolicy() bool {
	for _, action := range [...]string{"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"} {
		if strings.EqualFold(e.req.Action, action) {
			return true
		}
	}
	return false
}

// insider asks the layers of users, role sessions and federated users.
func (e *evaluation) insider() Decision {
	// One explicit deny anywhere decides; of several, the first in this order
	// is the one reported (spec 5.7).
	res := e.resourceSays()
	if res.effect == ExplicitDeny && e.recorder == nil {
		return e.answer(e.resourceLayer(), res)
	}
	session, limitedBySession := e.sessionSays()
	if session.effect == ExplicitDeny && e.recorder == nil {
		return e.answer(SessionLayer, session)
	}
	boundary, limitedByBoundary := e.boundarySays()
	if boundary.effect == ExplicitDeny && e.recorder == nil {
		return e.answer(BoundaryLayer, boundary)
	}
	identity := e.identitySays()
	return e.weigh(res, session, boundary, identity, limitedBySession, limitedByBoundary)
}

// weigh decides for users, role sessions and federated users by what their
// layers said. Explain weighs again what they would say with an addition.
func (e *evaluation) weigh(res, session, boundary, identity outcome, limitedBySession, limitedByBoundary bool) Decision {
	switch {
	case res.effect == ExplicitDeny:
		return e.answer(e.resourceLayer(), res)
	case session.effect == ExplicitDeny:
		return e.answer(SessionLayer, session)
	case boundary.effect == ExplicitDeny:
		return e.answer(BoundaryLayer, boundary)
	case identity.effect == ExplicitDeny:
		return e.answer(IdentityLayer, identity)
	}

	// What the resource grants to the very caller, in its own account, needs
	// no one's agreement.
	if e.sameAccount() && res.grant == direct {
		return e.answer(e.resourceLayer(), res)
	}
	// Else somebody must grant it …
	granted, layer := identity, IdentityLayer
	if e.sameAccount() && res.grant == limited && identity.effect != Allow {
		granted, layer = res, e.resourceLayer()
	}
	switch {
	case e.sameAccount() && e.policies.Trust && res.effect != Allow:
		// … a trust policy must speak even inside the account …
		return e.refuse(TrustLayer)
	case granted.effect != Allow:
		return e.refuse(IdentityLayer)
	// … the boundary and the session policy must agree …
	case limitedByBoundary && boundary.effect != Allow:
		return e.refuse(BoundaryLayer)
	case limitedBySession && session.effect != Allow:
		return e.refuse(SessionLayer)
	// … and so must the owner of a foreign resource.
	case !e.sameAccount() && res.effect != Allow:
		return e.refuse(e.resourceLayer())
	}
	return e.answer(layer, granted)
}

func (e *evaluation) resourceLayer() Layer {
	if e.policies.Trust {
		return TrustLayer
	}
	return ResourceLayer
}

func (e *evaluation) answer(l Layer, o outcome) Decision {
	return Decision{Effect: o.effect, Layer: l, Policy: o.policy, Statement: o.statement}
}

func (e *evaluation) refuse(l Layer) Decision { return Decision{Layer: l, Statement: -1} }

func (e *evaluation) record(l Layer, o outcome) {
	if e.recorder != nil {
		e.recorder.Layer(l, o.effect, o.policy, o.statement)
	}
}

// identitySays asks the caller's own policies.
func (e *evaluation) identitySays() outcome {
	o := silent
	o.effect = e.rootSession()
	o = e.union(o, e.policies.Identity)
	e.record(IdentityLayer, o)
	return o
}

// rootSession allows the root user behind a GetFederationToken session to do
// everything.
func (e *evaluation) rootSession() Effect {
	p := &e.req.Principal
	if p.Type == FederatedUser {
		if f, ok := splitARN(p.EntityARN); ok && f[1] == "iam" && f[3] == p.Account && f[4] == "root" {
			return Allow
		}
	}
	return ImplicitDeny
}

// boundarySays asks the permissions boundary; limits is false without one.
func (e *evaluation) boundarySays() (o outcome, limits bool) {
	if e.policies.Boundary == nil {
		return silent, false
	}
	o = e.ask(silent, e.policies.Boundary)
	e.record(BoundaryLayer, o)
	return o, true
}

// sessionSays asks the session policies together. A federated user is always
// limited by them, even if none was passed (spec 2.4).
func (e *evaluation) sessionSays() (o outcome, limits bool) {
	if !e.policies.HasSession && len(e.policies.Session) == 0 && e.req.Principal.Type != FederatedUser {
		return silent, false
	}
	o = e.union(silent, e.policies.Session)
	e.record(SessionLayer, o)
	return o, true
}

func (e *evaluation) union(o outcome, list []*Policy) outcome {
	for _, p := range list {
		if o = e.ask(o, p); o.effect == ExplicitDeny {
			break
		}
	}
	return o
}

// ask adds one policy without principals to what its layer said so far.
func (e *evaluation) ask(o outcome, p *Policy) outcome {
	if p.broken() {
		return outcome{effect: ExplicitDeny, policy: p, statement: -1}
	}
	s := search{e: e, p: p, granted: o.effect == Allow}
	s.run()
	switch {
	case s.denies():
		return outcome{effect: ExplicitDeny, policy: p, statement: s.deny}
	case s.allows():
		return outcome{effect: Allow, policy: p, statement: s.allow}
	}
	return o
}

// resourceSays asks the resource's policy and keeps the statement that names
// the caller most closely.
func (e *evaluation) resourceSays() outcome {
	o := silent
	p := e.policies.Resource
	if p == nil {
		return o
	}
	if p.broken() {
		o = outcome{effect: ExplicitDeny, policy: p, statement: -1}
		e.record(e.resourceLayer(), o)
		return o
	}
	s := search{e: e, p: p, named: true}
	s.run()
	switch {
	case s.denies():
		o = outcome{effect: ExplicitDeny, policy: p, statement: s.deny}
	case s.allows():
		o = outcome{effect: Allow, grant: s.grant, policy: p, statement: s.allow}
	}
	e.record(e.resourceLayer(), o)
	return o
}
