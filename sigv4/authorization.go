package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"time"
)

const (
	// Algorithm is the only signing algorithm accepted.
	Algorithm = "AWS4-HMAC-SHA256"
	// Terminator ends every credential scope.
	Terminator = "aws4_request"
	// DefaultMaxSkew is how far a client's clock may be from ours.
	DefaultMaxSkew = 15 * time.Minute
	// MaxExpires is the longest life of a presigned URL.
	MaxExpires = 7 * 24 * time.Hour
	// EmptySHA256 is the hex SHA-256 of an empty body.
	EmptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

	algorithmV4A = "AWS4-ECDSA-P256-SHA256"
	serviceS3    = "s3"
	timeFormat   = "20060102T150405Z"
	dateFormat   = "20060102"
)

// Values of x-amz-content-sha256 other than a hex digest.
const (
	// UnsignedPayload says that the signature does not cover the body.
	UnsignedPayload = "UNSIGNED-PAYLOAD"
	// StreamingSigned says that the body is aws-chunked, each chunk signed.
	StreamingSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	// StreamingSignedTrailer is StreamingSigned with signed trailers.
	StreamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	// StreamingUnsignedTrailer says that the body is aws-chunked and unsigned,
	// with trailers that usually carry a checksum.
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

	streamingECDSA        = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
	streamingECDSATrailer = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
)

// Form says where a signature was found.
type Form uint8

const (
	// Header is a signature in the Authorization header.
	Header Form = iota + 1
	// Query is a presigned URL.
	Query
	// Post is a signed policy in the form fields of an S3 browser upload.
	Post
)

// String returns "header", "query" or "post".
func (f Form) String() string {
	switch f {
	case Header:
		return "header"
	case Query:
		return "query"
	case Post:
		return "post"
	}
	return "none"
}

// AuthType returns the value of the condition key s3:authType.
func (f Form) AuthType() string {
	switch f {
	case Header:
		return "REST-HEADER"
	case Query:
		return "REST-QUERY-STRING"
	case Post:
		return "POST"
	}
	return ""
}

// Scope is the credential scope: what a signing key is good for.
type Scope struct {
	Date       string // YYYYMMDD
	Region     string
	Service    string
	Terminator string // must be aws4_request
}

// String returns date/region/service/terminator.
func (s Scope) String() string {
	return s.Date + "/" + s.Region + "/" + s.Service + "/" + s.Terminator
}

// Authorization is what a request says about its signature. It is a claim
// until Verify returned nil.
type Authorization struct {
	Form          Form
	AccessKeyID   string
	Scope         Scope
	Time          time.Time // the signing time, UTC
	SignedHeaders []string  // lower case, ascending
	Signature     string
	SessionToken  string        // from the header or the query parameter
	Expires       time.Duration // Query only: how long after Time the URL is good

	// PayloadHash is x-amz-content-sha256 as sent (for a presigned URL the
	// header or else the parameter), "" when absent.
	PayloadHash string

	// BodySHA256 is the lower-case hex SHA-256 of the body, see HashBody. The
	// caller sets it before Verify for every service but S3. It may stay empty
	// when the request has no body.
	BodySHA256 string

	timestamp   string // Time as it stands in the string to sign
	rawQuery    string
	plusIsSpace bool // set by Verify: the signer meant a space by "+"

	policy string // Post only: the signed base64 text

	names [12]string // room for SignedHeaders without another allocation
}

// Values returns the decoded query parameters as the signer meant them. A "+"
// is a literal plus unless Verify found that the signer took it for a space, so
// after Verify these values, and not those of url.ParseQuery, are the signed
// ones. A parameter that cannot be decoded is left out; Verify refuses such a
// request.
func (a *Authorization) Values() url.Values {
	v := url.Values{}
	for p, rest, ok := cutPair(a.rawQuery); ok; p, rest, ok = cutPair(rest) {
		name, err1 := decode(p.name, a.plusIsSpace)
		value, err2 := decode(p.value, a.plusIsSpace)
		if err1 == nil && err2 == nil {
			v.Add(name, value)
		}
	}
	return v
}

// HashBody returns the lower-case hex SHA-256 of a body.
func HashBody(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
