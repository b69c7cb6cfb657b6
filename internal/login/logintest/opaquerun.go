package logintest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

// RunOpaque checks the verifier of opaque tokens that h makes.
func RunOpaque(t *testing.T, h OpaqueHarness) {
	for _, c := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"a good token names its person, and is asked about once", h.good},
		{"a token of another app is refused, and remembered as what it is", h.wrongApp},
		{"another person's token is another person", h.otherPerson},
		{"an expired token is refused, also when it was remembered", h.expired},
		{"a revoked token counts for five minutes at most", h.revoked},
		{"a refusal is remembered for half a minute", h.refusedOnce},
		{"what cannot be a token is not asked about", h.shapes},
		{"a token cannot change the question", h.injection},
		{"one failure is tried again", h.retry},
		{"many callers with one token cost one question", h.together},
		{"a flood of tokens is bounded", h.flood},
		{"a caller who gives up gets the context's error", h.cancelled},
		{"another key is not served", h.otherKey},
		{"nothing is asked after the end", h.closed},
	} {
		t.Run(c.name, c.run)
	}
	t.Run("no answer", h.faults)
	t.Run("an answer with a damaged member", h.damaged)
}

func (h *OpaqueHarness) good(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user})
	for _, round := range []string{"fresh", "remembered"} {
		c := e.accept(round, "honest", App)
		if c.Provider != h.Key || c.Issuer != h.Key || c.Subject != user || !slices.Equal(c.Audience, []string{App}) {
			t.Errorf("%s: provider %q issuer %q subject %q audience %q", round, c.Provider, c.Issuer, c.Subject, c.Audience)
		}
		if c.Raw["iss"] != h.Key || c.Raw["aud"] != App || c.Raw["sub"] != user {
			t.Errorf("%s: raw claims %v", round, c.Raw)
		}
		if until := e.clock.Now().Add(time.Hour); h.TellsExpiry && !c.Expires.Equal(until) || !h.TellsExpiry && !c.Expires.IsZero() {
			t.Errorf("%s: expires %v", round, c.Expires)
		}
	}
	e.wantAsked("two verifications", h.Requests)
}

func (h *OpaqueHarness) wrongApp(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: OtherApp, User: user})
	e.refuse("another app's token", "honest", App, h.WrongApp)
	e.accept("the app's own caller", "honest", OtherApp)
	e.refuse("another app's token, remembered", "honest", App, h.WrongApp)
	none := h.Expect(App)
	none.ClientIDs, none.Consumers = nil, nil
	c, err := e.v.Verify(t.Context(), h.Token("honest"), none)
	e.wantRefusal("no app at all", h.Token("honest"), c, err, login.WrongAudience)
	if several := h.Expect(App); several.Consumers == nil {
		several.ClientIDs = append(several.ClientIDs, OtherApp)
		if _, err := e.v.Verify(t.Context(), h.Token("honest"), several); err != nil {
			t.Errorf("one of several apps: %v", err)
		}
		for _, near := range []string{strings.ToUpper(OtherApp), OtherApp + " ", OtherApp + "1", OtherApp[:4]} {
			several.ClientIDs = []string{near}
			c, err := e.v.Verify(t.Context(), h.Token("honest"), several)
			e.wantRefusal("app "+near, h.Token("honest"), c, err, login.WrongAudience)
		}
		several.ClientIDs, several.AnyAudience = nil, true
		if _, err := e.v.Verify(t.Context(), h.Token("honest"), several); err != nil {
			t.Errorf("any app: %v", err)
		}
	}
}

func (h *OpaqueHarness) otherPerson(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user})
	e.grant("others", Grant{App: App, User: other})
	for range 2 {
		if a, b := e.accept("one", "honest", App), e.accept("the other", "others", App); a.Subject != user || b.Subject != other {
			t.Errorf("subjects %q and %q", a.Subject, b.Subject)
		}
	}
}

