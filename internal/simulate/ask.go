package simulate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/policy"
)

// Result is the answer to one action on one resource.
type Result struct {
	Action, Resource string
	Decision         policy.Decision
	// Matched are the statements that apply to the request: those that deny
	// first, then by layer and in the order of the policies.
	Matched []Match
	// Missing are the condition keys that the policies read and the request does
	// not have, as the policies spell them.
	Missing []string
	// Layers is what each layer said by itself, in the order of Matched.
	Layers []LayerEffect
	// CrossAccount is true when the resource belongs to another account than the
	// caller, so that both sides had to allow.
	CrossAccount bool
}

// Match is one statement that applies to a request.
type Match struct {
	Source string // which policy: "PolicyInputList.1", a policy's name
	Layer  policy.Layer
	Effect policy.Effect // Allow or ExplicitDeny
	// Policy and Statement say which statement it is to the engine.
	Policy    *policy.Policy
	Statement int
	// Start and End are where IAM says that the statement stands: from just
	// behind what comes before it, which is the bracket of the list, the end of
	// the statement before, or its own brace when there is no list.
	Start, End policy.Position
}

// LayerEffect is what one layer said.
type LayerEffect struct {
	Layer  policy.Layer
	Effect policy.Effect
}

// Said returns what a layer said; ok is false when there was no such layer.
func (r *Result) Said(l policy.Layer) (e policy.Effect, ok bool) {
	for _, s := range r.Layers {
		if s.Layer == l {
			return s.Effect, true
		}
	}
	return policy.ImplicitDeny, false
}

// CheckActions refuses what is not the name of an action: "service:Name"
// without wildcards.
func CheckActions(list []string) error {
	for _, a := range list {
		service, name, _ := strings.Cut(a, ":")
		if service == "" || name == "" || strings.ContainsAny(a, "*?$ ") || strings.Contains(name, ":") || !ascii(a) {
			return &Invalid{Field: FieldAction, Value: a}
		}
	}
	return nil
}

// CheckResources refuses what is neither an ARN nor the one "*" that stands for
// all resources.
func CheckResources(list []string) error {
	for _, r := range list {
		if r == "*" && len(list) == 1 {
			continue
		}
		if a, err := arn.Parse(r); err != nil || a.Partition == "" || a.Service == "" || a.Resource == "" {
			return &Invalid{Field: FieldResource, Value: r}
		}
	}
	return nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Question returns the request for an action on a resource and the policies
// that decide it. The policies are shared, the request is the caller's.
func (s *Simulation) Question(action, resource string) (*policy.Request, *policy.Policies) {
	c := &policy.Context{}
	for e := range s.known.All() {
		set(c, e)
	}
	owner := s.ownerOf(resource)
	if resource != "*" && owner != "" {
		c.Set(condkey.ResourceAccount, owner)
	}
	for e := range s.given.All() {
		set(c, e)
	}
	return &policy.Request{
		Principal: s.caller, Action: action, Resource: resource, ResourceAccount: s.judged(owner), Context: c,
	}, &s.policies
}

func set(c *policy.Context, e policy.Entry) {
	if e.Multi {
		c.SetMulti(e.Key, e.Values)
	} else {
		c.Set(e.Key, e.Values[0])
	}
}

// ownerOf returns the account that owns a resource: the one in its ARN, else
// the one that was given, else the caller's.
func (s *Simulation) ownerOf(resource string) string {
	if a, err := arn.Parse(resource); err == nil && accountID(a.Account) {
		return a.Account
	}
	return cmp.Or(s.owner, s.caller.Account)
}

// judged returns the account whose agreement counts. As long as nothing is said
// about the resource's side, only the caller's is simulated, as AWS does.
func (s *Simulation) judged(owner string) string {
	if s.policies.Resource == nil && s.owner == "" {
		return s.caller.Account
	}
	return owner
}

// Ask decides an action on a resource. Both must have passed CheckActions and
// CheckResources; the engine denies what is malformed.
func (s *Simulation) Ask(action, resource string) Result {
	req, policies := s.Question(action, resource)
	r := Result{
		Action: action, Resource: resource, Decision: policy.Decide(req, policies),
		CrossAccount: req.ResourceAccount != req.Principal.Account,
	}
	for i := range s.sources {
		layer, said := s.sources[i].layer, r.match(req, policies, &s.sources[i])
		if n := len(r.Layers); n > 0 && r.Layers[n-1].Layer == layer {
			r.Layers[n-1].Effect = stronger(r.Layers[n-1].Effect, said)
		} else {
			r.Layers = append(r.Layers, LayerEffect{layer, said})
		}
	}
	sortMatches(r.Matched)
	for _, k := range s.keys {
		if _, _, ok := req.Context.Get(k); !ok {
			r.Missing = append(r.Missing, k)
		}
	}
	return r
}

// match adds the statements of one policy that apply and returns what they say
// together.
func (r *Result) match(req *policy.Request, all *policy.Policies, src *source) policy.Effect {
	said := policy.ImplicitDeny
	for _, s := range policy.Examine(req, all, src.policy, src.layer) {
		if !s.Matched() {
			continue
		}
		at := &src.spans[s.Statement]
		r.Matched = append(r.Matched, Match{
			Source: src.id, Layer: src.layer, Effect: at.effect, Policy: src.policy, Statement: s.Statement, Start: at.start, End: at.end,
		})
		said = stronger(said, at.effect)
	}
	return said
}

// sortMatches puts statements that deny first and keeps the order otherwise.
func sortMatches(list []Match) {
	rank := func(m Match) int {
		if m.Effect == policy.ExplicitDeny {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b Match) int { return cmp.Compare(rank(a), rank(b)) })
}

// stronger returns the effect that wins inside a layer.
func stronger(a, b policy.Effect) policy.Effect {
	switch {
	case a == policy.ExplicitDeny || b == policy.ExplicitDeny:
		return policy.ExplicitDeny
	case a == policy.Allow || b == policy.Allow:
		return policy.Allow
	}
	return policy.ImplicitDeny
}
