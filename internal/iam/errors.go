package iam

import (
	"fmt"

	"github.com/rockpool-id/rockpool/policy"
)

// Kind names what an operation was about.
type Kind string

// The kinds of thing IAM holds.
const (
	KindRole          Kind = "role"
	KindUser          Kind = "user"
	KindGroup         Kind = "group"
	KindInlinePolicy  Kind = "inline policy"
	KindPolicy        Kind = "policy"
	KindPolicyVersion Kind = "policy version"
	KindAccessKey     Kind = "access key"
	KindOIDCProvider  Kind = "OpenID Connect provider"
	KindSAMLProvider  Kind = "SAML provider"

	KindSAMLPrivateKey  Kind = "private key of a SAML provider"
	KindInstanceProfile Kind = "instance profile"
	KindAccountAlias    Kind = "account alias"
)

// NotFound says that there is no such thing.
type NotFound struct {
	Kind Kind
	Name string // name, ARN, key id or "vN"
	// Owner is the kind of entity an inline policy was looked for in.
	Owner Kind
	// Of is the ARN of the policy a version was looked for in, or of the provider
	// of a private key.
	Of string
}

func (e *NotFound) Error() string { return fmt.Sprintf("%s %q not found", e.Kind, e.Name) }

// AlreadyExists says that the name, compared without case, is taken.
type AlreadyExists struct {
	Kind Kind
	Name string
}

func (e *AlreadyExists) Error() string { return fmt.Sprintf("%s %q already exists", e.Kind, e.Name) }

// InUse says that an entity cannot be deleted while something hangs on it.
type InUse struct {
	Kind Kind
	Name string
	By   Use
}

// Use is what keeps an entity from being deleted.
type Use string

// The reasons for InUse.
const (
	UseInline          Use = "inline policies"
	UseAttached        Use = "attached policies"
	UseAccessKeys      Use = "access keys"
	UseMembers         Use = "members"
	UseGroups          Use = "groups"
	UseInstanceProfile Use = "place in an instance profile"
	UseEntities        Use = "entities that the policy is attached to"
	UseVersions        Use = "further policy versions"
	UseDefaultVersion  Use = "being the default version"
)

func (e *InUse) Error() string {
	return fmt.Sprintf("%s %q cannot be deleted because of its %s", e.Kind, e.Name, e.By)
}

// Quota names a limit, in AWS's words where AWS has one (spec/iam-sts.md 4.1).
type Quota string

// The quotas.
const (
	QuotaRoles            Quota = "RolesPerAccount"
	QuotaUsers            Quota = "UsersPerAccount"
	QuotaGroups           Quota = "GroupsPerAccount"
	QuotaPolicies         Quota = "PoliciesPerAccount"
	QuotaOIDCProviders    Quota = "OpenIDConnectProvidersPerAccount"
	QuotaSAMLProviders    Quota = "SAMLProvidersPerAccount"
	QuotaSAMLPrivateKeys  Quota = "PrivateKeysPerSAMLProvider"
	QuotaInstanceProfiles Quota = "InstanceProfilesPerAccount"
	QuotaProfileRoles     Quota = "InstanceSessionsPerInstanceProfile"
	QuotaRolePolicies     Quota = "PoliciesPerRole"
	QuotaUserPolicies     Quota = "PoliciesPerUser"
	QuotaGroupPolicies    Quota = "PoliciesPerGroup"
	QuotaGroupsPerUser    Quota = "GroupsPerUser"
	QuotaAccessKeys       Quota = "AccessKeysPerUser"
	QuotaTags             Quota = "Tags"
	QuotaClientIDs        Quota = "ClientIdsPerOpenIdConnectProvider"
	QuotaThumbprints      Quota = "ThumbprintsPerOpenIdConnectProvider"
	QuotaPolicyVersions   Quota = "VersionsPerPolicy"
	QuotaPolicySize       Quota = "PolicySize"
	QuotaTrustSize        Quota = "ACLSizePerRole"
	QuotaInlineSize       Quota = "InlinePolicySize"
)

