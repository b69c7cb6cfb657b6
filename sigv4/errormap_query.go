package sigv4

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// family is a kind of failure that the query and JSON services name the same
// way, each in their own words.
type family uint8

const (
	familyInternal family = iota
	familyMissing
	familyUnknownKey
	familyExpired
	familyIncomplete
	familySignature
)

// Query returns what IAM and STS answer (query protocol, XML): error code,
// message and HTTP status.
func (e *Error) Query() (code, message string, status int) {
	f, message := e.plain()
	switch f {
	case familyMissing:
		return "MissingAuthenticationToken", message, http.StatusForbidden
	case familyUnknownKey:
		return "InvalidClientTokenId", message, http.StatusForbidden
	case familyExpired:
		return "ExpiredToken", message, http.StatusForbidden
	case familyIncomplete:
		return "IncompleteSignature", message, http.StatusBadRequest
	case familySignature:
		return "SignatureDoesNotMatch", message, http.StatusForbidden
	case familyInternal:
	}
	return "InternalFailure", message, http.StatusInternalServerError
}

// JSON returns what Amazon Cognito and Amazon DynamoDB answer: the name for
// __type without a namespace, message and HTTP status. DynamoDB puts
// "com.amazon.coral.service#" before the name.
func (e *Error) JSON() (code, message string, status int) {
	f, message := e.plain()
	switch f {
	case familyMissing:
		return "MissingAuthenticationTokenException", message, http.StatusBadRequest
	case familyUnknownKey:
		return "UnrecognizedClientException", message, http.StatusBadRequest
	case familyExpired:
		return "ExpiredTokenException", message, http.StatusBadRequest
	case familyIncomplete:
		return "IncompleteSignatureException", message, http.StatusBadRequest
	case familySignature:
		return "InvalidSignatureException", message, http.StatusBadRequest
	case familyInternal:
	}
	return "InternalFailure", message, http.StatusInternalServerError
}

// ExecuteAPI returns what Amazon API Gateway answers: the x-amzn-ErrorType,
// message and HTTP status, which is always 403 for a refusal.
func (e *Error) ExecuteAPI() (code, message string, status int) {
	code, message, status = e.JSON()
	if e.Code == MissingAuth {
		message = "Missing Authentication Token"
	}
	if status < http.StatusInternalServerError {
		status = http.StatusForbidden
	}
	return code, message, status
}

// plain returns the family and the sentence, the same for all services but S3.
func (e *Error) plain() (family, string) {
	switch e.Code {
	case MissingAuth:
		return familyMissing, "Request is missing Authentication Token"
	case UnknownKey, MissingToken, InvalidToken:
		return familyUnknownKey, textTokenInvalid
	case ExpiredToken:
		return familyExpired, "The security token included in the request is expired"

	case SigV2, SigV4A:
		return familyIncomplete, textUnsupported
	case UnknownScheme:
		return familyIncomplete, "Unsupported Authorization Type"
	case BothMechanisms:
		return familyIncomplete, textBothMechanisms
	case Duplicate:
		return familyIncomplete, fmt.Sprintf("%s must be given only once.", e.Part)
	case Malformed:
		return familyIncomplete, e.incomplete()
	case MissingParams:
		return familyIncomplete, "AWS query-string parameters must include " + quotedList(e.Missing) + "."
	case BadAlgorithm:
		return familyIncomplete, fmt.Sprintf("Unsupported AWS 'algorithm': '%s'.", e.Got)
	case BadCredential:
		return familyIncomplete, fmt.Sprintf("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", e.Got)
	case ExpiresNotNumber, ExpiresNegative, ExpiresTooLarge:
		_, message, _ := e.s3Query()
		return familyIncomplete, message
	case MissingDate:
		return familyIncomplete, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
	case BadDate:
		return familyIncomplete, fmt.Sprintf("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", e.Got)
	case BadTarget:
		return familyIncomplete, "The request URI is malformed."

	case WrongTerminator:
		return familySignature, fmt.Sprintf("Credential should be scoped with a valid terminator: '%s', not '%s'.", e.Want, e.Got)
	case WrongService:
		return familySignature, fmt.Sprintf("Credential should be scoped to correct service: '%s'. ", e.Want)
	case WrongRegion:
		return familySignature, fmt.Sprintf("Credential should be scoped to a valid region, not '%s'. ", e.Got)
	case WrongDate:
		return familySignature, fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			e.Got, e.Want, e.RequestTime.Format(timeFormat))
	case SkewTooLarge, NotYetValid, Expired:
		return familySignature, e.skew()
	case UnsignedHeaders:
		return familySignature, unsignedText(e.Headers)
	case SignatureMismatch, PayloadMismatch, BadContentSHA256, MissingContentSHA256, ChunkMismatch:
		// A body that is not the signed one makes another canonical request.
		return familySignature, textMismatch
	default:
		return familyInternal, textInternal
	}
}

// incomplete names every absent component, as AWS does.
func (e *Error) incomplete() string {
	if len(e.Missing) == 0 {
		if e.Part == "SignedHeaders" {
			return "Authorization header requires a valid 'SignedHeaders' parameter."
		}
		if e.Part == "unknown component" {
			return "Authorization header has a parameter other than 'Credential', 'SignedHeaders' and 'Signature'."
		}
		return "'" + e.Got + "' not a valid key=value pair (missing equal-sign) in Authorization header."
	}
	sentences := make([]string, len(e.Missing))
	for i, name := range e.Missing {
		sentences[i] = "Authorization header requires '" + name + "' parameter."
	}
	return strings.Join(sentences, " ")
}

// skew words a time that is too far off: T1 is the request's (or the end of a
// presigned URL), T2 the limit, T3 our time.
func (e *Error) skew() string {
	const f = timeFormat
	t1, t3 := e.RequestTime.UTC(), e.ServerTime.UTC()
	minutes := int(e.MaxSkew / time.Minute)
	switch {
	case e.Code == Expired:
		return fmt.Sprintf("Signature expired: %s is now earlier than %s", t1.Add(e.Expires).Format(f), t3.Format(f))
	case t1.After(t3):
		return fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %d min.)", t1.Format(f), t3.Add(e.MaxSkew).Format(f), t3.Format(f), minutes)
	}
	return fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %d min.)", t1.Format(f), t3.Add(-e.MaxSkew).Format(f), t3.Format(f), minutes)
}

// unsignedText says which headers must be signed.
func unsignedText(headers []string) string {
	if len(headers) == 1 && headers[0] == "host" {
		return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
	}
	return quotedList(headers) + " must be a 'SignedHeader' in the AWS Authorization."
}

// quotedList prints 'a', 'b'.
func quotedList(list []string) string {
	return "'" + strings.Join(list, "', '") + "'"
}
