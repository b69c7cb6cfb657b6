package sigv4

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sentences that AWS uses in more than one place.
const (
	textUnsupported = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
	textMismatchS3  = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
	textMismatch    = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. " +
		"Consult the service documentation for details."
	textBothMechanisms = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"
	textMissingParams  = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, " +
		"and X-Amz-Expires parameters."
	textCredential   = `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`
	textUnsigned     = "There were headers present in the request which were not signed"
	textTokenInvalid = "The security token included in the request is invalid."
	textInternal     = "We encountered an internal error. Please try again."

	headerMalformed = "AuthorizationHeaderMalformed"
	queryMalformed  = "AuthorizationQueryParametersError"
)

// S3 returns what Amazon S3 answers: error code, message and HTTP status.
// S3Fields has the further elements of the XML.
func (e *Error) S3() (code, message string, status int) {
	const bad, forbidden = http.StatusBadRequest, http.StatusForbidden
	switch e.Code {
	case MissingAuth:
		return "AccessDenied", "Access Denied", forbidden
	case UnknownKey, MissingToken:
		return "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", forbidden
	case InvalidToken:
		return "InvalidToken", "The provided token is malformed or otherwise invalid.", bad
	case ExpiredToken:
		return "ExpiredToken", "The provided token has expired.", bad
	case SignatureMismatch, ChunkMismatch:
		return "SignatureDoesNotMatch", textMismatchS3, forbidden
	case SkewTooLarge:
		return "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", forbidden
	case Expired:
		return "AccessDenied", "Request has expired", forbidden
	case NotYetValid:
		return "AccessDenied", "Request is not valid yet", forbidden
	case UnsignedHeaders:
		return "AccessDenied", textUnsigned, forbidden
	case MissingDate, BadDate:
		if e.Form == Query {
			return queryMalformed, `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`, bad
		}
		return "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", forbidden
	case UnknownScheme:
		return "InvalidArgument", "Unsupported Authorization Type", bad
	case SigV2, SigV4A:
		return "InvalidRequest", textUnsupported, bad
	case BothMechanisms:
		return "InvalidArgument", textBothMechanisms, bad
	case BadTarget:
		return "InvalidURI", "Couldn't parse the specified URI.", bad
	case MissingParams, BadAlgorithm, ExpiresNotNumber, ExpiresNegative, ExpiresTooLarge:
		return e.s3Query()
	case Malformed, BadCredential, Duplicate, WrongTerminator, WrongService, WrongRegion, WrongDate:
		return e.s3Scope()
	}
	return e.s3Body()
}

// s3Query answers for the parameters of a presigned URL and of a POST form.
func (e *Error) s3Query() (code, message string, status int) {
	switch e.Code {
	case MissingParams:
		if e.Form == Post {
			return "InvalidArgument", "Bucket POST must contain a field named '" + first(e.Missing) +
				"'.  If it is specified, please check the order of the fields.", http.StatusBadRequest
		}
		message = textMissingParams
	case BadAlgorithm:
		if e.Form == Post {
			return "InvalidRequest", textUnsupported, http.StatusBadRequest
		}
		message = `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"`
	case ExpiresNotNumber:
		message = "X-Amz-Expires should be a number"
	case ExpiresNegative:
		message = "X-Amz-Expires must be non-negative"
	default:
		message = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
	}
	return queryMalformed, message, http.StatusBadRequest
}

// s3Scope answers for a header, credential or scope that is wrong. The same
// sentence follows another beginning in a presigned URL.
func (e *Error) s3Scope() (code, message string, status int) {
	code, lead := headerMalformed, "The authorization header is malformed; "
	if e.Form == Query || e.Form == Post {
		code, lead = queryMalformed, "Error parsing the X-Amz-Credential parameter; "
	}
	switch e.Code {
	case WrongTerminator:
		message = lead + fmt.Sprintf("incorrect terminal %q. This endpoint uses %q.", e.Got, e.Want)
	case WrongService:
		message = lead + fmt.Sprintf("incorrect service %q. This endpoint belongs to %q.", e.Got, e.Want)
	case WrongRegion:
		message = lead + fmt.Sprintf("the region '%s' is wrong; expecting '%s'", e.Got, e.Want)
	case WrongDate:
		message = lead + fmt.Sprintf("incorrect date %q. This date is not the same as X-Amz-Date: %q.", e.Got, e.Want)
	case BadCredential:
		message = lead + textCredential
	case Duplicate:
		message = fmt.Sprintf("%s must be given only once.", e.Part)
	case Malformed:
		switch {
		case e.Form == Query:
			message = fmt.Sprintf("The %s parameter is mal-formed.", e.Part)
		case len(e.Missing) == 1 || len(e.Missing) == 2:
			message = lead + "missing " + e.Missing[0] + "."
		case e.Part == "SignedHeaders":
			message = lead + "the SignedHeaders is mal-formed."
		default:
			message = lead + "the authorization header requires three components: Credential, SignedHeaders, and Signature."
		}
	}
	return code, message, http.StatusBadRequest
}

