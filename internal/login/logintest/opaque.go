package logintest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

// A Grant is what a provider knows about an opaque token.
type Grant struct {
	App, User string
	Expires   time.Time
}

// A Member is one that a provider's answer must have: of the answer to requests
// with this path, by name, inside the objects named before it.
type Member struct {
	Path string
	Name []string
}

// An OpaqueHarness says how to make a verifier of opaque tokens, and how its
// provider answers.
type OpaqueHarness struct {
	// Key is the Logins key.
	Key string
	// New makes the verifier.
	New func(*login.JWT, *login.Online) login.Verifier
	// Token makes a Logins value in the provider's form that holds name, and
	// Bearer finds in a request what Token has made of a name.
	Token  func(name string) string
	Bearer func(r *http.Request) string
	// Answer answers a request about a token that is good, and Refuse one
	// about a token that is unknown, revoked or expired.
	Answer func(w http.ResponseWriter, r *http.Request, g Grant, now time.Time)
	Refuse func(w http.ResponseWriter, r *http.Request)
	// Expect is what a caller wants who accepts an app.
	Expect func(app string) login.Expect
	// WrongApp is how a good token of another app is refused.
	WrongApp login.Kind
	// Requests is how many a verification takes.
	Requests int
	// Needs are the texts that the verifier takes from answers.
	Needs []Member
	// TellsExpiry says that the provider's answer holds the token's end.
	TellsExpiry bool
}

// The people and applications of the kit.
const (
	App      = "app-1"
	OtherApp = "app-2"
	user     = "10158300000000001"
	other    = "10158300000000002"
)

// opaqueProvider is the provider on loopback.
type opaqueProvider struct {
	h     *OpaqueHarness
	clock *Clock
	url   string

	mu       sync.Mutex
	grants   map[string]Grant
	fault    func(w http.ResponseWriter, r *http.Request, honest http.HandlerFunc)
	requests int
	now, max int // at a time
}

// opaqueEnv is a provider and a verifier that has asked nothing yet.
type opaqueEnv struct {
	*opaqueProvider
	t      *testing.T
	online *login.Online
	v      login.Verifier
}

func (h *OpaqueHarness) start(t *testing.T, cfg login.OnlineConfig) *opaqueEnv {
	t.Helper()
	p := &opaqueProvider{h: h, clock: NewClock(), grants: make(map[string]Grant)}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	cfg.Now, cfg.Overrides = p.clock.Now, map[string]string{h.Key: server.URL}
	online, err := login.NewOnline(cfg)
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := login.NewJWT(login.JWTConfig{Now: p.clock.Now, Overrides: cfg.Overrides})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, c := range []func() error{online.Close, jwt.Close} {
			if err := c(); err != nil {
				t.Error(err)
			}
		}
	})
	return &opaqueEnv{opaqueProvider: p, t: t, online: online, v: h.New(jwt, online)}
}

// grant makes the token called name a good one.
func (p *opaqueProvider) grant(name string, g Grant) {
	if g.Expires.IsZero() {
		g.Expires = p.clock.Now().Add(time.Hour)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grants[p.h.Token(name)] = g
}

func (p *opaqueProvider) revoke(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.grants, p.h.Token(name))
}

// setFault replaces how the provider answers; nil mends it.
func (p *opaqueProvider) setFault(f func(http.ResponseWriter, *http.Request, http.HandlerFunc)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// asked is how many requests there were since the last call.
func (p *opaqueProvider) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.requests
	p.requests = 0
	return n
}

// ServeHTTP answers as the provider does.
func (p *opaqueProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	fault := p.fault
	p.requests++
	p.now++
	p.max = max(p.max, p.now)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now--
		p.mu.Unlock()
	}()
	if fault != nil {
		fault(w, r, p.honest)
		return
	}
	p.honest(w, r)
}

func (p *opaqueProvider) honest(w http.ResponseWriter, r *http.Request) {
	bearer := p.h.Bearer(r)
	p.mu.Lock()
	var g Grant
	known := false
	for token, its := range p.grants {
		if bearer != "" && (token == bearer || strings.HasPrefix(token, bearer+";")) {
			g, known = its, true
		}
	}
	p.mu.Unlock()
	if now := p.clock.Now(); known && now.Before(g.Expires) {
		p.h.Answer(w, r, g, now)
		return
	}
	p.h.Refuse(w, r)
}

// WriteJSON answers with a JSON object.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	// A client that went away is none of our business.
	_, _ = w.Write(text)
}

// changed makes an honest answer and lets change rewrite its text.
func changed(path string, change func([]byte) []byte) func(http.ResponseWriter, *http.Request, http.HandlerFunc) {
	return func(w http.ResponseWriter, r *http.Request, honest http.HandlerFunc) {
		rec := httptest.NewRecorder()
		honest(rec, r)
		body := rec.Body.Bytes()
		if path == "" || r.URL.Path == path {
			body = change(body)
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body)
	}
}

// member rewrites one member of an honest answer; drop removes it.
func member(m Member, value any, drop bool) func([]byte) []byte {
	return func(body []byte) []byte {
		var top map[string]any
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if d.Decode(&top) != nil {
			return body
		}
		at := top
		for _, name := range m.Name[:len(m.Name)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				return body
			}
			at = next
		}
		last := m.Name[len(m.Name)-1]
		if at[last] = value; drop {
			delete(at, last)
		}
		out, err := json.Marshal(top)
		if err != nil {
			return body
		}
		return out
	}
}

func (e *opaqueEnv) verify(name, app string) (*login.Claims, error) {
	return e.v.Verify(e.t.Context(), e.h.Token(name), e.h.Expect(app))
}

// accept verifies a token that must be good.
func (e *opaqueEnv) accept(when, name, app string) *login.Claims {
	e.t.Helper()
	c, err := e.verify(name, app)
	if err != nil {
		e.t.Fatalf("%s: refused: %v", when, err)
	}
	return c
}

// refuse verifies a token that must be refused.
func (e *opaqueEnv) refuse(when, name, app string, want login.Kind) *login.Refusal {
	e.t.Helper()
	c, err := e.verify(name, app)
	return e.wantRefusal(when, e.h.Token(name), c, err, want)
}

func (e *opaqueEnv) wantRefusal(when, token string, c *login.Claims, err error, want login.Kind) *login.Refusal {
	e.t.Helper()
	if err == nil || c != nil {
		e.t.Fatalf("%s: accepted: %+v, %v", when, c, err)
	}
	r, ok := login.AsRefusal(err)
	if !ok {
		e.t.Fatalf("%s: %v is not a Refusal", when, err)
	}
	if r.Kind != want {
		e.t.Errorf("%s: got %v, want %v: %v", when, r.Kind, want, r)
	}
	if r.Provider != e.h.Key {
		e.t.Errorf("%s: the refusal names provider %q", when, r.Provider)
	}
	for part := range strings.SplitSeq(token, ";") {
		if len(part) > 8 && strings.Contains(r.Error()+r.LogValue().String(), part) {
			e.t.Errorf("%s: the refusal quotes the token: %v", when, r)
		}
	}
	return r
}

// wantAsked checks how many requests there were.
func (e *opaqueEnv) wantAsked(when string, want int) {
	e.t.Helper()
	if got := e.asked(); got != want {
		e.t.Errorf("%s: %d requests to the provider, want %d", when, got, want)
	}
}
