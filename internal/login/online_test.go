package login_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

func newOnline(t testing.TB, cfg login.OnlineConfig) *login.Online {
	t.Helper()
	o, err := login.NewOnline(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// TestEndpointsStayOutOfPrivateNetworks: a provider's own address may only be a
// public one, whatever its name resolves to; one that the operator has named may
// be anywhere, over plain http on loopback only.
func TestEndpointsStayOutOfPrivateNetworks(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	o := newOnline(t, login.OnlineConfig{Overrides: map[string]string{"named.example": server.URL, "host.example": server.URL}})
	for _, c := range []struct {
		name     string
		endpoint *login.Endpoint
		ok       bool
	}{
		{"a built-in address on loopback", o.Provider("x.example", server.URL), false},
		{"a built-in address in a private network", o.Provider("x.example", "https://10.0.0.1"), false},
		{"a built-in address of cloud metadata", o.Provider("x.example", "https://169.254.169.254"), false},
		{"an override", o.Provider("named.example", "https://api.example"), true},
		{"an override of the host", o.Provider("host.example/path", "https://api.example"), true},
		{"a configured address", o.Configured("y", server.URL+"/path/"), true},
		{"a configured address without TLS elsewhere", o.Configured("y", "http://192.0.2.1"), false},
		{"a configured address with a password", o.Configured("y", "https://a:b@example.com"), false},
		{"no address", o.Configured("y", ""), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			asked = 0
			_, err := c.endpoint.Do(ctx, login.Call{Path: "/x"})
			if (err == nil) != c.ok || (asked > 0) != c.ok {
				t.Errorf("got %v after %d requests, want success %v", err, asked, c.ok)
			}
			if r, refused := login.AsRefusal(err); err != nil && (!refused || (r.Kind != login.ProviderUnreachable && r.Kind != login.WrongProvider)) {
				t.Errorf("%v is not a Refusal about the provider", err)
			}
		})
	}
}

func TestOnlineConfig(t *testing.T) {
	for name, cfg := range map[string]login.OnlineConfig{
		"plain http beyond loopback": {Overrides: map[string]string{"x": "http://example.com"}},
		"a negative limit":           {Parallel: -1},
	} {
		if _, err := login.NewOnline(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestASaltIsPartOfTheToken: what is known under one salt is not known under
// another, and the border between the two cannot be moved.
func TestASaltIsPartOfTheToken(t *testing.T) {
	e := newOnline(t, login.OnlineConfig{}).Configured("x", "http://127.0.0.1:1")
	want := &login.Expect{Provider: "x", AnyAudience: true}
	asked := 0
	for _, c := range []struct{ token, salt string }{{"ab", "c"}, {"b", "ca"}, {"abc", ""}, {"a", "bc"}, {"ab", "c"}} {
		_, err := e.Verify(t.Context(), c.token, c.salt, want, func(context.Context) (*login.Claims, error) {
			asked++
			return &login.Claims{Subject: "s"}, nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if asked != 4 {
		t.Errorf("asked %d times about four tokens", asked)
	}
}

func TestSecretsCannotBePrinted(t *testing.T) {
	s := login.NewSecret("hush-hush")
	c := login.Consumer{Key: "key", Secret: s}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "consumer", c)
	all := fmt.Sprintf("%v %+v %#v %s %q %x %d", s, c, c, s, s, s, s) + string(text) + log.String() + s.String()
	if strings.Contains(all, "hush") || strings.Contains(all, fmt.Sprintf("%x", "hush")) || s.Reveal() != "hush-hush" {
		t.Errorf("printed: %s", all)
	}
}

// TestVerdictsAreOnlyForDefiniteWords: no other kind of refusal is remembered.
func TestVerdictsAreOnlyForDefiniteWords(t *testing.T) {
	e := newOnline(t, login.OnlineConfig{}).Configured("x", "http://127.0.0.1:1")
	want := &login.Expect{Provider: "x", AnyAudience: true}
	for kind, remembered := range map[login.Kind]bool{
		login.Rejected: true, login.ProviderUnreachable: false, login.Expired: false, login.Malformed: false, login.WrongProvider: false,
	} {
		asked := 0
		for range 2 {
			_, err := e.Verify(t.Context(), "token", kind.String(), want, func(context.Context) (*login.Claims, error) {
				asked++
				return nil, &login.Refusal{Kind: kind}
			})
			if r, ok := login.AsRefusal(err); !ok || r.Kind != kind || r.Provider != "x" {
				t.Errorf("%v: got %v", kind, err)
			}
		}
		if (asked == 1) != remembered {
			t.Errorf("%v: asked %d times, remembered should be %v", kind, asked, remembered)
		}
	}
}

func rememberedToken(t testing.TB) func() error {
	e := newOnline(t, login.OnlineConfig{}).Configured("x", "http://127.0.0.1:1")
	want := &login.Expect{Provider: "x", ClientIDs: []string{"app"}}
	token := "EAAB" + strings.Repeat("a", 200)
	ask := func(context.Context) (*login.Claims, error) {
		return &login.Claims{Subject: "s", Audience: []string{"app"}}, nil
	}
	return func() error {
		_, err := e.Verify(t.Context(), token, "", want, ask)
		return err
	}
}

func TestARememberedOpaqueTokenIsCheap(t *testing.T) {
	verify := rememberedToken(t)
	if n := testing.AllocsPerRun(1000, func() {
		if err := verify(); err != nil {
			t.Fatal(err)
		}
	}); n > 3 {
		t.Errorf("%v allocations, want at most 3", n)
	}
}

func BenchmarkRememberedOpaqueToken(b *testing.B) {
	verify := rememberedToken(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := verify(); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzAnswer feeds any text as a provider's answer: it is an answer or it is
// none, and a text member that is returned can be used as a name.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"id":"1"}`, `{"id":1}`, `{"id":"1","id":"2"}`, `[]`, ``, `{"id":"\u0000"}`, `{"exp":1e400}`, `{"exp":-1.5}`} {
		f.Add(s)
	}
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
	f.Cleanup(server.Close)
	e := newOnline(f, login.OnlineConfig{}).Configured("x", server.URL)
	f.Fuzz(func(t *testing.T, s string) {
		body = s
		a, err := e.Do(t.Context(), login.Call{Path: "/"})
		if err != nil {
			if r, ok := login.AsRefusal(err); !ok || r.Kind != login.ProviderUnreachable {
				t.Fatalf("got %v", err)
			}
			return
		}
		var plain map[string]any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if err := d.Decode(&plain); err != nil {
			t.Fatalf("took what encoding/json refuses: %v", err)
		}
		if text, err := a.Text("id"); err == nil && (text == "" || text != plain["id"]) {
			t.Fatalf("id is %q, encoding/json says %v", text, plain["id"])
		}
		if _, err := a.Seconds("exp"); err == nil {
			if _, ok := plain["exp"].(json.Number); !ok {
				t.Fatalf("exp of %v taken for a number", plain["exp"])
			}
		}
	})
}