func (h *OpaqueHarness) expired(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("old", Grant{App: App, User: user, Expires: e.clock.Now()})
	e.refuse("expired before", "old", App, login.Rejected)
	e.grant("short", Grant{App: App, User: user, Expires: e.clock.Now().Add(time.Minute)})
	e.accept("a minute before", "short", App)
	e.clock.Advance(time.Minute)
	if !h.TellsExpiry {
		return // its end is not known, and it counts like a revoked one
	}
	if _, err := e.verify("short", App); err == nil {
		t.Error("accepted at its end")
	}
}

func (h *OpaqueHarness) revoked(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user, Expires: e.clock.Now().Add(24 * time.Hour)})
	e.accept("before", "honest", App)
	e.revoke("honest")
	e.clock.Advance(5*time.Minute - time.Second)
	e.accept("while remembered", "honest", App)
	e.asked()
	e.clock.Advance(2 * time.Second)
	e.refuse("after five minutes", "honest", App, login.Rejected)
	e.wantAsked("after five minutes", 1)
}

func (h *OpaqueHarness) refusedOnce(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	for range 3 {
		e.refuse("unknown", "honest", App, login.Rejected)
	}
	e.wantAsked("three refusals", 1)
	e.grant("honest", Grant{App: App, User: user})
	e.clock.Advance(29 * time.Second)
	e.refuse("remembered", "honest", App, login.Rejected)
	e.wantAsked("remembered", 0)
	e.clock.Advance(2 * time.Second)
	e.accept("after half a minute", "honest", App)
}

func (h *OpaqueHarness) shapes(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	honest := h.Token("honest")
	for name, token := range map[string]string{
		"empty": "", "a space": honest + " ", "a line break": honest + "\r\nX-Evil: 1", "a NUL": "\x00" + honest,
		"letters beyond ASCII": honest + "é", "5 kB": honest + strings.Repeat("a", 5000),
	} {
		c, err := e.v.Verify(t.Context(), token, h.Expect(App))
		r, ok := login.AsRefusal(err)
		if c != nil || !ok || (r.Kind != login.Malformed && r.Kind != login.TooLarge) {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
	e.wantAsked("tokens that are none", 0)
}

func (h *OpaqueHarness) injection(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user})
	for _, tail := range []string{"&access_token=x", "?x=1", "#x", "%26a=b", "%zz", "+", "/../admin", "\"", "=,"} {
		e.refuse("a token with "+tail, "honest"+tail, App, login.Rejected)
		e.grant("honest"+tail, Grant{App: App, User: other})
		e.clock.Advance(time.Minute) // the refusal is forgotten
		if c := e.accept("the very token with "+tail, "honest"+tail, App); c.Subject != other {
			t.Errorf("%s: subject %q", tail, c.Subject)
		}
	}
}

func (h *OpaqueHarness) retry(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{"500": status(500), "502": status(502), "503": status(503), "a cut connection": cut} {
		t.Run(name, func(t *testing.T) {
			e := h.start(t, login.OnlineConfig{})
			e.grant("honest", Grant{App: App, User: user})
			failures := 1
			e.setFault(func(w http.ResponseWriter, r *http.Request, honest http.HandlerFunc) {
				e.mu.Lock()
				fails := failures > 0
				failures--
				e.mu.Unlock()
				if fails {
					fault(w, r)
					return
				}
				honest(w, r)
			})
			e.accept("after one failure", "honest", App)
			e.wantAsked("with one failure", h.Requests+1)
		})
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		WriteJSON(w, code, map[string]any{"error": "server_error"})
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter, _ *http.Request) { raw(w, "") }

// raw answers with any text.
func raw(w http.ResponseWriter, text string) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, text)
	_ = conn.Close()
}

