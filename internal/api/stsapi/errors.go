package stsapi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
	"github.com/rockpool-id/rockpool/policy"
)

// wireError is the one place where refusals become AWS's codes and sentences
// (iam-sts.md 3.4, 3.6, 3.7). It gives nil for what is not a refusal.
func wireError(err error) *awserr.Error {
	if e, ok := errors.AsType[*sts.TrustDenied](err); ok {
		return trustDenied(e)
	}
	if e, ok := errors.AsType[*sts.Invalid](err); ok {
		return invalid(e)
	}
	if e, ok := errors.AsType[*sts.NotPermitted](err); ok {
		return notPermitted(e)
	}
	if e, ok := errors.AsType[*sts.NoProvider](err); ok {
		return stswire.InvalidIdentityTokenException("No OpenIDConnect provider found in your account for " + e.Issuer)
	}
	if _, ok := errors.AsType[*sts.NoSAMLProvider](err); ok {
		return awserr.Sender("ValidationError", "Specified provider doesn't exist")
	}
	if e, ok := errors.AsType[*sts.BadAttribute](err); ok {
		return stswire.InvalidIdentityTokenException(badAttribute(e))
	}
	if e, ok := errors.AsType[*sts.BadClaim](err); ok {
		return stswire.InvalidIdentityTokenException("Invalid claim in the token: " + e.Claim)
	}
	if e, ok := errors.AsType[*login.Refusal](err); ok {
		if strings.HasPrefix(e.Provider, "arn:") {
			return refusedSAML(e)
		}
		return refused(e)
	}
	if e, ok := errors.AsType[*sts.PackedTooLarge](err); ok {
		if e.Tags {
			return stswire.PackedPolicyTooLargeException(fmt.Sprintf("Packed size of session tags consumes %d%% of allotted space.", e.Percent))
		}
		return stswire.PackedPolicyTooLargeException(fmt.Sprintf("Packed policy consumes %d%% of allotted space, please use smaller policy.", e.Percent))
	}
	if _, ok := errors.AsType[*sts.TokenTooLarge](err); ok {
		return stswire.PackedPolicyTooLargeException("Serialized token too large for session")
	}
	if e, ok := errors.AsType[*policy.Error](err); ok {
		return stswire.MalformedPolicyDocumentException(e.Message)
	}
	return nil
}

func accessDenied(message string) *awserr.Error {
	return awserr.Access("AccessDenied", message, accessDeniedStatus)
}

// trustDenied tells outsiders one sentence for every reason, a role that does
// not exist included. Callers of the role's own account learn which side refused.
func trustDenied(e *sts.TrustDenied) *awserr.Error {
	if e.SAML {
		return accessDenied("Not authorized to perform " + sts.ActionAssumeRoleWithSAML)
	}
	if e.Caller == "" {
		return accessDenied("Not authorized to perform " + sts.ActionAssumeRoleWithWebIdentity)
	}
	message := "User: " + e.Caller + " is not authorized to perform: " + e.Action + " on resource: " + e.RoleARN
	if e.Reason == sts.TrustPolicyDenies && roleAccount(e.Caller) == roleAccount(e.RoleARN) {
		message += " " + e.Decision.Reason(e.Action)
	}
	return accessDenied(message)
}

// roleAccount is the account of an ARN, "" when it is none.
func roleAccount(s string) string {
	a, err := arn.Parse(s)
	if err != nil {
		return ""
	}
	return a.Account
}

