package pretend

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ProviderConfig is what the providers beside Google are made from.
type ProviderConfig struct {
	// Apps are the applications that tokens can be made for, by client id,
	// with their secrets where the provider has them.
	Apps map[string]string
	// People who can sign in. Three are made up if there are none.
	People []Person

	Now  func() time.Time // time.Now if nil
	Rand io.Reader        // crypto/rand if nil
}

// maxGrants bounds what a provider remembers of the access tokens it has made.
const maxGrants = 10_000

// provider is what they have in common: applications, people, access tokens
// made so far, and a switch that turns the provider off. Over the network these
// providers answer questions about tokens, and hand out none unless they have
// sign-in pages (Desk).
type provider struct {
	apps   map[string]string
	people []Person
	now    func() time.Time
	rand   io.Reader
	down   atomic.Bool

	mu     sync.Mutex
	grants map[[sha256.Size]byte]accessGrant // by digest of the token
}

// accessGrant is what an access token stands for.
type accessGrant struct {
	app     string
	person  Person
	secret  string // X: the token's secret
	expires time.Time
}

func newProvider(cfg ProviderConfig) (*provider, error) {
	if len(cfg.Apps) == 0 {
		return nil, errors.New("pretend: a provider needs an application")
	}
	p := &provider{
		apps: maps.Clone(cfg.Apps), people: slices.Clone(cfg.People), now: cfg.Now, rand: cmp.Or[io.Reader](cfg.Rand, rand.Reader),
		grants: make(map[[sha256.Size]byte]accessGrant),
	}
	if p.now == nil {
		p.now = time.Now
	}
	if len(p.people) == 0 {
		p.people = MadeUp()
	}
	return p, nil
}

// SetDown makes the provider answer every request with 503, or work again.
func (p *provider) SetDown(down bool) { p.down.Store(down) }

// Revoke takes an access token back.
func (p *provider) Revoke(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.grants, sha256.Sum256([]byte(token)))
}

// subject checks that person and app exist.
func (p *provider) subject(person, app string) (Person, error) {
	who, ok := findPerson(p.people, person)
	if !ok {
		return Person{}, fmt.Errorf("pretend: nobody is called %q", person)
	}
	if _, ok := p.apps[app]; !ok {
		return Person{}, fmt.Errorf("pretend: application %q is not registered", app)
	}
	return who, nil
}

// mint makes an access token with a prefix, good for lifetime or an hour.
func (p *provider) mint(prefix, person, app, secret string, lifetime time.Duration) (string, error) {
	who, err := p.subject(person, app)
	if err != nil {
		return "", err
	}
	text, err := p.random()
	if err != nil {
		return "", err
	}
	token := prefix + text
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.grants) >= maxGrants {
		return "", errors.New("pretend: too many tokens have been made")
	}
	p.grants[sha256.Sum256([]byte(token))] = accessGrant{
		app: app, person: who, secret: secret, expires: p.now().Add(cmp.Or(lifetime, tokenLifetime)),
	}
	return token, nil
}

// random is a name of 256 bits in letters and digits.
func (p *provider) random() (string, error) {
	var raw [32]byte
	if _, err := io.ReadFull(p.rand, raw[:]); err != nil {
		return "", fmt.Errorf("pretend: random token: %w", err)
	}
	return hex.EncodeToString(raw[:]), nil
}

// find returns what a token that has not expired stands for.
func (p *provider) find(token string) (accessGrant, bool) {
	p.mu.Lock()
	g, ok := p.grants[sha256.Sum256([]byte(token))]
	p.mu.Unlock()
	return g, ok && p.now().Before(g.expires)
}

// serve wraps a provider's routes.
func (p *provider) serve(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if p.down.Load() {
		http.Error(w, "the pretend provider is switched off", http.StatusServiceUnavailable)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	mux.ServeHTTP(w, r)
}

// idToken signs claims with those that a caller changes.
func (p *provider) idToken(keys *keyRing, claims map[string]any, opts TokenOptions) (string, error) {
	now := p.now()
	claims["iat"], claims["exp"] = now.Unix(), now.Add(cmp.Or(opts.Lifetime, tokenLifetime)).Unix()
	if opts.Nonce != "" {
		claims["nonce"] = opts.Nonce
	}
	maps.Copy(claims, opts.Claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return keys.sign(claims)
}

// jwks answers with a key set.
func jwks(keys *keyRing) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		writeJSON(w, http.StatusOK, map[string]any{"keys": keys.public()})
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the pretend provider failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// A client that went away is none of our business.
	_, _ = w.Write(text)
}

// digits makes a provider's own number for a person, the same each time, so that
// nobody has the same id at two providers.
func digits(provider string, who Person, n int) string {
	sum := sha256.Sum256([]byte(provider + "\x00" + who.Subject))
	text := new(big.Int).SetBytes(sum[:]).String()
	return "1" + text[:n-1]
}

// hexOf makes a provider's own name for a person, the same way.
func hexOf(provider string, who Person, n int) string {
	sum := sha256.Sum256([]byte(provider + "\x00" + who.Subject))
	return hex.EncodeToString(sum[:])[:n]
}
