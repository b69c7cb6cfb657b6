package sigv4_test

import (
	"errors"
	"maps"
	"net/url"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/sigv4"
)

const examplePolicy = `{"expiration": "2026-03-04T13:00:00.000Z", "conditions": [
	{"bucket": "photos"}, ["starts-with", "$key", "user/eric/"], {"acl": "private"},
	["starts-with", "$Content-Type", "image/"], ["content-length-range", 1, 1048576],
	{"x-amz-algorithm": "AWS4-HMAC-SHA256"}, ["starts-with", "$x-amz-credential", "AKIA"], ["starts-with", "$x-amz-date", "2026"]]}`

func postFields() url.Values {
	f := url.Values{"key": {"user/eric/a.jpg"}, "acl": {"private"}, "Content-Type": {"image/jpeg"}, "bucket": {"photos"}, "x-ignore-me": {"1"}}
	signer.SignPost(f, []byte(examplePolicy), noon)
	return f
}

func TestPostForms(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(url.Values)
		size    int64
		now     time.Time
		code    sigv4.Code
		message string
	}{
		{name: "a form that keeps to its policy is accepted"},
		{name: "a form without the signature is refused", change: func(f url.Values) { f.Del("x-amz-signature") }, code: sigv4.MissingParams,
			message: "Bucket POST must contain a field named 'X-Amz-Signature'.  If it is specified, please check the order of the fields."},
		{name: "a form without the algorithm is refused", change: func(f url.Values) { f.Del("x-amz-algorithm") }, code: sigv4.MissingParams,
			message: "Bucket POST must contain a field named 'X-Amz-Algorithm'.  If it is specified, please check the order of the fields."},
		{name: "another policy is refused", change: func(f url.Values) { f.Set("policy", "e30=") }, code: sigv4.SignatureMismatch},
		{name: "signature version 2 is refused", change: func(f url.Values) { f.Set("AWSAccessKeyId", "A") }, code: sigv4.SigV2},
		{name: "a field twice is refused", change: func(f url.Values) { f.Set("KEY", "user/eric/b") }, code: sigv4.Duplicate},
		{name: "a key outside the prefix is refused", change: func(f url.Values) { f.Set("key", "user/bob/a") }, code: sigv4.PolicyFailed,
			message: `Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/eric/"]`},
		{name: "another value is refused", change: func(f url.Values) { f.Set("acl", "public-read") }, code: sigv4.PolicyFailed,
			message: `Invalid according to Policy: Policy Condition failed: ["eq", "$acl", "private"]`},
		{name: "another bucket is refused", change: func(f url.Values) { f.Set("bucket", "other") }, code: sigv4.PolicyFailed},
		{name: "a missing field fails its condition", change: func(f url.Values) { f.Del("Content-Type") }, code: sigv4.PolicyFailed},
		{name: "each of several content types must hold", change: func(f url.Values) { f.Set("Content-Type", "image/png, text/html") }, code: sigv4.PolicyFailed},
		{name: "several content types that hold are accepted", change: func(f url.Values) { f.Set("Content-Type", "image/png, image/gif") }},
		{name: "a field that no condition covers is refused", change: func(f url.Values) { f.Set("x-amz-meta-a", "1") }, code: sigv4.ExtraField,
			message: "Invalid according to Policy: Extra input fields: x-amz-meta-a"},
		{name: "an expired policy is refused", now: noon.Add(time.Hour), code: sigv4.PolicyExpired, message: "Invalid according to Policy: Policy expired."},
		{name: "a file too large is refused", size: 1048577, code: sigv4.FileTooLarge, message: "Your proposed upload exceeds the maximum allowed size"},
		{name: "an empty file is refused when one byte is wanted", size: -1, code: sigv4.FileTooSmall},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields := maps.Clone(postFields())
			if c.change != nil {
				c.change(fields)
			}
			now, size := noon, int64(100)
			if !c.now.IsZero() {
				now = c.now
			}
			if c.size != 0 {
				size = max(0, c.size)
			}
			err := acceptPost(fields, size, now)
			if c.code == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *sigv4.Error
			if !errors.As(err, &e) || e.Code != c.code {
				t.Fatalf("got %v, want %v", err, c.code)
			}
			if _, message, _ := e.S3(); c.message != "" && message != c.message {
				t.Errorf("got %q, want %q", message, c.message)
			}
		})
	}
}

func acceptPost(fields url.Values, size int64, now time.Time) error {
	a, err := sigv4.ParsePost(fields)
	if err != nil {
		return err
	}
	if err := verifier.VerifyPost(a, signer.Key(noon)); err != nil {
		return err
	}
	p, err := a.Policy()
	if err != nil {
		return err
	}
	if err := p.Check(fields, now); err != nil {
		return err
	}
	return p.CheckSize(size)
}

func TestAPostFormWithoutPolicyAndSignatureIsAnonymous(t *testing.T) {
	if a, err := sigv4.ParsePost(url.Values{"key": {"k"}}); a != nil || err != nil {
		t.Errorf("got %v, %v", a, err)
	}
}

func TestMalformedPostPoliciesAreRefused(t *testing.T) {
	for _, doc := range []string{
		``, `{`, `{}`, `[]`, `{"expiration":"2026-03-04T13:00:00Z"}`, `{"conditions":[]}`, `{"expiration":"tomorrow","conditions":[]}`,
		`{"expiration":"2026-03-04T13:00:00Z","conditions":[{"a":"1","b":"2"}]}`, `{"expiration":"2026-03-04T13:00:00Z","conditions":[{}]}`,
		`{"expiration":"2026-03-04T13:00:00Z","conditions":[["eq","a","b"]]}`, `{"expiration":"2026-03-04T13:00:00Z","conditions":[["ne","$a","b"]]}`,
		`{"expiration":"2026-03-04T13:00:00Z","conditions":[["content-length-range",5,1]]}`,
		`{"expiration":"2026-03-04T13:00:00Z","conditions":[["content-length-range",-5,1]]}`,
		`{"expiration":"2026-03-04T13:00:00Z","conditions":[]} x`, `{"expiration":"2026-03-04T13:00:00Z","conditions":[],"more":1}`,
	} {
		if p, err := sigv4.ParsePostPolicy([]byte(doc)); p != nil || !errors.Is(err, &sigv4.Error{Code: sigv4.BadPolicy}) {
			t.Errorf("%s: got %v, %v", doc, p, err)
		}
	}
}

// FuzzParsePostPolicy: what parses keeps a form out once it is over, and a
// field that the policy does not name never passes.
func FuzzParsePostPolicy(f *testing.F) {
	f.Add([]byte(examplePolicy))
	f.Add([]byte(`{"expiration":"2026-03-04T13:00:00Z","conditions":[["content-length-range","1","2"],{"a":"b"}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := sigv4.ParsePostPolicy(doc)
		if err != nil {
			return
		}
		if p.Check(url.Values{}, p.Expiration) == nil {
			t.Error("an expired policy is accepted")
		}
		if p.Check(url.Values{"\x00never named": {"v"}}, time.Time{}) == nil {
			t.Error("a field that no condition names is accepted")
		}
		if low, high := p.SizeRange(); low > 0 && p.CheckSize(low-1) == nil || high < 1<<62 && p.CheckSize(high+1) == nil {
			t.Error("a size out of range is accepted")
		}
	})
}
