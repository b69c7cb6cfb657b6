package pretend

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	app      = "demo-app.apps.pretend"
	otherApp = "other-app.apps.pretend"
	back     = "http://127.0.0.1:8462/callback"
	site     = "http://127.0.0.1:8462"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
)

// A fixture is a Google on loopback, seen by a browser that keeps no state and
// follows no redirects.
type fixture struct {
	*Google
	t   *testing.T
	url string
	now time.Time
}

func start(t *testing.T) *fixture {
	f := &fixture{t: t, now: time.Now()}
	server := httptest.NewUnstartedServer(nil)
	f.url = "http://" + server.Listener.Addr().String()
	g, err := New(Config{
		BaseURL: f.url,
		Now:     func() time.Time { return f.now },
		Clients: []Client{
			{ID: app, Name: "Picture Wall", RedirectURIs: []string{back, back + "?x=1"}, Origins: []string{site}},
			{ID: otherApp, RedirectURIs: []string{"https://other.example/cb"}, Origins: []string{"https://other.example"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Google = g
	server.Config.Handler = g
	server.Start()
	t.Cleanup(server.Close)
	return f
}

// An answer is a response read to its end.
type answer struct {
	status   int
	header   http.Header
	body     string
	location *url.URL
}

func (f *fixture) do(method, path string, form url.Values, header map[string]string) answer {
	f.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, body)
	if err != nil {
		f.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		f.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		f.t.Error(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
	if l := resp.Header.Get("Location"); l != "" {
		if a.location, err = url.Parse(l); err != nil {
			f.t.Fatal(err)
		}
	}
	return a
}

var ticketField = regexp.MustCompile(`name="ticket" value="([^"]+)"`)

// pick submits the form of a chooser.
func (f *fixture) pick(page answer, person string) answer {
	f.t.Helper()
	m := ticketField.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || m == nil {
		f.t.Fatalf("no chooser: %d, location %v, %.300s", page.status, page.location, page.body)
	}
	return f.do("POST", "/pretend/choose", url.Values{"ticket": {m[1]}, "person": {person}}, map[string]string{"Sec-Fetch-Site": "same-origin"})
}

func codeRequest(change url.Values) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {app}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid email profile"}, "state": {"s-1"},
		"nonce": {"n-1"}, "code_challenge": {b64(sum[:])}, "code_challenge_method": {"S256"},
	}
	for k, v := range change {
		q[k] = v
	}
	return "/o/oauth2/v2/auth?" + q.Encode()
}

func (f *fixture) mira() Person { return f.People()[0] }

// code signs in as far as the authorization code.
func (f *fixture) code() string {
	f.t.Helper()
	a := f.pick(f.do("GET", codeRequest(nil), nil, nil), f.mira().Subject)
	if a.status != http.StatusSeeOther || a.location == nil {
		f.t.Fatalf("no redirect: %d %s", a.status, a.body)
	}
	return a.location.Query().Get("code")
}

func redeem(code string, change url.Values) url.Values {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {app}, "redirect_uri": {back}, "code_verifier": {verifier},
	}
	for k, v := range change {
		form[k] = v
	}
	return form
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is not a token", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func jsonOf(t *testing.T, a answer) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%q: %v", a.body, err)
	}
	return m
}
