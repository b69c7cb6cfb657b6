package pretend

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"
)

//go:embed web
var web embed.FS

// pages are the templates and the files beside them.
type pages struct {
	tmpl *template.Template
}

// A look is what tells one provider's pages from another's.
type look struct {
	Brand     string // "Google"
	Slug      string // its colour in style.css
	Prefix    string // path under which the provider's pages are
	Base      string // host and port, for the foot of the page
	Receives  string // what the application gets of the person
	Trademark bool   // Brand is somebody's name, and we are not that somebody
}

func loadPages() (*pages, error) {
	p := new(pages)
	var err error
	p.tmpl, err = template.New("").Funcs(template.FuncMap{"portrait": portrait}).ParseFS(web, "web/*.html")
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	return p, nil
}

// portrait is the drawing of a person. The drawings are our own files, so they
// may go into a page as they are.
func portrait(p Person) (template.HTML, error) {
	svg, err := drawing(p)
	return template.HTML(svg), err //nolint:gosec // from embedded files; the letter is escaped in drawing
}

func drawing(p Person) (string, error) {
	switch p.Portrait {
	case "mira", "tomas", "aiko":
		svg, err := web.ReadFile("web/" + p.Portrait + ".svg")
		return string(svg), err
	}
	svg, err := web.ReadFile("web/letter.svg")
	if err != nil {
		return "", err
	}
	first, _ := utf8.DecodeRuneInString(strings.ToUpper(p.Name))
	return strings.Replace(string(svg), "LETTER", template.HTMLEscapeString(string(first)), 1), nil
}

// asset serves the files that the pages refer to, and no other.
func (p *pages) asset(w http.ResponseWriter, r *http.Request) {
	types := map[string]string{
		"style.css":  "text/css; charset=utf-8",
		"deliver.js": "text/javascript; charset=utf-8",
		"post.js":    "text/javascript; charset=utf-8",
		"icon.svg":   "image/svg+xml",
	}
	name := r.PathValue("asset")
	contentType, known := types[name]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentType)
	http.ServeFileFS(w, r, web, "web/"+name)
}

// avatar serves a person's drawing as a picture of its own.
func (g *Google) avatar(w http.ResponseWriter, r *http.Request) {
	p, ok := g.person(r.PathValue("sub"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	svg, err := drawing(p)
	if err != nil {
		g.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin") // applications show it
	g.send(w, []byte(svg))
}

// chooser is what the page of the same name shows.
type chooser struct {
	look
	Client Client
	People []Person
	Ticket string
	Hint   string
}

// refusal is what the page of why there is no sign-in shows.
type refusal struct {
	look
	Code, Sentence string
}

func (g *Google) look() look {
	return look{Brand: "Google", Slug: "google", Base: g.base.Host, Receives: "the name, e-mail address and picture of the person you choose", Trademark: true}
}

// showChooser asks who signs in.
func (g *Google) showChooser(w http.ResponseWriter, req request, hint string) {
	ticket, err := g.tickets.put(req)
	if err != nil {
		g.broken(w, err)
		return
	}
	w.Header().Set("Content-Security-Policy", policy(originOf(req.redirect)))
	g.show(w, http.StatusOK, "chooser.html", chooser{g.look(), req.client, g.people, ticket, hint})
}

// refuse shows why there is no sign-in, to the person, because there is no
// address that could safely be told.
func (g *Google) refuse(w http.ResponseWriter, status int, code, sentence string) {
	g.show(w, status, "refused.html", refusal{g.look(), code, sentence})
}

// welcome says what this is to those who open the base URL.
func (g *Google) welcome(w http.ResponseWriter, _ *http.Request) {
	g.show(w, http.StatusOK, "welcome.html", chooser{look: g.look(), People: g.people})
}

func (g *Google) show(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := g.pages.tmpl.ExecuteTemplate(&b, name, data); err != nil {
		g.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	g.send(w, b.Bytes())
}

func (g *Google) send(w http.ResponseWriter, body []byte) {
	if _, err := w.Write(body); err != nil {
		g.log.Debug("answer not sent", slog.Any("error", err))
	}
}
