package facebook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/facebook"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
)

const secret = "app-secret-0123456789"

func TestLimitedLogin(t *testing.T) {
	online, err := login.NewOnline(login.OnlineConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := online.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, issuer := range []string{facebook.Issuer, "https://facebook.com"} {
		t.Run("tokens that say "+issuer, func(t *testing.T) {
			logintest.Run(t, logintest.Harness{
				Key: facebook.Key, Issuer: issuer, Discovery: facebook.Issuer, Opaque: true,
				New: func(jwt *login.JWT) login.Verifier { return facebook.New(jwt, online, facebook.Config{}) },
			})
		})
	}
}

// answer is the Graph API.
func answer(w http.ResponseWriter, r *http.Request, g logintest.Grant, _ time.Time) {
	q := r.URL.Query()
	switch r.URL.Path {
	case "/app":
		logintest.WriteJSON(w, 200, map[string]any{"id": g.App, "name": "An App"})
	case "/me":
		logintest.WriteJSON(w, 200, map[string]any{"id": g.User, "first_name": "Ada"})
	case "/debug_token":
		data := map[string]any{
			"app_id": g.App, "type": "USER", "application": "An App", "is_valid": true, "user_id": g.User,
			"expires_at": g.Expires.Unix(), "issued_at": g.Expires.Unix() - 3600, "scopes": []string{"public_profile"},
		}
		switch q.Get("access_token") {
		case g.App + "|" + secret:
		case logintest.App + "|" + secret, logintest.OtherApp + "|" + secret:
			data = map[string]any{
				"error":    map[string]any{"code": 100, "message": "(#100) The App_id in the input_token did not match the Viewing App"},
				"is_valid": false, "scopes": []string{},
			}
		default:
			graphError(w, 190)
			return
		}
		logintest.WriteJSON(w, 200, map[string]any{"data": data})
	default:
		graphError(w, 2500)
	}
}

func graphError(w http.ResponseWriter, code int) {
	logintest.WriteJSON(w, 400, map[string]any{"error": map[string]any{
		"message": "Error validating access token", "type": "OAuthException", "code": code, "fbtrace_id": "AbC",
	}})
}

func harness() logintest.OpaqueHarness {
	return logintest.OpaqueHarness{
		Key: facebook.Key,
		New: func(jwt *login.JWT, online *login.Online) login.Verifier {
			return facebook.New(jwt, online, facebook.Config{})
		},
		Token:  func(name string) string { return "EAAB" + strings.ReplaceAll(name, ".", "_") },
		Bearer: func(r *http.Request) string { return r.URL.Query().Get("access_token") },
		Answer: answer,
		Refuse: func(w http.ResponseWriter, _ *http.Request) { graphError(w, 190) },
		Expect: func(app string) login.Expect {
			return login.Expect{Provider: facebook.Key, ClientIDs: []string{"app-0", app}}
		},
		WrongApp: login.WrongAudience, Requests: 2,
		Needs: []logintest.Member{{Path: "/app", Name: []string{"id"}}, {Path: "/me", Name: []string{"id"}}},
	}
}

func TestAccessTokens(t *testing.T) { logintest.RunOpaque(t, harness()) }

// TestInspectedAccessTokens is the same with the apps' secrets.
func TestInspectedAccessTokens(t *testing.T) {
	h := harness()
	h.New = func(jwt *login.JWT, online *login.Online) login.Verifier {
		return facebook.New(jwt, online, facebook.Config{AppSecrets: map[string]login.Secret{
			logintest.App: login.NewSecret(secret), logintest.OtherApp: login.NewSecret(secret),
		}})
	}
	h.Bearer = func(r *http.Request) string {
		if r.URL.Path != "/debug_token" {
			return r.URL.Query().Get("access_token")
		}
		return r.URL.Query().Get("input_token")
	}
	h.Refuse = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/debug_token" {
			graphError(w, 190)
			return
		}
		logintest.WriteJSON(w, 200, map[string]any{"data": map[string]any{
			"error": map[string]any{"code": 190, "message": "Malformed access token"}, "is_valid": false, "scopes": []string{},
		}})
	}
	h.Expect = func(app string) login.Expect { return login.Expect{Provider: facebook.Key, ClientIDs: []string{app}} }
	h.WrongApp, h.Requests, h.TellsExpiry = login.Rejected, 1, true
	h.Needs = nil
	for _, name := range []string{"app_id", "user_id", "type"} {
		h.Needs = append(h.Needs, logintest.Member{Path: "/debug_token", Name: []string{"data", name}})
	}
	logintest.RunOpaque(t, h)
}

// graph is a Facebook that answers each path with one text.
func graph(t *testing.T, cfg facebook.Config, answers map[string]string) (*facebook.Verifier, *logintest.Clock) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answers[r.URL.Path]
		if !ok {
			t.Errorf("asked for %s", r.URL.Path)
		}
		code := 200
		if strings.HasPrefix(text, `{"error"`) {
			code = 400
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	clock := logintest.NewClock()
	overrides := map[string]string{facebook.Key: server.URL}
	online, err := login.NewOnline(login.OnlineConfig{Now: clock.Now, Overrides: overrides})
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := login.NewJWT(login.JWTConfig{Now: clock.Now, Overrides: overrides})
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
	return facebook.New(jwt, online, cfg), clock
}

