package caller

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/sigv4"
)

// defaultKeyCache is how many derived signing keys a node remembers.
const defaultKeyCache = 8192

// Opener opens session tokens; *sts.Service is one.
type Opener interface {
	Open(token string) (*sts.Session, keys.Secret, error)
}

// Config is what a Resolver needs. IAM, Sessions and Regions are required.
type Config struct {
	// IAM returns the current snapshot.
	IAM      func() iam.Snapshot
	Sessions Opener
	// Regions are the regions of this installation; the first is its own.
	Regions []string
	// Revoked, when set, says whether a session was revoked before its time.
	Revoked func(*sts.Session) bool
	// Used, when set, is told of every accepted request of a long-term key.
	Used func(accessKeyID, service, region string)
	// TrustedProxies are the addresses whose X-Forwarded-For, -Proto and -Host
	// are believed.
	TrustedProxies []netip.Prefix
	// KeyCache bounds the memory of derived signing keys; 0 means 8192.
	KeyCache int
	MaxSkew  time.Duration    // 0 means AWS's 15 minutes
	Now      func() time.Time // nil means time.Now
	NewID    func() string    // makes request ids; nil means random UUIDs
}

// Resolver establishes callers. It is safe for concurrent use.
type Resolver struct {
	cfg  Config
	keys *sigv4.KeyCache
	// global are the regions of the services that answer everywhere.
	global []string
}

// New returns a Resolver.
func New(cfg Config) (*Resolver, error) {
	if cfg.IAM == nil || cfg.Sessions == nil || len(cfg.Regions) == 0 {
		return nil, errors.New("caller: a resolver needs IAM, sessions and a region")
	}
	if cfg.KeyCache == 0 {
		cfg.KeyCache = defaultKeyCache
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = newID
	}
	return &Resolver{cfg: cfg, keys: sigv4.NewKeyCache(cfg.KeyCache), global: globalRegions(cfg.Regions)}, nil
}

// Identify establishes who makes r: it reads the signature, finds the secret and
// verifies. service is the signing name of the endpoint ("s3", "sts").
// bodySHA256 is the hex digest of the body, which every service but S3 signs; it
// may be empty when there is no body.
//
// A request without a signature is made by the anonymous principal, with a nil
// Authorization and a zero Key; whether that may be is the edge's decision. Every
// error is a *sigv4.Error.
func (c *Resolver) Identify(r *http.Request, service, bodySHA256 string) (*Principal, *sigv4.Authorization, sigv4.Key, error) {
	a, err := sigv4.Parse(r)
	if err != nil {
		return nil, nil, sigv4.Key{}, err
	}
	if a != nil {
		a.BodySHA256 = bodySHA256
	}
	p, key, err := c.Establish(r, a, service)
	return p, a, key, err
}

// newID returns a random UUID, version 4.
func newID() string {
	var b [16]byte
	// Read never fails: crypto/rand ends the program when there is no randomness.
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var s [36]byte
	for i, j := 0, 0; i < len(b); i++ {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			s[j] = '-'
			j++
		}
		hex.Encode(s[j:], b[i:i+1])
		j += 2
	}
	return string(s[:])
}

// WithBody identifies callers of services that take requests with a body that is
// in memory: the APIs, not the gateways.
type WithBody struct{ *Resolver }

// Identify is Resolver.Identify for a body that has been read. It notes the
// region of a valid signature in n.
func (c WithBody) Identify(r *http.Request, body []byte, service string, n *Network) (*Principal, error) {
	a, err := sigv4.Parse(r)
	if err != nil {
		return nil, err
	}
	if a != nil {
		a.BodySHA256 = sigv4.HashBody(body)
	}
	p, _, err := c.Establish(r, a, service)
	if err == nil && a != nil && n != nil {
		n.Region = a.Scope.Region
	}
	return p, err
}
