package login

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// maxAnswer bounds what is read of an answer about a token. The longest honest
// one, X's user, has a few kilobytes.
const maxAnswer = 64 << 10

// errBusy is the cause when more tokens wait for a provider than may.
var errBusy = errors.New("too many tokens wait to be checked")

// An Endpoint is a provider that is asked about opaque tokens. It sends
// requests to one host only, bounds how many there are at a time, and keeps
// what it sends out of every error.
type Endpoint struct {
	o       *Online
	key     string
	base    string
	client  *http.Client
	slots   chan struct{}
	waiting atomic.Int64
	err     error // why the endpoint cannot be used
}

// A Call is one request to an Endpoint.
type Call struct {
	Path  string     // below the endpoint's base, with its leading slash
	Query url.Values // may hold tokens
	Form  url.Values // if not nil, the request is a POST of this form
	// Sign, if not nil, completes each try's request: OAuth 1.0a signs with a
	// nonce that serves once.
	Sign func(*http.Request) error
}

// An Answer is the JSON object that a provider has answered with a status below
// 500. Its accessors return a *Refusal of kind ProviderUnreachable for members
// that are missing or of another type: an answer that cannot be read is no
// answer.
type Answer struct {
	Status  int
	Members map[string]any // decoded strictly: no duplicates
}

// enter waits for a slot.
func (e *Endpoint) enter(ctx context.Context) error {
	select {
	case e.slots <- struct{}{}:
		return nil
	default:
	}
	defer e.waiting.Add(-1)
	if e.waiting.Add(1) > int64(e.o.cfg.Waiting) {
		return outage(errBusy)
	}
	select {
	case e.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return outage(errBusy)
	}
}

func (e *Endpoint) leave() { <-e.slots }

// Ask runs ask within the limits of e. Nothing is remembered: it is for
// questions whose answer may change at any moment.
func (e *Endpoint) Ask(ctx context.Context, ask func(context.Context) error) error {
	work, done, err := e.o.begin()
	if err != nil {
		return err
	}
	defer done()
	work, cancel := context.WithCancel(work)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	if err := e.enter(work); err != nil {
		return err
	}
	defer e.leave()
	err = ask(work)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Do makes one call and reads its answer. It tries once more after an answer of
// 500 and above and after a failure of the network. Everything but a JSON
// object with a status of 2xx or 4xx (429 excepted) is a *Refusal of kind
// ProviderUnreachable.
func (e *Endpoint) Do(ctx context.Context, c Call) (*Answer, error) {
	if e.err != nil {
		return nil, &Refusal{Kind: WrongProvider, Err: e.err}
	}
	a, again, err := e.try(ctx, &c)
	if again && ctx.Err() == nil {
		a, _, err = e.try(ctx, &c)
	}
	if err != nil {
		return nil, outage(err)
	}
	return a, nil
}

// try makes one try and reports whether another may help.
func (e *Endpoint) try(ctx context.Context, c *Call) (a *Answer, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.o.cfg.Timeout)
	defer cancel()
	req, err := e.request(ctx, c)
	if err != nil {
		return nil, false, err
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, true, e.scrubbed(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to the end or abandoned: nothing left to lose
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch s := resp.StatusCode; {
	case err != nil:
		return nil, true, e.scrubbed(err)
	case s >= http.StatusInternalServerError:
		return nil, true, fmt.Errorf("answered %d", s)
	case s == http.StatusTooManyRequests, s < 200, 300 <= s && s < 400:
		return nil, false, fmt.Errorf("answered %d", s)
	case len(body) > maxAnswer:
		return nil, false, fmt.Errorf("answered %d with more than %d bytes", s, maxAnswer)
	}
	members, err := decodeObject(string(body), maxProviderValues)
	if err != nil { // its text quotes nothing
		return nil, false, fmt.Errorf("answered %d: %w", resp.StatusCode, err)
	}
	return &Answer{Status: resp.StatusCode, Members: members}, false, nil
}

func (e *Endpoint) request(ctx context.Context, c *Call) (*http.Request, error) {
	address, method := e.base+c.Path, http.MethodGet
	if len(c.Query) > 0 {
		address += "?" + c.Query.Encode()
	}
	var body io.Reader
	if c.Form != nil {
		method, body = http.MethodPost, strings.NewReader(c.Form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, errors.New("request cannot be made") // the cause quotes the address
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "rockpool")
	if c.Form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.Sign != nil {
		if err := c.Sign(req); err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
	}
	return req, nil
}

// scrubbed turns a failure of the network into one that can be logged. What
// net/http says may hold the address with the token in it, or text that the
// other side has chosen; only causes that hold neither are kept.
func (e *Endpoint) scrubbed(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return fmt.Errorf("no answer within %v", e.o.cfg.Timeout)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op // names addresses and what the system said
	}
	if c, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return c
	}
	for _, known := range []error{context.DeadlineExceeded, context.Canceled, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errors.New("the answer is not HTTP")
}

func outage(err error) *Refusal { return &Refusal{Kind: ProviderUnreachable, Err: err} }

// Outage is the refusal for a provider that says itself that it cannot answer
// now. The reason must not hold anything from a token.
func Outage(reason string) *Refusal { return outage(errors.New(reason)) }

// Denied is the refusal for a token that the provider does not accept. code is
// the provider's word for why.
func Denied(code string) *Refusal { return &Refusal{Kind: Rejected, Got: shown(code)} }

// OK reports whether the status is one of success.
func (a *Answer) OK() bool { return 200 <= a.Status && a.Status < 300 }

// Text returns a member that must be a usable text.
func (a *Answer) Text(name string) (string, error) {
	s, ok := a.Members[name].(string)
	if !ok || s == "" || len(s) > maxSubject || hasControl(s) {
		return "", a.damaged(name)
	}
	return s, nil
}

// Seconds returns a member that must be a number of seconds: a time since 1970,
// or one that is left. Fractions are cut off.
func (a *Answer) Seconds(name string) (int64, error) {
	n, ok := a.Members[name].(json.Number)
	f, err := strconv.ParseFloat(string(n), 64)
	if !ok || err != nil || f < -maxTime || f > maxTime {
		return 0, a.damaged(name)
	}
	return int64(f), nil
}

// Object returns a member that must be an object, as an answer of its own.
func (a *Answer) Object(name string) (*Answer, error) {
	m, ok := a.Members[name].(map[string]any)
	if !ok {
		return nil, a.damaged(name)
	}
	return &Answer{Status: a.Status, Members: m}, nil
}

func (a *Answer) damaged(name string) *Refusal {
	return outage(fmt.Errorf("answered %d: %s is %s", a.Status, name, a.describe(name)))
}

func (a *Answer) describe(name string) string {
	v, ok := a.Members[name]
	if !ok {
		return "missing"
	}
	return describe(v)
}