// LimitExceeded says that a quota is used up.
type LimitExceeded struct {
	Quota Quota
	Limit int
	// Kind and Name are the entity whose quota it is.
	Kind Kind
	Name string
}

func (e *LimitExceeded) Error() string {
	return fmt.Sprintf("%s %q: quota %s is %d", e.Kind, e.Name, e.Quota, e.Limit)
}

// MalformedPolicy says that a document is not an acceptable policy.
type MalformedPolicy struct{ Cause *policy.Error }

func (e *MalformedPolicy) Error() string { return "malformed policy: " + e.Cause.Message }

// Unwrap gives the engine's error.
func (e *MalformedPolicy) Unwrap() error { return e.Cause }

// InvalidPrincipal says that a trust policy names a user or role that does not
// exist.
type InvalidPrincipal struct{ ARN string }

func (e *InvalidPrincipal) Error() string {
	return fmt.Sprintf("trust policy names %q, which does not exist", e.ARN)
}

// Field names an input that a rule of this package refuses.
type Field string

// The fields of Invalid.
const (
	FieldName        Field = "name"
	FieldAlias       Field = "account alias"
	FieldPath        Field = "path"
	FieldDescription Field = "description"
	FieldDuration    Field = "maximum session duration"
	FieldBoundary    Field = "permissions boundary"
	FieldTagKey      Field = "tag key"
	FieldTagReserved Field = "tag key prefix"
	FieldTagTwice    Field = "repeated tag key"
	FieldTagValue    Field = "tag value"
	FieldURL         Field = "provider URL"
	FieldClientID    Field = "client id"
	FieldThumbprint  Field = "thumbprint"
	FieldPolicyARN   Field = "policy ARN"
	FieldVersion     Field = "policy version id"
	FieldDocument    Field = "policy document"
)

// Invalid says that an input breaks a rule that is about that input alone.
type Invalid struct {
	Field Field
	Value string
}

func (e *Invalid) Error() string { return fmt.Sprintf("invalid %s %q", e.Field, e.Value) }

// NotAttachable says that a policy ARN given to attach, or as a permissions
// boundary, names no policy that the entity may use.
type NotAttachable struct {
	ARN      string
	Boundary bool
}

func (e *NotAttachable) Error() string { return fmt.Sprintf("policy %q is not attachable", e.ARN) }

// Immutable says that the thing belongs to Rockpool or its operator and cannot
// be changed through IAM: an AWS-managed policy, or the root key that the
// server was started with.
type Immutable struct {
	Kind Kind
	Name string
}

func (e *Immutable) Error() string { return fmt.Sprintf("%s %q cannot be changed", e.Kind, e.Name) }

// Unreachable says that an OpenID Connect provider could not be asked for its
// certificate.
type Unreachable struct {
	URL   string
	Cause error
}

func (e *Unreachable) Error() string { return fmt.Sprintf("provider %s: %v", e.URL, e.Cause) }

// Unwrap gives the network's error.
func (e *Unreachable) Unwrap() error { return e.Cause }

// VersionConflict is what a Store answers to a Write that was decided on an
// older version than the stored one. It leaves the Service only when the
// conflict repeats.
type VersionConflict struct{ Base int64 }

func (e *VersionConflict) Error() string {
	return fmt.Sprintf("IAM has moved on from version %d", e.Base)
}

// BrokenPolicy says why an entity of a View is Broken.
type BrokenPolicy struct {
	Owner  string // ARN
	Policy string // policy name or ARN
	Cause  error
}

func (e *BrokenPolicy) Error() string {
	return fmt.Sprintf("stored policy %q of %s cannot be trusted: %v", e.Policy, e.Owner, e.Cause)
}

// Unwrap gives the parser's error.
func (e *BrokenPolicy) Unwrap() error { return e.Cause }
