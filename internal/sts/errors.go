package sts

import (
	"fmt"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/policy"
)

// Action names of trust decisions.
const (
	ActionAssumeRole                = "sts:AssumeRole"
	ActionAssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity"
	ActionAssumeRoleWithSAML        = "sts:AssumeRoleWithSAML"
	ActionTagSession                = "sts:TagSession"
	ActionSetSourceIdentity         = "sts:SetSourceIdentity"
)

// externalIDKey is the condition key of AssumeRole's ExternalId.
const externalIDKey = "sts:ExternalId"

// TrustDenied says that a role may not be assumed. Callers outside see one
// sentence for all of it (iam-sts.md 3.4 step 9, 3.6); the fields are for
// records and explanations.
type TrustDenied struct {
	RoleARN  string
	Action   string // the action that was refused: AssumeRole…, TagSession, SetSourceIdentity
	Caller   string // ARN of the signed caller, "" for web identities
	Provider string // web identities and SAML: who vouched for the caller
	SAML     bool   // the caller came with a SAML assertion
	// Reason is what refused.
	Reason   TrustReason
	Decision policy.Decision
	// Keys are the condition keys the trust policy could look at, beside the
	// global ones; none when the role does not exist.
	Keys []ContextKey
}

// TrustReason says what part of assuming a role was refused.
type TrustReason int

// The reasons of a TrustDenied.
const (
	TrustPolicyDenies   TrustReason = iota + 1 // the decision on trust and identity policies; see Decision
	NoSuchRole                                 // no role has this ARN
	TrustBroken                                // the stored trust policy does not compile
	SourceIdentityFixed                        // the session's source identity cannot be changed
	ForeignRole                                // the role is not of the identity pool's or provider's account
	RoleNotAsserted                            // the SAML assertion does not name the role with the provider
)

var trustReasons = [...]string{
	TrustPolicyDenies: "policy", NoSuchRole: "no such role", TrustBroken: "broken trust policy",
	SourceIdentityFixed: "source identity already set", ForeignRole: "role of another account", RoleNotAsserted: "role is not in the assertion",
}

// String names the reason in records.
func (r TrustReason) String() string {
	if r <= 0 || int(r) >= len(trustReasons) {
		return fmt.Sprintf("reason %d", int(r))
	}
	return trustReasons[r]
}

func (e *TrustDenied) Error() string {
	by := e.Caller
	if by == "" {
		by = e.Provider
	}
	text := fmt.Sprintf("sts: %s on %s refused for %s: %s", e.Action, e.RoleARN, by, e.Reason)
	if e.Reason != TrustPolicyDenies {
		return text
	}
	// An administrator has to see which condition did not hold; the caller is
	// told nothing of this (iam-sts.md 3.4 step 9).
	if e.Decision.Effect == policy.ExplicitDeny {
		text += fmt.Sprintf(", statement %d denies", e.Decision.Statement)
	} else {
		text += ", no statement allows"
	}
	for i, k := range e.Keys {
		if k.Name == externalIDKey {
			continue // agreed between two parties: not for logs
		}
		sep := "; "
		if i == 0 {
			sep = "; with "
		}
		text += sep + k.Name + " = " + strings.Join(k.Values, ", ")
	}
	return text
}

// InvalidKind says which rule of the request's parameters was broken.
type InvalidKind int

// The rules of iam-sts.md 3.3, 3.4 and 3.6 that an edge cannot check from the
// shape of the request alone.
const (
	BadRoleARN             InvalidKind = iota + 1 // Value is not the ARN of a role
	BadPolicyARN                                  // Value is not a managed policy the role's account may use
	BadSessionName                                // Value
	BadSourceIdentity                             // Value
	BadTag                                        // Value is the key or value that breaks the alphabet, length or aws: rule
	BadProviderID                                 // Value is not a provider that takes access tokens
	BadProviderARN                                // Value is not the ARN of a SAML provider
	TooManyTags                                   // more than 50
	TooManyPolicyARNs                             // more than 10
	DuplicateTagKeys                              // Value, ignoring case
	TransitiveKeyNotTag                           // Value is transitive but not among the tags
	TransitiveKeyInherited                        // Value is a transitive tag of the calling session
	DurationTooShort                              // below Limit
	DurationTooLong                               // above Limit, whoever asks
	DurationOverRole                              // above the role's maximum, Limit
	DurationOverChain                             // above one hour by role chaining
)

