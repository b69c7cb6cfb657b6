package pretend

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// codeFlow is the authorization code grant with PKCE (RFC 6749 section 4.1, RFC
// 7636) of user pools and of the OpenID Connect provider. Clients are public: the
// proof is the verifier, not a secret.
type codeFlow struct {
	desk  *desk
	codes *vault[codeGrant]
	// tokens makes what the token endpoint answers with, beside lifetime and type.
	tokens func(who Person, client, nonce string) (map[string]any, error)
}

// codeGrant is what a code stands for.
type codeGrant struct {
	app                        string
	redirect, challenge, nonce string
	who                        Person
}

// openCodeFlow adds both endpoints.
func (p *provider) openCodeFlow(mux *http.ServeMux, d Desk, l look, authorize, token string, tokens func(who Person, client, nonce string) (map[string]any, error)) error {
	k, err := p.open(d, l)
	if err != nil {
		return err
	}
	f := &codeFlow{desk: k, codes: newVault[codeGrant](p.rand, p.now, time.Minute), tokens: tokens}
	k.routes(mux, map[string]http.HandlerFunc{"GET " + authorize: f.authorize})
	mux.HandleFunc("POST "+token, f.redeem)
	return nil
}

func (f *codeFlow) authorize(w http.ResponseWriter, r *http.Request) {
	k := f.desk
	q, ok := k.query(w, r)
	if !ok {
		return
	}
	redirect, state := q.Get("redirect_uri"), q.Get("state")
	app, ok := k.client(w, q.Get("client_id"), redirect)
	if !ok {
		return
	}
	fault := func(code, description string) {
		sendBack(w, r, redirect, false, url.Values{"error": {code}, "error_description": {description}, "state": {state}})
	}
	switch {
	case q.Get("response_type") != "code":
		fault("unsupported_response_type", "response_type must be code")
		return
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		fault("invalid_scope", "scope must contain openid")
		return
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		fault("invalid_request", "code_challenge with code_challenge_method S256 is required")
		return
	}
	g := codeGrant{app: app.ID, redirect: redirect, challenge: q.Get("code_challenge"), nonce: q.Get("nonce")}
	k.ask(w, errand{app, func(w http.ResponseWriter, r *http.Request, who Person, chosen bool) {
		if !chosen {
			sendBack(w, r, redirect, false, url.Values{"error": {"access_denied"}, "error_description": {"the person has cancelled"}, "state": {state}})
			return
		}
		g := g
		g.who = who
		code, err := f.codes.put(g)
		if err != nil {
			k.broken(w, err)
			return
		}
		sendBack(w, r, redirect, false, url.Values{"code": {code}, "state": {state}})
	}}, redirect, q.Get("login_hint"))
}

// redeem is the token endpoint.
func (f *codeFlow) redeem(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, errorBody("invalid_request", "not a form"))
		return
	}
	form := r.PostForm
	app, known := f.desk.clients[form.Get("client_id")]
	if !known {
		writeJSON(w, http.StatusUnauthorized, errorBody("invalid_client", "the client is not registered"))
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if !slices.Contains(app.Origins, origin) {
			writeJSON(w, http.StatusForbidden, errorBody("invalid_client", "the origin is not registered for the client"))
			return
		}
		allowOrigin(w, origin)
	}
	if form.Get("grant_type") != "authorization_code" {
		writeJSON(w, http.StatusBadRequest, errorBody("unsupported_grant_type", "grant_type must be authorization_code"))
		return
	}
	// Taking the code uses it up, whoever holds it.
	g, ok := f.codes.take(form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	proven := subtle.ConstantTimeCompare([]byte(b64(sum[:])), []byte(g.challenge)) == 1
	if !ok || !proven || g.app != app.ID || g.redirect != form.Get("redirect_uri") {
		writeJSON(w, http.StatusBadRequest, errorBody("invalid_grant", "the code is unknown, used, or not for this client, redirect_uri and code_verifier"))
		return
	}
	answer, err := f.tokens(g.who, app.ID, g.nonce)
	if err != nil {
		f.desk.broken(w, err)
		return
	}
	answer["expires_in"], answer["token_type"] = int(tokenLifetime.Seconds()), "Bearer"
	writeJSON(w, http.StatusOK, answer)
}

