package userpool_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/login/userpool"
)

const (
	host = "cognito-idp.us-east-1.amazonaws.com"
	name = host + "/us-east-1_AbCdEf123"
)

func closeAtEnd(t *testing.T, closers ...func() error) {
	t.Cleanup(func() {
		for _, c := range closers {
			if err := c(); err != nil {
				t.Error(err)
			}
		}
	})
}

func online(t *testing.T, cfg login.OnlineConfig) *login.Online {
	t.Helper()
	o, err := login.NewOnline(cfg)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, o.Close)
	return o
}

func TestConformance(t *testing.T) {
	logintest.Run(t, logintest.Harness{
		Key: name, Issuer: "https://" + name,
		Claims: logintest.JSON{"token_use": "id", "cognito:username": "ada", "auth_time": 1_800_000_000},
		New: func(jwt *login.JWT) login.Verifier {
			return userpool.New(jwt, online(t, login.OnlineConfig{}), userpool.Config{})
		},
	})
}

// start is a verifier whose user pools are at the key's provider, overridden by
// what is given.
func start(t *testing.T, override string, checks map[string]string) (*userpool.Verifier, *logintest.Key, *logintest.Clock, *logintest.Provider) {
	t.Helper()
	key := logintest.NewRSAKey(t, "k", "RS256", 2048)
	p := logintest.NewProvider(t, "", key)
	clock := logintest.NewClock()
	jwt, err := login.NewJWT(login.JWTConfig{Now: clock.Now, Overrides: map[string]string{override: p.URL}})
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, jwt.Close)
	o := online(t, login.OnlineConfig{Now: clock.Now, Timeout: 2 * time.Second})
	return userpool.New(jwt, o, userpool.Config{Checks: checks}), key, clock, p
}

func claims(clock *logintest.Clock, change logintest.JSON) logintest.JSON {
	now := clock.Now().Unix()
	return logintest.JSON{"iss": "https://" + name, "sub": "u-1", "aud": "client", "token_use": "id", "iat": now, "exp": now + 600}.With(change)
}

func TestOnlyIDTokens(t *testing.T) {
	v, key, clock, _ := start(t, host, nil) // an override of the host serves its pools
	for _, c := range []struct {
		what   string
		change logintest.JSON
		want   login.Kind
	}{
		{"an ID token", nil, 0},
		{"an access token", logintest.JSON{"token_use": "access", "aud": logintest.Absent(), "client_id": "client"}, login.MissingClaim},
		{"an access token with an audience", logintest.JSON{"token_use": "access"}, login.NotIDToken},
		{"a token without token_use", logintest.JSON{"token_use": logintest.Absent()}, login.MissingClaim},
		{"token_use in another case", logintest.JSON{"token_use": "ID"}, login.NotIDToken},
		{"token_use a list", logintest.JSON{"token_use": []string{"id"}}, login.NotIDToken},
		{"another client's", logintest.JSON{"aud": "stranger"}, login.WrongAudience},
		{"another pool's", logintest.JSON{"iss": "https://" + host + "/us-east-1_Other1"}, login.WrongIssuer},
		{"another region's", logintest.JSON{"iss": "https://cognito-idp.eu-west-1.amazonaws.com/us-east-1_AbCdEf123"}, login.WrongIssuer},
	} {
		t.Run(c.what, func(t *testing.T) {
			token := key.Token(claims(clock, c.change))
			want := login.Expect{Provider: name, ClientIDs: []string{"other", "client"}}
			_, err := v.Verify(t.Context(), token, want)
			if r, _ := login.AsRefusal(err); c.want == 0 && err != nil || c.want != 0 && (r == nil || r.Kind != c.want || r.Provider != name) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			parsed, err := login.Parse(token)
			if err == nil {
				_, err = v.VerifyToken(t.Context(), parsed, want)
			}
			if r, _ := login.AsRefusal(err); c.want == 0 && err != nil || c.want != 0 && (r == nil || r.Kind != c.want) {
				t.Errorf("parsed first: got %v, want %v", err, c.want)
			}
		})
	}
}

