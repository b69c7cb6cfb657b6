package pool

import (
	"fmt"

	"github.com/rockpool-id/rockpool/internal/login"
)

// NoPool reports an unknown identity pool.
type NoPool struct{ ID string }

// NoIdentity reports an unknown or deleted identity.
type NoIdentity struct{ ID string }

// GuestsNotAllowed reports a request without logins to a pool that has no
// guest access.
type GuestsNotAllowed struct{ PoolID string }

// Forbidden reports that the identity may not be used like this: it has logins
// and none was given, it was disabled by a merge, or an administrator blocked it.
type Forbidden struct {
	ID       string
	Disabled bool
	Blocked  bool
}

// LoginsDontMatch reports that no login of the request belongs to the named
// identity, or that the pool can use none of them.
type LoginsDontMatch struct {
	IdentityID string
	Providers  []string
}

// UnsupportedProvider reports a login of a known kind that the pool is not
// configured for.
type UnsupportedProvider struct{ Provider string }

// NotPublicProvider reports the developer provider's name in a public operation.
type NotPublicProvider struct{ Provider string }

// CognitoToken reports a pool-issued token where none can be used, or another
// token under the key of pool-issued tokens.
type CognitoToken struct {
	// Foreign is true when the token was expected to be the pool's own, and
	// Refusal then says why it is not.
	Foreign bool
	Refusal *login.Refusal
}

// NotBuilt reports a feature that Rockpool does not have yet.
type NotBuilt struct{ Feature string }

// LoginRefused reports a login whose token was not accepted.
type LoginRefused struct {
	Provider string
	Refusal  *login.Refusal
}

// LoginTaken reports a login that cannot be linked: the identity already has
// another login of that provider, or a merge is not possible.
type LoginTaken struct {
	Provider string
	Reason   string
}

// SignInRefused reports a sign-in that failed after its identity and pool were
// found, so that the audit record can name them. Err says why.
type SignInRefused struct {
	IdentityID string
	Pool       *Pool
	Err        error
}

// NoRole reports that the pool has no role for this kind of caller, or that
// the role cannot be assumed. Err holds the refusal of the trust policy.
type NoRole struct {
	Kind    string // Authenticated or Unauthenticated
	RoleARN string // "" when none is configured
	Err     error
}

// RoleNotAllowed reports a CustomRoleArn that the logins do not permit. Source is
// what would have to name it.
type RoleNotAllowed struct{ ARN, Source string }

// AmbiguousRole reports a role mapping that finds no one role and denies then.
type AmbiguousRole struct {
	Mapping string // the provider, as the mapping names it
	Reason  string
}

// TagsTooLarge reports that the attributes for access control do not fit a
// session. On the wire it is the pool's configuration that is at fault.
type TagsTooLarge struct{ Size int }

// RoleForbidden reports a role ARN that cannot be attached to a pool.
type RoleForbidden struct {
	ARN    string
	Reason string
}

// Invalid reports a configuration that makes no sense; Message is public.
type Invalid struct{ Message string }

// Conflict reports a lost race: somebody changed the same thing meanwhile.
type Conflict struct{ What string }

// DeveloperUserTaken reports a developer's user who is linked to another identity
// than the one that was named.
type DeveloperUserTaken struct{ IdentityID string }

// NotLinked reports a developer's user who is not linked to the identity, or to
// none at all when IdentityID is empty.
type NotLinked struct{ IdentityID, User string }

// Mismatch reports an identity and a developer's user that exist and do not
// belong together.
type Mismatch struct{ IdentityID, User string }

// NotMerged reports an identity whose merge cannot be undone because it lost none,
// or has been restored already.
type NotMerged struct{ ID string }

// UndoRefused reports a merge that cannot be undone because of what happened since.
type UndoRefused struct {
	ID     string // the identity that lost the merge
	Reason string
}

// RateExceeded reports that an operation runs too often in one pool.
type RateExceeded struct{ Operation, PoolID string }

// LimitExceeded reports a quota; Message is public.
type LimitExceeded struct{ Message string }

