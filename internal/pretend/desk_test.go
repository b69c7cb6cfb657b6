package pretend

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	townSite = "http://127.0.0.1:8462"
	acs      = townSite + "/saml/acs"
)

// theTown is one for all tests: its keys take a moment to make.
var theTown = sync.OnceValues(func() (*Town, error) {
	return NewTown("http://127.0.0.1:8463", Apps{
		Name: "Picture Wall", Origins: []string{townSite}, Page: "/", AppleForm: "/signin/apple", SAMLConsumer: "/saml/acs", XCallback: "/signin/x/return",
		Google: "g", Facebook: "f", Amazon: "a", Apple: "com.example.wall", XKey: "x", XSecret: "x-secret",
		UserPool: "cognito-idp.us-east-1.amazonaws.com/us-east-1_Wall", UserPoolClient: "u",
		Issuer: "https://id.example", IssuerName: "Example ID", OIDCClient: "o", EntityID: "https://sso.example/saml", EntityName: "Example Works",
		StaffRole: "arn:aws:iam::123456789012:role/Staff",
	}, slog.New(slog.DiscardHandler))
})

func visit(t *testing.T, method, address string, form url.Values, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	town, err := theTown()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Host = "127.0.0.1:8463"
	for name, value := range header {
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	town.ServeHTTP(w, r)
	return w
}

// question is a good question to each sign-in page.
func question(t *testing.T) map[string]url.Values {
	t.Helper()
	code := url.Values{
		"response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {townSite + "/"}, "state": {"s"},
		"code_challenge_method": {"S256"}, "code_challenge": {strings.Repeat("c", 43)},
	}
	with := func(v url.Values, id string) url.Values {
		out := url.Values{"client_id": {id}}
		for name := range v {
			out[name] = v[name]
		}
		return out
	}
	token := url.Values{"response_type": {"token"}, "redirect_uri": {townSite + "/"}, "state": {"s"}}
	return map[string]url.Values{
		"/facebook/v23.0/dialog/oauth": with(token, "f"),
		"/amazon/ap/oa":                with(token, "a"),
		"/apple/auth/authorize": {
			"client_id": {"com.example.wall"}, "response_type": {"code id_token"}, "response_mode": {"form_post"}, "redirect_uri": {townSite + "/signin/apple"}, "state": {"s"},
		},
		"/users/oauth2/authorize": with(code, "u"),
		"/oidc/oauth2/authorize":  with(code, "o"),
		"/saml/sso":               {"SAMLRequest": {authn(t, SAMLAudience, acs)}, "RelayState": {"s"}},
	}
}

func authn(t *testing.T, issuer, consumer string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	text := `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" AssertionConsumerServiceURL="` + consumer +
		`"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` + issuer + `</saml:Issuer></samlp:AuthnRequest>`
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func ticketOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	_, rest, ok := strings.Cut(w.Body.String(), `name="ticket" value="`)
	ticket, _, _ := strings.Cut(rest, `"`)
	if w.Code != http.StatusOK || !ok {
		t.Fatalf("no chooser: %d %s", w.Code, w.Body)
	}
	return ticket
}

// TestPagesAnswerOnlyWhoIsRegistered: a stranger, or an application that wants its
// answer elsewhere, gets no chooser, and the answer goes nowhere.
func TestPagesAnswerOnlyWhoIsRegistered(t *testing.T) {
	for path, q := range question(t) {
		if w := visit(t, "GET", path+"?"+q.Encode(), nil, nil); w.Code != http.StatusOK || w.Header().Get("X-Frame-Options") != "DENY" ||
			!strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		wrong := map[string]url.Values{
			"another address":     {"redirect_uri": {townSite + "/elsewhere"}, "SAMLRequest": {authn(t, SAMLAudience, townSite+"/elsewhere")}},
			"another origin":      {"redirect_uri": {"http://127.0.0.1:9/"}, "SAMLRequest": {authn(t, SAMLAudience, "http://127.0.0.1:9/saml/acs")}},
			"another application": {"client_id": {"stranger"}, "SAMLRequest": {authn(t, "stranger", acs)}},
			"given twice":         {"state": {"s", "t"}, "RelayState": {"s", "t"}},
			"not a question":      {"SAMLRequest": {"%"}, "client_id": {""}},
		}
		for name, change := range wrong {
			bad := url.Values{}
			for k, v := range q {
				bad[k] = v
				if c, ok := change[k]; ok {
					bad[k] = c
				}
			}
			w := visit(t, "GET", path+"?"+bad.Encode(), nil, nil)
			if w.Code < 400 || w.Header().Get("Location") != "" || !strings.Contains(w.Body.String(), "Sign-in refused") {
				t.Errorf("%s, %s: %d to %q", path, name, w.Code, w.Header().Get("Location"))
			}
		}
	}
}

// TestChoosing: a ticket serves once, from its own page, and under the own name.
func TestChoosing(t *testing.T) {
	for path, q := range question(t) {
		prefix := path[:strings.IndexByte(path[1:], '/')+1]
		choose := func(ticket string, header map[string]string) *httptest.ResponseRecorder {
			return visit(t, "POST", prefix+"/pretend/choose", url.Values{"ticket": {ticket}, "person": {"mira@example.com"}}, header)
		}
		ticket := ticketOf(t, visit(t, "GET", path+"?"+q.Encode(), nil, nil))
		if w := choose(ticket, map[string]string{"Sec-Fetch-Site": "cross-site"}); w.Code != http.StatusForbidden {
			t.Errorf("%s, from another page: %d", path, w.Code)
		}
		if w := choose(ticket, map[string]string{"Host": "evil.example"}); w.Code != http.StatusMisdirectedRequest {
			t.Errorf("%s, under another name: %d", path, w.Code)
		}
		first := choose(ticket, map[string]string{"Sec-Fetch-Site": "same-origin"})
		to := first.Header().Get("Location")
		posted := strings.Contains(first.Body.String(), `action="`+townSite+"/")
		if !strings.HasPrefix(to, townSite+"/") && !posted {
			t.Errorf("%s: %d to %q", path, first.Code, to)
		}
		if w := choose(ticket, nil); w.Code != http.StatusBadRequest {
			t.Errorf("%s, twice: %d", path, w.Code)
		}
	}
}

// TestCodesAreForWhoAsked: a code is redeemed once, by the application it was made
// for, with the verifier of its challenge, and from a registered origin.
func TestCodesAreForWhoAsked(t *testing.T) {
	const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // of verifier, RFC 7636 appendix B
	for prefix, id := range map[string]string{"/users": "u", "/oidc": "o"} {
		q := question(t)[prefix+"/oauth2/authorize"]
		q.Set("code_challenge", challenge)
		good := func() url.Values {
			w := visit(t, "POST", prefix+"/pretend/choose", url.Values{
				"ticket": {ticketOf(t, visit(t, "GET", prefix+"/oauth2/authorize?"+q.Encode(), nil, nil))}, "person": {"aiko@example.org"},
			}, nil)
			to, err := url.Parse(w.Header().Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			return url.Values{
				"grant_type": {"authorization_code"}, "client_id": {id}, "code": {to.Query().Get("code")}, "code_verifier": {verifier}, "redirect_uri": {townSite + "/"},
			}
		}
		for name, c := range map[string]struct {
			change [2]string
			origin string
			code   string
		}{
			"another verifier":    {[2]string{"code_verifier", "guess"}, townSite, "invalid_grant"},
			"another address":     {[2]string{"redirect_uri", townSite + "/x"}, townSite, "invalid_grant"},
			"another application": {[2]string{"client_id", "stranger"}, townSite, "invalid_client"},
			"another origin":      {[2]string{}, "http://127.0.0.1:9", "invalid_client"},
			"another grant":       {[2]string{"grant_type", "password"}, townSite, "unsupported_grant_type"},
		} {
			form := good()
			if c.change[0] != "" {
				form.Set(c.change[0], c.change[1])
			}
			w := visit(t, "POST", prefix+"/oauth2/token", form, map[string]string{"Origin": c.origin})
			if w.Code < 400 || !strings.Contains(w.Body.String(), c.code) {
				t.Errorf("%s, %s: %d %s", prefix, name, w.Code, w.Body)
			}
		}
		form := good()
		if w := visit(t, "POST", prefix+"/oauth2/token", form, map[string]string{"Origin": townSite}); w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != townSite {
			t.Errorf("%s: %d %s", prefix, w.Code, w.Body)
		}
		if w := visit(t, "POST", prefix+"/oauth2/token", form, nil); w.Code != 400 {
			t.Errorf("%s, twice: %d", prefix, w.Code)
		}
	}
}

// TestSignInWithX: the three steps of OAuth 1.0a are signed, and a token is given to
// the application that asked, for the person who agreed.
func TestSignInWithX(t *testing.T) {
	step := func(path, secret, token, tokenSecret string, more url.Values) (url.Values, int) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://127.0.0.1:8463/x"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		SignOAuth(r, "x", secret, token, tokenSecret, more, time.Now())
		w := visit(t, "POST", "/x"+path, nil, map[string]string{"Authorization": r.Header.Get("Authorization")})
		values, err := url.ParseQuery(w.Body.String())
		if err != nil && w.Code == 200 {
			t.Fatal(err)
		}
		return values, w.Code
	}
	back := url.Values{"oauth_callback": {townSite + "/signin/x/return?state=s"}}
	if _, status := step("/oauth/request_token", "guess", "", "", back); status != 401 {
		t.Errorf("another's secret: %d", status)
	}
	if _, status := step("/oauth/request_token", "x-secret", "", "", url.Values{"oauth_callback": {"http://127.0.0.1:9/"}}); status != 403 {
		t.Errorf("another address: %d", status)
	}
	asked, status := step("/oauth/request_token", "x-secret", "", "", back)
	if status != 200 || asked.Get("oauth_callback_confirmed") != "true" {
		t.Fatalf("%d %v", status, asked)
	}
	agree := func(token string) url.Values {
		ticket := ticketOf(t, visit(t, "GET", "/x/oauth/authenticate?oauth_token="+token, nil, nil))
		w := visit(t, "POST", "/x/pretend/choose", url.Values{"ticket": {ticket}, "person": {"mira@example.com"}}, nil)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return to.Query()
	}
	agreed := agree(asked.Get("oauth_token"))
	if agreed.Get("state") != "s" || agreed.Get("oauth_token") != asked.Get("oauth_token") {
		t.Fatalf("came back with %v", agreed)
	}
	got, status := step("/oauth/access_token", "x-secret", asked.Get("oauth_token"), asked.Get("oauth_token_secret"), url.Values{"oauth_verifier": {agreed.Get("oauth_verifier")}})
	if status != 200 || got.Get("oauth_token") == "" || got.Get("screen_name") != "mira" {
		t.Fatalf("%d %v", status, got)
	}
	if _, status := step("/oauth/access_token", "x-secret", asked.Get("oauth_token"), asked.Get("oauth_token_secret"), url.Values{"oauth_verifier": {agreed.Get("oauth_verifier")}}); status != 401 {
		t.Errorf("twice: %d", status)
	}
	early, _ := step("/oauth/request_token", "x-secret", "", "", back)
	if _, status := step("/oauth/access_token", "x-secret", early.Get("oauth_token"), early.Get("oauth_token_secret"), url.Values{"oauth_verifier": {""}}); status != 401 {
		t.Errorf("before anybody has agreed: %d", status)
	}
	wrong, _ := step("/oauth/request_token", "x-secret", "", "", back)
	agree(wrong.Get("oauth_token"))
	if _, status := step("/oauth/access_token", "x-secret", wrong.Get("oauth_token"), wrong.Get("oauth_token_secret"), url.Values{"oauth_verifier": {"guess"}}); status != 401 {
		t.Errorf("another verifier: %d", status)
	}
	if w := visit(t, "GET", "/x/oauth/authenticate?oauth_token="+wrong.Get("oauth_token"), nil, nil); w.Code != 400 {
		t.Errorf("a request token again: %d", w.Code)
	}
}

// TestAppleTellsTheNameOnce, as the real one does.
func TestAppleTellsTheNameOnce(t *testing.T) {
	for i, want := range []bool{true, false} {
		w := visit(t, "GET", "/apple/auth/authorize?"+question(t)["/apple/auth/authorize"].Encode(), nil, nil)
		w = visit(t, "POST", "/apple/pretend/choose", url.Values{"ticket": {ticketOf(t, w)}, "person": {"tomas@example.com"}}, nil)
		if got := strings.Contains(w.Body.String(), `name="user"`); got != want || !strings.Contains(w.Body.String(), `name="id_token"`) {
			t.Errorf("sign-in %d tells the name: %v, want %v", i+1, got, want)
		}
	}
}
