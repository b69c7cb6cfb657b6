package gatewaytest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// Fakes is what a gateway under test is made of.
type Fakes struct {
	Callers *Callers
	Decider *Decider
	Events  *Events
	Now     func() time.Time
}

// Target is a gateway under test.
type Target struct {
	// Service is its signing name.
	Service string
	// New makes the gateway over the fakes, with whatever the requests below
	// need already there.
	New func(t *testing.T, f Fakes) http.Handler
	// Known makes an unsigned request for an operation that succeeds when it is
	// allowed; base is the server's URL.
	Known func(base string) *http.Request
	// Unknown makes unsigned requests that no operation matches.
	Unknown func(base string) map[string]*http.Request
	// Touched counts the operations that reached the store or the upstream.
	Touched func() int
	// RequestID is the header every answer carries.
	RequestID string
	// Upstream returns the requests an upstream has seen; nil when there is none.
	Upstream func() []*http.Request
}

// Run checks what holds for every gateway.
func Run(t *testing.T, target Target) {
	now := func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
	start := func(t *testing.T, allow func(*authz.Request) bool) (Fakes, *sigv4.Signer, string) {
		f := Fakes{Callers: NewCallers(now), Decider: &Decider{Allow: allow}, Events: &Events{}, Now: now}
		signer := f.Callers.Add(&caller.Principal{
			Principal:   policy.Principal{Type: policy.User, Account: Account, ARN: "arn:aws:iam::" + Account + ":user/kit", EntityARN: "arn:aws:iam::" + Account + ":user/kit", EntityID: "AIDAKIT"},
			UserID:      "AIDAKIT",
			UserName:    "kit",
			AccessKeyID: "AKIAKIT",
		}, target.Service)
		server := httptest.NewServer(target.New(t, f))
		t.Cleanup(server.Close)
		return f, signer, server.URL
	}
	send := func(t *testing.T, r *http.Request) *http.Response {
		t.Helper()
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.Header.Get(target.RequestID) == "" {
			t.Errorf("%s %s: no %s in the answer", r.Method, r.URL, target.RequestID)
		}
		return resp
	}
	sign := func(t *testing.T, s *sigv4.Signer, r *http.Request) *http.Request {
		t.Helper()
		if err := s.Sign(r, sigv4.EmptySHA256, now()); err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := func(t *testing.T, f Fakes, failed bool) {
		t.Helper()
		events := f.Events.Take()
		if len(events) != 1 {
			t.Fatalf("got %d audit events, want 1", len(events))
		}
		e := events[0]
		if e.RequestID == "" || e.EventName == "" || e.EventSource == "" {
			t.Errorf("the audit event lacks id, name or source: %+v", e)
		}
		if e.SourceIP != "127.0.0.1" || e.UserAgent == "" || e.Account != Account {
			t.Errorf("the audit event lacks address, client or account: %+v", e)
		}
		if (e.ErrorCode != "") != failed {
			t.Errorf("audit error code is %q, failed is %v", e.ErrorCode, failed)
		}
	}

	t.Run("what is allowed succeeds and is recorded", func(t *testing.T) {
		f, signer, base := start(t, Everything)
		if resp := send(t, sign(t, signer, target.Known(base))); resp.StatusCode >= 300 {
			t.Errorf("status %d", resp.StatusCode)
		}
		one(t, f, false)
	})
	t.Run("what nobody allowed is refused before the store", func(t *testing.T) {
		f, signer, base := start(t, nil)
		before := target.Touched()
		if resp := send(t, sign(t, signer, target.Known(base))); resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d, want a refusal", resp.StatusCode)
		}
		if target.Touched() != before {
			t.Error("a denied request reached the store")
		}
		if len(f.Decider.Take()) == 0 {
			t.Error("nobody was asked")
		}
		one(t, f, true)
	})
	t.Run("an anonymous request is decided like any other", func(t *testing.T) {
		f, _, base := start(t, nil)
		before := target.Touched()
		if resp := send(t, target.Known(base)); resp.StatusCode < 400 {
			t.Errorf("status %d, want a refusal", resp.StatusCode)
		}
		if target.Touched() != before {
			t.Error("a denied request reached the store")
		}
		one(t, f, true)
	})
	t.Run("a wrong signature is refused without a decision", func(t *testing.T) {
		f, signer, base := start(t, Everything)
		r := sign(t, signer, target.Known(base))
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1)[:len(r.Header.Get("Authorization"))])
		before := target.Touched()
		if resp := send(t, r); resp.StatusCode < 400 {
			t.Errorf("status %d, want a refusal", resp.StatusCode)
		}
		if n := len(f.Decider.Take()); n != 0 {
			t.Errorf("%d questions were asked", n)
		}
		if target.Touched() != before {
			t.Error("an unauthenticated request reached the store")
		}
		one(t, f, true)
	})
	t.Run("an unknown operation never reaches the store", func(t *testing.T) {
		f, signer, base := start(t, Everything)
		for name, r := range target.Unknown(base) {
			t.Run(name, func(t *testing.T) {
				before := target.Touched()
				if resp := send(t, sign(t, signer, r)); resp.StatusCode < 400 {
					t.Errorf("status %d, want a refusal", resp.StatusCode)
				}
				if target.Touched() != before {
					t.Error("it reached the store")
				}
				one(t, f, true)
			})
		}
	})
	t.Run("an upstream never sees the client's credentials", func(t *testing.T) {
		if target.Upstream == nil {
			t.Skip("this gateway has no upstream")
		}
		_, signer, base := start(t, Everything)
		r := sign(t, signer, target.Known(base))
		send(t, r)
		for _, u := range target.Upstream() {
			if strings.Contains(u.Header.Get("Authorization"), signer.AccessKeyID) || u.Header.Get("X-Amz-Security-Token") != "" {
				t.Errorf("upstream saw %v", u.Header)
			}
		}
	})
}
