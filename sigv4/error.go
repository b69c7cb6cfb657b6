package sigv4

import (
	"fmt"
	"strings"
	"time"
)

// Code says why a request was refused.
type Code uint8

// The reasons for a refusal. The ones marked (caller) are found by whoever
// knows keys and tokens; they are here so that one table serves every edge.
const (
	// MissingAuth (caller): the operation needs a signature and there is none.
	MissingAuth Code = iota + 1
	// UnknownKey (caller): the access key does not exist or is inactive.
	UnknownKey
	// MissingToken (caller): a temporary key came without its session token.
	MissingToken
	// InvalidToken (caller): the session token is not one of ours, or not this key's.
	InvalidToken
	// ExpiredToken (caller): the session is over.
	ExpiredToken

	// Malformed: the Authorization header cannot be parsed. Missing lists the
	// components that are absent; when empty, Part is the one that is wrong.
	Malformed
	// UnknownScheme: the Authorization header has another scheme.
	UnknownScheme
	// SigV2: the request uses AWS Signature Version 2.
	SigV2
	// SigV4A: the request uses the asymmetric AWS4-ECDSA-P256-SHA256.
	SigV4A
	// BothMechanisms: signed in the header and in the query.
	BothMechanisms
	// Duplicate: a header or parameter of the signature (Part) occurs more than once.
	Duplicate
	// MissingParams: Missing lists the X-Amz-* query parameters or form fields that are absent.
	MissingParams
	// BadAlgorithm: X-Amz-Algorithm (Got) is none we know.
	BadAlgorithm
	// BadCredential: the credential (Got) is not key/date/region/service/aws4_request.
	BadCredential
	// ExpiresNotNumber: X-Amz-Expires is not a number.
	ExpiresNotNumber
	// ExpiresNegative: X-Amz-Expires is below zero.
	ExpiresNegative
	// ExpiresTooLarge: X-Amz-Expires is above MaxExpires.
	ExpiresTooLarge
	// MissingDate: neither X-Amz-Date nor Date is there.
	MissingDate
	// BadDate: the date (Got) has no known form.
	BadDate
	// BadTarget: the path or query has a broken percent escape.
	BadTarget

	// WrongTerminator: the scope does not end in aws4_request.
	WrongTerminator
	// WrongService: the scope names another service.
	WrongService
	// WrongRegion: the scope names another region.
	WrongRegion
	// WrongDate: the scope date is not the day of the request date.
	WrongDate
	// SkewTooLarge: the request time is too far from ours.
	SkewTooLarge
	// Expired: the presigned URL is over.
	Expired
	// NotYetValid: the presigned URL is from the future.
	NotYetValid
	// UnsignedHeaders: Headers lists what had to be signed and was not.
	UnsignedHeaders
	// SignatureMismatch: the signature is not the one we calculated.
	SignatureMismatch

	// MissingContentSHA256: an S3 request without x-amz-content-sha256.
	MissingContentSHA256
	// BadContentSHA256: x-amz-content-sha256 (Got) is neither a digest nor a known word,
	// or contradicts the content encoding.
	BadContentSHA256
	// MissingBodyHash: the caller did not set Authorization.BodySHA256. Our fault, not the client's.
	MissingBodyHash
	// PayloadMismatch: the body does not have the signed hash.
	PayloadMismatch
	// NotImplemented: a form that AWS has and we refuse (Got).
	NotImplemented

	// MissingDecodedLength: a chunked body without x-amz-decoded-content-length.
	MissingDecodedLength
	// BadDecodedLength: x-amz-decoded-content-length (Got) is not a number.
	BadDecodedLength
	// BadChunk: the chunk framing is broken; Part says where.
	BadChunk
	// ChunkMismatch: a chunk or the trailer does not have the signature it states.
	ChunkMismatch
	// IncompleteBody: the body is shorter or longer than announced.
	IncompleteBody
	// BadTrailer: the trailers are malformed or not the announced ones; Part says which.
	BadTrailer
	// UnsupportedTrailer: x-amz-trailer announces something other than a checksum (Got).
	UnsupportedTrailer
	// ChecksumMismatch: the payload does not have the checksum (Part) that was sent.
	ChecksumMismatch
	// BadChecksum: the checksum (Part) is not base64 of the right length.
	BadChecksum

	// BadPolicy: the policy of a POST form cannot be parsed; Part says why.
	BadPolicy
	// PolicyFailed: a condition (Part) of a POST form's policy does not hold.
	PolicyFailed
	// PolicyExpired: the policy of a POST form is over.
	PolicyExpired
	// ExtraField: a form field (Part) that no condition of the policy covers.
	ExtraField
	// FileTooLarge: the file is larger than the policy's content-length-range.
	FileTooLarge
	// FileTooSmall: the file is smaller than the policy's content-length-range.
	FileTooSmall
)

