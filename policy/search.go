package policy

import "strings"

// search looks through one policy for the statement that decides: the first
// Deny that applies, else the first Allow among those that name the caller
// most closely. Because it keeps the best found so far by position, statements
// may be shown to it in any order and more than once.
type search struct {
	e       *evaluation
	p       *Policy
	named   bool       // a resource's policy: statements must name the caller
	granted bool       // the layer has its Allow already: only a Deny matters
	deny    int        // the Deny found, or the number of statements
	allow   int        // the Allow found, or the number of statements
	grant   grantClass // how closely allow names the caller
	budget  int        // what may be spent through the index, see spend
}

// search asks one policy that is not broken.
func (e *evaluation) search(p *Policy, named, granted bool) search {
	s := search{e: e, p: p, named: named, granted: granted}
	s.run()
	return s
}

// run asks the policy of s.
func (s *search) run() {
	s.deny = len(s.p.statements)
	s.allow, s.budget = s.deny, s.p.weight
	if s.p.index == nil || !s.p.index.visit(s) {
		s.walk()
	}
}

// walk shows every statement in order up to the first Deny that applies. Most
// are about another resource, which a look at its beginning tells.
func (s *search) walk() {
	for i := 0; i < s.deny; i++ {
		if strings.HasPrefix(s.e.resource.fields[4], s.p.statements[i].start) {
			s.show(i)
		}
	}
}

// denies and allows report what was found. A Deny comes before any Allow.
func (s *search) denies() bool { return s.deny < len(s.p.statements) }
func (s *search) allows() bool { return s.allow < len(s.p.statements) }

// spend pays for work done through the index. A policy may be written so that
// the index leads to the same statements again and again; when that has cost
// as much as looking at every statement once, the search ends with a walk. So
// no policy costs more than twice its plain reading.
func (s *search) spend(cost int) bool {
	s.budget -= cost
	return s.budget >= 0
}

// show judges statement i, if the outcome could depend on it.
func (s *search) show(i int) {
	st := &s.p.statements[i]
	class := direct
	switch {
	case st.deny:
	case s.granted || s.denies() || !s.named && (i >= s.allow || len(st.principals) > 0):
		return // a policy that names principals grants nothing where there are none
	}
	if s.named {
		class = s.e.names(st)
	}
	switch {
	case class == notNamed:
	case st.deny:
		if s.e.applies(st) {
			s.deny = i
		}
	case class > s.grant || class == s.grant && i < s.allow:
		if s.e.applies(st) {
			s.allow, s.grant = i, class
		}
	}
}