// s3Body answers for everything about the payload and about POST forms.
func (e *Error) s3Body() (code, message string, status int) {
	const bad, forbidden = http.StatusBadRequest, http.StatusForbidden
	switch e.Code {
	case MissingContentSHA256:
		return "InvalidRequest", "Missing required header for this request: x-amz-content-sha256", bad
	case BadContentSHA256:
		return "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, " +
			"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.", bad
	case PayloadMismatch:
		return "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", bad
	case NotImplemented:
		return "NotImplemented", "A header you provided implies functionality that is not implemented", http.StatusNotImplemented
	case MissingDecodedLength:
		return "MissingContentLength", "You must provide the Content-Length HTTP header.", http.StatusLengthRequired
	case BadDecodedLength:
		return "InvalidArgument", "x-amz-decoded-content-length must be a non-negative integer.", bad
	case BadChunk, IncompleteBody:
		return "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header", bad
	case BadTrailer:
		return "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.", bad
	case UnsupportedTrailer:
		return "InvalidRequest", "The value specified in the x-amz-trailer header is not supported", bad
	case ChecksumMismatch:
		if e.Part == "content-md5" {
			return "BadDigest", "The Content-MD5 you specified did not match what we received.", bad
		}
		return "BadDigest", "The " + checksumLabel(e.Part) + " you specified did not match the calculated checksum.", bad
	case BadChecksum:
		if e.Part == "content-md5" {
			return "InvalidDigest", "The Content-MD5 you specified was invalid.", bad
		}
		return "InvalidRequest", "Value for " + e.Part + " header is invalid.", bad
	case BadPolicy:
		return "InvalidPolicyDocument", "Invalid Policy: " + e.Part, bad
	case PolicyFailed:
		return "AccessDenied", "Invalid according to Policy: Policy Condition failed: " + e.Part, forbidden
	case PolicyExpired:
		return "AccessDenied", "Invalid according to Policy: Policy expired.", forbidden
	case ExtraField:
		return "AccessDenied", "Invalid according to Policy: Extra input fields: " + e.Part, forbidden
	case FileTooLarge:
		return "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", bad
	case FileTooSmall:
		return "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", bad
	}
	return "InternalError", textInternal, http.StatusInternalServerError
}

// checksumLabel turns x-amz-checksum-crc32 into CRC32.
func checksumLabel(header string) string {
	return strings.ToUpper(strings.TrimPrefix(header, checksumPrefix))
}

// Field is a further element of an S3 error document.
type Field struct{ Name, Value string }

// S3Fields returns the elements that S3 puts beside Code and Message, in
// order. None of them is secret: AWS shows the caller the string to sign.
func (e *Error) S3Fields() []Field {
	long := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	switch e.Code {
	case UnknownKey, MissingToken:
		return []Field{{"AWSAccessKeyId", e.AccessKeyID}}
	case InvalidToken, ExpiredToken:
		if e.Token.IsZero() {
			return nil
		}
		return []Field{{"Token-0", e.Token.Reveal()}}
	case SignatureMismatch:
		return []Field{
			{"AWSAccessKeyId", e.AccessKeyID}, {"StringToSign", e.StringToSign}, {"SignatureProvided", e.SignatureProvided},
			{"StringToSignBytes", spacedHex(e.StringToSign)}, {"CanonicalRequest", e.CanonicalRequest}, {"CanonicalRequestBytes", spacedHex(e.CanonicalRequest)},
		}
	case ChunkMismatch:
		return []Field{
			{"AWSAccessKeyId", e.AccessKeyID}, {"StringToSign", e.StringToSign}, {"SignatureProvided", e.SignatureProvided},
			{"StringToSignBytes", spacedHex(e.StringToSign)},
		}
	case SkewTooLarge:
		return []Field{
			{"RequestTime", e.RequestTime.UTC().Format(timeFormat)}, {"ServerTime", long(e.ServerTime)},
			{"MaxAllowedSkewMilliseconds", strconv.FormatInt(e.MaxSkew.Milliseconds(), 10)},
		}
	case Expired:
		return []Field{
			{"X-Amz-Expires", strconv.FormatInt(int64(e.Expires/time.Second), 10)},
			{"Expires", long(e.RequestTime.Add(e.Expires))}, {"ServerTime", long(e.ServerTime)},
		}
	case NotYetValid:
		return []Field{{"RequestTime", long(e.RequestTime)}, {"ServerTime", long(e.ServerTime)}}
	case UnsignedHeaders:
		return []Field{{"HeadersNotSigned", strings.Join(e.Headers, ", ")}}
	case WrongRegion:
		return []Field{{"Region", e.Want}}
	case PayloadMismatch:
		return []Field{{"ClientComputedContentSHA256", e.Got}, {"S3ComputedContentSHA256", e.Want}}
	case BadContentSHA256:
		return []Field{{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", e.Got}}
	case FileTooLarge:
		return []Field{{"ProposedSize", strconv.FormatInt(e.Size, 10)}, {"MaxSizeAllowed", strconv.FormatInt(e.Limit, 10)}}
	case FileTooSmall:
		return []Field{{"ProposedSize", strconv.FormatInt(e.Size, 10)}, {"MinSizeAllowed", strconv.FormatInt(e.Limit, 10)}}
	}
	return nil
}

// spacedHex prints bytes as S3 does: two digits each, separated by spaces.
func spacedHex(s string) string {
	return fmt.Sprintf("% x", s)
}