var codeNames = [...]string{
	MissingAuth: "missing authentication", UnknownKey: "unknown access key", MissingToken: "missing session token",
	InvalidToken: "invalid session token", ExpiredToken: "expired session token", Malformed: "malformed authorization header",
	UnknownScheme: "unknown authorization scheme", SigV2: "signature version 2", SigV4A: "signature version 4A",
	BothMechanisms: "header and query signed", Duplicate: "duplicate header or parameter", MissingParams: "missing query parameters",
	BadAlgorithm: "unknown algorithm", BadCredential: "malformed credential", ExpiresNotNumber: "expires is not a number",
	ExpiresNegative: "expires is negative", ExpiresTooLarge: "expires is too large", MissingDate: "missing date", BadDate: "malformed date",
	BadTarget: "malformed path or query", WrongTerminator: "wrong terminator", WrongService: "wrong service", WrongRegion: "wrong region",
	WrongDate: "scope date is not the request date", SkewTooLarge: "clock skew too large", Expired: "expired", NotYetValid: "not yet valid",
	UnsignedHeaders: "headers not signed", SignatureMismatch: "signature does not match", MissingContentSHA256: "missing x-amz-content-sha256",
	BadContentSHA256: "malformed x-amz-content-sha256", MissingBodyHash: "body hash not given", PayloadMismatch: "body does not have the signed hash",
	NotImplemented: "not implemented", MissingDecodedLength: "missing x-amz-decoded-content-length",
	BadDecodedLength: "malformed x-amz-decoded-content-length", BadChunk: "malformed chunk", ChunkMismatch: "chunk signature does not match",
	IncompleteBody: "body has another length than announced", BadTrailer: "malformed trailer", UnsupportedTrailer: "unsupported trailer",
	ChecksumMismatch: "checksum does not match", BadChecksum: "malformed checksum", BadPolicy: "malformed policy", PolicyFailed: "policy condition failed",
	PolicyExpired: "policy expired", ExtraField: "field not covered by the policy", FileTooLarge: "file too large", FileTooSmall: "file too small",
}

// String returns a few words for the code.
func (c Code) String() string {
	if int(c) < len(codeNames) && codeNames[c] != "" {
		return codeNames[c]
	}
	return fmt.Sprintf("code %d", uint8(c))
}

// Error is a refusal: the reason and the facts that go with it. Fields that do
// not concern the reason are empty. Error never prints what may hold a session
// token (Token, and the x-amz-security-token line of CanonicalRequest); S3Fields
// shows it to its sender, as AWS does.
type Error struct {
	Code    Code
	Form    Form     // where the signature stood, 0 when there is none
	Part    string   // the component, parameter, header or field concerned
	Missing []string // components or parameters that are absent
	Got     string   // what the client sent
	Want    string   // what would have been right
	Headers []string // UnsignedHeaders: their lower-case names

	AccessKeyID       string
	Token             Secret // InvalidToken, ExpiredToken (caller): the session token that was sent
	SignatureProvided string
	StringToSign      string // SignatureMismatch, ChunkMismatch
	CanonicalRequest  string // SignatureMismatch

	RequestTime time.Time     // the signing time
	ServerTime  time.Time     // our time
	MaxSkew     time.Duration // the skew allowed
	Expires     time.Duration // the life of the presigned URL

	Limit int64 // FileTooLarge, FileTooSmall, IncompleteBody: the length announced or allowed
	Size  int64 // and the length found

	Err error // the cause, when another error led here
}

// Error returns the reason with its facts, for logs.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("sigv4: ")
	b.WriteString(e.Code.String())
	for _, s := range []string{e.Part, strings.Join(e.Missing, ", "), strings.Join(e.Headers, ", ")} {
		if s != "" {
			b.WriteString(": ")
			b.WriteString(s)
		}
	}
	if e.Got != "" {
		fmt.Fprintf(&b, ", got %q", e.Got)
	}
	if e.Want != "" {
		fmt.Fprintf(&b, ", want %q", e.Want)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error with the same Code, so that
// errors.Is(err, &Error{Code: Expired}) asks for the reason alone.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}
