package sigv4

import (
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Verifier checks signatures for one endpoint. The zero Verifier refuses every
// request, because it serves no region and no service.
type Verifier struct {
	Now      func() time.Time // nil means time.Now
	Regions  []string         // the regions accepted; the first is the endpoint's own and named in errors
	Services []string         // the signing names accepted; the first is named in errors
	MaxSkew  time.Duration    // 0 means DefaultMaxSkew
}

// Verify checks that the request was signed with key as a says: scope, time,
// signed headers, signature. It does not read the body. For S3 the signature
// covers x-amz-content-sha256 and NewBody proves the body against it; for other
// services the caller sets a.BodySHA256 first.
//
// It returns nil or an *Error. Everything that can be refused without the key
// is refused first, whoever the caller is.
func (v *Verifier) Verify(r *http.Request, a *Authorization, key Key) error {
	if err := v.Precheck(a); err != nil {
		return err
	}
	if err := checkSigned(r, a); err != nil {
		return err
	}
	payloadHash, err := a.payload(r)
	if err != nil {
		return err
	}
	return checkSignature(r, a, key, payloadHash)
}

// Precheck checks what needs no key: the scope and the time. Verify does it
// too; a caller that does it before deriving the key keeps foreign scopes out of
// its KeyCache and stale requests away from its key store.
func (v *Verifier) Precheck(a *Authorization) error {
	if err := v.checkScope(a); err != nil {
		return err
	}
	return v.checkTime(a, v.now())
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// checkScope compares the credential scope with what this endpoint serves.
func (v *Verifier) checkScope(a *Authorization) error {
	switch s := &a.Scope; {
	case s.Terminator != Terminator:
		return &Error{Code: WrongTerminator, Form: a.Form, Got: s.Terminator, Want: Terminator, AccessKeyID: a.AccessKeyID}
	case !slices.Contains(v.Services, s.Service):
		return &Error{Code: WrongService, Form: a.Form, Got: s.Service, Want: first(v.Services), AccessKeyID: a.AccessKeyID}
	case !slices.Contains(v.Regions, s.Region):
		return &Error{Code: WrongRegion, Form: a.Form, Got: s.Region, Want: first(v.Regions), AccessKeyID: a.AccessKeyID}
	case !strings.HasPrefix(a.timestamp, s.Date):
		return &Error{Code: WrongDate, Form: a.Form, Got: s.Date, Want: a.timestamp[:min(len(a.timestamp), len(dateFormat))],
			AccessKeyID: a.AccessKeyID, RequestTime: a.Time}
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// checkTime allows a header signature the skew to both sides, and a presigned
// URL the skew before its date and its own life after it.
func (v *Verifier) checkTime(a *Authorization, now time.Time) error {
	skew := v.MaxSkew
	if skew == 0 {
		skew = DefaultMaxSkew
	}
	refuse := func(c Code) error {
		return &Error{Code: c, Form: a.Form, AccessKeyID: a.AccessKeyID, RequestTime: a.Time, ServerTime: now.UTC(), MaxSkew: skew, Expires: a.Expires}
	}
	ahead := a.Time.Sub(now)
	switch {
	case a.Form == Query && ahead > skew:
		return refuse(NotYetValid)
	case a.Form == Query && (a.Expires <= 0 || -ahead > a.Expires):
		return refuse(Expired)
	case a.Form == Header && (ahead > skew || -ahead > skew):
		return refuse(SkewTooLarge)
	}
	return nil
}

// checkSigned insists that host and every x-amz-* header present are signed. An
// unsigned one could be added by whoever holds a presigned URL.
func checkSigned(r *http.Request, a *Authorization) error {
	var unsigned []string
	if !slices.Contains(a.SignedHeaders, "host") {
		unsigned = append(unsigned, "host")
	}
	for name := range r.Header {
		if len(name) < 6 || !sameName(name[:6], "x-amz-") {
			continue
		}
		if !slices.ContainsFunc(a.SignedHeaders, func(lower string) bool { return sameName(name, lower) }) {
			unsigned = append(unsigned, strings.ToLower(name))
		}
	}
	if unsigned == nil {
		return nil
	}
	slices.Sort(unsigned)
	return &Error{Code: UnsignedHeaders, Form: a.Form, Headers: unsigned, AccessKeyID: a.AccessKeyID}
}

// payload returns the last line of the canonical request.
func (a *Authorization) payload(r *http.Request) (string, error) {
	if a.Scope.Service == serviceS3 {
		if a.PayloadHash == "" && a.Form == Query {
			return UnsignedPayload, nil
		}
		return a.PayloadHash, checkPayloadHash(a)
	}
	hash := a.BodySHA256
	if hash == "" {
		if r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody {
			return "", &Error{Code: MissingBodyHash, Form: a.Form}
		}
		hash = EmptySHA256
	}
	if a.PayloadHash != "" && !strings.EqualFold(a.PayloadHash, hash) {
		return "", &Error{Code: PayloadMismatch, Form: a.Form, Got: a.PayloadHash, Want: hash, AccessKeyID: a.AccessKeyID}
	}
	if a.PayloadHash != "" {
		return a.PayloadHash, nil
	}
	return hash, nil
}

// checkPayloadHash accepts the values of x-amz-content-sha256 that S3 knows.
func checkPayloadHash(a *Authorization) error {
	switch a.PayloadHash {
	case "":
		return &Error{Code: MissingContentSHA256, Form: a.Form, AccessKeyID: a.AccessKeyID}
	case UnsignedPayload, StreamingSigned, StreamingSignedTrailer, StreamingUnsignedTrailer:
		return nil
	case streamingECDSA, streamingECDSATrailer:
		return &Error{Code: NotImplemented, Form: a.Form, Part: "x-amz-content-sha256", Got: a.PayloadHash}
	}
	if !isSHA256(a.PayloadHash) {
		return &Error{Code: BadContentSHA256, Form: a.Form, Got: a.PayloadHash}
	}
	return nil
}

// isSHA256 reports whether s is a hex SHA-256.
func isSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if unhex(s[i]) < 0 {
			return false
		}
	}
	return true
}

// checkSignature calculates the signature for each reading of the request that
// a correct client may have had, the usual one first, and compares.
func checkSignature(r *http.Request, a *Authorization, key Key, payloadHash string) error {
	usual := variant{path: pathTwice}
	if a.Scope.Service == serviceS3 {
		usual.path = pathS3
	}
	// Rooms for the texts, so that a usual request allocates neither.
	var roomCanonical [2048]byte
	var roomToSign [256]byte
	readings := [...]variant{usual, {usual.path, true}, {pathAsSent, false}, {pathAsSent, true}}
	hasPlus := strings.Contains(a.rawQuery, "+")
	for i, v := range readings {
		if i > 0 && (v.plusIsSpace && !hasPlus || v.path == pathAsSent && !asSentDiffers(r, usual.path)) {
			continue
		}
		canonical, err := appendCanonical(roomCanonical[:0], r, a, v, payloadHash)
		if err != nil {
			return err
		}
		if a.signedBy(key, a.appendStringToSign(roomToSign[:0], canonical)) {
			a.plusIsSpace = v.plusIsSpace
			return nil
		}
	}
	canonical, err := appendCanonical(nil, r, a, usual, payloadHash)
	if err != nil {
		return err
	}
	return &Error{
		Code: SignatureMismatch, Form: a.Form, AccessKeyID: a.AccessKeyID, SignatureProvided: a.Signature,
		StringToSign: string(a.appendStringToSign(nil, canonical)), CanonicalRequest: string(canonical),
	}
}

// asSentDiffers reports whether encoding the path as it was sent gives
// something else than the canonical double encoding.
func asSentDiffers(r *http.Request, usual pathRule) bool {
	if usual == pathS3 {
		return false
	}
	path, _ := target(r)
	return strings.ContainsFunc(path, func(c rune) bool { return c != '/' && (c >= 0x80 || !unreserved(byte(c))) })
}

// signedBy compares the claimed signature with the right one in constant time.
// The zero key costs the same and never matches.
func (a *Authorization) signedBy(key Key, stringToSign []byte) bool {
	sum := key.sum(stringToSign)
	return equalHex(sum, a.Signature) && !key.IsZero()
}

// equalHex compares a MAC with its lower-case hex form in constant time.
func equalHex(sum [32]byte, claimed string) bool {
	var want, got [64]byte
	hex.Encode(want[:], sum[:])
	copy(got[:], claimed)
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && len(claimed) == len(want)
}
