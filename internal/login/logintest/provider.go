package logintest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// A Clock stands still until it is told otherwise.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// NewClock returns a clock that shows an ordinary moment.
func NewClock() *Clock { return &Clock{t: time.Unix(1_800_000_000, 0)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// A Provider is an OpenID Connect provider on loopback. Set its fields before
// the first request; the methods may be called at any time.
type Provider struct {
	// Issuer is what the discovery document says.
	Issuer string
	// URL is where the provider listens: the base for an override.
	URL string

	mu        sync.Mutex
	keys      []*Key
	down      bool
	keyURL    string
	cache     string
	hold      chan struct{}
	discovery int
	fetches   int
	body      []byte
	asked     chan struct{}
}

// NewProvider starts a provider that publishes keys. It stops with the test.
func NewProvider(tb testing.TB, issuer string, keys ...*Key) *Provider {
	p := &Provider{Issuer: issuer, keys: keys, cache: "public, max-age=3600"}
	server := httptest.NewServer(p)
	tb.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// SetKeys replaces the published keys.
func (p *Provider) SetKeys(keys ...*Key) { p.set(func() { p.keys = keys }) }

// SetDown makes every request fail, or work again.
func (p *Provider) SetDown(down bool) { p.set(func() { p.down = down }) }

// SetCacheControl sets the Cache-Control header of the key set.
func (p *Provider) SetCacheControl(v string) { p.set(func() { p.cache = v }) }

// SetKeysURL sets the jwks_uri of the discovery document.
func (p *Provider) SetKeysURL(u string) { p.set(func() { p.keyURL = u }) }

// SetBody replaces the text of the key set.
func (p *Provider) SetBody(b []byte) { p.set(func() { p.body = b }) }

// Hold makes requests for keys wait until the returned function is called.
func (p *Provider) Hold() (release func()) {
	gate := make(chan struct{})
	p.set(func() { p.hold = gate })
	return sync.OnceFunc(func() {
		p.set(func() { p.hold = nil })
		close(gate)
	})
}

// Asked returns a channel that gets a value for every request for keys from now
// on. It must be read.
func (p *Provider) Asked() <-chan struct{} {
	asked := make(chan struct{})
	p.set(func() { p.asked = asked })
	return asked
}

func (p *Provider) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// Fetches counts the requests for the key set.
func (p *Provider) Fetches() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

// Requests counts all requests.
func (p *Provider) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches + p.discovery
}

// ServeHTTP answers discovery and key requests.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	keys := slices.Clone(p.keys)
	down, keyURL, cache, body, hold, asked := p.down, p.keyURL, p.cache, p.body, p.hold, p.asked
	discovery := r.URL.Path == "/.well-known/openid-configuration"
	if discovery {
		p.discovery++
	} else {
		p.fetches++
	}
	p.mu.Unlock()
	if asked != nil && !discovery {
		select {
		case asked <- struct{}{}:
		case <-r.Context().Done():
			return
		}
	}
	if down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if discovery {
		if keyURL == "" {
			keyURL = p.URL + "/keys"
		}
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, p.Issuer, keyURL)
		return
	}
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Cache-Control", cache)
	if body == nil {
		set := struct {
			Keys []JSON `json:"keys"`
		}{Keys: []JSON{}}
		for _, k := range keys {
			set.Keys = append(set.Keys, k.JWK())
		}
		var err error
		if body, err = json.Marshal(set); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	// A client that went away is none of our business.
	_, _ = w.Write(body)
}
