package pretend

import (
	"net/http"
	"strings"
	"time"
)

// An Amazon answers Login with Amazon's question about access tokens. It is an
// http.Handler.
type Amazon struct {
	*provider
	mux *http.ServeMux
}

// NewAmazon makes an Amazon. Apps are client ids; secrets are not used.
func NewAmazon(cfg ProviderConfig) (*Amazon, error) {
	p, err := newProvider(cfg)
	if err != nil {
		return nil, err
	}
	a := &Amazon{provider: p, mux: http.NewServeMux()}
	a.mux.HandleFunc("GET /auth/o2/tokeninfo", a.tokenInfo)
	a.mux.HandleFunc("GET /user/profile", anyOrigin(a.profile))
	a.mux.HandleFunc("OPTIONS /user/profile", anyOrigin(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Headers", "Authorization")
		w.WriteHeader(http.StatusNoContent)
	}))
	return a, nil
}

// UserID is the id that Amazon has for a person.
func (a *Amazon) UserID(p Person) string { return "amzn1.account." + hexOf("amazon", p, 28) }

// MintAccessToken makes an access token for a person, named by sub or e-mail
// address, and a client. lifetime 0 means an hour.
func (a *Amazon) MintAccessToken(person, client string, lifetime time.Duration) (string, error) {
	return a.mint("Atza|", person, client, "", lifetime)
}

// ServeHTTP answers requests.
func (a *Amazon) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.serve(a.mux, w, r) }

func (a *Amazon) tokenInfo(w http.ResponseWriter, r *http.Request) {
	g, ok := a.find(r.URL.Query().Get("access_token"))
	if !ok {
		writeJSON(w, http.StatusBadRequest, errorBody("invalid_token", "The access token is expired, revoked or unknown"))
		return
	}
	now := a.now()
	writeJSON(w, http.StatusOK, map[string]any{
		"iss": "https://www.amazon.com", "user_id": a.UserID(g.person), "aud": g.app, "app_id": "amzn1.application.pretend",
		"exp": int(g.expires.Sub(now).Seconds()), "iat": now.Unix(),
	})
}

// profile tells an application whom it has signed in.
func (a *Amazon) profile(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	g, ok := a.find(token)
	if !ok || !strings.EqualFold(scheme, "bearer") {
		writeJSON(w, http.StatusBadRequest, errorBody("invalid_token", "The access token is expired, revoked or unknown"))
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"user_id": a.UserID(g.person), "name": g.person.Name, "email": g.person.Email})
}
