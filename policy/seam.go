package policy

// Kind says where a document is attached, which decides what it may contain
// and which of AWS's messages a mistake earns (spec/iam-sts.md 1.2, 1.9).
type Kind int

// The kinds of policy document.
const (
	Identity Kind = iota + 1 // inline policy of a user, group or role
	Managed                  // managed policy version (must be 2012-10-17)
	Session                  // session policy passed to STS
	Trust                    // a role's trust policy
	Resource                 // resource-based policy (a bucket policy)
)

// Error is a document that AWS would refuse. Message is AWS's sentence; the
// wire code (MalformedPolicyDocument, MalformedPolicy) is chosen by the edge.
type Error struct {
	Kind    Kind
	Message string
	Line    int // 1-based position of the offending element, 0 if unknown
	Column  int
	Detail  string // for logs: what was wrong in plain words
}

func (e *Error) Error() string { return e.Message }

// PrincipalType is what kind of caller makes a request.
type PrincipalType int

// The kinds of caller (spec/iam-sts.md 1.6, 2.3).
const (
	Anonymous     PrincipalType = iota
	Root                        // account root with its own key
	User                        // IAM user: long-term key or GetSessionToken session
	AssumedRole                 // role session, however the role was assumed
	FederatedUser               // GetFederationToken session
	WebIdentity                 // no AWS identity yet: AssumeRoleWithWebIdentity caller
	SAML                        // no AWS identity yet: AssumeRoleWithSAML caller
	Service                     // a service principal
)

// Principal is the caller as the evaluator sees it.
type Principal struct {
	Type      PrincipalType
	Account   string // 12 digits; "" for anonymous
	ARN       string // calling ARN: user ARN, session ARN, federated-user ARN, root ARN
	EntityARN string // the IAM entity behind it: user or role ARN with path
	EntityID  string // unique id of that entity (AIDA…, AROA…)
	Provider  string // WebIdentity, SAML: "cognito-identity.amazonaws.com", "accounts.google.com" or the provider's ARN
	Service   string // Service: "lambda.amazonaws.com"
}

// Request is one question: may Principal do Action on Resource in Context?
type Request struct {
	Principal       Principal
	Action          string // "s3:GetObject"
	Resource        string // ARN, or "*" for actions without resource-level support
	ResourceAccount string // owner; "" means the caller's own account
	Context         *Context
}

// Policies is every document that applies to one request.
type Policies struct {
	Identity []*Policy // inline + managed (+ groups'); sources are in Policy.Name/ARN
	// Boundary is the permissions boundary, nil when none is attached.
	Boundary *Policy
	// Session holds the session policies, unioned among themselves; HasSession
	// is true when the session carries any, even if the list is empty
	// (a GetFederationToken session without policies may do nothing).
	Session    []*Policy
	HasSession bool
	// Resource is the resource-based policy; nil when the resource has none.
	Resource *Policy
	// Trust marks Resource as a role trust policy, where a same-account
	// identity Allow alone is not enough (spec/iam-sts.md 2.3 "Exceptions").
	Trust bool
}

// Effect is the outcome of a decision.
type Effect int

// The three outcomes; the zero value denies.
const (
	ImplicitDeny Effect = iota
	ExplicitDeny
	Allow
)

// Layer names the kind of policy that decided.
type Layer int

// The layers, in AWS's words when printed.
const (
	NoLayer Layer = iota
	IdentityLayer
	BoundaryLayer
	SessionLayer
	ResourceLayer
	TrustLayer
)

// Decision is the answer. For a denial Layer is the one AWS names in its
// sentence; Policy and Statement identify the deciding statement when one
// matched (always for ExplicitDeny and Allow except for the account root).
type Decision struct {
	Effect    Effect
	Layer     Layer
	Policy    *Policy
	Statement int // index into Policy's statements; -1 when none
}

// Recorder receives what the evaluator sees, for explanations. Decide takes
// none; DecideRecorded takes one. The methods are defined by the explain work.
type Recorder interface {
	// Layer is told the outcome of one whole layer.
	Layer(l Layer, e Effect, p *Policy, statement int)
}
