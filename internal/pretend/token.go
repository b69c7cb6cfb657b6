package pretend

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// tokenPreflight answers browsers that ask whether a page may use the token
// endpoint. Which client the page belongs to shows only in the request itself.
func (g *Google) tokenPreflight(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	for _, c := range g.clients {
		if slices.Contains(c.Origins, origin) {
			allowOrigin(w, origin)
			w.Header().Set("Access-Control-Allow-Methods", "POST")
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	w.WriteHeader(http.StatusForbidden)
}

func allowOrigin(w http.ResponseWriter, origin string) {
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Add("Vary", "Origin")
}

// token is the token endpoint: an authorization code for tokens (RFC 6749
// section 4.1.3, RFC 7636 section 4.6). Clients are public: the proof is the
// verifier, not a secret.
func (g *Google) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		g.answerJSON(w, http.StatusBadRequest, errorBody("invalid_request", "not a form"))
		return
	}
	form := r.PostForm
	for name, values := range form {
		if len(values) > 1 {
			g.answerJSON(w, http.StatusBadRequest, errorBody("invalid_request", "parameter given twice: "+name))
			return
		}
	}
	client, ok := g.clients[form.Get("client_id")]
	if !ok {
		g.answerJSON(w, http.StatusUnauthorized, errorBody("invalid_client", "the client is not registered"))
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if !slices.Contains(client.Origins, origin) {
			g.answerJSON(w, http.StatusForbidden, errorBody("invalid_client", "the origin is not registered for the client"))
			return
		}
		allowOrigin(w, origin)
	}
	if form.Get("grant_type") != "authorization_code" {
		g.answerJSON(w, http.StatusBadRequest, errorBody("unsupported_grant_type", "grant_type must be authorization_code"))
		return
	}
	// Taking the code uses it up, whoever holds it: a code that was tried with
	// a wrong verifier has been seen by the wrong eyes.
	got, ok := g.codes.take(form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	proven := subtle.ConstantTimeCompare([]byte(b64(sum[:])), []byte(got.challenge)) == 1
	if !ok || got.client.ID != client.ID || got.redirect != form.Get("redirect_uri") || !proven {
		g.answerJSON(w, http.StatusBadRequest, errorBody("invalid_grant", "the code is unknown, used, or not for this client, redirect_uri and code_verifier"))
		return
	}
	var raw [32]byte
	if _, err := io.ReadFull(g.rand, raw[:]); err != nil {
		g.broken(w, err)
		return
	}
	access := "pretend." + b64(raw[:])
	idToken, err := g.MintIDToken(got.person, client.ID, TokenOptions{
		Nonce: got.nonce, Scopes: got.scopes, Claims: map[string]any{"at_hash": hashOf(access)},
	})
	if err != nil {
		g.broken(w, err)
		return
	}
	g.answerJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "expires_in": int(tokenLifetime.Seconds()), "scope": strings.Join(got.scopes, " "),
		"token_type": "Bearer", "id_token": idToken,
	})
}

// terminalToken gives people at a terminal a token without the chooser. A
// browser always says where a POST comes from; such requests are refused, so
// no page can use this.
func (g *Google) terminalToken(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Referer") != "" {
		g.answerJSON(w, http.StatusForbidden, errorBody("access_denied", "this endpoint is for terminals, not for pages"))
		return
	}
	if err := r.ParseForm(); err != nil {
		g.answerJSON(w, http.StatusBadRequest, errorBody("invalid_request", "not a form"))
		return
	}
	token, err := g.MintIDToken(r.PostForm.Get("person"), r.PostForm.Get("client_id"), TokenOptions{})
	if err != nil {
		g.answerJSON(w, http.StatusBadRequest, errorBody("invalid_request", err.Error()))
		return
	}
	g.log.Info("pretend sign-in at a terminal", slog.String("person", r.PostForm.Get("person")), slog.String("client", r.PostForm.Get("client_id")))
	g.answerJSON(w, http.StatusOK, map[string]any{
		"id_token": token, "expires_in": int(tokenLifetime.Seconds()), "token_type": "Bearer",
	})
}

// discovery is the discovery document: the real Google's, with addresses here.
func (g *Google) discovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	g.answerJSON(w, http.StatusOK, map[string]any{
		"issuer":                                Issuer,
		"authorization_endpoint":                g.url("/o/oauth2/v2/auth"),
		"token_endpoint":                        g.url("/token"),
		"jwks_uri":                              g.url("/oauth2/v3/certs"),
		"response_types_supported":              []string{"code", "id_token"},
		"response_modes_supported":              []string{"query", "fragment"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "email", "profile"},
		"token_endpoint_auth_methods_supported": []string{"none"},
		"grant_types_supported":                 []string{"authorization_code", "implicit"},
		"code_challenge_methods_supported":      []string{"S256"},
		"claims_supported":                      []string{"aud", "email", "email_verified", "exp", "family_name", "given_name", "hd", "iat", "iss", "name", "picture", "sub"},
	})
}

// certs is the key set.
func (g *Google) certs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	g.answerJSON(w, http.StatusOK, map[string]any{"keys": g.keys.public()})
}

func errorBody(code, description string) map[string]any {
	return map[string]any{"error": code, "error_description": description}
}

func (g *Google) answerJSON(w http.ResponseWriter, status int, body map[string]any) {
	text, err := json.Marshal(body)
	if err != nil {
		g.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(text); err != nil {
		g.log.Debug("answer not sent", slog.Any("error", err))
	}
}

// broken answers when it is our own fault.
func (g *Google) broken(w http.ResponseWriter, err error) {
	g.log.Error("pretend Google failed", slog.Any("error", err))
	http.Error(w, "the pretend Google failed; its log says why", http.StatusInternalServerError)
}
