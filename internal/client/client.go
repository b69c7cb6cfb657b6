package client

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/sigv4"
)

// Limits of one call.
const (
	callTime  = 30 * time.Second
	maxAnswer = 16 << 20
)

// Credentials sign requests. The zero Credentials sign nothing: requests are sent
// as nobody's.
type Credentials struct {
	AccessKeyID  string
	Secret       keys.Secret
	SessionToken keys.Secret // of temporary credentials
	// Source says where they were found, for people.
	Source string
}

// Config is what a Client is made from.
type Config struct {
	// Endpoint is the server's address, such as http://127.0.0.1:8460.
	Endpoint string
	// Region is the one in signatures; the server must have it.
	Region      string
	Credentials Credentials
	// HTTP sends requests; nil means a client with a timeout that follows no
	// redirects.
	HTTP *http.Client
	// Now is the clock of signatures; nil means time.Now.
	Now func() time.Time
	// UserAgent names the program.
	UserAgent string
}

// Client calls the services of one server. It is safe for concurrent use.
type Client struct {
	cfg Config
}

// New makes a client. It fails when the endpoint is no address.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("endpoint: %q is not an address like http://127.0.0.1:8460", cfg.Endpoint)
	}
	cfg.Endpoint = strings.TrimSuffix(cfg.Endpoint, "/")
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{
			Timeout:       callTime,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Client{cfg: cfg}, nil
}

// Endpoint is the address of the server.
func (c *Client) Endpoint() string { return c.cfg.Endpoint }

// Region is the region of signatures.
func (c *Client) Region() string { return c.cfg.Region }

// Request is one call before it is signed.
type Request struct {
	Service string // signing name
	Method  string // empty means POST
	Path    string // escaped, with the query; empty means "/"
	Header  http.Header
	Body    []byte
}

// Answer is what a server said to a call that it did not refuse.
type Answer struct {
	Header http.Header
	Body   []byte
	// RequestID is the id under which the server recorded the call.
	RequestID string
}

// Do signs a request, sends it and reads the answer. A refusal is an *Error.
func (c *Client) Do(ctx context.Context, q Request) (*Answer, error) {
	if q.Method == "" {
		q.Method = http.MethodPost
	}
	if q.Path == "" {
		q.Path = "/"
	}
	r, err := http.NewRequestWithContext(ctx, q.Method, c.cfg.Endpoint+q.Path, bytes.NewReader(q.Body))
	if err != nil {
		return nil, err
	}
	if q.Header != nil {
		r.Header = q.Header.Clone()
	}
	if c.cfg.UserAgent != "" {
		r.Header.Set("User-Agent", c.cfg.UserAgent)
	}
	if k := c.cfg.Credentials; k.AccessKeyID != "" {
		signer := sigv4.Signer{
			AccessKeyID: k.AccessKeyID, Secret: sigv4.NewSecret(k.Secret.Reveal()), SessionToken: k.SessionToken.Reveal(),
			Region: c.cfg.Region, Service: q.Service,
		}
		if err := signer.Sign(r, sigv4.HashBody(q.Body), c.cfg.Now()); err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
	}
	resp, err := c.cfg.HTTP.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Unreachable{Endpoint: c.cfg.Endpoint, Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &Unreachable{Endpoint: c.cfg.Endpoint, Err: fmt.Errorf("the answer broke off: %w", err)}
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, readError(resp, body)
	}
	return &Answer{Header: resp.Header, Body: body, RequestID: requestID(resp.Header)}, nil
}

// JSON calls an operation of a service of JSON 1.1. The target is that of the
// X-Amz-Target header, such as "Rockpool.ExplainDecision". In and out are encoded
// by encoding/json; a json.RawMessage passes as it is, and a nil out is not read.
func (c *Client) JSON(ctx context.Context, service, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	a, err := c.Do(ctx, Request{Service: service, Body: body, Header: http.Header{
		"Content-Type": {"application/x-amz-json-1.1"},
		"X-Amz-Target": {target},
	}})
	if err != nil {
		return operationError(target, err)
	}
	if out == nil || len(a.Body) == 0 {
		return nil
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("%s: the answer is not the JSON it should be: %w", target, err)
	}
	return nil
}

// Query calls an operation of a service of the query protocol, with the API
// version that the service has. The result element of the answer is read into out
// by encoding/xml; a nil out is not read.
func (c *Client) Query(ctx context.Context, service, version, action string, parameters url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {version}}
	for name, values := range parameters {
		form[name] = values
	}
	a, err := c.Do(ctx, Request{
		Service: service, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	})
	if err != nil {
		return operationError(action, err)
	}
	if out == nil {
		return nil
	}
	if err := decodeResult(a.Body, action+"Result", out); err != nil {
		return fmt.Errorf("%s: the answer is not the XML it should be: %w", action, err)
	}
	return nil
}

// decodeResult finds the result element below the document's root.
func decodeResult(body []byte, name string, out any) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("it has no %s", name)
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			return d.DecodeElement(out, &start)
		}
	}
}

func requestID(h http.Header) string {
	if id := h.Get("X-Amzn-Requestid"); id != "" {
		return id
	}
	return h.Get("X-Amz-Request-Id")
}
