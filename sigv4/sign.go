package sigv4

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Signer signs requests as a client: for upstreams, tools and tests.
type Signer struct {
	AccessKeyID  string
	Secret       Secret
	SessionToken string // for temporary credentials
	Region       string
	Service      string
	Keys         *KeyCache // optional; without it every signature derives its key
}

// Sign signs a request in its Authorization header, replacing what signature it
// had. Signed are the host, Content-Type, Content-MD5 and all X-Amz-* headers,
// so these must be final. payloadHash is the hex SHA-256 of the body
// ([HashBody]), or for S3 one of UNSIGNED-PAYLOAD and the STREAMING values; ""
// stands for an empty body.
func (s *Signer) Sign(r *http.Request, payloadHash string, at time.Time) error {
	if payloadHash == "" {
		payloadHash = EmptySHA256
	}
	a := s.authorization(Header, at)
	r.Header.Del("Authorization")
	r.Header.Set("X-Amz-Date", a.timestamp)
	r.Header.Del("X-Amz-Security-Token")
	if s.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", s.SessionToken)
	}
	r.Header.Del("X-Amz-Content-Sha256")
	if s.Service == serviceS3 {
		r.Header.Set("X-Amz-Content-Sha256", payloadHash)
	}
	a.SignedHeaders = signable(r.Header)
	signature, err := s.signature(r, a, payloadHash)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", Algorithm+" Credential="+s.AccessKeyID+"/"+a.Scope.String()+
		", SignedHeaders="+strings.Join(a.SignedHeaders, ";")+", Signature="+signature)
	return nil
}

// Presign returns the URL of a request with the signature in its query, good
// from at for the given time. Headers of r that Sign would sign become part of
// the signature and must be sent with the URL. payloadHash is as in Sign, but
// "" stands for UNSIGNED-PAYLOAD with S3. The request is not changed.
func (s *Signer) Presign(r *http.Request, payloadHash string, at time.Time, expires time.Duration) (*url.URL, error) {
	if expires < time.Second || expires > MaxExpires {
		return nil, fmt.Errorf("sigv4: presign for %v: want 1s to %v", expires, MaxExpires)
	}
	r = r.Clone(r.Context())
	r.RequestURI = ""
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256"} {
		r.Header.Del(name)
	}
	a := s.authorization(Query, at)
	a.SignedHeaders = signable(r.Header)
	q := strings.Builder{}
	q.WriteString(r.URL.RawQuery)
	add := func(name, value string) {
		if q.Len() > 0 {
			q.WriteByte('&')
		}
		q.WriteString(name + "=" + string(appendEscaped(nil, value)))
	}
	add("X-Amz-Algorithm", Algorithm)
	add("X-Amz-Credential", s.AccessKeyID+"/"+a.Scope.String())
	add("X-Amz-Date", a.timestamp)
	add("X-Amz-Expires", strconv.FormatInt(int64(expires/time.Second), 10))
	add("X-Amz-SignedHeaders", strings.Join(a.SignedHeaders, ";"))
	if s.SessionToken != "" {
		add("X-Amz-Security-Token", s.SessionToken)
	}
	switch {
	case s.Service == serviceS3 && payloadHash == "":
		payloadHash = UnsignedPayload
	case s.Service == serviceS3:
		add("X-Amz-Content-Sha256", payloadHash)
	case payloadHash == "":
		payloadHash = EmptySHA256
	}
	r.URL.RawQuery = q.String()
	signature, err := s.signature(r, a, payloadHash)
	if err != nil {
		return nil, err
	}
	add("X-Amz-Signature", signature)
	r.URL.RawQuery = q.String()
	return r.URL, nil
}

// Key returns the signing key for a day, for NewChunkWriter.
func (s *Signer) Key(at time.Time) Key {
	scope := s.scope(at)
	if s.Keys != nil {
		return s.Keys.Key(s.AccessKeyID, s.Secret, scope)
	}
	return DeriveKey(s.Secret, scope.Date, scope.Region, scope.Service)
}

func (s *Signer) scope(at time.Time) Scope {
	return Scope{Date: at.UTC().Format(dateFormat), Region: s.Region, Service: s.Service, Terminator: Terminator}
}

func (s *Signer) authorization(form Form, at time.Time) *Authorization {
	at = at.UTC()
	return &Authorization{Form: form, AccessKeyID: s.AccessKeyID, Scope: s.scope(at), Time: at, timestamp: at.Format(timeFormat)}
}

func (s *Signer) signature(r *http.Request, a *Authorization, payloadHash string) (string, error) {
	v := variant{path: pathTwice}
	if s.Service == serviceS3 {
		v.path = pathS3
	}
	canonical, err := appendCanonical(nil, r, a, v, payloadHash)
	if err != nil {
		return "", err
	}
	sum := s.Key(a.Time).sum(a.appendStringToSign(nil, canonical))
	return hex.EncodeToString(sum[:]), nil
}

// signable returns the lower-case names of the headers worth signing: those
// that nobody on the way changes.
func signable(h http.Header) []string {
	names := []string{"host"}
	for name := range h {
		switch lower := strings.ToLower(name); {
		case lower == "content-type", lower == contentMD5, strings.HasPrefix(lower, "x-amz-"):
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	return names
}

// appendEscaped appends a query component in canonical form.
func appendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		dst = appendEncoded(dst, s[i])
	}
	return dst
}
