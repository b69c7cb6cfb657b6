package pretend

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/google"
)

// verify checks a token as the server does, through an override.
func (f *fixture) verify(token string) (*login.Claims, error) {
	jwt, err := login.NewJWT(login.JWTConfig{Now: f.Google.now, Overrides: map[string]string{google.Key: f.url}})
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() {
		if err := jwt.Close(); err != nil {
			f.t.Error(err)
		}
	}()
	return google.New(jwt).Verify(f.t.Context(), token, login.Expect{Provider: google.Key, ClientIDs: []string{app}})
}

func TestMintedTokensAreGooglesForAVerifierWithAnOverride(t *testing.T) {
	f := start(t)
	for _, p := range f.People() {
		token, err := f.MintIDToken(p.Email, app, TokenOptions{Nonce: "n"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.verify(token)
		if err != nil {
			t.Fatal(err)
		}
		if got.Subject != p.Subject || len(got.Subject) != 21 || got.AuthorizedParty != app || got.Issuer != google.Issuer {
			t.Errorf("claims %+v", got)
		}
		want := map[string]any{
			"iss": google.Issuer, "azp": app, "aud": app, "sub": p.Subject, "email": p.Email, "email_verified": true, "nonce": "n",
			"name": p.Name, "given_name": p.GivenName, "family_name": p.FamilyName, "picture": f.url + "/pretend/avatar/" + p.Subject,
			"iat": float64(f.now.Unix()), "exp": float64(f.now.Unix() + 3600),
		}
		if p.HostedDomain != "" {
			want["hd"] = p.HostedDomain
		}
		claims := claimsOf(t, token)
		if jti, _ := claims["jti"].(string); len(jti) != 40 {
			t.Errorf("jti %q", jti)
		}
		delete(claims, "jti")
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMintIDTokenForTests(t *testing.T) {
	f := start(t)
	expired, err := f.MintIDToken("mira@example.com", app, TokenOptions{Lifetime: -time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := login.AsRefusal(second(f.verify(expired))); !ok || r.Kind != login.Expired {
		t.Errorf("expired token: %v", r)
	}
	wrong, err := f.MintIDToken("mira@example.com", app, TokenOptions{Claims: map[string]any{"aud": "x", "azp": nil}})
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := login.AsRefusal(second(f.verify(wrong))); !ok || r.Kind != login.WrongAudience {
		t.Errorf("wrong audience: %v", r)
	}
	if _, err := f.MintIDToken("nobody@example.com", app, TokenOptions{}); err == nil {
		t.Error("a token for nobody")
	}
	if _, err := f.MintIDToken("", app, TokenOptions{}); err == nil {
		t.Error("a token for an empty name")
	}
	if _, err := f.MintIDToken("mira@example.com", "stranger", TokenOptions{}); err == nil {
		t.Error("a token for an unregistered client")
	}
}

func second[T any](_ T, err error) error { return err }

func TestRotationKeepsThePreviousKey(t *testing.T) {
	f := start(t)
	tokens := make([]string, 3)
	for i := range tokens {
		var err error
		if tokens[i], err = f.MintIDToken("mira@example.com", app, TokenOptions{}); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if err := f.Rotate(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := f.verify(tokens[2]); err != nil {
		t.Errorf("current key: %v", err)
	}
	if _, err := f.verify(tokens[1]); err != nil {
		t.Errorf("previous key: %v", err)
	}
	if r, ok := login.AsRefusal(second(f.verify(tokens[0]))); !ok || r.Kind != login.UnknownKey {
		t.Errorf("the key before: %v", r)
	}
}

func TestCodeFlow(t *testing.T) {
	f := start(t)
	a := f.pick(f.do("GET", codeRequest(nil), nil, nil), f.mira().Subject)
	if got := a.location.Scheme + "://" + a.location.Host + a.location.Path; got != back {
		t.Errorf("answered at %s", got)
	}
	if got := a.location.Query().Get("state"); got != "s-1" {
		t.Errorf("state %q", got)
	}
	tokens := f.do("POST", "/token", redeem(a.location.Query().Get("code"), nil), nil)
	if tokens.status != http.StatusOK || tokens.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", tokens.status, tokens.body)
	}
	body := jsonOf(t, tokens)
	idToken, _ := body["id_token"].(string)
	access, _ := body["access_token"].(string)
	claims := claimsOf(t, idToken)
	if claims["nonce"] != "n-1" || claims["at_hash"] != hashOf(access) || claims["sub"] != f.mira().Subject {
		t.Errorf("claims %v", claims)
	}
	if _, err := f.verify(idToken); err != nil {
		t.Error(err)
	}
}

func TestScopesLimitTheClaims(t *testing.T) {
	f := start(t)
	page := f.do("GET", codeRequest(url.Values{"response_type": {"id_token"}, "scope": {"openid"}}), nil, nil)
	fragment, err := url.ParseQuery(f.pick(page, f.mira().Subject).location.Fragment)
	if err != nil {
		t.Fatal(err)
	}
	claims := claimsOf(t, fragment.Get("id_token"))
	if claims["email"] != nil || claims["name"] != nil || claims["sub"] != f.mira().Subject {
		t.Errorf("claims %v", claims)
	}
}

func TestImplicitFlow(t *testing.T) {
	f := start(t)
	a := f.pick(f.do("GET", codeRequest(url.Values{"response_type": {"id_token"}}), nil, nil), f.mira().Subject)
	if a.location.RawQuery != "" {
		t.Errorf("the query carries %q", a.location.RawQuery)
	}
	fragment, err := url.ParseQuery(a.location.Fragment)
	if err != nil {
		t.Fatal(err)
	}
	if fragment.Get("state") != "s-1" || claimsOf(t, fragment.Get("id_token"))["nonce"] != "n-1" {
		t.Errorf("fragment %v", fragment)
	}
}

func TestCancel(t *testing.T) {
	f := start(t)
	a := f.pick(f.do("GET", codeRequest(nil), nil, nil), "")
	if q := a.location.Query(); q.Get("error") != "access_denied" || q.Get("state") != "s-1" || q.Get("code") != "" {
		t.Errorf("answer %v", a.location)
	}
	a = f.pick(f.do("GET", codeRequest(url.Values{"response_type": {"id_token"}, "redirect_uri": {back + "?x=1"}}), nil, nil), "no such person")
	if !strings.HasPrefix(a.location.Fragment, "error=access_denied") || a.location.RawQuery != "x=1" {
		t.Errorf("answer %v", a.location)
	}
}

func TestAuthorizationNeverAnswersAtAnUnregisteredAddress(t *testing.T) {
	f := start(t)
	for _, uri := range []string{
		"", "https://evil.example/", back + "/", back + "?", back + "#", back + "?x=2", back + "/../evil", strings.ToUpper(back), " " + back, back + " ",
		strings.Replace(back, "http:", "https:", 1), strings.Replace(back, "127.0.0.1", "localhost", 1), strings.Replace(back, "8462", "8461", 1),
		strings.Replace(back, "://", "://evil@", 1), "//127.0.0.1:8462/callback", "javascript:alert(1)", "https://other.example/cb", site,
	} {
		a := f.do("GET", codeRequest(url.Values{"redirect_uri": {uri}}), nil, nil)
		if a.status != http.StatusBadRequest || a.location != nil || !strings.Contains(a.body, "redirect_uri_mismatch") {
			t.Errorf("%q: %d, location %v", uri, a.status, a.location)
		}
	}
	a := f.do("GET", codeRequest(url.Values{"redirect_uri": {back, "https://evil.example/"}}), nil, nil)
	if a.status != http.StatusBadRequest || a.location != nil {
		t.Errorf("two redirect URIs: %d, location %v", a.status, a.location)
	}
	for _, id := range [][]string{{"stranger"}, {""}, {app, otherApp}} {
		a := f.do("GET", codeRequest(url.Values{"client_id": id}), nil, nil)
		if a.status != http.StatusUnauthorized || a.location != nil {
			t.Errorf("client %q: %d, location %v", id, a.status, a.location)
		}
	}
}

func TestFaultyAuthorizationRequestsAreAnsweredToTheClient(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		name   string
		change url.Values
		want   string
	}{
		{"no response type", url.Values{"response_type": nil}, "unsupported_response_type"},
		{"a hybrid response type", url.Values{"response_type": {"code id_token"}}, "unsupported_response_type"},
		{"an access token", url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		{"no openid", url.Values{"scope": {"email"}}, "invalid_scope"},
		{"implicit without nonce", url.Values{"response_type": {"id_token"}, "nonce": nil}, "invalid_request"},
		{"implicit in the query", url.Values{"response_type": {"id_token"}, "response_mode": {"query"}}, "invalid_request"},
		{"a form post", url.Values{"response_mode": {"form_post"}}, "invalid_request"},
		{"no challenge", url.Values{"code_challenge": nil}, "invalid_request"},
		{"a plain challenge", url.Values{"code_challenge_method": {"plain"}, "code_challenge": {verifier}}, "invalid_request"},
		{"no interaction", url.Values{"prompt": {"none"}}, "interaction_required"},
		{"a parameter twice", url.Values{"nonce": {"a", "b"}}, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := f.do("GET", codeRequest(c.change), nil, nil)
			if a.status != http.StatusSeeOther || a.location == nil {
				t.Fatalf("%d %s", a.status, a.body)
			}
			q := a.location.Query()
			if a.location.Fragment != "" {
				var err error
				if q, err = url.ParseQuery(a.location.Fragment); err != nil {
					t.Fatal(err)
				}
			}
			if q.Get("error") != c.want || q.Get("state") != "s-1" {
				t.Errorf("answer %v, want %s", a.location, c.want)
			}
		})
	}
}

func TestCodesServeOnceAndOnlyTheirClient(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		name   string
		change url.Values
		want   string
	}{
		{"wrong verifier", url.Values{"code_verifier": {"x"}}, "invalid_grant"},
		{"no verifier", url.Values{"code_verifier": nil}, "invalid_grant"},
		{"another redirect URI", url.Values{"redirect_uri": {back + "?x=1"}}, "invalid_grant"},
		{"another client", url.Values{"client_id": {otherApp}}, "invalid_grant"},
		{"an unregistered client", url.Values{"client_id": {"stranger"}}, "invalid_client"},
		{"another grant", url.Values{"grant_type": {"refresh_token"}}, "unsupported_grant_type"},
		{"a parameter twice", url.Values{"client_id": {app, otherApp}}, "invalid_request"},
		{"no code", url.Values{"code": nil}, "invalid_grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := jsonOf(t, f.do("POST", "/token", redeem(f.code(), c.change), nil))["error"]; got != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
	code := f.code()
	if a := f.do("POST", "/token", redeem(code, url.Values{"code_verifier": {"x"}}), nil); a.status != http.StatusBadRequest {
		t.Errorf("wrong verifier: %d", a.status)
	}
	if a := f.do("POST", "/token", redeem(code, nil), nil); a.status != http.StatusBadRequest {
		t.Errorf("a code that was tried with a wrong verifier still serves: %d", a.status)
	}
	code = f.code()
	f.now = f.now.Add(time.Minute)
	if a := f.do("POST", "/token", redeem(code, nil), nil); a.status != http.StatusBadRequest {
		t.Errorf("a code of a minute ago still serves: %d", a.status)
	}
}

func TestTheTokenEndpointAnswersRegisteredOriginsOnly(t *testing.T) {
	f := start(t)
	a := f.do("POST", "/token", redeem(f.code(), nil), map[string]string{"Origin": site})
	if a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != site {
		t.Errorf("registered: %d %v", a.status, a.header)
	}
	for _, origin := range []string{"https://evil.example", "null", "https://other.example", site + "0"} {
		a := f.do("POST", "/token", redeem(f.code(), nil), map[string]string{"Origin": origin})
		if a.status != http.StatusForbidden || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v", origin, a.status, a.header)
		}
	}
	if a := f.do("OPTIONS", "/token", nil, map[string]string{"Origin": "https://evil.example"}); a.status != http.StatusForbidden {
		t.Errorf("preflight of a stranger: %d", a.status)
	}
	if a := f.do("OPTIONS", "/token", nil, map[string]string{"Origin": site}); a.status != http.StatusNoContent {
		t.Errorf("preflight: %d", a.status)
	}
}

func TestChoosersServeOnceAndNotFromElsewhere(t *testing.T) {
	f := start(t)
	page := f.do("GET", codeRequest(nil), nil, nil)
	f.pick(page, f.mira().Subject)
	if a := f.pick(page, f.mira().Subject); a.status != http.StatusBadRequest || a.location != nil {
		t.Errorf("second use: %d", a.status)
	}
	page = f.do("GET", codeRequest(nil), nil, nil)
	ticket := ticketField.FindStringSubmatch(page.body)[1]
	form := url.Values{"ticket": {ticket}, "person": {f.mira().Subject}}
	if a := f.do("POST", "/pretend/choose", form, map[string]string{"Sec-Fetch-Site": "cross-site"}); a.status != http.StatusForbidden {
		t.Errorf("from another site: %d", a.status)
	}
	f.now = f.now.Add(10 * time.Minute)
	if a := f.do("POST", "/pretend/choose", form, nil); a.status != http.StatusBadRequest {
		t.Errorf("after ten minutes: %d", a.status)
	}
	if a := f.do("POST", "/pretend/choose", url.Values{"person": {f.mira().Subject}}, nil); a.status != http.StatusBadRequest {
		t.Errorf("without ticket: %d", a.status)
	}
}

func TestButton(t *testing.T) {
	f := start(t)
	script := f.do("GET", "/gsi/client", nil, nil)
	if !strings.Contains(script.body, `"`+f.url+`"`) || strings.Contains(script.body, "BASE_URL") ||
		!strings.HasPrefix(script.header.Get("Content-Type"), "text/javascript") || script.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("script %v", script.header)
	}
	open := func(origin string) answer {
		return f.do("GET", "/gsi/select?"+url.Values{"client_id": {app}, "origin": {origin}, "state": {`"><script>`}, "nonce": {"n"}}.Encode(), nil, nil)
	}
	done := f.pick(open(site), f.mira().Subject)
	if done.status != http.StatusOK || !strings.Contains(done.body, `data-origin="`+site+`"`) || strings.Contains(done.body, `"><script>`) {
		t.Errorf("%d %s", done.status, done.body)
	}
	m := regexp.MustCompile(`data-credential="([^"]+)"`).FindStringSubmatch(done.body)
	if m == nil || claimsOf(t, m[1])["nonce"] != "n" {
		t.Errorf("no credential in %s", done.body)
	}
	cancelled := f.pick(open(site), "")
	if !strings.Contains(cancelled.body, `data-credential=""`) || !strings.Contains(cancelled.body, `data-error="access_denied"`) {
		t.Errorf("cancelled: %s", cancelled.body)
	}
	for _, origin := range []string{"", "*", "null", "https://evil.example", site + "/", site + ".evil.example", "https://other.example", strings.ToUpper(site)} {
		if a := open(origin); a.status != http.StatusBadRequest || !strings.Contains(a.body, "origin_mismatch") {
			t.Errorf("origin %q: %d", origin, a.status)
		}
	}
	if a := f.do("GET", "/gsi/select?client_id=stranger&origin="+url.QueryEscape(site), nil, nil); a.status != http.StatusUnauthorized {
		t.Errorf("stranger: %d", a.status)
	}
}

func TestTerminalToken(t *testing.T) {
	f := start(t)
	form := url.Values{"client_id": {app}, "person": {"aiko@example.org"}}
	a := f.do("POST", "/pretend/token", form, nil)
	token, _ := jsonOf(t, a)["id_token"].(string)
	if _, err := f.verify(token); err != nil {
		t.Error(err)
	}
	for name, value := range map[string]string{"Origin": site, "Sec-Fetch-Site": "same-origin", "Referer": site + "/"} {
		if a := f.do("POST", "/pretend/token", form, map[string]string{name: value}); a.status != http.StatusForbidden {
			t.Errorf("a browser (%s) got %d", name, a.status)
		}
	}
	for _, bad := range []url.Values{{"client_id": {"stranger"}, "person": {"aiko@example.org"}}, {"client_id": {app}, "person": {"nobody"}}, {"client_id": {app}}} {
		if a := f.do("POST", "/pretend/token", bad, nil); a.status != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, a.status)
		}
	}
	if a := f.do("GET", "/pretend/token?"+form.Encode(), nil, nil); a.status != http.StatusNotFound {
		t.Errorf("by GET: %d", a.status)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	f := start(t)
	for _, path := range []string{
		"/", codeRequest(nil), codeRequest(url.Values{"client_id": {"<script>"}}), "/gsi/client", "/gsi/select", "/gsi/select?client_id=" + app + "&origin=" + site,
		"/pretend/style.css", "/pretend/deliver.js", "/oauth2/v3/certs", "/.well-known/openid-configuration", "/pretend/avatar/" + f.mira().Subject, "/nothing",
	} {
		a := f.do("GET", path, nil, nil)
		csp := a.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || a.header.Get("X-Content-Type-Options") != "nosniff" ||
			a.header.Get("X-Frame-Options") != "DENY" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, a.header)
		}
		if strings.Contains(a.header.Get("Content-Type"), "text/html") && regexp.MustCompile(`<script>|<style|style="|onclick`).MatchString(a.body) {
			t.Errorf("%s: the page has something the policy forbids", path)
		}
		if a := f.do("GET", path, nil, map[string]string{"Host": "evil.example:8463"}); a.status != http.StatusMisdirectedRequest {
			t.Errorf("%s under another host: %d", path, a.status)
		}
	}
	for _, path := range []string{"/pretend/gsi.js", "/pretend/chooser.html", "/pretend/..%2fdoc.go", "/pretend/mira.svg", "/pretend/avatar/0", "/token"} {
		if a := f.do("GET", path, nil, nil); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestPeopleWithoutAPortraitGetALetter(t *testing.T) {
	svg, err := drawing(Person{Name: "<b>"})
	if err != nil || !strings.Contains(svg, "&lt;") || strings.Contains(svg, "<b>") {
		t.Errorf("%s, %v", svg, err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{BaseURL: "http://127.0.0.1:8463"}
	for _, c := range []struct {
		name   string
		change func(*Config)
	}{
		{"no base URL", func(c *Config) { c.BaseURL = "" }},
		{"a base URL with a path", func(c *Config) { c.BaseURL += "/" }},
		{"a base URL over http elsewhere", func(c *Config) { c.BaseURL = "http://google.example" }},
		{"a client without id", func(c *Config) { c.Clients = []Client{{}} }},
		{"a client id with a space", func(c *Config) { c.Clients = []Client{{ID: "a b"}} }},
		{"a client twice", func(c *Config) { c.Clients = []Client{{ID: "a"}, {ID: "a"}} }},
		{"a redirect over http elsewhere", func(c *Config) { c.Clients = []Client{{ID: "a", RedirectURIs: []string{"http://site.example/"}}} }},
		{"a redirect to a script", func(c *Config) { c.Clients = []Client{{ID: "a", RedirectURIs: []string{"javascript:alert(1)"}}} }},
		{"a redirect with a fragment", func(c *Config) { c.Clients = []Client{{ID: "a", RedirectURIs: []string{"https://site.example/#"}}} }},
		{"an origin with a path", func(c *Config) { c.Clients = []Client{{ID: "a", Origins: []string{"https://site.example/"}}} }},
		{"any origin", func(c *Config) { c.Clients = []Client{{ID: "a", Origins: []string{"*"}}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			if _, err := New(cfg); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestVaultsAreBounded(t *testing.T) {
	now := time.Now()
	v := newVault[int](strings.NewReader(""), func() time.Time { return now }, time.Minute)
	if _, err := v.put(1); err == nil {
		t.Error("a name without randomness")
	}
	v = newVault[int](rand.Reader, func() time.Time { return now }, time.Minute)
	for i := range 3 * maxHeld {
		if _, err := v.put(i); err != nil {
			t.Fatal(err)
		}
		if len(v.held) > maxHeld || len(v.order) > maxHeld {
			t.Fatalf("%d things held", len(v.held))
		}
	}
	now = now.Add(time.Minute)
	if _, err := v.put(1); err != nil {
		t.Fatal(err)
	}
	if len(v.held) != 1 {
		t.Errorf("%d things held, want 1: the others have expired", len(v.held))
	}
}