// OpenDesk adds the sign-in pages of the user pool's domain: authorization and
// token endpoint, whose tokens carry the groups of the person.
func (u *UserPool) OpenDesk(d Desk) error {
	l := look{Brand: "user pool", Slug: "users", Receives: "the name, e-mail address and groups of the person you choose"}
	return u.openCodeFlow(u.mux, d, l, "/oauth2/authorize", "/oauth2/token", func(who Person, client, nonce string) (map[string]any, error) {
		id, err := u.MintIDToken(who.Subject, client, TokenOptions{Nonce: nonce, Claims: u.membership(who)})
		if err != nil {
			return nil, err
		}
		access, err := u.accessToken(who, client)
		return map[string]any{"id_token": id, "access_token": access}, err
	})
}

// membership is what the groups of a person put into the ID token: their names,
// and the roles that were given to them. People outside have none of the claims.
func (u *UserPool) membership(who Person) map[string]any {
	claims := map[string]any{"name": who.Name}
	if who.Staff && u.StaffRole != "" {
		claims["cognito:groups"], claims["cognito:roles"] = []string{"staff"}, []string{u.StaffRole}
		claims["cognito:preferred_role"] = u.StaffRole
	}
	return claims
}

// accessToken is the token for the user pool's own API, which no identity pool
// accepts.
func (u *UserPool) accessToken(who Person, client string) (string, error) {
	id, err := u.random()
	if err != nil {
		return "", err
	}
	return u.idToken(u.keys, map[string]any{
		"iss": "https://" + u.name, "client_id": client, "sub": u.UserID(who), "token_use": "access", "jti": id,
		"username": who.GivenName, "scope": "openid email profile", "auth_time": u.now().Unix(), "version": 2,
	}, TokenOptions{})
}

// An OIDC is any other OpenID Connect provider, such as a company's own. It is an
// http.Handler.
type OIDC struct {
	*provider
	// Issuer is the iss of its tokens.
	Issuer string
	keys   *keyRing
	mux    *http.ServeMux
}

// NewOIDC makes a provider with a fresh signing key. issuer begins with https://
// and is what is registered in IAM; Apps are client ids.
func NewOIDC(issuer string, cfg ProviderConfig) (*OIDC, error) {
	if u, err := parseSafe(issuer); err != nil || u.Scheme != "https" {
		return nil, fmt.Errorf("pretend: issuer %q is no https URL", issuer)
	}
	p, err := newProvider(cfg)
	if err != nil {
		return nil, err
	}
	o := &OIDC{provider: p, Issuer: issuer, mux: http.NewServeMux()}
	if o.keys, err = newKeyRing(p.rand); err != nil {
		return nil, fmt.Errorf("pretend: %w", err)
	}
	o.mux.HandleFunc("GET /oauth2/keys", jwks(o.keys))
	return o, nil
}

// UserID is the sub that the provider has for a person.
func (o *OIDC) UserID(p Person) string { return "u-" + hexOf(o.Issuer, p, 16) }

// MintIDToken makes an ID token for a person, named by sub or e-mail address, and
// a client.
func (o *OIDC) MintIDToken(person, client string, opts TokenOptions) (string, error) {
	who, err := o.subject(person, client)
	if err != nil {
		return "", err
	}
	groups := []string{"everybody"}
	if who.Staff {
		groups = append(groups, "staff")
	}
	return o.idToken(o.keys, map[string]any{
		"iss": o.Issuer, "aud": client, "sub": o.UserID(who), "name": who.Name, "email": who.Email, "email_verified": true,
		"preferred_username": strings.ToLower(who.GivenName), "groups": groups, "auth_time": o.now().Unix(),
	}, opts)
}

// OpenDesk adds sign-in pages, and the discovery document that names them.
func (o *OIDC) OpenDesk(d Desk, brand string) error {
	at := d.BaseURL + d.Prefix
	o.mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer": o.Issuer, "authorization_endpoint": at + "/oauth2/authorize", "token_endpoint": at + "/oauth2/token", "jwks_uri": at + "/oauth2/keys",
			"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"}, "scopes_supported": []string{"openid", "email", "profile", "groups"},
			"token_endpoint_auth_methods_supported": []string{"none"}, "grant_types_supported": []string{"authorization_code"},
			"code_challenge_methods_supported": []string{"S256"},
		})
	})
	l := look{Brand: brand, Slug: "oidc", Receives: "the name, e-mail address and groups of the person you choose"}
	return o.openCodeFlow(o.mux, d, l, "/oauth2/authorize", "/oauth2/token", func(who Person, client, nonce string) (map[string]any, error) {
		id, err := o.MintIDToken(who.Subject, client, TokenOptions{Nonce: nonce})
		if err != nil {
			return nil, err
		}
		access, err := o.random()
		return map[string]any{"id_token": id, "access_token": access}, err
	})
}

// ServeHTTP answers requests.
func (o *OIDC) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.serve(o.mux, w, r) }
