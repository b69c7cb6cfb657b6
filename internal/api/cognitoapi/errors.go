package cognitoapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	wire "github.com/rockpool-id/rockpool/internal/wire/cognitowire"
)

// Error turns a domain error into AWS's code and sentence (cognito-identity.md
// 2.3). Clients compare several of these sentences byte for byte.
func (i *Implementation) Error(err error) *awserr.Error {
	if e, ok := errors.AsType[*pool.LoginRefused](err); ok {
		return refused(e.Refusal)
	}
	if e, ok := errors.AsType[*pool.NoPool](err); ok {
		return wire.ResourceNotFoundException(fmt.Sprintf("IdentityPool '%s' not found.", e.ID))
	}
	if e, ok := errors.AsType[*pool.NoIdentity](err); ok {
		return wire.ResourceNotFoundException(fmt.Sprintf("Identity '%s' not found.", e.ID))
	}
	if _, ok := errors.AsType[*pool.GuestsNotAllowed](err); ok {
		return wire.NotAuthorizedException("Unauthenticated access is not supported for this identity pool.")
	}
	if e, ok := errors.AsType[*pool.Forbidden](err); ok {
		return wire.NotAuthorizedException(fmt.Sprintf("Access to Identity '%s' is forbidden.", e.ID))
	}
	if _, ok := errors.AsType[*pool.LoginsDontMatch](err); ok {
		return wire.NotAuthorizedException("Logins don't match. Please include at least one valid login for this identity or identity pool.")
	}
	if _, ok := errors.AsType[*pool.UnsupportedProvider](err); ok {
		return wire.NotAuthorizedException("Token is not from a supported provider of this identity pool.")
	}
	if e, ok := errors.AsType[*pool.CognitoToken](err); ok {
		if e.Foreign {
			return wire.NotAuthorizedException("Invalid login token. Not a Cognito token.")
		}
		return wire.NotAuthorizedException("Invalid login token. Can't pass in a Cognito token.")
	}
	if _, ok := errors.AsType[*pool.NotPublicProvider](err); ok {
		return wire.InvalidParameterException("Please provide a valid public provider.")
	}
	if _, ok := errors.AsType[*pool.LoginTaken](err); ok {
		return wire.ResourceConflictException("Login is already linked to another account.")
	}
	if _, ok := errors.AsType[*pool.NoRole](err); ok {
		return wire.InvalidIdentityPoolConfigurationException("Invalid identity pool configuration. Check assigned IAM roles for this pool.")
	}
	if e, ok := errors.AsType[*pool.RoleNotAllowed](err); ok {
		return wire.NotAuthorizedException(fmt.Sprintf("Role '%s' is not allowed by %s.", e.ARN, e.Source))
	}
	if e, ok := errors.AsType[*pool.AmbiguousRole](err); ok {
		return wire.NotAuthorizedException(fmt.Sprintf("The ambiguous role mapping rules for: %s denied this request.", e.Mapping))
	}
	if e, ok := errors.AsType[*pool.RoleForbidden](err); ok {
		return wire.NotAuthorizedException(fmt.Sprintf("Access to Role '%s' is forbidden.", e.ARN))
	}
	if e, ok := errors.AsType[*pool.Invalid](err); ok {
		return wire.InvalidParameterException(e.Message)
	}
	if _, ok := errors.AsType[*pool.DeveloperUserTaken](err); ok {
		return wire.DeveloperUserAlreadyRegisteredException("This developer user identifier is already registered with Cognito.")
	}
	if e, ok := errors.AsType[*pool.NotLinked](err); ok {
		if e.IdentityID == "" {
			return wire.ResourceNotFoundException("DeveloperUserIdentifier not found.")
		}
		return wire.ResourceNotFoundException("DeveloperUserIdentifier is not associated with the IdentityId.")
	}
	if _, ok := errors.AsType[*pool.Mismatch](err); ok {
		return wire.ResourceConflictException("DeveloperUserIdentifier is not associated with the IdentityId.")
	}
	if _, ok := errors.AsType[*pool.RateExceeded](err); ok {
		return wire.Service().RateExceeded()
	}
	if e, ok := errors.AsType[*pool.LimitExceeded](err); ok {
		return wire.LimitExceededException(e.Message)
	}
	if _, ok := errors.AsType[*pool.Conflict](err); ok {
		return wire.ConcurrentModificationException("The resource was changed by another request. Try again.")
	}
	if e, ok := errors.AsType[*pool.NotBuilt](err); ok {
		return awserr.Sender("UnsupportedOperationException", "Rockpool does not implement "+e.Feature+" yet.")
	}
	if _, ok := errors.AsType[*badPage](err); ok {
		return wire.InvalidParameterException("Invalid NextToken.")
	}
	if e, ok := errors.AsType[*badARN](err); ok {
		return wire.InvalidParameterException(fmt.Sprintf("Invalid resource ARN: %s", e.arn))
	}
	return nil
}

