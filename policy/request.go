package policy

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
//
// A nil entry in Identity or Session stands for a stored policy that could
// not be read. Its denies are unknown, so it denies everything (spec 7.1);
// Broken makes a named policy that does the same.
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
