package pretend

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
)

// buttonScript serves the script that applications load in place of Google's.
// It knows where it comes from, and nothing else about anybody.
func (g *Google) buttonScript(w http.ResponseWriter, _ *http.Request) {
	text, err := web.ReadFile("web/gsi.js")
	if err != nil {
		g.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	g.send(w, bytes.Replace(text, []byte("BASE_URL"), []byte(g.url("")), 1))
}

// buttonSelect is the popup of the button. The origin in the address decides
// to which page the token may be delivered, and must be registered; a page
// that lies about its own origin gets nothing, because the browser delivers a
// message only to the origin it is addressed to.
func (g *Google) buttonSelect(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(r.URL.RawQuery) > maxQuery {
		g.refuse(w, http.StatusBadRequest, "invalid_request", "The address of this page is damaged.")
		return
	}
	client, ok := g.clients[q.Get("client_id")]
	if !ok || len(q["client_id"]) != 1 {
		g.refuse(w, http.StatusUnauthorized, "invalid_client", "The application is not registered with the pretend Google.")
		return
	}
	origin := q.Get("origin")
	if len(q["origin"]) != 1 || !slices.Contains(client.Origins, origin) {
		g.refuse(w, http.StatusBadRequest, "origin_mismatch", "The page that opened this window is not registered for the application.")
		return
	}
	g.showChooser(w, request{client: client, origin: origin, state: q.Get("state"), nonce: q.Get("nonce")}, q.Get("login_hint"))
}

// delivery is what the popup hands to the page that opened it.
type delivery struct {
	look
	Origin, State, Credential, Error string
}

// deliver answers the popup with a page whose script posts the token to the
// registered origin and closes the window.
func (g *Google) deliver(w http.ResponseWriter, req request, p Person, chosen bool) {
	d := delivery{look: g.look(), Origin: req.origin, State: req.state}
	if chosen {
		token, err := g.MintIDToken(p.Subject, req.client.ID, TokenOptions{Nonce: req.nonce})
		if err != nil {
			g.broken(w, err)
			return
		}
		g.signedIn(req, p)
		d.Credential = token
	} else {
		d.Error = "access_denied"
	}
	g.show(w, http.StatusOK, "deliver.html", d)
}
