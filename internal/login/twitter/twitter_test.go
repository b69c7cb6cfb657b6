package twitter_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // OAuth 1.0a
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
	"github.com/rockpool-id/rockpool/internal/login/twitter"
)

const credentials = "/1.1/account/verify_credentials.json"

func consumerSecret(key string) string { return "secret of " + key + " & more+" }

// fields reads an OAuth 1.0a header, as X does.
func fields(r *http.Request) map[string]string {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth ")
	if !ok {
		return nil
	}
	m := make(map[string]string)
	for f := range strings.SplitSeq(rest, ", ") {
		name, value, _ := strings.Cut(f, "=")
		text, err := url.PathUnescape(strings.Trim(value, `"`))
		if err != nil {
			return nil
		}
		m[name] = text
	}
	return m
}

// signed checks a signature by the steps of RFC 5849 section 3.4, written apart
// from the code under test.
func signed(r *http.Request, consumerSecret, tokenSecret string) bool {
	escape := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", c) >= 0 {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		return b.String()
	}
	f := fields(r)
	var params []string
	for name, value := range f {
		if name != "oauth_signature" {
			params = append(params, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(params)
	text := "GET&" + escape("http://"+r.Host+r.URL.Path) + "&" + escape(strings.Join(params, "&"))
	mac := hmac.New(sha1.New, []byte(escape(consumerSecret)+"&"+escape(tokenSecret)))
	mac.Write([]byte(text))
	return f["oauth_signature"] == base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	logintest.WriteJSON(w, 401, map[string]any{"errors": []any{map[string]any{"code": 89, "message": "Invalid or expired token."}}})
}

func TestConformance(t *testing.T) {
	var mu sync.Mutex
	nonces := make(map[string]bool)
	logintest.RunOpaque(t, logintest.OpaqueHarness{
		Key:    twitter.Key,
		New:    func(_ *login.JWT, online *login.Online) login.Verifier { return twitter.New(online) },
		Token:  func(name string) string { return "12-" + name + ";token-secret" },
		Bearer: func(r *http.Request) string { return fields(r)["oauth_token"] },
		Answer: func(w http.ResponseWriter, r *http.Request, g logintest.Grant, now time.Time) {
			f := fields(r)
			mu.Lock()
			again := nonces[f["oauth_nonce"]]
			nonces[f["oauth_nonce"]] = true
			mu.Unlock()
			if again || r.URL.Path != credentials || f["oauth_consumer_key"] != g.App || f["oauth_timestamp"] != fmt.Sprint(now.Unix()) ||
				f["oauth_version"] != "1.0" || f["oauth_signature_method"] != "HMAC-SHA1" || !signed(r, consumerSecret(g.App), "token-secret") {
				refuse(w, r)
				return
			}
			logintest.WriteJSON(w, 200, map[string]any{"id": 12, "id_str": g.User, "screen_name": "ada", "entities": map[string]any{"x": []any{}}})
		},
		Refuse: refuse,
		Expect: func(app string) login.Expect {
			return login.Expect{Provider: twitter.Key, ClientIDs: []string{app}, Consumers: []login.Consumer{
				{Key: app, Secret: login.NewSecret(consumerSecret(app))},
			}}
		},
		WrongApp: login.Rejected, Requests: 1,
		Needs: []logintest.Member{{Path: credentials, Name: []string{"id_str"}}},
	})
}

func TestAnswersOfX(t *testing.T) {
	const closed = `{"errors":[{"message":"You currently have access to a subset of X API V2 endpoints","code":453}]}`
	type reply struct {
		status int
		body   string
	}
	for _, c := range []struct {
		name    string
		old, me reply
		subject string
		want    login.Kind
	}{
		{"the older call", reply{200, `{"id_str":"7"}`}, reply{}, "7", 0},
		{"the newer one, where the older is closed", reply{403, closed}, reply{200, `{"data":{"id":"7","username":"ada"}}`}, "7", 0},
		{"the newer one refuses", reply{403, closed}, reply{401, `{"title":"Unauthorized","status":401}`}, "", login.Rejected},
		{"the newer one is closed too", reply{403, closed}, reply{403, `{"title":"Forbidden"}`}, "", login.ProviderUnreachable},
		{"the newer one without data", reply{403, closed}, reply{200, `{"errors":[{"title":"x"}]}`}, "", login.ProviderUnreachable},
		{"a suspended account", reply{403, `{"errors":[{"code":64}]}`}, reply{}, "", login.Rejected},
		{"a locked account", reply{403, `{"errors":[{"code":326}]}`}, reply{}, "", login.Rejected},
		{"forbidden for the application", reply{403, `{"errors":[{"code":416}]}`}, reply{}, "", login.ProviderUnreachable},
		{"an invalid token", reply{401, `{"errors":[{"code":89}]}`}, reply{}, "", login.Rejected},
		{"our clock", reply{401, `{"errors":[{"code":135}]}`}, reply{}, "", login.ProviderUnreachable},
		{"an unknown call", reply{404, `{"errors":[{"code":34}]}`}, reply{}, "", login.ProviderUnreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				a := c.old
				if r.URL.Path == "/2/users/me" {
					a = c.me
				}
				w.WriteHeader(a.status)
				_, _ = w.Write([]byte(a.body))
			}))
			defer server.Close()
			online, err := login.NewOnline(login.OnlineConfig{Overrides: map[string]string{twitter.Key: server.URL}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := online.Close(); err != nil {
					t.Error(err)
				}
			}()
			got, err := twitter.New(online).Verify(t.Context(), "t;s", login.Expect{
				Provider: twitter.Key, ClientIDs: []string{"a", "b"}, Consumers: []login.Consumer{{Key: "a"}, {Key: "b"}},
			})
			if r, _ := login.AsRefusal(err); c.want == 0 && (err != nil || got.Subject != c.subject || got.Audience[0] != "a") || c.want != 0 && (r == nil || r.Kind != c.want) {
				t.Errorf("got %+v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestForms(t *testing.T) {
	online, err := login.NewOnline(login.OnlineConfig{Overrides: map[string]string{twitter.Key: "http://127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := online.Close(); err != nil {
			t.Error(err)
		}
	}()
	want := login.Expect{Provider: twitter.Key, ClientIDs: []string{"a"}, Consumers: []login.Consumer{{Key: "a"}}}
	for _, token := range []string{"", ";", "t", "t;", ";s", "t;s;x", "a.b.c"} {
		_, err := twitter.New(online).Verify(t.Context(), token, want)
		if r, ok := login.AsRefusal(err); !ok || r.Kind != login.Malformed {
			t.Errorf("%q: got %v, want Malformed", token, err)
		}
	}
	_, err = twitter.Digits{}.Verify(t.Context(), "t;s", login.Expect{Provider: twitter.DigitsKey})
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.ProviderUnreachable || r.Provider != twitter.DigitsKey {
		t.Errorf("Digits: got %v", err)
	}
}