func (e *NoPool) Error() string     { return fmt.Sprintf("pool: no identity pool %q", e.ID) }
func (e *NoIdentity) Error() string { return fmt.Sprintf("pool: no identity %q", e.ID) }
func (e *GuestsNotAllowed) Error() string {
	return fmt.Sprintf("pool: %q does not allow guests", e.PoolID)
}
func (e *Forbidden) Error() string {
	switch {
	case e.Blocked:
		return fmt.Sprintf("pool: identity %q was disabled by an administrator", e.ID)
	case e.Disabled:
		return fmt.Sprintf("pool: identity %q was merged into another one", e.ID)
	}
	return fmt.Sprintf("pool: identity %q has logins and none was given", e.ID)
}
func (e *LoginsDontMatch) Error() string {
	return fmt.Sprintf("pool: no login of %v fits identity %q or the pool", e.Providers, e.IdentityID)
}
func (e *UnsupportedProvider) Error() string {
	return fmt.Sprintf("pool: provider %q is not configured", e.Provider)
}
func (e *NotPublicProvider) Error() string {
	return fmt.Sprintf("pool: %q is the developer provider", e.Provider)
}
func (e *CognitoToken) Error() string {
	if e.Foreign {
		return fmt.Sprintf("pool: not a token issued by this pool: %v", e.Refusal)
	}
	return "pool: a pool-issued token cannot be used as a login here"
}
func (e *NotBuilt) Error() string { return "pool: not implemented: " + e.Feature }
func (e *LoginRefused) Error() string {
	return fmt.Sprintf("pool: login of %s refused: %v", e.Provider, e.Refusal)
}

func (e *DeveloperUserTaken) Error() string {
	return fmt.Sprintf("pool: the developer's user belongs to another identity than %q", e.IdentityID)
}
func (e *NotLinked) Error() string {
	return fmt.Sprintf("pool: the developer's user is not linked to %q", e.IdentityID)
}
func (e *Mismatch) Error() string {
	return fmt.Sprintf("pool: the developer's user does not belong to %q", e.IdentityID)
}

func (e *NotMerged) Error() string {
	return fmt.Sprintf("pool: identity %q was not merged into another one", e.ID)
}
func (e *UndoRefused) Error() string {
	return fmt.Sprintf("pool: the merge of identity %q cannot be undone: %s", e.ID, e.Reason)
}

func (e *RateExceeded) Error() string {
	return fmt.Sprintf("pool: rate limit of %s in %q", e.Operation, e.PoolID)
}

// Unwrap returns the refusal.
func (e *LoginRefused) Unwrap() error { return e.Refusal }

func (e *LoginTaken) Error() string {
	return fmt.Sprintf("pool: login of %s cannot be linked: %s", e.Provider, e.Reason)
}
func (e *SignInRefused) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *SignInRefused) Unwrap() error { return e.Err }

func (e *NoRole) Error() string {
	if e.RoleARN == "" {
		return fmt.Sprintf("pool: no %s role is configured", e.Kind)
	}
	return fmt.Sprintf("pool: %s role %s cannot be assumed: %v", e.Kind, e.RoleARN, e.Err)
}

// Unwrap returns the reason why the role cannot be assumed.
func (e *NoRole) Unwrap() error { return e.Err }

func (e *RoleNotAllowed) Error() string {
	return fmt.Sprintf("pool: role %s is not allowed by %s", e.ARN, e.Source)
}
func (e *TagsTooLarge) Error() string {
	return fmt.Sprintf("pool: the values of the principal tags have %d bytes together, of %d", e.Size, maxTagsText)
}
func (e *AmbiguousRole) Error() string {
	return fmt.Sprintf("pool: the role mapping of %s denies: %s", e.Mapping, e.Reason)
}
func (e *RoleForbidden) Error() string {
	return fmt.Sprintf("pool: role %s: %s", e.ARN, e.Reason)
}
func (e *Invalid) Error() string       { return "pool: " + e.Message }
func (e *Conflict) Error() string      { return "pool: concurrent change of " + e.What }
func (e *LimitExceeded) Error() string { return "pool: " + e.Message }
