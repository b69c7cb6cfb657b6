package pretend

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxQuery bounds what a chooser on somebody's screen keeps in memory.
const maxQuery = 8 << 10

// A request is a sign-in that waits for somebody to choose a person. Its
// client, and its redirect URI or origin, have been checked.
type request struct {
	client    Client
	redirect  string // authorization endpoint: where the answer goes
	fragment  bool   // the answer goes into the fragment
	implicit  bool   // the answer is an ID token, not a code
	scopes    []string
	state     string
	nonce     string
	challenge string // PKCE S256
	origin    string // button: the page that gets the token
}

// A grant is what an authorization code stands for.
type grant struct {
	request
	person string // sub
}

// An oauthError is an answer of RFC 6749 section 4.1.2.1.
type oauthError struct{ code, description string }

// authorize is the authorization endpoint.
func (g *Google) authorize(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(r.URL.RawQuery) > maxQuery {
		g.refuse(w, http.StatusBadRequest, "invalid_request", "The address of this page is damaged.")
		return
	}
	// Until the client and its redirect URI are known good, errors are shown
	// here and go nowhere else (RFC 6749 section 4.1.2.1).
	client, ok := g.clients[q.Get("client_id")]
	if !ok || len(q["client_id"]) != 1 {
		g.refuse(w, http.StatusUnauthorized, "invalid_client", "The application is not registered with the pretend Google.")
		return
	}
	redirect := q.Get("redirect_uri")
	if len(q["redirect_uri"]) != 1 || !slices.Contains(client.RedirectURIs, redirect) {
		g.refuse(w, http.StatusBadRequest, "redirect_uri_mismatch", "The application asks to be answered at an address that is not registered for it.")
		return
	}
	req, fault := readRequest(q)
	req.client, req.redirect = client, redirect
	if fault != nil {
		req.answer(w, r, url.Values{"error": {fault.code}, "error_description": {fault.description}})
		return
	}
	g.showChooser(w, req, q.Get("login_hint"))
}

// readRequest reads the rest of an authorization request. state and fragment
// are set even if there is a fault, so that it can be answered.
func readRequest(q url.Values) (request, *oauthError) {
	responseType := q.Get("response_type")
	req := request{
		state: q.Get("state"), nonce: q.Get("nonce"), scopes: strings.Fields(q.Get("scope")),
		challenge: q.Get("code_challenge"), implicit: responseType == "id_token",
	}
	req.fragment = req.implicit || q.Get("response_mode") == "fragment"
	invalid := func(description string) (request, *oauthError) {
		return req, &oauthError{"invalid_request", description}
	}
	for name, values := range q {
		if len(values) > 1 { // RFC 6749 section 3.1
			return invalid("parameter given twice: " + name)
		}
	}
	switch {
	case responseType != "code" && responseType != "id_token":
		return req, &oauthError{"unsupported_response_type", "response_type must be code or id_token"}
	case !slices.Contains(req.scopes, "openid"):
		return req, &oauthError{"invalid_scope", "scope must contain openid"}
	case req.implicit && req.nonce == "": // OpenID Connect Core 3.2.2.1
		return invalid("nonce is required for response_type id_token")
	case req.implicit && !slices.Contains([]string{"", "fragment"}, q.Get("response_mode")):
		return invalid("response_mode must be fragment")
	case !slices.Contains([]string{"", "query", "fragment"}, q.Get("response_mode")):
		return invalid("response_mode must be query or fragment")
	case q.Get("prompt") == "none":
		return req, &oauthError{"interaction_required", "somebody must choose a person"}
	case !req.implicit && (q.Get("code_challenge_method") != "S256" || len(req.challenge) != 43):
		return invalid("code_challenge with code_challenge_method S256 is required")
	}
	return req, nil
}

// answer redirects to the registered redirect URI.
func (req *request) answer(w http.ResponseWriter, r *http.Request, params url.Values) {
	if req.state != "" {
		params.Set("state", req.state)
	}
	target := req.redirect
	switch {
	case req.fragment:
		target += "#" + params.Encode()
	case strings.Contains(target, "?"):
		target += "&" + params.Encode()
	default:
		target += "?" + params.Encode()
	}
	// RFC 9700 section 4.12: never 307, which would repeat a form elsewhere.
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// choose takes the choice made on either page. The ticket is the proof that
// the page was ours: it is random, was given to that page only, and serves
// once.
func (g *Google) choose(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		g.refuse(w, http.StatusBadRequest, "invalid_request", "The form is damaged.")
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		g.refuse(w, http.StatusForbidden, "invalid_request", "This form belongs to another page.")
		return
	}
	req, ok := g.tickets.take(r.PostForm.Get("ticket"))
	if !ok {
		g.refuse(w, http.StatusBadRequest, "invalid_request", "This page has been used or is too old. Go back to the application and sign in again.")
		return
	}
	person, chosen := g.person(r.PostForm.Get("person"))
	switch {
	case req.origin != "":
		g.deliver(w, req, person, chosen)
	case !chosen:
		req.answer(w, r, url.Values{"error": {"access_denied"}})
	case req.implicit:
		token, err := g.MintIDToken(person.Subject, req.client.ID, TokenOptions{Nonce: req.nonce, Scopes: req.scopes})
		if err != nil {
			g.broken(w, err)
			return
		}
		g.signedIn(req, person)
		req.answer(w, r, url.Values{"id_token": {token}, "authuser": {"0"}})
	default:
		code, err := g.codes.put(grant{req, person.Subject})
		if err != nil {
			g.broken(w, err)
			return
		}
		g.signedIn(req, person)
		req.answer(w, r, url.Values{"code": {code}, "scope": {strings.Join(req.scopes, " ")}, "authuser": {"0"}})
	}
}

func (g *Google) signedIn(req request, p Person) {
	g.log.Info("pretend sign-in", slog.String("person", p.Email), slog.String("client", req.client.ID))
}

// originOf is the origin of a registered redirect URI.
func originOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
