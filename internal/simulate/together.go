package simulate

import (
	"slices"

	"github.com/rockpool-id/rockpool/policy"
)

// Together sums up the results of one action on several resources as IAM does:
// the most restrictive decision and layers, and all statements and missing keys,
// each once. The list must not be empty; the Resource is that of a single result
// and "*" of several.
func Together(list []Result) Result {
	sum := list[0]
	if len(list) == 1 {
		return sum
	}
	sum.Resource = "*"
	sum.Matched, sum.Missing, sum.Layers = slices.Clone(sum.Matched), slices.Clone(sum.Missing), slices.Clone(sum.Layers)
	for i := range list[1:] {
		r := &list[i+1]
		if stricter(r.Decision.Effect, sum.Decision.Effect) {
			sum.Decision = r.Decision
		}
		sum.CrossAccount = sum.CrossAccount || r.CrossAccount
		for _, m := range r.Matched {
			if !slices.Contains(sum.Matched, m) {
				sum.Matched = append(sum.Matched, m)
			}
		}
		for _, k := range r.Missing {
			if !slices.Contains(sum.Missing, k) {
				sum.Missing = append(sum.Missing, k)
			}
		}
		for n := range sum.Layers { // every result has the same layers
			if stricter(r.Layers[n].Effect, sum.Layers[n].Effect) {
				sum.Layers[n].Effect = r.Layers[n].Effect
			}
		}
	}
	sortMatches(sum.Matched)
	return sum
}

// stricter reports whether a is more restrictive than b.
func stricter(a, b policy.Effect) bool {
	order := func(e policy.Effect) int {
		switch e {
		case policy.ExplicitDeny:
			return 0
		case policy.ImplicitDeny:
			return 1
		case policy.Allow:
			return 2
		}
		return 0
	}
	return order(a) < order(b)
}
