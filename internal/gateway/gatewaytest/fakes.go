package gatewaytest

import (
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// Region and Account are those of the fakes.
const (
	Region  = "us-east-1"
	Account = "111122223333"
)

// Callers identifies callers by signatures made with keys it handed out.
type Callers struct {
	now   func() time.Time
	keys  *sigv4.KeyCache
	known map[string]known
}

type known struct {
	principal *caller.Principal
	secret    sigv4.Secret
	token     string
}

// NewCallers returns a Callers that knows nobody.
func NewCallers(now func() time.Time) *Callers {
	return &Callers{now: now, keys: sigv4.NewKeyCache(16), known: map[string]known{}}
}

// Add makes credentials for a principal and returns the signer that uses them.
func (c *Callers) Add(p *caller.Principal, service string) *sigv4.Signer {
	id := p.AccessKeyID
	k := known{principal: p, secret: sigv4.NewSecret("secret of " + id)}
	if p.Session != nil {
		k.token = "token of " + id
	}
	c.known[id] = k
	return &sigv4.Signer{AccessKeyID: id, Secret: k.secret, SessionToken: k.token, Region: Region, Service: service, Keys: c.keys}
}

// Identify implements the gateways' Identifier.
func (c *Callers) Identify(r *http.Request, service, bodySHA256 string) (*caller.Principal, *sigv4.Authorization, sigv4.Key, error) {
	a, err := sigv4.Parse(r)
	if err != nil {
		return nil, nil, sigv4.Key{}, err
	}
	if a == nil {
		return &caller.Principal{Principal: policy.Principal{Type: policy.Anonymous}, UserID: "anonymous"}, nil, sigv4.Key{}, nil
	}
	a.BodySHA256 = bodySHA256
	k, ok := c.known[a.AccessKeyID]
	if !ok {
		return nil, nil, sigv4.Key{}, &sigv4.Error{Code: sigv4.UnknownKey, AccessKeyID: a.AccessKeyID}
	}
	if a.SessionToken != k.token {
		return nil, nil, sigv4.Key{}, &sigv4.Error{Code: sigv4.InvalidToken, AccessKeyID: a.AccessKeyID}
	}
	key := c.keys.Key(a.AccessKeyID, k.secret, a.Scope)
	v := sigv4.Verifier{Now: c.now, Regions: []string{Region}, Services: []string{service}}
	if err := v.Verify(r, a, key); err != nil {
		return nil, nil, sigv4.Key{}, err
	}
	return k.principal, a, key, nil
}

// Observe implements the gateways' Identifier. No header is believed but those
// that AWS defines as the client's word.
func (c *Callers) Observe(r *http.Request) *caller.Network {
	n := &caller.Network{UserAgent: r.UserAgent(), Referer: r.Referer(), Region: Region, Time: c.now(), RequestID: rand.Text(), TLS: r.TLS != nil}
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		n.SourceIP = ap.Addr().Unmap()
	}
	return n
}

// Decider answers by a function and records what it was asked.
type Decider struct {
	// Allow answers; nil denies.
	Allow func(r *authz.Request) bool

	mu    sync.Mutex
	asked []authz.Request
}

// Decide implements authz.Decider.
func (d *Decider) Decide(r *authz.Request) authz.Decision {
	q := *r
	q.Keys = slices.Clone(r.Keys)
	d.mu.Lock()
	d.asked = append(d.asked, q)
	d.mu.Unlock()
	if d.Allow != nil && d.Allow(r) {
		return authz.Decision{Decision: policy.Decision{Effect: policy.Allow, Statement: -1}, Allowed: true}
	}
	return authz.Decision{Decision: policy.Decision{Statement: -1}, Message: "not allowed to " + r.Action}
}

// Take returns the questions asked since the last Take.
func (d *Decider) Take() []authz.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := d.asked
	d.asked = nil
	return asked
}

// Everything is an Allow that allows everything.
func Everything(*authz.Request) bool { return true }

// Key returns the values of a condition key of a question; ok is false when the
// key is absent.
func Key(r *authz.Request, name string) (values []string, ok bool) {
	i := slices.IndexFunc(r.Keys, func(k sts.ContextKey) bool { return k.Name == name })
	if i < 0 {
		return nil, false
	}
	return r.Keys[i].Values, true
}

// Events keeps audit records.
type Events struct {
	mu   sync.Mutex
	list []*audit.Event
}

// Record implements audit.Sink.
func (e *Events) Record(ev *audit.Event) {
	kept := *ev // the gateway uses its own again
	kept.Request, kept.Response, kept.Extra = maps.Clone(ev.Request), maps.Clone(ev.Response), maps.Clone(ev.Extra)
	kept.Resources = slices.Clone(ev.Resources)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, &kept)
}

// Take returns the events recorded since the last Take.
func (e *Events) Take() []*audit.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list
	e.list = nil
	return list
}

// Sealer seals by not sealing: the sealed form names the purpose, the bound data
// and the plain text. Tests only; nothing is secret in it.
type Sealer struct{}

var errSealed = errors.New("gatewaytest: sealed for something else")

// Seal implements keys.Sealer.
func (Sealer) Seal(purpose string, plain, aad []byte) ([]byte, error) {
	return slices.Concat([]byte(purpose), []byte{0}, aad, []byte{1}, plain), nil
}

// Open implements keys.Sealer.
func (Sealer) Open(purpose string, sealed, aad []byte) ([]byte, error) {
	head := slices.Concat([]byte(purpose), []byte{0}, aad, []byte{1})
	if len(sealed) < len(head) || !slices.Equal(sealed[:len(head)], head) {
		return nil, errSealed
	}
	return sealed[len(head):], nil
}
