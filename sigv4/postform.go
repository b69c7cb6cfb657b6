package sigv4

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ParsePost reads what the form of an S3 browser upload (POST object) says
// about its signature. The fields are those before the file, named in any case.
// It returns nil and no error for a form without any authentication material:
// the caller is anonymous.
//
// What is signed is the base64 text of the field policy, nothing else. So
// VerifyPost proves the policy, and [PostPolicy.Check] that the form keeps to it.
func ParsePost(fields url.Values) (*Authorization, error) {
	known := map[string]string{}
	for name, values := range fields {
		lower := strings.ToLower(name)
		if _, twice := known[lower]; twice || len(values) != 1 {
			return nil, &Error{Code: Duplicate, Form: Post, Part: name}
		}
		known[lower] = values[0]
	}
	if _, ok := known["awsaccesskeyid"]; ok {
		return nil, &Error{Code: SigV2, Form: Post}
	}
	required := []string{"X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "policy"}
	var missing []string
	for _, name := range required {
		if known[strings.ToLower(name)] == "" {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) == len(required):
		return nil, nil
	case missing != nil:
		return nil, &Error{Code: MissingParams, Form: Post, Missing: missing}
	case known["x-amz-algorithm"] == algorithmV4A:
		return nil, &Error{Code: SigV4A, Form: Post}
	case known["x-amz-algorithm"] != Algorithm:
		return nil, &Error{Code: BadAlgorithm, Form: Post, Got: known["x-amz-algorithm"]}
	}
	a := &Authorization{
		Form: Post, Signature: known["x-amz-signature"], SessionToken: known["x-amz-security-token"],
		PayloadHash: UnsignedPayload, policy: known["policy"],
	}
	if err := a.setCredential(known["x-amz-credential"]); err != nil {
		return nil, err
	}
	if err := a.setTime(known["x-amz-date"]); err != nil {
		return nil, err
	}
	return a, nil
}

// VerifyPost checks that the policy of a form was signed with key, for this
// endpoint. How long the form is good is written in the policy.
func (v *Verifier) VerifyPost(a *Authorization, key Key) error {
	if err := v.checkScope(a); err != nil {
		return err
	}
	if a.Form == Post && a.policy != "" && a.signedBy(key, []byte(a.policy)) {
		return nil
	}
	return &Error{Code: SignatureMismatch, Form: Post, AccessKeyID: a.AccessKeyID, SignatureProvided: a.Signature, StringToSign: a.policy}
}

// SignPost adds to the fields of a form what ParsePost reads: policy, algorithm,
// credential, date, token and signature. policy is the JSON document.
func (s *Signer) SignPost(fields url.Values, policy []byte, at time.Time) {
	a := s.authorization(Post, at)
	text := base64.StdEncoding.EncodeToString(policy)
	sum := s.Key(at).sum([]byte(text))
	fields.Set("policy", text)
	fields.Set("x-amz-algorithm", Algorithm)
	fields.Set("x-amz-credential", s.AccessKeyID+"/"+a.Scope.String())
	fields.Set("x-amz-date", a.timestamp)
	if s.SessionToken != "" {
		fields.Set("x-amz-security-token", s.SessionToken)
	}
	fields.Set("x-amz-signature", hex.EncodeToString(sum[:]))
}

// unchecked are the fields that no condition has to cover.
func unchecked(lower string) bool {
	return strings.HasPrefix(lower, "x-ignore-") || slices.Contains([]string{"x-amz-signature", "policy", "file", "bucket"}, lower)
}
