package stsapi

import (
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
)

// refusedSAML is the answer for a SAML response that was not accepted
// (iam-sts.md 3.5). What exactly was wrong stands in the log and the audit record.
func refusedSAML(r *login.Refusal) *awserr.Error {
	token := stswire.InvalidIdentityTokenException
	switch r.Kind {
	case login.BadSignature, login.UnknownKey, login.BadAlgorithm:
		return token("Response signature invalid")
	case login.WrongIssuer, login.WrongProvider:
		return token("Issuer not present in specified provider")
	case login.WrongAudience, login.WrongRecipient:
		return token("Response does not contain the required audience.")
	case login.Expired, login.TooOld:
		return stswire.ExpiredTokenException("Token must be redeemed within 5 minutes of issuance")
	case login.NotYetValid:
		return token("Token is not yet valid")
	case login.Rejected:
		return stswire.IDPRejectedClaimException("The identity provider reported that authentication failed")
	case login.Encrypted:
		if r.Claim == "Assertion" {
			return token("SAML assertion must be encrypted")
		}
		return token("SAML assertion could not be decrypted")
	case login.MissingClaim:
		if r.Claim == "NameID" || r.Claim == "Subject" {
			return accessDenied("Not authorized to perform " + sts.ActionAssumeRoleWithSAML)
		}
	}
	return token("Invalid SAML response")
}

// badAttribute is AWS's sentence about an attribute of an assertion.
func badAttribute(e *sts.BadAttribute) string {
	switch {
	case e.Attribute == "RoleSessionName" && e.Why == "missing":
		return "RoleSessionName is required in AuthnResponse"
	case e.Attribute == "RoleSessionName":
		return "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
	case e.Attribute == "SourceIdentity":
		return `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`
	}
	return e.Attribute + " in AuthnResponse is " + e.Why
}
