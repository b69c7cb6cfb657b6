package s3gw

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Config is what the gateway works with. Store, Identify, Decide, Audit, IAM,
// Sealer, Region and Account are needed; the rest has defaults.
type Config struct {
	Store    object.Store
	Identify gateway.Identifier
	Decide   authz.Decider
	Audit    audit.Sink
	// IAM gives the current snapshot, to bind the principals of bucket policies.
	IAM func() iam.Snapshot
	// Sealer seals continuation tokens.
	Sealer keys.Sealer

	Region  string
	Account string // the installation's account, 12 digits
	// Bases are the endpoint's host names beside s3.<anything> and localhost:
	// the name itself is path style, a label before it a bucket.
	Bases []string
	// Domains are host names that are bucket names.
	Domains []string
	// Origins are web origins that may call from a browser whatever a bucket's
	// own CORS rules say: the console's.
	Origins []string

	HostID string // x-amz-id-2, names the node
	Log    *slog.Logger
}

func (c *Config) validate() error {
	switch {
	case c.Store == nil:
		return errors.New("s3gw: Store is not set")
	case c.IAM == nil:
		return errors.New("s3gw: IAM is not set")
	case c.Sealer == nil:
		return errors.New("s3gw: Sealer is not set")
	case len(c.Account) != 12:
		return errors.New("s3gw: Account is not an account id")
	}
	return nil
}

// Gateway is the S3 gateway, an http.Handler.
type Gateway struct {
	front   gateway.Front
	store   object.Store
	iam     func() iam.Snapshot
	sealer  keys.Sealer
	account string
	region  string
	hosts   hosts
	origins []string
	table   table
	hostID  []string // header values, shared by all answers
	server  []string
	catalog *catalog.Catalog // for the linter; read when the first policy is written

	mu      sync.RWMutex
	buckets map[string]*settings // compiled, by name

	docs sync.Pool // of *doc, the memory of listings

	policies sync.Mutex // held while a bucket policy and its bindings are written
}

var (
	_ http.Handler    = (*Gateway)(nil)
	_ gateway.Service = (*Gateway)(nil)
	_ gateway.Call    = (*call)(nil)
)

// New makes the gateway.
func New(c Config) (*Gateway, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.HostID == "" {
		c.HostID = rand.Text()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{
		front: gateway.Front{
			Name: "s3", Source: "s3.amazonaws.com", Region: c.Region, Account: c.Account,
			Identify: c.Identify, Decide: c.Decide, Audit: c.Audit,
			Log: c.Log,
		},
		store: c.Store, iam: c.IAM, sealer: c.Sealer, account: c.Account, region: c.Region,
		hosts: newHosts(c.Bases, c.Domains), origins: c.Origins, table: newTable(), hostID: []string{c.HostID}, server: []string{"Rockpool"}, buckets: map[string]*settings{},
		catalog: catalog.New(),
	}
	return g, g.front.Validate()
}

// ServeHTTP serves one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.front.Serve(w, r, g) }

// Owns reports whether a Host names a bucket or an endpoint that only S3 has, so
// that nothing else in the request decides where it goes. The endpoint's own
// name is not such a Host: other services may answer there too.
func (g *Gateway) Owns(host string) bool {
	a := g.hosts.bucket(host)
	return a.bucket != "" || a.other != ""
}

// stamp sets the headers of every answer.
func (g *Gateway) stamp(x *gateway.Exchange) {
	x.W.Set("X-Amz-Request-Id", x.ID)
	h := x.W.Header()
	h["X-Amz-Id-2"] = g.hostID
	h["Server"] = g.server
}

// send answers with an XML document.
func (g *Gateway) send(x *gateway.Exchange, status int, d *doc) {
	body := d.bytes()
	x.W.Set("Content-Type", "application/xml")
	x.W.Set("Content-Length", strconv.Itoa(len(body)))
	x.W.WriteHeader(status)
	if x.R.Method != http.MethodHead {
		_, _ = x.W.Write(body) // a client that went away is seen by net/http
	}
}

// raw answers with a stored XML document.
func (g *Gateway) raw(x *gateway.Exchange, body string) {
	x.W.Set("Content-Type", "application/xml")
	x.W.Set("Content-Length", strconv.Itoa(len(body)))
	x.W.WriteHeader(http.StatusOK)
	_, _ = x.W.Write([]byte(body))
}

// empty answers without a body.
func (g *Gateway) empty(x *gateway.Exchange, status int) {
	if status != http.StatusNoContent && status != http.StatusNotModified {
		x.W.Set("Content-Length", "0")
	}
	x.W.WriteHeader(status)
}
