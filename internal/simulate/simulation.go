package simulate

import (
	"errors"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// Document is a policy in text, and the name by which results refer to it.
type Document struct {
	ID, Text string
	// Source says through what an identity policy reaches the caller, in the
	// words of policy.Meta.Source: "group Developers".
	Source string
}

// Inputs names documents by their place in a list, as IAM does:
// "PolicyInputList.1".
func Inputs(list string, texts []string) []Document {
	out := make([]Document, len(texts))
	for i, t := range texts {
		out[i] = Document{ID: list + "." + strconv.Itoa(i+1), Text: t}
	}
	return out
}

// Names that IAM gives to the documents of a simulation.
const (
	PolicyInputs   = "PolicyInputList"
	BoundaryInputs = "PermissionsBoundaryPolicyInputList"
	ResourceInput  = "ResourcePolicy"
)

// Setup is the input of a simulation.
type Setup struct {
	// Account is whose simulation it is: the account of a caller of whom nothing
	// else is known.
	Account string
	// Caller is who makes the simulated requests, nil for nobody in particular,
	// or in ForPrincipal for the principal itself.
	Caller *policy.Principal
	// Identity policies are added to those of the principal.
	Identity []Document
	// Boundary holds at most one permissions boundary. It takes the place of the
	// principal's own.
	Boundary []Document
	// Session policies limit the caller together; HasSession says that there is
	// such a limit even if the list is empty.
	Session    []Document
	HasSession bool
	// Resource is the resource's policy or a role's trust policy, nil when the
	// resource has none.
	Resource *Document
	// ResourceOwner is the account that owns resources whose ARN names none; ""
	// means the caller's. Without a resource policy and without an owner only the
	// caller's side is asked, whoever owns the resource.
	ResourceOwner string
	Context       []Entry
}

// Simulation decides made-up requests. It is immutable and may be shared.
type Simulation struct {
	caller   policy.Principal
	policies policy.Policies
	ids      map[*policy.Policy]string
	sources  []source // all policies, in the order in which statements are reported
	keys     []string // that the policies read
	known    policy.Context
	given    policy.Context
	owner    string
	size     int
}

// New prepares a simulation of policies in text.
func New(in Setup) (*Simulation, error) {
	s := &Simulation{ids: map[*policy.Policy]string{}}
	if err := s.setUp(in, policy.Principal{Type: policy.User, Account: in.Account}); err != nil {
		return nil, err
	}
	return s, nil
}

// setUp adds the input to what is known of the principal, who makes the
// requests if nobody else is said to.
func (s *Simulation) setUp(in Setup, principal policy.Principal) error {
	s.caller = principal
	if in.Caller != nil {
		s.caller = *in.Caller
	}
	if err := s.addPolicies(in); err != nil {
		return err
	}
	if s.policies.Resource != nil && s.caller.ARN == "" && named(s.caller.Type) {
		return &CallerMissing{}
	}
	if in.ResourceOwner != "" && !accountID(in.ResourceOwner) {
		return &Invalid{Field: FieldResourceOwner, Value: in.ResourceOwner}
	}
	s.owner = in.ResourceOwner
	describe(&s.known, &s.caller)
	if err := setEntries(&s.given, in.Context); err != nil {
		return err
	}
	s.prepare()
	return nil
}

// named reports whether callers of a type have an ARN. A resource policy speaks
// of them by it, so one must be given (AWS demands it too).
func named(t policy.PrincipalType) bool {
	return t == policy.User || t == policy.AssumedRole || t == policy.FederatedUser
}

func (s *Simulation) addPolicies(in Setup) error {
	for _, d := range in.Identity {
		p, err := s.compile(d, policy.Identity)
		if err != nil {
			return err
		}
		s.policies.Identity = append(s.policies.Identity, p)
	}
	if len(in.Boundary) > 1 {
		return &Invalid{Field: FieldBoundary, Value: strconv.Itoa(len(in.Boundary))}
	}
	for _, d := range in.Boundary {
		p, err := s.compile(d, policy.Identity)
		if err != nil {
			return err
		}
		s.policies.Boundary = p
	}
	s.policies.HasSession = in.HasSession || len(in.Session) > 0
	for _, d := range in.Session {
		p, err := s.compile(d, policy.Session)
		if err != nil {
			return err
		}
		s.policies.Session = append(s.policies.Session, p)
	}
	if in.Resource != nil {
		return s.addResource(*in.Resource)
	}
	return nil
}

// addResource reads a resource's policy. What is no policy of a resource may
// be one of a role, which has no Resource. If it is neither, the mistake that is
// told is the one in a resource's policy.
func (s *Simulation) addResource(d Document) (err error) {
	s.policies.Resource, err = s.compile(d, policy.Resource)
	if err == nil {
		return nil
	}
	trust, trustErr := s.compile(d, policy.Trust)
	if trustErr != nil {
		return err
	}
	s.policies.Resource, s.policies.Trust = trust, true
	return nil
}

func (s *Simulation) compile(d Document, kind policy.Kind) (*policy.Policy, error) {
	doc, err := parseDocument(d, kind)
	if err != nil {
		return nil, err
	}
	p := policy.Compile(doc, policy.Meta{Name: d.ID, Source: d.Source})
	s.ids[p] = d.ID
	return p, nil
}

func parseDocument(d Document, kind policy.Kind) (*policy.Document, error) {
	doc, err := policy.Parse([]byte(d.Text), kind)
	if mistake, ok := errors.AsType[*policy.Error](err); ok {
		return nil, &BadPolicy{ID: d.ID, Cause: mistake}
	}
	return doc, err
}

// source is one policy of a simulation.
type source struct {
	id     string
	layer  policy.Layer
	policy *policy.Policy
	spans  []span // of its statements
}

// prepare works out once what every answer needs of the policies.
func (s *Simulation) prepare() {
	for _, p := range s.policies.Identity {
		s.add(policy.IdentityLayer, p)
	}
	if s.policies.Boundary != nil {
		s.add(policy.BoundaryLayer, s.policies.Boundary)
	}
	for _, p := range s.policies.Session {
		s.add(policy.SessionLayer, p)
	}
	if s.policies.Resource != nil {
		s.add(s.resourceLayer(), s.policies.Resource)
	}
	var documents []*policy.Document
	for _, src := range s.sources {
		documents = append(documents, src.policy.Document())
	}
	s.keys = Keys(documents)
}

func (s *Simulation) add(l policy.Layer, p *policy.Policy) {
	text := p.Document().Text()
	s.size += len(text)
	s.sources = append(s.sources, source{s.ids[p], l, p, spans(p.Document(), text)})
}

func (s *Simulation) resourceLayer() policy.Layer {
	if s.policies.Trust {
		return policy.TrustLayer
	}
	return policy.ResourceLayer
}

// Keys lists the condition keys that documents read, each once and as the first
// of them spells it.
func Keys(documents []*policy.Document) []string {
	var keys []string
	seen := map[string]bool{}
	for _, d := range documents {
		for _, k := range d.ContextKeys() {
			if low := strings.ToLower(k); !seen[low] {
				seen[low] = true
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// Size is the length of all policies in bytes; the time of an answer grows with
// it.
func (s *Simulation) Size() int { return s.size }
