package amazon_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/amazon"
	"github.com/rockpool-id/rockpool/internal/login/logintest"
)

const path = "/auth/o2/tokeninfo"

func harness() logintest.OpaqueHarness {
	return logintest.OpaqueHarness{
		Key:    amazon.Key,
		New:    func(_ *login.JWT, online *login.Online) login.Verifier { return amazon.New(online) },
		Token:  func(name string) string { return "Atza|" + name },
		Bearer: func(r *http.Request) string { return r.URL.Query().Get("access_token") },
		Answer: func(w http.ResponseWriter, r *http.Request, g logintest.Grant, now time.Time) {
			if r.URL.Path != path || r.Method != http.MethodGet {
				logintest.WriteJSON(w, 404, map[string]any{"error": "not_found"})
				return
			}
			logintest.WriteJSON(w, 200, map[string]any{
				"iss": "https://www.amazon.com", "user_id": g.User, "aud": g.App, "app_id": "amzn1.application.436457",
				"exp": int(g.Expires.Sub(now).Seconds()), "iat": now.Unix() - 60,
			})
		},
		Refuse: func(w http.ResponseWriter, _ *http.Request) {
			logintest.WriteJSON(w, 400, map[string]any{"error": "invalid_token", "error_description": "The access token is not valid"})
		},
		Expect: func(app string) login.Expect {
			return login.Expect{Provider: amazon.Key, ClientIDs: []string{"app-0", app}}
		},
		WrongApp: login.WrongAudience, Requests: 1, TellsExpiry: true,
		Needs: []logintest.Member{{Path: path, Name: []string{"aud"}}, {Path: path, Name: []string{"user_id"}}},
	}
}

func TestConformance(t *testing.T) { logintest.RunOpaque(t, harness()) }
