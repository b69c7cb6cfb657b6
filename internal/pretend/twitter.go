package pretend

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // OAuth 1.0a signs with HMAC-SHA1 (RFC 5849 section 3.4.2)
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Twitter answers X's question whose an OAuth 1.0a token is, to whom signs
// the question as RFC 5849 demands. It is an http.Handler.
type Twitter struct {
	*provider
	mux *http.ServeMux
}

// NewTwitter makes a Twitter. Apps are consumer keys with their secrets.
func NewTwitter(cfg ProviderConfig) (*Twitter, error) {
	p, err := newProvider(cfg)
	if err != nil {
		return nil, err
	}
	t := &Twitter{provider: p, mux: http.NewServeMux()}
	t.mux.HandleFunc("GET /1.1/account/verify_credentials.json", t.verifyCredentials)
	return t, nil
}

// UserID is the id that X has for a person.
func (t *Twitter) UserID(p Person) string { return digits("twitter", p, 10) }

// MintToken makes a token and its secret, joined by a semicolon as identity
// pools take them. lifetime 0 means an hour; X's own do not end.
func (t *Twitter) MintToken(person, consumer string, lifetime time.Duration) (string, error) {
	who, err := t.subject(person, consumer)
	if err != nil {
		return "", err
	}
	secret, err := t.random()
	if err != nil {
		return "", err
	}
	token, err := t.mint(t.UserID(who)+"-", person, consumer, secret, lifetime)
	if err != nil {
		return "", err
	}
	return token + ";" + secret, nil
}

// Revoke takes a token back, with or without its secret.
func (t *Twitter) Revoke(token string) {
	token, _, _ = strings.Cut(token, ";")
	t.provider.Revoke(token)
}

// ServeHTTP answers requests.
func (t *Twitter) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.serve(t.mux, w, r) }

func (t *Twitter) verifyCredentials(w http.ResponseWriter, r *http.Request) {
	refuse := func(code int, message string) {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"errors": []any{map[string]any{"code": code, "message": message}}})
	}
	params, ok := oauthParams(r.Header.Get("Authorization"))
	if !ok {
		refuse(215, "Bad Authentication data.")
		return
	}
	consumer := params.Get("oauth_consumer_key")
	g, known := t.find(params.Get("oauth_token"))
	if !known || g.app != consumer {
		refuse(89, "Invalid or expired token.")
		return
	}
	signature := params.Get("oauth_signature")
	params.Del("oauth_signature")
	want := oauthSignature(r, params, t.apps[consumer], g.secret)
	if !hmac.Equal([]byte(signature), []byte(want)) {
		refuse(32, "Could not authenticate you.")
		return
	}
	id := t.UserID(g.person)
	writeJSON(w, http.StatusOK, map[string]any{"id_str": id, "name": g.person.Name, "screen_name": strings.ToLower(g.person.GivenName)})
}

// oauthParams reads an Authorization header (section 3.5.1).
func oauthParams(header string) (url.Values, bool) {
	rest, ok := strings.CutPrefix(header, "OAuth ")
	if !ok {
		return nil, false
	}
	params := make(url.Values)
	for field := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		text, err := url.PathUnescape(strings.Trim(value, `"`))
		if !ok || err != nil || params.Has(name) {
			return nil, false
		}
		params.Set(name, text)
	}
	return params, params.Get("oauth_signature_method") == "HMAC-SHA1" && params.Get("oauth_nonce") != ""
}

// oauthSignature is what a request should be signed with (section 3.4).
func oauthSignature(r *http.Request, params url.Values, consumerSecret, tokenSecret string) string {
	var pairs []string
	for _, list := range []url.Values{params, r.URL.Query()} {
		for name, values := range list {
			for _, v := range values {
				pairs = append(pairs, percent(name)+"="+percent(v))
			}
		}
	}
	slices.Sort(pairs)
	// As the client sees it: the path on the wire, before any prefix is cut off.
	host, path := r.Host, r.URL.EscapedPath()
	if r.RequestURI != "" {
		path, _, _ = strings.Cut(r.RequestURI, "?")
	}
	address := fmt.Sprintf("http://%s%s", strings.ToLower(host), path)
	mac := hmac.New(sha1.New, []byte(percent(consumerSecret)+"&"+percent(tokenSecret)))
	mac.Write([]byte(r.Method + "&" + percent(address) + "&" + percent(strings.Join(pairs, "&"))))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
