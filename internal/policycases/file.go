package policycases

import (
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// File is one test file, read and checked for itself. Whether the policies and
// roles that it names exist is found out by Runner.Run.
type File struct {
	Path            string
	Account, Region string
	// Policies, Roles, Users and Groups are what the file defines, by name;
	// PolicyNames keeps the order of policies.
	Policies    map[string]*Source
	PolicyNames []string
	Roles       map[string]*Entity
	Users       map[string]*Entity
	Groups      map[string]*Entity
	Tests       []*Test
}

// place is where something stands in the test file.
type place struct{ line, column int }

// Source says where a policy's text is: in a file, or here.
type Source struct {
	Path string // relative to the test file; "" when Text is the policy
	Text string
	at   place
}

// Ref names a policy: one of the file, or a managed policy by its ARN. For the
// policy of a resource it may name a bucket of the server.
type Ref struct {
	Name   string
	Bucket string
	at     place
}

// Entity is a role, user or group as a file defines it.
type Entity struct {
	Name, ARN, ID string
	Trust         *Ref // roles
	Policies      []Ref
	Boundary      *Ref
	Groups        []Ref // users: names of groups
	Tags          []iam.Tag
	at            place
}

// As is who makes the requests of a test.
type As struct {
	Type policy.PrincipalType
	// Name is the role or user (a name or an ARN), the provider of a web identity
	// or SAML assertion, the service, or the name of a federated user.
	Name    string
	Session string // role sessions: its name
	Issuer  string // federated users: the user (name or ARN) or "root"
	// Policies and Boundary replace those of the role or user, its groups' policies
	// too, when they are given.
	Policies      []Ref
	HasPolicies   bool
	Boundary      *Ref
	HasBoundary   bool
	SessionPolicy []Ref
	HasSession    bool
	Tags          []iam.Tag
	Source        string // aws:SourceIdentity
	Provider      string // aws:FederatedProvider of a role session
	MFA           bool
	at            place
}

// Key is a condition key of a request, as a test gives it.
type Key struct {
	Name   string
	Values []string
	Multi  bool // written as a list
	Absent bool // written as null: the request does not have the key
}

// Test is one test: every action on every resource is a check of its own.
type Test struct {
	Name            string
	As              As
	Assume          string   // the role whose trust policy is tested, "" for other tests
	Do              []string // actions
	On              []string // resources; the role of Assume when empty
	ResourcePolicy  *Ref
	ResourceAccount string
	With            []Key
	At              time.Time // zero: the time of the run
	Expect          Expectation
	Because         *Because
	at              place
}

// Line is where the test stands in its file.
func (t *Test) Line() int { return t.at.line }

// Expectation is the decision that a test expects.
type Expectation int

// The expectations. Deny is met by either denial.
const (
	Allow Expectation = iota + 1
	Deny
	ExplicitDeny
	ImplicitDeny
)

// String gives the words of the file.
func (e Expectation) String() string {
	switch e {
	case Allow:
		return "allow"
	case Deny:
		return "deny"
	case ExplicitDeny:
		return "explicit deny"
	case ImplicitDeny:
		return "implicit deny"
	}
	return "nothing"
}

// meets reports whether a decision is what was expected.
func (e Expectation) meets(got policy.Effect) bool {
	switch e {
	case Allow:
		return got == policy.Allow
	case Deny:
		return got != policy.Allow
	case ExplicitDeny:
		return got == policy.ExplicitDeny
	case ImplicitDeny:
		return got == policy.ImplicitDeny
	}
	return false
}

// Because is the reason that a test expects. Empty fields are not looked at.
type Because struct {
	Says      string       // part of the sentence that gives the reason
	Layer     policy.Layer // NoLayer when any will do
	Policy    string
	Statement string // Sid
	Number    int    // statement by number, from 1
}