var invalidKinds = [...]string{
	BadRoleARN: "malformed role ARN", BadPolicyARN: "unusable session policy ARN", BadSessionName: "malformed session name",
	BadSourceIdentity: "malformed source identity", BadTag: "malformed tag", BadProviderID: "unusable provider id", BadProviderARN: "malformed provider ARN",
	TooManyTags: "too many tags", TooManyPolicyARNs: "too many session policy ARNs", DuplicateTagKeys: "duplicate tag key",
	TransitiveKeyNotTag: "transitive key is not a tag", TransitiveKeyInherited: "transitive key is inherited",
	DurationTooShort: "duration too short", DurationTooLong: "duration too long",
	DurationOverRole: "duration above the role's maximum", DurationOverChain: "duration above the limit of role chaining",
}

// Invalid is a request whose parameters break a rule.
type Invalid struct {
	Kind  InvalidKind
	Value string
	Limit time.Duration
}

func (e *Invalid) Error() string {
	what := fmt.Sprintf("kind %d", int(e.Kind))
	if e.Kind > 0 && int(e.Kind) < len(invalidKinds) {
		what = invalidKinds[e.Kind]
	}
	if e.Value == "" {
		return "sts: " + what
	}
	return fmt.Sprintf("sts: %s: %q", what, e.Value)
}

// PackedTooLarge says that session policies and tags do not fit a session.
// Percent is how much of the allotted space they take. Tags is true when the
// tags alone are too much.
type PackedTooLarge struct {
	Percent int
	Tags    bool
}

func (e *PackedTooLarge) Error() string {
	return fmt.Sprintf("sts: session policies and tags take %d%% of the allotted space", e.Percent)
}

// TokenTooLarge says that everything a session carries makes a token longer than
// clients can send.
type TokenTooLarge struct{ Size int }

func (e *TokenTooLarge) Error() string {
	return fmt.Sprintf("sts: a session token of %d bytes is longer than %d", e.Size, maxToken)
}

// NoProvider says that no identity provider is known for the issuer of a token.
type NoProvider struct{ Account, Issuer string }

func (e *NoProvider) Error() string {
	return fmt.Sprintf("sts: account %s has no OpenID Connect provider %q", e.Account, e.Issuer)
}

// NoSAMLProvider says that there is no SAML provider of this ARN.
type NoSAMLProvider struct{ ARN string }

func (e *NoSAMLProvider) Error() string { return "sts: no SAML provider " + e.ARN }

// BadAttribute says that a proven assertion lacks an attribute that STS needs, or
// has one that it cannot use. Attribute is its name without AWS's prefix.
type BadAttribute struct{ Attribute, Why string }

func (e *BadAttribute) Error() string {
	return fmt.Sprintf("sts: attribute %s: %s", e.Attribute, e.Why)
}

// BadClaim says that a verified token carries a claim for STS (session tags,
// source identity) that cannot be used.
type BadClaim struct{ Claim, Why string }

func (e *BadClaim) Error() string { return fmt.Sprintf("sts: claim %s: %s", e.Claim, e.Why) }

// NotPermitted says that an operation is closed to a kind of caller, whatever
// the policies say.
type NotPermitted struct{ Reason NotPermittedReason }

// NotPermittedReason is why an operation is closed to a caller.
type NotPermittedReason int

// The reasons of a NotPermitted.
const (
	RootMayNotAssume      NotPermittedReason = iota + 1 // the account root assumes no role
	FederatedMayNotAssume                               // GetFederationToken credentials assume no role
	SessionMayNotIssue                                  // GetSessionToken, GetFederationToken with session credentials
	NoMFADevice                                         // a serial number or code without a device that could check it
)

func (e *NotPermitted) Error() string {
	switch e.Reason {
	case RootMayNotAssume:
		return "sts: the account root may not assume roles"
	case FederatedMayNotAssume:
		return "sts: federated user credentials may not assume roles"
	case SessionMayNotIssue:
		return "sts: session credentials may not ask for this"
	case NoMFADevice:
		return "sts: no MFA device can check this code"
	}
	return "sts: not permitted"
}

// TokenReason says why a session token was not accepted.
type TokenReason int

// The reasons of a TokenError.
const (
	TokenMalformed  TokenReason = iota + 1 // not something we made, or changed since
	TokenUnknownKey                        // sealed with a key that is not in the ring
	TokenExpired                           // over since Expired
)

// TokenError is a session token that was not accepted. It never contains the
// token.
type TokenError struct {
	Reason  TokenReason
	KeyID   string    // TokenUnknownKey
	Expired time.Time // TokenExpired
	Err     error
}

func (e *TokenError) Error() string {
	switch e.Reason {
	case TokenExpired:
		return "sts: session token expired at " + e.Expired.UTC().Format(time.RFC3339)
	case TokenUnknownKey:
		return "sts: session token of unknown key " + e.KeyID
	case TokenMalformed:
	}
	return "sts: malformed session token"
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }
