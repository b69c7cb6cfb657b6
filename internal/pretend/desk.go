package pretend

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Desk is where a provider beside Google shows its sign-in page. Without one a
// provider has no pages, and hands tokens to nobody over the network.
type Desk struct {
	// BaseURL is the origin that browsers reach it at, and Prefix the path below
	// which the provider is served there, such as /facebook.
	BaseURL, Prefix string
	// Clients may sign people in; their ids are among the provider's Apps.
	Clients []Client
	Logger  *slog.Logger // discarded if nil
}

// An errand is a sign-in that waits for somebody to choose a person.
type errand struct {
	app    Client
	answer func(w http.ResponseWriter, r *http.Request, who Person, chosen bool)
}

// desk is the sign-in page of one provider, in the provider's colours. It checks
// who asks, shows who can be chosen, and hands the choice on.
type desk struct {
	look    look
	origin  string
	clients map[string]Client
	people  []Person
	pages   *pages
	tickets *vault[errand]
	log     *slog.Logger
}

// open makes the desk of a provider; l names the brand.
func (p *provider) open(d Desk, l look) (*desk, error) {
	base, err := parseOrigin(d.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("pretend: base URL %q: %w", d.BaseURL, err)
	}
	l.Prefix, l.Base = d.Prefix, base.Host
	k := &desk{
		look: l, origin: d.BaseURL, clients: make(map[string]Client), people: p.people,
		tickets: newVault[errand](p.rand, p.now, 10*time.Minute), log: cmp.Or(d.Logger, slog.New(slog.DiscardHandler)),
	}
	for _, c := range d.Clients {
		if _, known := p.apps[c.ID]; !known {
			return nil, fmt.Errorf("pretend: client %q is no application of %s", c.ID, l.Brand)
		}
		if err := c.validate(); err != nil {
			return nil, fmt.Errorf("pretend: client %q: %w", c.ID, err)
		}
		k.clients[c.ID] = c
	}
	if k.pages, err = loadPages(); err != nil {
		return nil, fmt.Errorf("pretend: %w", err)
	}
	return k, nil
}

// routes adds what every desk answers, and the pages of the provider itself.
func (k *desk) routes(mux *http.ServeMux, pages map[string]http.HandlerFunc) {
	mux.HandleFunc("POST /pretend/choose", k.page(k.choose))
	mux.HandleFunc("GET /pretend/{asset}", k.page(k.pages.asset))
	for pattern, h := range pages {
		mux.HandleFunc(pattern, k.page(h))
	}
}

// page sets the headers that pages carry beside those of every answer.
func (k *desk) page(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy(""))
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		h(w, r)
	}
}

// query reads the query of a page's address. Parameters that are given twice, and
// more than anybody needs, are refused.
func (k *desk) query(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	twice := false
	for _, values := range q {
		twice = twice || len(values) > 1
	}
	if err != nil || twice || len(r.URL.RawQuery) > maxQuery {
		k.refuse(w, http.StatusBadRequest, "invalid_request", "The address of this page is damaged.")
		return nil, false
	}
	return q, true
}

// client finds who asks and where the answer goes. Both must be registered;
// otherwise there is nobody to tell but the person.
func (k *desk) client(w http.ResponseWriter, id, redirect string) (Client, bool) {
	c, ok := k.clients[id]
	switch {
	case !ok:
		k.refuse(w, http.StatusUnauthorized, "invalid_client", "The application is not registered with the pretend "+k.look.Brand+".")
	case !slices.Contains(c.RedirectURIs, redirect):
		ok = false
		k.refuse(w, http.StatusBadRequest, "redirect_uri_mismatch", "The application asks to be answered at an address that is not registered for it.")
	}
	return c, ok
}

// ask shows the people. redirect is where the answer will go.
func (k *desk) ask(w http.ResponseWriter, e errand, redirect, hint string) {
	ticket, err := k.tickets.put(e)
	if err != nil {
		k.broken(w, err)
		return
	}
	w.Header().Set("Content-Security-Policy", policy(originOf(redirect)))
	k.show(w, http.StatusOK, "chooser.html", chooser{k.look, e.app, k.people, ticket, hint})
}

// choose takes the choice. As with Google's pages, the ticket is the proof that
// the page was ours.
func (k *desk) choose(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		k.refuse(w, http.StatusBadRequest, "invalid_request", "The form is damaged.")
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		k.refuse(w, http.StatusForbidden, "invalid_request", "This form belongs to another page.")
		return
	}
	e, ok := k.tickets.take(r.PostForm.Get("ticket"))
	if !ok {
		k.refuse(w, http.StatusBadRequest, "invalid_request", "This page has been used or is too old. Go back to the application and sign in again.")
		return
	}
	who, chosen := findPerson(k.people, r.PostForm.Get("person"))
	if chosen {
		k.log.Info("pretend sign-in", slog.String("provider", k.look.Brand), slog.String("person", who.Email), slog.String("client", e.app.ID))
	}
	e.answer(w, r, who, chosen)
}

// A field of a form that the browser posts to the application.
type field struct{ Name, Value string }

// post answers the application with a form that the browser posts at once
// (OAuth 2.0 Form Post Response Mode; the POST binding of SAML).
func (k *desk) post(w http.ResponseWriter, to string, fields ...field) {
	w.Header().Set("Content-Security-Policy", policy(originOf(to)))
	k.show(w, http.StatusOK, "post.html", struct {
		look
		To     string
		Fields []field
	}{k.look, to, fields})
}

// sendBack redirects to the application, with the answer in the query or in the
// fragment.
func sendBack(w http.ResponseWriter, r *http.Request, to string, fragment bool, params url.Values) {
	mark := "?"
	switch {
	case fragment:
		mark = "#"
	case strings.Contains(to, "?"):
		mark = "&"
	}
	params = keepGiven(params)
	// Never 307, which would repeat the form elsewhere (RFC 9700 section 4.12).
	http.Redirect(w, r, to+mark+params.Encode(), http.StatusSeeOther)
}

// keepGiven drops parameters without a value.
func keepGiven(params url.Values) url.Values {
	for name := range params {
		if params.Get(name) == "" {
			params.Del(name)
		}
	}
	return params
}

func (k *desk) refuse(w http.ResponseWriter, status int, code, sentence string) {
	k.show(w, status, "refused.html", refusal{k.look, code, sentence})
}

func (k *desk) show(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := k.pages.tmpl.ExecuteTemplate(&b, name, data); err != nil {
		k.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// A browser that went away is none of our business.
	_, _ = w.Write(b.Bytes())
}

func (k *desk) broken(w http.ResponseWriter, err error) {
	k.log.Error("pretend provider failed", slog.String("provider", k.look.Brand), slog.Any("error", err))
	http.Error(w, "the pretend provider failed; its log says why", http.StatusInternalServerError)
}

// anyOrigin lets pages of every origin read an answer: what it says depends on a
// token that the page has sent along.
func anyOrigin(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		h(w, r)
	}
}
