package policy

// How one compiled statement meets one request.

// names says how a statement of a resource's policy names the caller.
func (e *evaluation) names(s *statement) grantClass {
	caller := &e.req.Principal
	if s.notPrincipal {
		if s.deny && !e.exempt(s) {
			return direct
		}
		return notNamed // Allow with NotPrincipal grants nothing
	}
	if len(s.principals) == 0 && s.deny {
		return direct // a deny that names nobody means everybody
	}
	best := notNamed
	for i := range s.principals {
		best = max(best, s.principals[i].class(caller, e.policies.Trust))
	}
	return best
}

// exempt reports whether NotPrincipal spares the caller from a deny. It
// spares nobody who has a permissions boundary (documented).
func (e *evaluation) exempt(s *statement) bool {
	if e.policies.Boundary != nil {
		return false
	}
	for i := range s.principals {
		if s.principals[i].exempts(&e.req.Principal) {
			return true
		}
	}
	return false
}

// applies reports whether a statement is about this request: its action, its
// resource and all of its conditions.
func (e *evaluation) applies(s *statement) bool {
	if e.actionListed(s) == s.notAction || !e.aboutResource(s) {
		return false
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(e.req.Context, s.deny) {
			return false
		}
	}
	return true
}

func (e *evaluation) actionListed(s *statement) bool {
	action := e.foldedAction()
	for i := range s.actions {
		if s.actions[i].match(action) {
			return true
		}
	}
	return false
}

// foldedAction returns the request's action in lower case.
func (e *evaluation) foldedAction() []byte {
	action := e.action[:min(len(e.req.Action), len(e.action))]
	if !e.folded {
		e.folded = true
		for i := range action {
			action[i] = lowerByte(e.req.Action[i])
		}
	}
	return action
}

// aboutResource matches the resource. An element whose variable has no value
// matches nothing. In NotResource that exempts nothing from a Deny, and it
// voids an Allow, which would otherwise grant what the author excluded
// (spec/iam-sts.md 1.5).
func (e *evaluation) aboutResource(s *statement) bool {
	if s.anyResource {
		return true
	}
	for i := range s.resources {
		r := &s.resources[i]
		if r.matchResource(&e.resource, e.req.Context) {
			return !s.notResource
		}
		if s.notResource && !s.deny && !r.resolves(e.req.Context) {
			return false
		}
	}
	return s.notResource
}