// faults are answers that are none: none of them is the token's fault, and none
// is remembered.
func (h *OpaqueHarness) faults(t *testing.T) {
	fixed := func(code int, body string) func(http.ResponseWriter, *http.Request, http.HandlerFunc) {
		return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	plain := func(f http.HandlerFunc) func(http.ResponseWriter, *http.Request, http.HandlerFunc) {
		return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { f(w, r) }
	}
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect was followed")
	}))
	defer evil.Close()
	const page = "<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>"
	first := h.Needs[0]
	for _, c := range []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request, http.HandlerFunc)
		tries int
	}{
		{"an outage", plain(status(503)), 2},
		{"cut connections", plain(cut), 2},
		{"too many requests", plain(status(429)), 1},
		{"a redirect to another host", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			http.Redirect(w, r, evil.URL+r.URL.String(), http.StatusFound)
		}, 1},
		{"a redirect that keeps the method", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			http.Redirect(w, r, evil.URL+r.URL.String(), http.StatusTemporaryRedirect)
		}, 1},
		{"a page instead of an answer", fixed(200, page), 1},
		{"a page instead of a refusal", fixed(400, page), 1},
		{"a page that forbids", fixed(403, page), 1},
		{"an empty answer", fixed(200, ""), 1},
		{"an empty object", fixed(200, "{}"), 1},
		{"a refusal without a reason", fixed(400, "{}"), 1},
		{"a list", fixed(200, "[]"), 1},
		{"a text", fixed(200, `"yes"`), 1},
		{"no content", fixed(204, ""), 1},
		{"a megabyte", changed("", func(b []byte) []byte {
			return append([]byte(`{"pad":"`+strings.Repeat("a", 1<<20)+`",`), b[1:]...)
		}), 1},
		{"a hundred levels", changed("", func(b []byte) []byte {
			return append([]byte(`{"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+","), b[1:]...)
		}), 1},
		{"text after the object", changed("", func(b []byte) []byte { return append(b, "{}"...) }), 1},
		{"a member twice", changed("", func(b []byte) []byte {
			return append([]byte(fmt.Sprintf(`{%q:"admin",`, first.Name[0])), b[1:]...)
		}), 1},
		{"a member twice, once escaped", changed("", func(b []byte) []byte {
			name := first.Name[0]
			return append([]byte(fmt.Sprintf(`{"\u%04x%s":"admin",`, name[0], name[1:])), b[1:]...)
		}), 1},
		{"an answer cut short", changed("", func(b []byte) []byte { return b[:len(b)-1] }), 1},
		{"an answer shorter than announced", func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
		}, 2},
		{"what is not HTTP and repeats the request", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			raw(w, r.URL.String()+" "+h.Bearer(r)+"\r\n\r\n")
		}, 2},
		{"a status line that repeats the token", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			raw(w, "HTTP/1.1 "+h.Bearer(r)+" OK\r\n\r\n")
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := h.start(t, login.OnlineConfig{})
			e.grant("honest-token", Grant{App: App, User: user})
			e.setFault(c.fault)
			e.refuse(c.name, "honest-token", App, login.ProviderUnreachable)
			e.wantAsked(c.name, c.tries)
			e.setFault(nil)
			e.accept("once it is over", "honest-token", App)
		})
	}
	t.Run("a provider that is slow", func(t *testing.T) {
		e := h.start(t, login.OnlineConfig{Timeout: 20 * time.Millisecond})
		e.setFault(func(_ http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { <-r.Context().Done() })
		begin := time.Now()
		e.refuse("slow", "honest-token", App, login.ProviderUnreachable)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
	t.Run("a provider that sends a byte now and then", func(t *testing.T) {
		e := h.start(t, login.OnlineConfig{Timeout: 20 * time.Millisecond})
		e.setFault(func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			_, _ = io.WriteString(w, "{")
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			<-r.Context().Done()
		})
		e.refuse("slow", "honest-token", App, login.ProviderUnreachable)
	})
	t.Run("nobody there", func(t *testing.T) {
		e := h.start(t, login.OnlineConfig{HTTPClient: &http.Client{Transport: nowhere{}}})
		e.refuse("no connection", "honest-token", App, login.ProviderUnreachable)
	})
}

// nowhere fails and repeats everything that it was asked.
type nowhere struct{}

func (nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("no way to %s with %v", r.URL, r.Header)
}

func (h *OpaqueHarness) damaged(t *testing.T) {
	for _, m := range h.Needs {
		for name, change := range map[string]func([]byte) []byte{
			"missing": member(m, nil, true), "null": member(m, nil, false), "empty": member(m, "", false),
			"a list": member(m, []any{"x"}, false), "an object": member(m, map[string]any{"id": "x"}, false), "true": member(m, true, false),
			"a number": member(m, 12, false), "with a NUL": member(m, "a\x00b", false), "of 2,000 bytes": member(m, strings.Repeat("a", 2000), false),
		} {
			t.Run(strings.Join(m.Name, ".")+" "+name, func(t *testing.T) {
				e := h.start(t, login.OnlineConfig{})
				e.grant("honest", Grant{App: App, User: user})
				e.setFault(changed(m.Path, change))
				e.refuse("damaged", "honest", App, login.ProviderUnreachable)
				e.setFault(nil)
				e.accept("mended", "honest", App)
			})
		}
	}
}

// hold makes requests wait until the returned function is called.
func (e *opaqueEnv) hold() (release func()) {
	gate := make(chan struct{})
	e.setFault(func(w http.ResponseWriter, r *http.Request, honest http.HandlerFunc) {
		select {
		case <-gate:
			honest(w, r)
		case <-r.Context().Done():
		}
	})
	return sync.OnceFunc(func() { close(gate) })
}

func (h *OpaqueHarness) together(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user})
	release := e.hold()
	defer release()
	var all sync.WaitGroup
	started := make(chan struct{}, 50)
	for range 50 {
		all.Go(func() {
			started <- struct{}{}
			if _, err := e.verify("honest", App); err != nil {
				t.Error(err)
			}
		})
	}
	for range 50 {
		<-started
	}
	release()
	all.Wait()
	e.wantAsked("fifty callers", h.Requests)
}

func (h *OpaqueHarness) flood(t *testing.T) {
	const parallel, waiting, tokens = 2, 3, 40
	e := h.start(t, login.OnlineConfig{Parallel: parallel, Waiting: waiting})
	release := e.hold()
	defer release()
	answers := make(chan error, tokens)
	for i := range tokens {
		go func() {
			_, err := e.verify(fmt.Sprint("flood-", i), App)
			answers <- err
		}()
	}
	// All that find no place are refused while the provider still thinks.
	for range tokens - parallel - waiting {
		r, ok := login.AsRefusal(<-answers)
		if !ok || r.Kind != login.ProviderUnreachable {
			t.Errorf("got %v", r)
		}
	}
	release()
	for range parallel + waiting {
		if r, ok := login.AsRefusal(<-answers); !ok || r.Kind != login.Rejected {
			t.Errorf("got %v", r)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.max > parallel {
		t.Errorf("%d requests at a time, want at most %d", e.max, parallel)
	}
}

func (h *OpaqueHarness) cancelled(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user})
	release := e.hold()
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	patient := make(chan error, 1)
	go func() {
		_, err := e.verify("honest", App)
		patient <- err
	}()
	hasty := make(chan error, 1)
	go func() {
		_, err := e.v.Verify(ctx, h.Token("honest"), h.Expect(App))
		hasty <- err
	}()
	cancel()
	if err := <-hasty; err != context.Canceled { //nolint:errorlint // the very error
		t.Errorf("who gave up got %v", err)
	}
	release()
	if err := <-patient; err != nil {
		t.Errorf("who waited got %v", err)
	}
}

func (h *OpaqueHarness) otherKey(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user})
	want := h.Expect(App)
	want.Provider = "evil.example"
	_, err := e.v.Verify(t.Context(), h.Token("honest"), want)
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongProvider {
		t.Errorf("got %v, want WrongProvider", err)
	}
	e.wantAsked("another key", 0)
}

func (h *OpaqueHarness) closed(t *testing.T) {
	e := h.start(t, login.OnlineConfig{})
	e.grant("honest", Grant{App: App, User: user})
	if err := e.online.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := e.verify("honest", App); err == nil {
		t.Errorf("accepted after the end: %+v", c)
	}
	e.wantAsked("after the end", 0)
}
