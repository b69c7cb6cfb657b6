package policy

// StatementResult says how one statement met one request, element by element.
// Unlike a decision it knows about all elements and not only up to the first
// that fails, so that tests of policies can tell what they never tried.
type StatementResult struct {
	Statement int // index into the document's statements
	// Principal, Action and Resource say whether the element matched, in its Not
	// form too. What a layer does not look at, such as the principal of an
	// identity policy, matches.
	Principal, Action, Resource bool
	// Conditions are the conditions in the order of Document.Statement, true for
	// those that held. They count only where the statement was Reached.
	Conditions []bool
}

// Reached reports whether the statement is about the request, so that its
// conditions were asked.
func (r *StatementResult) Reached() bool { return r.Principal && r.Action && r.Resource }

// Matched reports whether the statement matched the request with all its
// conditions.
func (r *StatementResult) Matched() bool { return r.Failed() == 0 }

// Failed returns how many elements did not match, each condition counting as
// one.
func (r *StatementResult) Failed() int {
	failed := 0
	for _, ok := range [...]bool{r.Principal, r.Action, r.Resource} {
		if !ok {
			failed++
		}
	}
	for _, ok := range r.Conditions {
		if !ok {
			failed++
		}
	}
	return failed
}

// Examine tries every statement of p on a request, where Decide visits only
// those that could matter. all are the policies that p is one of, and l the
// layer it stands in. The predicates are the evaluator's own. A policy that
// cannot be read, or a request that Decide refuses as malformed, has no results.
func Examine(req *Request, all *Policies, p *Policy, l Layer) []StatementResult {
	if req == nil || all == nil || p.broken() {
		return nil
	}
	e := evaluation{req: req, policies: all}
	var ok bool
	if e.resource, ok = parseResource(req.Resource); !ok || !e.wellFormed() {
		return nil
	}
	results := make([]StatementResult, len(p.statements))
	for i := range p.statements {
		s := &p.statements[i]
		r := &results[i]
		r.Statement = i
		r.Principal = l != ResourceLayer && l != TrustLayer || e.names(s) != notNamed
		r.Action = e.actionListed(s) != s.notAction
		r.Resource = e.aboutResource(s)
		r.Conditions = make([]bool, len(s.conditions))
		for k := range s.conditions {
			r.Conditions[k] = s.conditions[k].holds(req.Context, s.deny)
		}
	}
	return results
}
