package pretend

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A wish is a request token of OAuth 1.0a (RFC 5849 section 2.1), and after the
// person has chosen what it can be exchanged for.
type wish struct {
	consumer, secret, callback string
	who                        Person
	verifier                   string // "" until somebody has chosen
}

// OpenDesk adds X's "Sign in with X": three steps, of which the application takes
// the first and the last with its own signature.
func (t *Twitter) OpenDesk(d Desk) error {
	k, err := t.open(d, look{Brand: "X", Slug: "x", Trademark: true, Receives: "the name of the person you choose"})
	if err != nil {
		return err
	}
	wishes := newVault[wish](t.rand, t.now, 10*time.Minute)
	t.mux.HandleFunc("POST /oauth/request_token", func(w http.ResponseWriter, r *http.Request) { t.requestToken(k, wishes, w, r) })
	t.mux.HandleFunc("POST /oauth/access_token", func(w http.ResponseWriter, r *http.Request) { t.accessToken(wishes, w, r) })
	k.routes(t.mux, map[string]http.HandlerFunc{
		"GET /oauth/authenticate": func(w http.ResponseWriter, r *http.Request) { t.authenticate(k, wishes, w, r) },
	})
	return nil
}

// signed reads the signed parameters of a request and checks the signature with
// the secret of the token, "" if the request has none.
func (t *Twitter) signed(r *http.Request, tokenSecret string) (url.Values, bool) {
	params, ok := oauthParams(r.Header.Get("Authorization"))
	secret, known := t.apps[params.Get("oauth_consumer_key")]
	if !ok || !known || r.ParseForm() != nil {
		return nil, false
	}
	signature := params.Get("oauth_signature")
	params.Del("oauth_signature")
	all := url.Values{}
	for _, list := range []url.Values{params, r.PostForm} {
		for name, values := range list {
			all[name] = append(all[name], values...)
		}
	}
	return all, hmac.Equal([]byte(signature), []byte(oauthSignature(r, all, secret, tokenSecret)))
}

func (t *Twitter) refuse(w http.ResponseWriter) {
	writeJSON(w, http.StatusUnauthorized, map[string]any{"errors": []any{map[string]any{"code": 32, "message": "Could not authenticate you."}}})
}

func (t *Twitter) requestToken(k *desk, wishes *vault[wish], w http.ResponseWriter, r *http.Request) {
	params, ok := t.signed(r, "")
	if !ok {
		t.refuse(w)
		return
	}
	callback := params.Get("oauth_callback")
	// Callbacks are compared without their query, which applications use for state.
	plain, _, _ := strings.Cut(callback, "?")
	app, ok := k.clients[params.Get("oauth_consumer_key")]
	if !ok || !slices.Contains(app.RedirectURIs, plain) {
		writeJSON(w, http.StatusForbidden, map[string]any{"errors": []any{map[string]any{"code": 415, "message": "Callback URL not approved for this client application."}}})
		return
	}
	secret, err := t.random()
	if err != nil {
		k.broken(w, err)
		return
	}
	name, err := wishes.put(wish{consumer: app.ID, secret: secret, callback: callback})
	if err != nil {
		k.broken(w, err)
		return
	}
	writeForm(w, url.Values{"oauth_token": {name}, "oauth_token_secret": {secret}, "oauth_callback_confirmed": {"true"}})
}

// authenticate shows the people for a request token, which serves once.
func (t *Twitter) authenticate(k *desk, wishes *vault[wish], w http.ResponseWriter, r *http.Request) {
	q, ok := k.query(w, r)
	if !ok {
		return
	}
	name := q.Get("oauth_token")
	asked, ok := wishes.take(name)
	if !ok || asked.verifier != "" {
		k.refuse(w, http.StatusBadRequest, "invalid_token", "This page has been used or is too old. Go back to the application and sign in again.")
		return
	}
	k.ask(w, errand{k.clients[asked.consumer], func(w http.ResponseWriter, r *http.Request, who Person, chosen bool) {
		if !chosen {
			sendBack(w, r, asked.callback, false, url.Values{"denied": {name}})
			return
		}
		asked := asked
		asked.who = who
		var err error
		if asked.verifier, err = t.random(); err != nil {
			k.broken(w, err)
			return
		}
		wishes.putAs(name, asked)
		sendBack(w, r, asked.callback, false, url.Values{"oauth_token": {name}, "oauth_verifier": {asked.verifier}})
	}}, asked.callback, "")
}

// accessToken exchanges a request token that somebody has agreed to.
func (t *Twitter) accessToken(wishes *vault[wish], w http.ResponseWriter, r *http.Request) {
	unsigned, _ := oauthParams(r.Header.Get("Authorization"))
	got, ok := wishes.take(unsigned.Get("oauth_token"))
	if !ok || got.verifier == "" {
		t.refuse(w)
		return
	}
	params, ok := t.signed(r, got.secret)
	if !ok || params.Get("oauth_consumer_key") != got.consumer || !hmac.Equal([]byte(params.Get("oauth_verifier")), []byte(got.verifier)) {
		t.refuse(w)
		return
	}
	token, err := t.MintToken(got.who.Subject, got.consumer, 0)
	if err != nil {
		t.refuse(w)
		return
	}
	key, secret, _ := strings.Cut(token, ";")
	writeForm(w, url.Values{
		"oauth_token": {key}, "oauth_token_secret": {secret}, "user_id": {t.UserID(got.who)}, "screen_name": {strings.ToLower(got.who.GivenName)},
	})
}

func writeForm(w http.ResponseWriter, values url.Values) {
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	// A client that went away is none of our business.
	_, _ = w.Write([]byte(values.Encode()))
}

// SignOAuth signs a request as an application of X does (RFC 5849 section 3): with
// its consumer key and secret, a token and its secret if it has one, and further
// parameters such as oauth_callback or oauth_verifier.
func SignOAuth(r *http.Request, consumer, consumerSecret, token, tokenSecret string, more url.Values, now time.Time) {
	var nonce [16]byte
	rand.Read(nonce[:])
	params := url.Values{
		"oauth_consumer_key": {consumer}, "oauth_nonce": {hex.EncodeToString(nonce[:])}, "oauth_signature_method": {"HMAC-SHA1"},
		"oauth_timestamp": {strconv.FormatInt(now.Unix(), 10)}, "oauth_version": {"1.0"},
	}
	if token != "" {
		params.Set("oauth_token", token)
	}
	for name := range more {
		params.Set(name, more.Get(name))
	}
	params.Set("oauth_signature", oauthSignature(r, params, consumerSecret, tokenSecret))
	fields := make([]string, 0, len(params))
	for name := range params {
		fields = append(fields, name+`="`+percent(params.Get(name))+`"`)
	}
	slices.Sort(fields)
	r.Header.Set("Authorization", "OAuth "+strings.Join(fields, ", "))
}

// percent encodes everything but the unreserved characters (section 3.6).
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