// refused is the sentence for a token that was not accepted. What exactly was
// wrong stands in the log and the audit record.
func refused(r *login.Refusal) *awserr.Error {
	switch r.Kind {
	case login.Expired:
		if strings.HasPrefix(r.Provider, "arn:") {
			// SAML's times have milliseconds, and so has AWS's sentence about them.
			return wire.NotAuthorizedException(fmt.Sprintf("Invalid login token. Token expired: %d >= %d", r.Now.UnixMilli(), r.Exp.UnixMilli()))
		}
		return wire.NotAuthorizedException(fmt.Sprintf("Invalid login token. Token expired: %d >= %d", r.Now.Unix(), r.Exp.Unix()))
	case login.WrongIssuer:
		return wire.NotAuthorizedException("Invalid login token. Issuer doesn't match providerName")
	case login.WrongAudience:
		// A user pool's or an app's client that is not configured counts as
		// the provider not being so; Google, Apple and OIDC have a sentence
		// about the audience.
		switch {
		case strings.HasPrefix(r.Provider, "cognito-idp."), r.Provider == pool.Facebook, r.Provider == pool.Amazon, r.Provider == pool.Twitter:
			return wire.NotAuthorizedException("Token is not from a supported provider of this identity pool.")
		}
		return wire.NotAuthorizedException("Invalid login token. Incorrect token audience.")
	case login.MissingClaim:
		return wire.NotAuthorizedException("Invalid login token. Missing a required claim: " + r.Claim)
	case login.NotSAML:
		return wire.NotAuthorizedException("Invalid login token. Not a valid SAML response.")
	case login.Encrypted:
		if r.Claim == "Assertion" {
			return wire.NotAuthorizedException("Invalid login token. The SAML assertion must be encrypted.")
		}
		return wire.NotAuthorizedException("Invalid login token. The SAML assertion could not be decrypted.")
	case login.WrongRecipient:
		return wire.NotAuthorizedException("Invalid login token. Incorrect token audience.")
	case login.TooLarge, login.NotJWT, login.Malformed, login.NotIDToken:
		if strings.HasPrefix(r.Provider, "arn:") {
			return wire.NotAuthorizedException("Invalid login token. Not a valid SAML response.")
		}
		return wire.NotAuthorizedException("Invalid login token. Not a valid OpenId Connect identity token.")
	case login.NotYetValid:
		return wire.NotAuthorizedException("Invalid login token. Token is not yet valid.")
	case login.TooOld:
		return wire.NotAuthorizedException("Invalid login token. Token is too old.")
	case login.ProviderUnreachable:
		return wire.ExternalServiceException("The login provider " + r.Provider + " could not be reached.")
	case login.Rejected:
		return wire.NotAuthorizedException("Invalid login token. The login provider does not accept the token.")
	case login.WrongProvider:
		return wire.NotAuthorizedException("Token is not from a supported provider of this identity pool.")
	}
	// BadSignature, UnknownKey, BadAlgorithm, UnsupportedHeader and whatever a later verifier may say.
	return wire.NotAuthorizedException("Invalid login token. Couldn't verify signed token.")
}
