package pretend

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// OpenDesk adds Apple's authorization page. The answer is always a form that the
// browser posts, because the application asks for the name (scope).
func (a *Apple) OpenDesk(d Desk) error {
	k, err := a.open(d, look{Brand: "Apple", Slug: "apple", Trademark: true, Receives: "the name and e-mail address of the person you choose"})
	if err != nil {
		return err
	}
	k.routes(a.mux, map[string]http.HandlerFunc{"GET /auth/authorize": func(w http.ResponseWriter, r *http.Request) { a.authorize(k, w, r) }})
	return nil
}

func (a *Apple) authorize(k *desk, w http.ResponseWriter, r *http.Request) {
	q, ok := k.query(w, r)
	if !ok {
		return
	}
	redirect, state := q.Get("redirect_uri"), q.Get("state")
	app, ok := k.client(w, q.Get("client_id"), redirect)
	if !ok {
		return
	}
	kinds := strings.Fields(q.Get("response_type"))
	slices.Sort(kinds)
	switch {
	case !slices.Equal(kinds, []string{"code", "id_token"}):
		k.refuse(w, http.StatusBadRequest, "unsupported_response_type", "The application must ask for a code and an ID token.")
		return
	case q.Get("response_mode") != "form_post":
		k.refuse(w, http.StatusBadRequest, "invalid_request", "The application must take the answer as a form (response_mode form_post).")
		return
	}
	nonce := q.Get("nonce")
	k.ask(w, errand{app, func(w http.ResponseWriter, _ *http.Request, who Person, chosen bool) {
		if !chosen {
			k.post(w, redirect, field{"state", state}, field{"error", "user_cancelled_authorize"})
			return
		}
		code, err := a.random()
		if err != nil {
			k.broken(w, err)
			return
		}
		token, err := a.MintIDToken(who.Subject, app.ID, TokenOptions{Nonce: nonce, Claims: map[string]any{"c_hash": hashOf(code)}})
		if err != nil {
			k.broken(w, err)
			return
		}
		fields := []field{{"state", state}, {"code", code}, {"id_token", token}}
		if user := a.introduce(who, app.ID); user != "" {
			fields = append(fields, field{"user", user})
		}
		k.post(w, redirect, fields...)
	}}, redirect, q.Get("login_hint"))
}

// introduce is the member user of the answer. Apple gives an application the name
// the first time only; later it is "".
func (a *Apple) introduce(who Person, app string) string {
	a.metMu.Lock()
	defer a.metMu.Unlock()
	key := app + " " + who.Subject
	if a.met[key] {
		return ""
	}
	a.met[key] = true
	var user struct {
		Name struct {
			FirstName string `json:"firstName"`
			LastName  string `json:"lastName"`
		} `json:"name"`
		Email string `json:"email"`
	}
	user.Name.FirstName, user.Name.LastName, user.Email = who.GivenName, who.FamilyName, who.Email
	text, err := json.Marshal(&user)
	if err != nil {
		return ""
	}
	return string(text)
}
