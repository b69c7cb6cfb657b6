package demo

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/pretend"
)

// appleForm takes the form that Apple has the browser post.
func (b *backend) appleForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	answer := url.Values{}
	for _, name := range []string{"state", "id_token", "user", "error"} {
		answer.Set(name, r.PostForm.Get(name))
	}
	if answer.Get("error") == "user_cancelled_authorize" {
		answer.Set("error", "access_denied")
	}
	b.toPage(w, r, answer)
}

// samlLogin asks the SAML provider to sign somebody in (SAML 2.0 Bindings 3.4: the
// redirect binding). The state travels as RelayState.
func (b *backend) samlLogin(w http.ResponseWriter, r *http.Request) {
	var id [16]byte
	rand.Read(id[:])
	var packed bytes.Buffer
	deflate, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = fmt.Fprintf(deflate, `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_%s" Version="2.0" IssueInstant="%s"`+
			` AssertionConsumerServiceURL="http://%s%s" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">`+
			`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%s</saml:Issuer></samlp:AuthnRequest>`,
			hex.EncodeToString(id[:]), time.Now().UTC().Format(time.RFC3339), r.Host, samlACSPath, pretend.SAMLAudience)
		err = errors.Join(err, deflate.Close())
	}
	state := r.URL.Query().Get("state")
	if err != nil {
		b.failed(w, r, "AuthnRequest", state, err)
		return
	}
	query := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(packed.Bytes())}, "RelayState": {state}}
	http.Redirect(w, r, b.town.At("/saml/sso")+"?"+query.Encode(), http.StatusSeeOther)
}

// samlResponse is the assertion consumer service. It hands the response on as it
// came: whether it is good is for the identity pool to say.
func (b *backend) samlResponse(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	response, state := r.PostForm.Get("SAMLResponse"), r.PostForm.Get("RelayState")
	text, err := base64.StdEncoding.DecodeString(response)
	switch {
	case err != nil:
		b.failed(w, r, "SAMLResponse", state, err)
	case strings.Contains(string(text), "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"):
		b.toPage(w, r, url.Values{"error": {"access_denied"}, "state": {state}})
	default:
		b.toPage(w, r, url.Values{"SAMLResponse": {response}, "state": {state}})
	}
}

// xLogin takes the first step of OAuth 1.0a: a request token, which names the
// address to come back to. The state is part of that.
func (b *backend) xLogin(w http.ResponseWriter, r *http.Request) {
	state := r.URL.Query().Get("state")
	back := "http://" + r.Host + xReturnPath + "?" + url.Values{"state": {state}}.Encode()
	answer, err := b.askX(r.Context(), "/x/oauth/request_token", "", "", url.Values{"oauth_callback": {back}})
	if err != nil {
		b.failed(w, r, "request token of X", state, err)
		return
	}
	token := answer.Get("oauth_token")
	b.mu.Lock()
	if len(b.wishes) >= maxWishes {
		clear(b.wishes)
	}
	b.wishes[token] = answer.Get("oauth_token_secret")
	b.mu.Unlock()
	http.Redirect(w, r, b.town.At("/x/oauth/authenticate")+"?"+url.Values{"oauth_token": {token}}.Encode(), http.StatusSeeOther)
}

// xReturn takes the last step: the request token for the person's own.
func (b *backend) xReturn(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	state := q.Get("state")
	if q.Has("denied") {
		b.toPage(w, r, url.Values{"error": {"access_denied"}, "state": {state}})
		return
	}
	token := q.Get("oauth_token")
	b.mu.Lock()
	secret, known := b.wishes[token]
	delete(b.wishes, token)
	b.mu.Unlock()
	if !known {
		b.failed(w, r, "access token of X", state, errors.New("the request token is unknown"))
		return
	}
	answer, err := b.askX(r.Context(), "/x/oauth/access_token", token, secret, url.Values{"oauth_verifier": {q.Get("oauth_verifier")}})
	if err != nil {
		b.failed(w, r, "access token of X", state, err)
		return
	}
	b.toPage(w, r, url.Values{
		"x_token": {answer.Get("oauth_token") + ";" + answer.Get("oauth_token_secret")}, "state": {state},
		"user_id": {answer.Get("user_id")}, "screen_name": {answer.Get("screen_name")},
	})
}

// askX makes one signed call.
func (b *backend) askX(ctx context.Context, path, token, secret string, more url.Values) (url.Values, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.town.At(path), nil)
	if err != nil {
		return nil, err
	}
	pretend.SignOAuth(r, b.apps.XKey, b.apps.XSecret, token, secret, more, time.Now())
	resp, err := b.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return url.ParseQuery(string(body))
}
