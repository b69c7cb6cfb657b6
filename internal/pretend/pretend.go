package pretend

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Issuer is what tokens and discovery say: the real Google's issuer, because
// the rules of the verifier do not change with where keys are fetched.
const Issuer = "https://accounts.google.com"

// A Client is an application registered with the pretend Google.
type Client struct {
	ID   string // client_id, the audience of its tokens
	Name string // shown on the chooser

	// RedirectURIs are compared whole, byte by byte.
	RedirectURIs []string
	// Origins may use the button and the token endpoint from a browser.
	Origins []string
}

// Config is what a Google is made from.
type Config struct {
	// BaseURL is where browsers and verifiers reach it, such as
	// http://127.0.0.1:8463. Requests under another host are refused.
	BaseURL string
	// Clients may sign people in.
	Clients []Client
	// People to choose from. Three are made up if there are none.
	People []Person

	Now    func() time.Time // time.Now if nil
	Rand   io.Reader        // crypto/rand if nil
	Logger *slog.Logger     // discarded if nil
}

// A Google is the provider. It is an http.Handler.
type Google struct {
	base    *url.URL
	clients map[string]Client
	people  []Person
	now     func() time.Time
	rand    io.Reader
	log     *slog.Logger
	keys    *keyRing
	pages   *pages
	tickets *vault[request] // choosers on somebody's screen
	codes   *vault[grant]   // authorization codes not yet redeemed
	mux     *http.ServeMux
}

// New checks cfg and makes a Google with a fresh signing key.
func New(cfg Config) (*Google, error) {
	base, err := parseOrigin(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("pretend: base URL %q: %w", cfg.BaseURL, err)
	}
	g := &Google{
		base: base, clients: make(map[string]Client), people: slices.Clone(cfg.People),
		now: cfg.Now, rand: cmp.Or[io.Reader](cfg.Rand, rand.Reader), log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
	}
	if g.now == nil {
		g.now = time.Now
	}
	if len(g.people) == 0 {
		g.people = MadeUp()
	}
	for _, c := range cfg.Clients {
		if err := c.validate(); err != nil {
			return nil, fmt.Errorf("pretend: client %q: %w", c.ID, err)
		}
		if _, twice := g.clients[c.ID]; twice {
			return nil, fmt.Errorf("pretend: client %q is registered twice", c.ID)
		}
		g.clients[c.ID] = c
	}
	if g.keys, err = newKeyRing(g.rand); err != nil {
		return nil, fmt.Errorf("pretend: %w", err)
	}
	if g.pages, err = loadPages(); err != nil {
		return nil, fmt.Errorf("pretend: %w", err)
	}
	g.tickets = newVault[request](g.rand, g.now, 10*time.Minute)
	g.codes = newVault[grant](g.rand, g.now, time.Minute)
	g.mux = g.routes()
	return g, nil
}

// People are those who can be chosen.
func (g *Google) People() []Person { return slices.Clone(g.people) }

// Rotate makes a new signing key. The previous one stays published, as with
// the real Google, so tokens signed a moment ago remain good.
func (g *Google) Rotate() error { return g.keys.rotate(g.rand) }

func (g *Google) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", g.discovery)
	mux.HandleFunc("GET /oauth2/v3/certs", g.certs)
	mux.HandleFunc("GET /o/oauth2/v2/auth", g.authorize)
	mux.HandleFunc("POST /token", g.token)
	mux.HandleFunc("OPTIONS /token", g.tokenPreflight)
	mux.HandleFunc("GET /gsi/client", g.buttonScript)
	mux.HandleFunc("GET /gsi/select", g.buttonSelect)
	mux.HandleFunc("POST /pretend/choose", g.choose)
	mux.HandleFunc("POST /pretend/token", g.terminalToken)
	mux.HandleFunc("GET /pretend/avatar/{sub}", g.avatar)
	mux.HandleFunc("GET /pretend/{asset}", g.pages.asset)
	mux.HandleFunc("GET /{$}", g.welcome)
	return mux
}

// policy is the Content-Security-Policy of every answer. formTo is where a
// form's answer may redirect to: browsers apply form-action to that too.
func policy(formTo string) string {
	return strings.TrimSpace("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action 'self' " + formTo)
}

// ServeHTTP refuses requests under a foreign host name and sets the headers
// that every answer carries.
func (g *Google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != g.base.Host {
		http.Error(w, "this is the pretend Google at "+g.base.Host, http.StatusMisdirectedRequest)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy(""))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	g.mux.ServeHTTP(w, r)
}

// url is an address under the base URL.
func (g *Google) url(path string) string { return g.base.Scheme + "://" + g.base.Host + path }

// validate refuses registrations that could leak tokens: redirects that are
// not to https or to the own machine, and patterns, which do not exist here.
func (c *Client) validate() error {
	if c.ID == "" || strings.ContainsFunc(c.ID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("no usable id")
	}
	for _, uri := range c.RedirectURIs {
		u, err := parseSafe(uri)
		if err != nil {
			return fmt.Errorf("redirect URI %q: %w", uri, err)
		}
		if u.Fragment != "" || strings.Contains(uri, "#") {
			return fmt.Errorf("redirect URI %q: has a fragment", uri)
		}
	}
	for _, origin := range c.Origins {
		if _, err := parseOrigin(origin); err != nil {
			return fmt.Errorf("origin %q: %w", origin, err)
		}
	}
	return nil
}

// parseSafe parses an absolute URL that is https or on the own machine.
func parseSafe(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	local := host == "localhost" || strings.HasSuffix(host, ".localhost") || (err == nil && addr.IsLoopback())
	switch {
	case host == "" || u.Opaque != "" || u.User != nil:
		return nil, errors.New("not an absolute URL")
	case u.Scheme == "https" || (u.Scheme == "http" && local):
		return u, nil
	}
	return nil, errors.New("neither https nor http to this machine")
}

// parseOrigin parses a URL that is an origin and nothing more.
func parseOrigin(text string) (*url.URL, error) {
	u, err := parseSafe(text)
	if err != nil {
		return nil, err
	}
	if u.Scheme+"://"+u.Host != text {
		return nil, errors.New("more than an origin")
	}
	return u, nil
}