func invalid(e *sts.Invalid) *awserr.Error {
	validation := func(format string, args ...any) *awserr.Error {
		return awserr.Sender("ValidationError", fmt.Sprintf(format, args...))
	}
	value := func(message string) *awserr.Error { return awserr.Sender("InvalidParameterValue", message) }
	constraint := func(member, what string) *awserr.Error {
		return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must %s", e.Value, member, what)
	}
	const namePattern = `satisfy regular expression pattern: [\w+=,.@-]*`
	switch e.Kind {
	case sts.BadRoleARN:
		return validation("%s is invalid", e.Value)
	case sts.BadPolicyARN, sts.BadProviderARN:
		return validation("%s is invalid", e.Value)
	case sts.BadSessionName:
		return constraint("roleSessionName", namePattern)
	case sts.BadSourceIdentity:
		return constraint("sourceIdentity", namePattern)
	case sts.BadTag:
		return constraint("tags", `satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
	case sts.BadProviderID:
		return validation("%s is not a supported provider", e.Value)
	case sts.TooManyTags:
		return validation("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
	case sts.TooManyPolicyARNs:
		return validation("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10")
	case sts.DuplicateTagKeys:
		return value("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	case sts.TransitiveKeyNotTag:
		return value("The specified transitive tag key must be included in the requested tags.")
	case sts.TransitiveKeyInherited:
		return value("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
	case sts.DurationTooShort:
		return validation("1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to %d", int(e.Limit.Seconds()))
	case sts.DurationTooLong:
		return validation("1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to %d", int(e.Limit.Seconds()))
	case sts.DurationOverRole:
		return validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case sts.DurationOverChain:
		return validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return validation("The request is not valid.")
}

func notPermitted(e *sts.NotPermitted) *awserr.Error {
	switch e.Reason {
	case sts.RootMayNotAssume:
		return accessDenied("Roles may not be assumed by root accounts.")
	case sts.FederatedMayNotAssume:
		return accessDenied("Cannot call AssumeRole with GetFederationToken credentials")
	case sts.SessionMayNotIssue:
		return accessDenied("Cannot call this operation with session credentials")
	case sts.NoMFADevice:
		return accessDenied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	}
	return accessDenied("Access Denied")
}

// refused is the answer for a token that was not accepted (iam-sts.md 3.4).
func refused(r *login.Refusal) *awserr.Error {
	token := stswire.InvalidIdentityTokenException
	switch r.Kind {
	case login.NotJWT, login.TooLarge, login.Malformed, login.NotIDToken, login.UnsupportedHeader:
		return token("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	case login.MissingClaim:
		return token("Missing a required claim: " + r.Claim)
	case login.WrongIssuer, login.WrongProvider:
		return token("No OpenIDConnect provider found in your account for " + issuerURL(r.Got))
	case login.BadAlgorithm:
		return token("Token signature algorithm is not supported")
	case login.ProviderUnreachable:
		return stswire.IDPCommunicationErrorException("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
	case login.UnknownKey:
		return token("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
	case login.BadSignature:
		return token("Token signature invalid")
	case login.Expired:
		return stswire.ExpiredTokenException("Token expired: current date/time " + epoch(r.Now.Unix()) +
			" must be before the expiration date/time " + epoch(r.Exp.Unix()))
	case login.TooOld:
		return stswire.ExpiredTokenException("Token too old: " + epoch(int64(r.Now.Sub(r.Exp).Seconds())))
	case login.NotYetValid:
		return token("Token is not yet valid")
	case login.WrongAudience:
		return token("Incorrect token audience")
	case login.Rejected:
		return stswire.IDPRejectedClaimException("The identity provider rejected the token")
	}
	return token("The token could not be accepted")
}

func epoch(n int64) string { return strconv.FormatInt(n, 10) }

func issuerURL(iss string) string {
	if strings.Contains(iss, "://") {
		return iss
	}
	return "https://" + iss
}

// refusal is what a record says about a call that was refused.
func refusal(err error) map[string]any {
	if e, ok := errors.AsType[*sts.TrustDenied](err); ok {
		m := map[string]any{
			"deniedAction": e.Action, "deniedResource": e.RoleARN, "reason": e.Reason.String(),
			"decision": e.Decision.Effect.String(), "layer": e.Decision.Layer.String(),
		}
		if e.Decision.Policy != nil {
			m["statement"] = e.Decision.Statement
		}
		return m
	}
	if r, ok := login.AsRefusal(err); ok {
		return map[string]any{"reason": r.Kind.String(), "detail": r.Error()}
	}
	return map[string]any{"reason": err.Error()}
}
