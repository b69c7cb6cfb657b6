package pretend

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// FacebookIssuer is the iss of Limited Login's tokens.
const FacebookIssuer = "https://www.facebook.com"

// A Facebook answers the Graph API's questions about access tokens and publishes
// the keys of Limited Login. It is an http.Handler.
type Facebook struct {
	*provider
	keys *keyRing
	mux  *http.ServeMux
	desk *desk // nil without sign-in pages
}

// NewFacebook makes a Facebook with a fresh signing key. Apps are app ids with
// their secrets.
func NewFacebook(cfg ProviderConfig) (*Facebook, error) {
	p, err := newProvider(cfg)
	if err != nil {
		return nil, err
	}
	f := &Facebook{provider: p, mux: http.NewServeMux()}
	if f.keys, err = newKeyRing(p.rand); err != nil {
		return nil, fmt.Errorf("pretend: %w", err)
	}
	f.mux.HandleFunc("GET /app", f.about(func(g accessGrant) map[string]any {
		return map[string]any{"id": g.app, "name": "Pretend App", "link": "https://apps.example/" + g.app}
	}))
	f.mux.HandleFunc("GET /me", anyOrigin(f.me))
	f.mux.HandleFunc("GET /debug_token", f.debugToken)
	f.mux.HandleFunc("GET /.well-known/oauth/openid/jwks/{$}", jwks(f.keys))
	return f, nil
}

// UserID is the id that Facebook has for a person.
func (f *Facebook) UserID(p Person) string { return digits("facebook", p, 17) }

// MintAccessToken makes a user access token for a person, named by sub or e-mail
// address, and an app. lifetime 0 means an hour.
func (f *Facebook) MintAccessToken(person, app string, lifetime time.Duration) (string, error) {
	return f.mint("EAAB", person, app, "", lifetime)
}

// MintLimitedLogin makes an ID token of Limited Login.
func (f *Facebook) MintLimitedLogin(person, app string, opts TokenOptions) (string, error) {
	who, err := f.subject(person, app)
	if err != nil {
		return "", err
	}
	return f.idToken(f.keys, map[string]any{
		"iss": FacebookIssuer, "aud": app, "sub": f.UserID(who), "name": who.Name, "email": who.Email,
	}, opts)
}

// ServeHTTP answers requests.
func (f *Facebook) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.serve(f.mux, w, r) }

// about answers with what answer says about the token of a request.
func (f *Facebook) about(answer func(accessGrant) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g, ok := f.find(r.URL.Query().Get("access_token"))
		if !ok {
			graphError(w, 190, "Invalid OAuth access token.")
			return
		}
		writeJSON(w, http.StatusOK, answer(g))
	}
}

// me tells of the person what the request asks for (fields).
func (f *Facebook) me(w http.ResponseWriter, r *http.Request) {
	f.about(func(g accessGrant) map[string]any {
		all := map[string]any{"id": f.UserID(g.person), "first_name": g.person.GivenName, "name": g.person.Name, "email": g.person.Email}
		if f.desk != nil {
			all["picture"] = map[string]any{"data": map[string]any{"url": f.desk.origin + "/pretend/avatar/" + g.person.Subject}}
		}
		fields := r.URL.Query().Get("fields")
		if fields == "" {
			fields = "first_name"
		}
		answer := map[string]any{"id": all["id"]}
		for name := range strings.SplitSeq(fields, ",") {
			if v, ok := all[name]; ok {
				answer[name] = v
			}
		}
		return answer
	})(w, r)
}

// debugToken inspects a token for the app whose secret the request knows.
func (f *Facebook) debugToken(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	app, secret, _ := strings.Cut(q.Get("access_token"), "|")
	if known, ok := f.apps[app]; !ok || known == "" || known != secret {
		graphError(w, 190, "Invalid OAuth access token signature.")
		return
	}
	g, ok := f.find(q.Get("input_token"))
	if !ok || g.app != app {
		writeJSON(w, http.StatusOK, map[string]any{"data": map[string]any{
			"error": map[string]any{"code": 190, "message": "The token is not valid for this app."}, "is_valid": false, "scopes": []string{},
		}})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": map[string]any{
		"app_id": g.app, "type": "USER", "application": "Pretend App", "is_valid": true, "user_id": f.UserID(g.person),
		"expires_at": g.expires.Unix(), "scopes": []string{"public_profile", "email"},
	}})
}

func graphError(w http.ResponseWriter, code int, message string) {
	writeJSON(w, http.StatusBadRequest, map[string]any{"error": map[string]any{
		"message": message, "type": "OAuthException", "code": code,
	}})
}
