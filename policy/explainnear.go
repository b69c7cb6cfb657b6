package policy

import (
	"cmp"
	"slices"
	"strings"
)

// candidate is an Allow that does not apply, and how far it is from doing so.
type candidate struct {
	policy    *Policy
	statement int
	// elements counts what of principal, action and resource failed: a statement
	// that fails only by its conditions is the closest.
	elements   int
	conditions int // that failed
	// common is how much of the request's action and resource the failed elements
	// begin with, in bytes. It tells the statement about a sibling object from the
	// one about another bucket.
	common int
}

func (a candidate) compare(b candidate) int {
	return cmp.Or(cmp.Compare(a.elements, b.elements), cmp.Compare(a.conditions, b.conditions), cmp.Compare(b.common, a.common))
}

// nearMisses lists the closest statements of a layer that allows nothing. A Deny
// that did not apply is of no interest. named is set for a resource's policy,
// whose statements must name the caller.
func (x *explainer) nearMisses(list []*Policy, named bool) []NearMiss {
	var best []candidate
	for _, p := range list {
		for i := range p.statements {
			if p.statements[i].deny {
				continue
			}
			c, near := x.candidate(p, i, named)
			if !near || len(best) == MaxNearMisses && c.compare(best[MaxNearMisses-1]) >= 0 {
				continue
			}
			// Equally close ones stay in the order of the documents.
			at, _ := slices.BinarySearchFunc(best, c, func(have, c candidate) int {
				if have.compare(c) <= 0 {
					return -1
				}
				return 1
			})
			best = slices.Insert(best, at, c)[:min(len(best)+1, MaxNearMisses)]
		}
	}
	var misses []NearMiss
	for i, c := range best {
		if i > 0 && x.left <= 0 {
			break
		}
		m := NearMiss{StatementRef: *x.ref(c.policy, c.statement, Allow)}
		m.Failed, m.More = x.failed(c.policy, c.statement, named)
		if named {
			m.Grant = grantName(x.e.names(&c.policy.statements[c.statement]))
		}
		for i := range m.Failed {
			f := &m.Failed[i]
			f.Note, f.Remedy = visible(f.Note), visible(f.Remedy)
			x.spend(f.Note, f.Remedy)
			if f.Element != "Condition" {
				x.spend(f.Seen...)
			}
		}
		misses = append(misses, m)
		x.used = append(x.used, &c.policy.statements[c.statement])
	}
	return misses
}

// names reports whether a statement's principals fit: they name the caller, or
// there are none where none belong.
func (x *explainer) names(s *statement, named bool) bool {
	if named {
		return x.e.names(s) != notNamed
	}
	return len(s.principals) == 0
}

// candidate judges one statement. It is not near if it is about another service.
func (x *explainer) candidate(p *Policy, i int, named bool) (candidate, bool) {
	s, src, req := &p.statements[i], &p.doc.statements[i], x.e.req
	c := candidate{policy: p, statement: i}
	if !x.names(s, named) {
		c.elements++
	}
	if x.e.actionListed(s) == s.notAction {
		vendor, _, _ := strings.Cut(req.Action, ":")
		near := s.notAction
		for k := range src.Actions {
			v, _, _ := strings.Cut(src.Actions[k].Text, ":")
			near = near || strings.EqualFold(v, vendor)
			c.common = max(c.common, commonPrefix(src.Actions[k].Text, req.Action))
		}
		if !near {
			return c, false
		}
		c.elements++
	}
	if !x.e.aboutResource(s) {
		near, common := s.notResource || x.e.resource.star, 0
		for k := range s.resources {
			r := &s.resources[k]
			near = near || r.shape != fieldsARN || r.fields[1].match(x.e.resource.fields[1], req.Context)
			common = max(common, commonPrefix(src.Resources[k].Text, req.Resource))
		}
		if !near {
			return c, false
		}
		c.elements++
		c.common += common
	}
	for k := range s.conditions {
		if !s.conditions[k].holds(req.Context, s.deny) {
			c.conditions++
		}
	}
	return c, true
}

// services lists the services whose actions a layer allows, in order. A statement
// with NotAction allows those of all.
func (x *explainer) services(list []*Policy) []string {
	var all []string
	seen := map[string]bool{}
	for _, p := range list {
		for i := range p.doc.statements {
			s := &p.doc.statements[i]
			for k := 0; k < len(s.Actions) && s.Effect == Allow; k++ {
				vendor, _, _ := strings.Cut(strings.ToLower(s.Actions[k].Text), ":")
				if s.NotAction {
					vendor = "*"
				}
				if !seen[vendor] {
					seen[vendor] = true
					all = append(all, vendor)
				}
			}
		}
	}
	return x.list(len(all), func(i int) string { return all[i] })
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
