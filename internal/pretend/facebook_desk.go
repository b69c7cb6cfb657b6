package pretend

import (
	"net/http"
	"net/url"
	"strconv"
)

// OpenDesk adds Facebook's login dialog, at the path that the login of websites
// without an SDK uses: the access token comes back in the fragment.
func (f *Facebook) OpenDesk(d Desk) error {
	k, err := f.open(d, look{Brand: "Facebook", Slug: "facebook", Trademark: true, Receives: "the name, e-mail address and picture of the person you choose"})
	if err != nil {
		return err
	}
	f.desk = k
	k.routes(f.mux, map[string]http.HandlerFunc{"GET /{version}/dialog/oauth": k.implicit(f.dialog)})
	return nil
}

// dialog answers with an access token.
func (f *Facebook) dialog(who Person, app string) (url.Values, error) {
	token, err := f.MintAccessToken(who.Subject, app, 0)
	if err != nil {
		return nil, err
	}
	seconds := int(tokenLifetime.Seconds())
	return url.Values{
		"access_token": {token}, "expires_in": {strconv.Itoa(seconds)},
		"data_access_expiration_time": {strconv.FormatInt(f.now().Add(90*24*tokenLifetime).Unix(), 10)},
	}, nil
}

// OpenDesk adds the consent page of Login with Amazon.
func (a *Amazon) OpenDesk(d Desk) error {
	k, err := a.open(d, look{Brand: "Amazon", Slug: "amazon", Trademark: true, Receives: "the name and e-mail address of the person you choose"})
	if err != nil {
		return err
	}
	k.routes(a.mux, map[string]http.HandlerFunc{"GET /ap/oa": k.implicit(a.consent)})
	return nil
}

func (a *Amazon) consent(who Person, client string) (url.Values, error) {
	token, err := a.MintAccessToken(who.Subject, client, 0)
	if err != nil {
		return nil, err
	}
	return url.Values{
		"access_token": {token}, "token_type": {"bearer"}, "expires_in": {strconv.Itoa(int(tokenLifetime.Seconds()))}, "scope": {"profile"},
	}, nil
}

// implicit is the implicit grant (RFC 6749 section 4.2): the token comes back in
// the fragment, a refusal in the query as both providers do it.
func (k *desk) implicit(mint func(who Person, client string) (url.Values, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, ok := k.query(w, r)
		if !ok {
			return
		}
		redirect, state := q.Get("redirect_uri"), q.Get("state")
		app, ok := k.client(w, q.Get("client_id"), redirect)
		if !ok {
			return
		}
		if q.Get("response_type") != "token" {
			sendBack(w, r, redirect, false, url.Values{"error": {"unsupported_response_type"}, "error_description": {"response_type must be token"}, "state": {state}})
			return
		}
		k.ask(w, errand{app, func(w http.ResponseWriter, r *http.Request, who Person, chosen bool) {
			if !chosen {
				sendBack(w, r, redirect, false, url.Values{"error": {"access_denied"}, "error_reason": {"user_denied"}, "error_description": {"Permissions error"}, "state": {state}})
				return
			}
			answer, err := mint(who, app.ID)
			if err != nil {
				k.broken(w, err)
				return
			}
			answer.Set("state", state)
			sendBack(w, r, redirect, true, answer)
		}}, redirect, q.Get("login_hint"))
	}
}