func TestProviderNames(t *testing.T) {
	for s, want := range map[string]bool{
		name: true, "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a1": true, "cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_X": true,
		host + "/local_2abc": true,
		"":                   false, host: false, host + "/": false, host + "/pool": false, host + "/_x": false, host + "/us-east-1_": false,
		host + "/us-east-1_a/b": false, host + "/us-east-1_a?b": false, host + "/us-east-1_a_b": false, host + "/../us-east-1_a": false,
		"cognito-idp.evil.example/us-east-1_a": false, "cognito-idp.us-east-1.amazonaws.com.evil.example/us-east-1_a": false,
		"cognito-idp.evil.example#.amazonaws.com/us-east-1_a": false, "cognito-idp.a@b.amazonaws.com/us-east-1_a": false,
		"cognito-idp..amazonaws.com/us-east-1_a": false, "cognito-idp.amazonaws.com/us-east-1_a": false,
		"COGNITO-IDP.us-east-1.amazonaws.com/us-east-1_a": false, "x" + name: false, "cognito-idp.us-east-1.amazonaws.com:443/us-east-1_a": false,
	} {
		if got := userpool.IsName(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
	v, key, clock, p := start(t, host, nil)
	_, err := v.Verify(t.Context(), key.Token(claims(clock, nil)), login.Expect{Provider: "cognito-idp.evil.example/us-east-1_a", ClientIDs: []string{"client"}})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.WrongProvider || p.Requests() != 0 {
		t.Errorf("got %v after %d requests, want WrongProvider", err, p.Requests())
	}
}

func TestLiveness(t *testing.T) {
	const token = "an.id.token"
	answer := ""
	status := 200
	var asked int
	check := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.PostForm.Get("token") != token || r.URL.Path != "/introspect" || r.URL.RawQuery != "" {
			t.Errorf("asked with %s %s %v", r.Method, r.URL, r.PostForm)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer check.Close()
	for _, c := range []struct {
		what   string
		status int
		answer string
		want   login.Kind
	}{
		{"it stands", 200, `{"active":true}`, 0},
		{"it stands, and for this person", 200, `{"active":true,"sub":"u-1"}`, 0},
		{"it is another person's", 200, `{"active":true,"sub":"u-2"}`, login.Rejected},
		{"signed out", 200, `{"active":false}`, login.Rejected},
		{"no word about it", 200, `{}`, login.ProviderUnreachable},
		{"a text for a boolean", 200, `{"active":"true"}`, login.ProviderUnreachable},
		{"twice", 200, `{"active":false,"active":true}`, login.ProviderUnreachable},
		{"not allowed to ask", 401, `{"active":true}`, login.ProviderUnreachable},
		{"down", 503, `{"active":true}`, login.ProviderUnreachable},
		{"a page", 200, `<html>`, login.ProviderUnreachable},
	} {
		for _, key := range []string{name, host} {
			t.Run(c.what+" by "+key, func(t *testing.T) {
				v, _, _, _ := start(t, host, map[string]string{key: check.URL + "/introspect"})
				status, answer, asked = c.status, c.answer, 0
				for range 2 {
					err := v.CheckLive(t.Context(), token, &login.Claims{Provider: name, Subject: "u-1"})
					r, _ := login.AsRefusal(err)
					if c.want == 0 && err != nil || c.want != 0 && (r == nil || r.Kind != c.want || r.Provider != name || strings.Contains(r.Error(), token)) {
						t.Errorf("got %v, want %v", err, c.want)
					}
				}
				if asked < 2 {
					t.Errorf("asked %d times: an answer was remembered", asked)
				}
			})
		}
	}
	v, _, _, _ := start(t, host, nil)
	err := v.CheckLive(t.Context(), token, &login.Claims{Provider: name, Subject: "u-1"})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.ProviderUnreachable {
		t.Errorf("no endpoint: got %v, want ProviderUnreachable", err)
	}
}
