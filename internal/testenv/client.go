package testenv

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/sigv4"
)

// Client makes requests to a server as an AWS client would. The zero key makes
// unsigned requests.
type Client struct {
	URL                         string
	KeyID, Secret, SessionToken string
	Region                      string
	Now                         func() time.Time
}

// Root is a client with the account root's key.
func (e *Env) Root() *Client {
	return &Client{URL: e.URL, KeyID: RootKeyID, Secret: RootSecret, Region: Region, Now: e.now}
}

// Anonymous is a client without a key.
func (e *Env) Anonymous() *Client { return &Client{URL: e.URL, Region: Region, Now: e.now} }

// Answer is a response with its body read.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Code returns the error code of whichever protocol answered, "" on success.
func (a *Answer) Code() string {
	if a.Status < 300 {
		return ""
	}
	var j struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal([]byte(a.Body), &j) == nil && j.Type != "" {
		return j.Type
	}
	var x struct {
		Code  string `xml:"Code"`
		Error struct {
			Code string `xml:"Code"`
		} `xml:"Error"`
	}
	if err := xml.Unmarshal([]byte(a.Body), &x); err != nil {
		return ""
	}
	if x.Code == "" {
		return x.Error.Code
	}
	return x.Code
}

// Message returns the error's sentence.
func (a *Answer) Message() string {
	var j struct{ Message string } // Go matches message and Message
	if json.Unmarshal([]byte(a.Body), &j) == nil {
		return j.Message
	}
	var x struct {
		Message string `xml:"Message"`
		Error   struct {
			Message string `xml:"Message"`
		} `xml:"Error"`
	}
	if err := xml.Unmarshal([]byte(a.Body), &x); err != nil {
		return ""
	}
	return x.Message + x.Error.Message
}

// JSON reads the answer's body into v.
func (a *Answer) JSON(t testing.TB, v any) {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
}

// Do sends a request, signed for service when the client has a key.
func (c *Client) Do(t testing.TB, service, method, path string, header http.Header, body string) *Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		r.Header[k] = v
	}
	if c.KeyID != "" {
		now := time.Now
		if c.Now != nil {
			now = c.Now
		}
		s := sigv4.Signer{AccessKeyID: c.KeyID, Secret: sigv4.NewSecret(c.Secret), SessionToken: c.SessionToken, Region: c.Region, Service: service}
		if err := s.Sign(r, sigv4.HashBody([]byte(body)), now()); err != nil {
			t.Fatal(err)
		}
	}
	return Send(t, r)
}

// Send sends a finished request.
func Send(t testing.TB, r *http.Request) *Answer {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r) // no redirects
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(b)}
}

// Cognito calls an operation of identity pools.
func (c *Client) Cognito(t testing.TB, operation string, in any) *Answer {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"X-Amz-Target": {"AWSCognitoIdentityService." + operation}, "Content-Type": {"application/x-amz-json-1.1"}}
	return c.Do(t, "cognito-identity", http.MethodPost, "/", h, string(body))
}

// IAM calls an operation of IAM with alternating parameter names and values.
func (c *Client) IAM(t testing.TB, operation string, parameters ...string) *Answer {
	t.Helper()
	return c.query(t, "iam", "2010-05-08", operation, parameters)
}

// STS calls an operation of STS with alternating parameter names and values.
func (c *Client) STS(t testing.TB, operation string, parameters ...string) *Answer {
	t.Helper()
	return c.query(t, "sts", "2011-06-15", operation, parameters)
}

func (c *Client) query(t testing.TB, service, version, operation string, parameters []string) *Answer {
	t.Helper()
	form := url.Values{"Action": {operation}, "Version": {version}}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	return c.Do(t, service, http.MethodPost, "/", h, form.Encode())
}

// S3 sends an S3 request; path is escaped and may have a query.
func (c *Client) S3(t testing.TB, method, path, body string) *Answer {
	t.Helper()
	return c.Do(t, "s3", method, path, nil, body)
}

// Element returns the text of the first XML element with this name, "" if
// there is none.
func (a *Answer) Element(name string) string {
	_, rest, ok := strings.Cut(a.Body, "<"+name+">")
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, "</"+name+">")
	return text
}
