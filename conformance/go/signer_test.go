package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/rockpool-id/rockpool/sigv4"
)

var (
	signedAt = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	signer   = aws.Credentials{AccessKeyID: "AKIAORACLE0000000000", SecretAccessKey: "an/oracle+secret"}
	// What people put into paths, queries and headers, and what breaks
	// canonical forms.
	texts = []string{
		"a", "A b", "a+b", "a%20b", "%2F", "%", "~", "*", "'()!", "@:$,;=&", "/", "//", ".", "..", "./", "../", "é", "e\u0301", "🐚", "x\\y", "\"<>^`{|}", "?", "#",
		"\t", "\u00a0", "0", "-_.", "X-Amz-Date", "list-type", "潮だまり", "a=b", "a&b", "",
	}
)

// random is a source of odd requests that is the same in every run.
type random struct{ *rand.Rand }

func (r random) text() string {
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(texts[r.IntN(len(texts))])
	}
	return b.String()
}

// request is an odd but legal request for a service.
func (r random) request(service string) (*http.Request, []byte) {
	method := []string{"GET", "PUT", "POST", "DELETE", "HEAD"}[r.IntN(5)]
	var body []byte
	if method == "PUT" || method == "POST" {
		body = []byte(r.text())
	}
	u := &url.URL{Scheme: "http", Host: []string{"127.0.0.1:8460", "s3.localhost:8460", "bucket.s3.example", "HOST.example:443"}[r.IntN(4)], Path: path.Clean("/" + r.text())}
	// The SDK's signer does not normalise, as the rules for services other than
	// S3 ask; their clients only ever send clean paths.
	if service == "s3" {
		// S3 clients send the key escaped once, and it is signed as sent.
		u.Path = "/bucket/" + r.text()
		u.RawPath = escape(u.Path)
	}
	query := url.Values{}
	for range r.IntN(4) {
		if name := r.text(); name != "" && !strings.HasPrefix(strings.ToLower(name), "x-amz-") {
			query.Add(name, r.text())
		}
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	req, err := http.NewRequest(method, u.String(), bytes.NewReader(body))
	if err != nil {
		panic(err) // the parts are legal
	}
	req.URL = u
	for i := range r.IntN(4) {
		if value := strings.TrimSpace(strings.Map(printable, r.text())); value != "" {
			req.Header.Set(fmt.Sprintf("X-Amz-Meta-%d", i), value+"   "+value)
		}
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	return req, body
}

func printable(c rune) rune {
	if c < ' ' || c == 0x7f {
		return -1
	}
	return c
}

// escape is the encoding of keys on the wire: everything but the unreserved
// characters and slashes.
func escape(key string) string {
	var b strings.Builder
	for i := range len(key) {
		switch c := key[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// received is what a server reads of a request: through the wire form, not by
// sharing memory with the client.
func received(t *testing.T, r *http.Request, body []byte) *http.Request {
	t.Helper()
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatalf("%v in %q", err, wire.String())
	}
	return got
}

// verify is what a server does with a request.
func verify(r *http.Request, service string, body []byte) error {
	a, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	if a == nil {
		return fmt.Errorf("no signature was found in %s", r.URL)
	}
	if service != "s3" {
		a.BodySHA256 = sigv4.HashBody(body)
	}
	v := &sigv4.Verifier{Now: func() time.Time { return signedAt.Add(time.Second) }, Regions: []string{region}, Services: []string{service}}
	key := sigv4.DeriveKey(sigv4.NewSecret(signer.SecretAccessKey), a.Scope.Date, a.Scope.Region, a.Scope.Service)
	if err := v.Verify(r, a, key); err != nil {
		return err
	}
	if service == "s3" {
		b, err := sigv4.NewBody(r, a, key)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, b)
		return err
	}
	return nil
}

func sign(t *testing.T, r *http.Request, service string, body []byte, presign bool) *http.Request {
	t.Helper()
	s := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	hash := sigv4.HashBody(body)
	if presign {
		if service == "s3" {
			hash = "UNSIGNED-PAYLOAD"
		}
		q := r.URL.Query()
		q.Set("X-Amz-Expires", "60")
		r.URL.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
		address, header, err := s.PresignHTTP(t.Context(), signer, r, hash, service, region, signedAt)
		must(t, err)
		u, err := url.Parse(address)
		must(t, err)
		got, err := http.NewRequest(r.Method, address, bytes.NewReader(body))
		must(t, err)
		got.URL, got.Host = u, r.Host
		for name, values := range header {
			if name != "Host" && name != "Content-Length" {
				got.Header[name] = values
			}
		}
		return got
	}
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	must(t, s.SignHTTP(t.Context(), signer, r, hash, service, region, signedAt))
	return r
}

// What AWS's signer signs is accepted, however odd; and any change of what was
// signed is not.
func TestTheVerifierAgreesWithTheSDKsSigner(t *testing.T) {
	for _, service := range []string{"s3", "iam", "sts", "cognito-identity"} {
		for _, presign := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s presigned %v", service, presign), func(t *testing.T) {
				r := random{rand.New(rand.NewPCG(7, 11))}
				changes := 0
				for i := range 1500 {
					req, body := r.request(service)
					signed := sign(t, req, service, body, presign)
					if err := verify(received(t, signed, body), service, body); err != nil {
						t.Fatalf("request %d %s %s %v is refused: %v", i, signed.Method, signed.URL, signed.Header, err)
					}
					changed, how, changedBody := r.change(received(t, signed, body), body, presign && service == "s3")
					if how == "" {
						continue
					}
					changes++
					if err := verify(changed, service, changedBody); err == nil {
						t.Fatalf("request %d %s %s %v is accepted after a change of %s to %s", i, signed.Method, signed.URL, signed.Header, how, changed.URL)
					}
				}
				if changes < 1000 {
					t.Errorf("only %d requests were changed", changes)
				}
			})
		}
	}
}

// change makes a request another one. how is empty when it found nothing to
// change.
func (r random) change(req *http.Request, body []byte, openBody bool) (changed *http.Request, how string, changedBody []byte) {
	switch r.IntN(6) {
	case 0:
		req.Method += "X"
		return req, "method", body
	case 1:
		req.URL.Path += "x"
		req.URL.RawPath, req.RequestURI = "", ""
		req.URL.RawPath = escape(req.URL.Path)
		req.RequestURI = req.URL.RequestURI()
		return req, "path", body
	case 2:
		// At the front: behind, the signature's own parameter would grow, and
		// a parameter may stand anywhere.
		req.URL.RawQuery = "acl=&" + req.URL.RawQuery
		req.RequestURI = req.URL.RequestURI()
		return req, "query", body
	case 3:
		req.Host += "x"
		return req, "host", body
	case 4:
		for name := range req.Header {
			if strings.HasPrefix(name, "X-Amz-Meta") {
				req.Header[name][0] += "x"
				return req, "header " + name, body
			}
		}
	case 5:
		if openBody {
			return req, "", body
		}
		body = append(bytes.Clone(body), 'x')
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return req, "body", body
	}
	return req, "", body
}
