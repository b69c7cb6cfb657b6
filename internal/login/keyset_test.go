package login_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
)

const (
	testKey    = "login.example.com"
	testIssuer = "https://login.example.com"
)

// A bench is a verifier, a provider that counts, and a clock, for one test.
type bench struct {
	t     *testing.T
	p     *logintest.Provider
	clock *logintest.Clock
	jwt   *login.JWT
	rules login.Rules
}

func newBench(t *testing.T, store login.KeyStore, keys ...*logintest.Key) *bench {
	b := &bench{
		t: t, p: logintest.NewProvider(t, testIssuer, keys...), clock: logintest.NewClock(),
		rules: login.Rules{Key: testKey, Issuer: testIssuer},
	}
	b.restart(store)
	return b
}

// restart replaces the verifier, as a new process would.
func (b *bench) restart(store login.KeyStore) {
	b.t.Helper()
	if b.jwt != nil {
		b.close()
	}
	jwt, err := login.NewJWT(login.JWTConfig{Now: b.clock.Now, Store: store, Overrides: map[string]string{testKey: b.p.URL}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.jwt = jwt
	b.t.Cleanup(b.close)
}

func (b *bench) close() {
	if err := b.jwt.Close(); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) token(k *logintest.Key, change logintest.JSON) string {
	now := b.clock.Now().Unix()
	return k.Token(logintest.JSON{
		"iss": testIssuer, "sub": "ada", "aud": "app", "iat": now, "exp": now + 365*24*3600,
	}.With(change))
}

func (b *bench) verify(token string) error {
	_, err := b.jwt.Verify(b.t.Context(), token, &b.rules, &login.Expect{Provider: testKey, ClientIDs: []string{"app"}})
	return err
}

func (b *bench) mustVerify(what, token string) {
	b.t.Helper()
	if err := b.verify(token); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *bench) wantKind(what, token string, want login.Kind) *login.Refusal {
	b.t.Helper()
	err := b.verify(token)
	r, ok := login.AsRefusal(err)
	if !ok || r.Kind != want {
		b.t.Fatalf("%s: got %v, want %v", what, err, want)
	}
	return r
}

func (b *bench) wantFetches(what string, want int) {
	b.t.Helper()
	if got := b.p.Fetches(); got != want {
		b.t.Errorf("%s: %d key fetches, want %d", what, got, want)
	}
}

// together calls f from n goroutines at once and returns their errors.
func together(n int, f func() error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errs
}

func ecKey(t *testing.T, id string) *logintest.Key {
	return logintest.NewECKey(t, id, "ES256", p256())
}

func TestNothingIsFetchedBeforeTheFirstToken(t *testing.T) {
	b := newBench(t, nil, ecKey(t, "a"))
	if got := b.p.Requests(); got != 0 {
		t.Errorf("%d requests at start-up", got)
	}
}

func TestManyCallersShareOneFetch(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	token := b.token(a, nil)
	for i, err := range together(200, func() error { return b.verify(token) }) {
		if err != nil {
			t.Fatalf("caller %d: %v", i, err)
		}
	}
	b.wantFetches("200 callers without keys", 1)
	if got := b.p.Requests(); got != 2 {
		t.Errorf("%d requests, want discovery and keys", got)
	}
}

func TestUnknownKeyIDsShareOneRefetchPerInterval(t *testing.T) {
	a, bogus := ecKey(t, "a"), ecKey(t, "bogus")
	b := newBench(t, nil, a)
	b.mustVerify("honest", b.token(a, nil))
	token := b.token(bogus, nil)
	for interval := range 3 {
		for range 2 {
			for _, err := range together(100, func() error { return b.verify(token) }) {
				if r, ok := login.AsRefusal(err); !ok || r.Kind != login.UnknownKey {
					t.Fatalf("got %v, want UnknownKey", err)
				}
			}
			b.clock.Advance(14 * time.Second)
		}
		b.wantFetches("unknown key ids", 2+interval)
		b.clock.Advance(2 * time.Second)
	}
}

func TestForgedTokensWithAKnownKeyIDNeverFetch(t *testing.T) {
	a, stranger := ecKey(t, "a"), ecKey(t, "stranger")
	b := newBench(t, nil, a)
	b.mustVerify("honest", b.token(a, nil))
	for i := range 50 {
		b.wantKind("forged", b.token(stranger.As("a", "ES256"), logintest.JSON{"n": i}), login.BadSignature)
		b.clock.Advance(31 * time.Second)
	}
	b.wantFetches("forged tokens", 1)
}

func TestFirstTokenAfterARotationWorksAtOnce(t *testing.T) {
	first, second := ecKey(t, "first"), ecKey(t, "second")
	b := newBench(t, nil, first)
	b.mustVerify("before", b.token(first, nil))
	b.p.SetKeys(first, second)
	b.mustVerify("after", b.token(second, nil))
	b.mustVerify("the old key is still published", b.token(first, logintest.JSON{"n": 1}))
	b.wantFetches("rotation", 2)
}

func TestRotationOfAProviderWithoutKeyIDsWorksAtOnce(t *testing.T) {
	first, second := ecKey(t, ""), ecKey(t, "")
	b := newBench(t, nil, first)
	nameless := func(k *logintest.Key) string {
		now := b.clock.Now().Unix()
		return k.TokenWith(logintest.JSON{"alg": "ES256"}, logintest.JSON{"iss": testIssuer, "sub": "ada", "aud": "app", "iat": now, "exp": now + 60})
	}
	b.mustVerify("before", nameless(first))
	b.p.SetKeys(second)
	b.mustVerify("after", nameless(second))
	b.wantFetches("rotation", 2)
}

func TestWithdrawnKeysStopAtTheNextRefresh(t *testing.T) {
	kept, withdrawn := ecKey(t, "kept"), ecKey(t, "withdrawn")
	b := newBench(t, nil, kept, withdrawn)
	token := b.token(withdrawn, nil)
	b.mustVerify("while published", token)
	b.p.SetKeys(kept)
	b.clock.Advance(30 * time.Minute)
	b.mustVerify("before the refresh", token)
	b.clock.Advance(31 * time.Minute) // max-age was an hour
	b.wantKind("after the refresh, though remembered", token, login.UnknownKey)
	b.mustVerify("the other key", b.token(kept, nil))
}

func TestAllKeysWithdrawnIsNotAnOutage(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	b.mustVerify("while published", b.token(a, nil))
	b.p.SetKeys()
	b.clock.Advance(61 * time.Minute)
	b.wantKind("after the refresh", b.token(a, nil), login.UnknownKey)
}

func TestKeysAreFetchedAheadWhileNobodyWaits(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	b.mustVerify("first", b.token(a, nil))
	asked, release := b.p.Asked(), b.p.Hold()
	b.clock.Advance(50 * time.Minute) // past four fifths of an hour
	b.mustVerify("while the fetch hangs", b.token(a, nil))
	<-asked
	release()
}

func TestAnOutageNeverBreaksAKnownKeyForADay(t *testing.T) {
	a, other := ecKey(t, "a"), ecKey(t, "other")
	b := newBench(t, nil, a)
	b.mustVerify("before", b.token(a, nil))
	b.p.SetDown(true)
	for range 24 {
		b.clock.Advance(time.Hour)
		b.mustVerify("during the outage", b.token(a, nil))
		b.wantKind("an unknown key", b.token(other, nil), login.UnknownKey)
	}
	b.clock.Advance(61 * time.Minute)
	b.wantKind("after a day of outage", b.token(a, nil), login.ProviderUnreachable)
	b.p.SetDown(false)
	b.clock.Advance(5 * time.Minute)
	b.mustVerify("after the outage", b.token(a, nil))
}

func TestAHangingProviderDelaysAKnownKeyByASecondAtMost(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	b.mustVerify("before", b.token(a, nil))
	release := b.p.Hold()
	defer release()
	b.clock.Advance(2 * time.Hour)
	start := time.Now()
	b.mustVerify("while the provider hangs", b.token(a, nil))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestAProviderThatIsDownIsLeftAloneForLongerAndLonger(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	b.p.SetDown(true)
	token := b.token(a, nil)
	for range 600 { // ten minutes
		b.wantKind("down", token, login.ProviderUnreachable)
		b.clock.Advance(time.Second)
	}
	// After 0, 10, 30, 70, 150, 310 and 610 seconds.
	if got := b.p.Requests(); got != 6 {
		t.Errorf("%d requests in ten minutes of outage, want 6", got)
	}
	b.p.SetDown(false)
	b.clock.Advance(5 * time.Minute)
	b.mustVerify("up again", token)
}

func TestCacheControlIsClamped(t *testing.T) {
	for _, c := range []struct {
		name, header        string
		freshFor, staleFrom time.Duration
	}{
		{"no header means an hour", "", 47 * time.Minute, 61 * time.Minute},
		{"max-age is honoured", "max-age=7200", 95 * time.Minute, 121 * time.Minute},
		{"never less than five minutes", "max-age=1", 3 * time.Minute, 6 * time.Minute},
		{"no-store is five minutes", "no-store", 3 * time.Minute, 6 * time.Minute},
		{"never more than a day", "max-age=31536000", 19 * time.Hour, 25 * time.Hour},
		{"nonsense is five minutes", "max-age=-1", 3 * time.Minute, 6 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := ecKey(t, "a")
			b := newBench(t, nil, a)
			b.p.SetCacheControl(c.header)
			b.mustVerify("first", b.token(a, nil))
			b.clock.Advance(c.freshFor)
			b.mustVerify("fresh", b.token(a, nil))
			b.wantFetches("while fresh", 1)
			b.clock.Advance(c.staleFrom - c.freshFor)
			b.mustVerify("refreshed", b.token(a, nil))
			b.wantFetches("once stale", 2)
		})
	}
}

// memoryStore is a KeyStore that lives as long as its test.
type memoryStore struct {
	mu    sync.Mutex
	saved map[string]login.StoredKeys
	fail  error
	done  chan struct{} // gets a value per save
}

func newStore() *memoryStore {
	return &memoryStore{saved: map[string]login.StoredKeys{}, done: make(chan struct{}, 100)}
}

func (s *memoryStore) LoadKeys(_ context.Context, source string) (login.StoredKeys, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.saved[source]
	return k, ok, s.fail
}

func (s *memoryStore) SaveKeys(_ context.Context, k login.StoredKeys) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved[k.Source] = k
	s.done <- struct{}{}
	return s.fail
}

func TestARestartDuringAnOutageWorks(t *testing.T) {
	a, store := ecKey(t, "a"), newStore()
	b := newBench(t, store, a)
	b.mustVerify("before", b.token(a, nil))
	<-store.done
	b.p.SetDown(true)

	b.restart(store)
	b.mustVerify("with fresh stored keys", b.token(a, nil))
	b.wantFetches("fresh stored keys", 1)

	b.clock.Advance(23 * time.Hour)
	b.restart(store)
	b.mustVerify("with stale stored keys", b.token(a, nil))

	b.clock.Advance(3 * time.Hour)
	b.restart(store)
	b.wantKind("with keys older than a day", b.token(a, nil), login.ProviderUnreachable)
}

func TestAStoreThatFailsDoesNotBreakLogins(t *testing.T) {
	a, store := ecKey(t, "a"), newStore()
	store.fail = errors.New("disk full")
	b := newBench(t, store, a)
	b.mustVerify("honest", b.token(a, nil))
}

func TestKeysOfAnOverrideAreNotThoseOfTheProvider(t *testing.T) {
	a, store := ecKey(t, "a"), newStore()
	b := newBench(t, store, a)
	b.mustVerify("with the override", b.token(a, nil))
	<-store.done
	// The same store without the override: the name does not resolve, and the
	// stored keys must not serve.
	jwt, err := login.NewJWT(login.JWTConfig{Now: b.clock.Now, Store: store, HTTPClient: &http.Client{Transport: refuseAll{}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = jwt.Verify(t.Context(), b.token(a, nil), &b.rules, &login.Expect{Provider: testKey, ClientIDs: []string{"app"}})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.ProviderUnreachable {
		t.Errorf("got %v, want ProviderUnreachable", err)
	}
	if err := jwt.Close(); err != nil {
		t.Error(err)
	}
}

type refuseAll struct{}

func (refuseAll) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no network")
}

func TestWhatAProviderMayNotDo(t *testing.T) {
	a := ecKey(t, "a")
	for _, c := range []struct {
		name string
		do   func(*logintest.Provider)
		want string // in the cause
	}{
		{"send keys from another host", func(p *logintest.Provider) { p.SetKeysURL("http://127.0.0.2:1/keys") }, "leaves the override's host"},
		{"send keys from another scheme", func(p *logintest.Provider) {
			p.SetKeysURL(strings.Replace(p.URL, "http:", "https:", 1) + "/keys")
		}, "leaves the override's host"},
		{"send keys from a file", func(p *logintest.Provider) { p.SetKeysURL("file:///etc/passwd") }, "not an absolute URL"},
		{"send keys with a user name", func(p *logintest.Provider) {
			p.SetKeysURL(strings.Replace(p.URL, "http://", "http://x"+"@", 1))
		}, "user name"},
		{"speak for another issuer", func(p *logintest.Provider) { p.Issuer = "https://evil.example" }, "about issuer"},
		{"send a key set without end", func(p *logintest.Provider) { p.SetBody([]byte(`{"keys":[` + strings.Repeat(" ", 600<<10))) }, "more than"},
		{"send something else", func(p *logintest.Provider) { p.SetBody([]byte("<html>")) }, "not an object"},
		{"send a key set with keys twice", func(p *logintest.Provider) { p.SetBody([]byte(`{"keys":[],"keys":[]}`)) }, "duplicate"},
		{"send a thousand keys", func(p *logintest.Provider) {
			p.SetBody([]byte(`{"keys":[` + strings.Repeat("{},", 1000) + "{}]}"))
		}, "1001 keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil, a)
			c.do(b.p)
			r := b.wantKind(c.name, b.token(a, nil), login.ProviderUnreachable)
			if !strings.Contains(r.Error(), c.want) {
				t.Errorf("got %q, want a cause with %q", r.Error(), c.want)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var reached bool
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer target.Close()
	redirector := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	defer redirector.Close()
	for _, client := range []*http.Client{nil, {}} {
		jwt, err := login.NewJWT(login.JWTConfig{HTTPClient: client, Overrides: map[string]string{testKey: redirector.URL}})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().Unix()
		token := ecKey(t, "a").Token(logintest.JSON{"iss": testIssuer, "sub": "ada", "aud": "app", "iat": now, "exp": now + 60})
		_, err = jwt.Verify(t.Context(), token, &login.Rules{Key: testKey, Issuer: testIssuer}, &login.Expect{Provider: testKey})
		if r, ok := login.AsRefusal(err); !ok || r.Kind != login.ProviderUnreachable || !strings.Contains(r.Error(), "answered 302") {
			t.Errorf("got %v, want ProviderUnreachable because of 302", err)
		}
		if err := jwt.Close(); err != nil {
			t.Error(err)
		}
	}
	if reached {
		t.Error("the redirect was followed")
	}
}

func TestPrivateAddressesAreRefusedUnlessConfigured(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	key := strings.TrimPrefix(server.URL, "https://")
	now := time.Now().Unix()
	token := ecKey(t, "a").Token(logintest.JSON{"iss": server.URL, "sub": "ada", "aud": "app", "iat": now, "exp": now + 60})
	jwt, err := login.NewJWT(login.JWTConfig{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = jwt.Verify(t.Context(), token, &login.Rules{Key: key, Issuer: server.URL}, &login.Expect{Provider: key})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.ProviderUnreachable || !strings.Contains(r.Error(), "not public") {
		t.Errorf("got %v, want ProviderUnreachable because the address is not public", err)
	}
	if err := jwt.Close(); err != nil {
		t.Error(err)
	}
}

func TestOverridesAreChecked(t *testing.T) {
	for base, ok := range map[string]bool{
		"http://127.0.0.1:9999":         true,
		"http://[::1]:9999/base":        true,
		"http://localhost:9999":         true,
		"https://idp.internal:8443/x":   true,
		"http://idp.internal":           false,
		"http://10.0.0.1":               false,
		"http://127.0.0.1.evil.example": false,
		"ftp://127.0.0.1":               false,
		"https://" + "u:p@idp.internal": false,
		"https://idp.internal?x=1":      false,
		"https://idp.internal#x":        false,
		"idp.internal":                  false,
		"":                              false,
	} {
		jwt, err := login.NewJWT(login.JWTConfig{Overrides: map[string]string{testKey: base}})
		if (err == nil) != ok {
			t.Errorf("override %q: error %v, want acceptance %v", base, err, ok)
		}
		if jwt != nil {
			if err := jwt.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestPlainHTTPIssuersAreRefused(t *testing.T) {
	b := newBench(t, nil, ecKey(t, "a"))
	rules := login.Rules{Key: "127.0.0.1:1", Issuer: "http://127.0.0.1:1"}
	now := b.clock.Now().Unix()
	token := ecKey(t, "a").Token(logintest.JSON{"iss": rules.Issuer, "sub": "ada", "aud": "app", "iat": now, "exp": now + 60})
	_, err := b.jwt.Verify(t.Context(), token, &rules, &login.Expect{Provider: rules.Key})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongProvider {
		t.Errorf("got %v, want WrongProvider", err)
	}
}

func TestIssuersBeyondTheLimitMakeRoom(t *testing.T) {
	a := ecKey(t, "a")
	p := logintest.NewProvider(t, testIssuer, a)
	clock := logintest.NewClock()
	jwt, err := login.NewJWT(login.JWTConfig{Now: clock.Now, MaxIssuers: 2, Overrides: map[string]string{testKey: p.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			t.Error(err)
		}
	}()
	now := clock.Now().Unix()
	token := a.Token(logintest.JSON{"iss": testIssuer, "sub": "ada", "aud": "app", "iat": now, "exp": now + 6000})
	rules := login.Rules{Key: testKey, Issuer: testIssuer}
	for i, prints := range [][]string{{"aa"}, {"bb"}, {"cc"}, {"cc"}, {"AA"}} {
		clock.Advance(time.Second)
		want := login.Expect{Provider: testKey, ClientIDs: []string{"app"}, Thumbprints: prints}
		if _, err := jwt.Verify(t.Context(), token, &rules, &want); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if got := p.Fetches(); got != 4 {
		t.Errorf("%d fetches, want 4: aa, bb, cc and aa again", got)
	}
}

func TestAClosedVerifierFetchesNothing(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	b.mustVerify("before", b.token(a, nil))
	b.close()
	if err := b.verify(b.token(a, nil)); err == nil {
		t.Error("accepted after Close")
	}
	b.wantFetches("after Close", 1)
}

func TestCloseEndsAFetchUnderWay(t *testing.T) {
	a := ecKey(t, "a")
	b := newBench(t, nil, a)
	asked, release := b.p.Asked(), b.p.Hold()
	defer release()
	done := make(chan error, 1)
	go func() { done <- b.verify(b.token(a, nil)) }()
	<-asked
	b.close()
	if err := <-done; err == nil {
		t.Error("accepted without keys")
	}
}

func TestFirstTokenAfterARotationDuringARestartWorksAtOnce(t *testing.T) {
	first, second, store := ecKey(t, "first"), ecKey(t, "second"), newStore()
	b := newBench(t, store, first)
	b.mustVerify("before", b.token(first, nil))
	<-store.done
	b.p.SetKeys(second)
	b.restart(store)
	b.mustVerify("after", b.token(second, nil))
	b.wantFetches("restart and rotation", 2)
}