func TestGraphErrors(t *testing.T) {
	const token = "EAABtoken"
	for code, want := range map[int]login.Kind{
		190: login.Rejected, 102: login.Rejected, 2500: login.Rejected, 463: login.Rejected, 100: login.Rejected, 10: login.Rejected,
		1: login.ProviderUnreachable, 2: login.ProviderUnreachable, 4: login.ProviderUnreachable, 17: login.ProviderUnreachable,
		32: login.ProviderUnreachable, 341: login.ProviderUnreachable, 613: login.ProviderUnreachable,
	} {
		t.Run(fmt.Sprint("code ", code), func(t *testing.T) {
			v, _ := graph(t, facebook.Config{}, map[string]string{"/app": fmt.Sprintf(`{"error":{"message":%q,"code":%d}}`, "about "+token, code)})
			_, err := v.Verify(t.Context(), token, login.Expect{Provider: facebook.Key, ClientIDs: []string{"1"}})
			if r, ok := login.AsRefusal(err); !ok || r.Kind != want || strings.Contains(r.Error(), token) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
	v, _ := graph(t, facebook.Config{}, map[string]string{"/app": `{"error":{"message":"x","code":190,"is_transient":true}}`})
	_, err := v.Verify(t.Context(), token, login.Expect{Provider: facebook.Key, ClientIDs: []string{"1"}})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.ProviderUnreachable {
		t.Errorf("a passing error: got %v", err)
	}
	// A page's token: the app is known, and there is no first name.
	v, _ = graph(t, facebook.Config{}, map[string]string{"/app": `{"id":"1"}`, "/me": `{"error":{"message":"(#100) Tried accessing nonexisting field (first_name) on node type (Page)","code":100}}`})
	_, err = v.Verify(t.Context(), token, login.Expect{Provider: facebook.Key, ClientIDs: []string{"1"}})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.Rejected {
		t.Errorf("a page's token: got %v", err)
	}
}

func TestInspection(t *testing.T) {
	const token = "EAABtoken"
	cfg := facebook.Config{AppSecrets: map[string]login.Secret{"1": login.NewSecret(secret)}}
	want := login.Expect{Provider: facebook.Key, ClientIDs: []string{"1"}}
	inspect := func(data string) (*login.Claims, error) {
		v, _ := graph(t, cfg, map[string]string{"/debug_token": data})
		return v.Verify(t.Context(), token, want)
	}
	const good = `"is_valid":true,"app_id":"1","user_id":"7"`
	if c, err := inspect(`{"data":{` + good + `,"type":"USER","expires_at":0}}`); err != nil || c.Subject != "7" || !c.Expires.IsZero() {
		t.Errorf("a token without end: %+v, %v", c, err)
	}
	for what, c := range map[string]struct {
		answer string
		want   login.Kind
	}{
		"a page's token":                 {`{"data":{` + good + `,"type":"PAGE","expires_at":0}}`, login.Rejected},
		"another app's, called valid":    {`{"data":{"is_valid":true,"app_id":"2","user_id":"7","type":"USER","expires_at":0}}`, login.Rejected},
		"valid as a text":                {`{"data":{"is_valid":"true","app_id":"1","user_id":"7","type":"USER","expires_at":0}}`, login.ProviderUnreachable},
		"no expiry":                      {`{"data":{` + good + `,"type":"USER"}}`, login.ProviderUnreachable},
		"over, though called valid":      {`{"data":{` + good + `,"type":"USER","expires_at":1000}}`, login.Expired},
		"the app's secret is not theirs": {`{"error":{"message":"Error validating application.","code":101}}`, login.ProviderUnreachable},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := inspect(c.answer)
			if r, ok := login.AsRefusal(err); !ok || r.Kind != c.want || strings.Contains(r.Error(), secret) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	// Beside an app whose secret is known there may be one without.
	v, _ := graph(t, cfg, map[string]string{"/debug_token": `{"data":{"is_valid":false}}`, "/app": `{"id":"2"}`, "/me": `{"id":"7"}`})
	c, err := v.Verify(t.Context(), token, login.Expect{Provider: facebook.Key, ClientIDs: []string{"1", "2"}})
	if err != nil || c.Audience[0] != "2" {
		t.Errorf("an app without a secret: %+v, %v", c, err)
	}
	// It does not open a second way for the app whose secret is known.
	v, _ = graph(t, cfg, map[string]string{"/debug_token": `{"data":{` + good + `,"type":"PAGE","expires_at":0}}`, "/app": `{"id":"1"}`, "/me": `{"id":"7"}`})
	c, err = v.Verify(t.Context(), token, login.Expect{Provider: facebook.Key, ClientIDs: []string{"1", "2"}})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongAudience {
		t.Errorf("a token that inspection refuses, beside an app without a secret: %+v, %v", c, err)
	}
}
