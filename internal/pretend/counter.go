package pretend

import (
	"log/slog"
	"net/http"
)

// A Counter is the sign-in page of an application with accounts of its own: it
// asks who signs in and tells the application, in the same process. It is an
// http.Handler for the paths below its prefix.
type Counter struct {
	desk *desk
	base *provider
	mux  *http.ServeMux
}

// CounterConfig is what a Counter is made from.
type CounterConfig struct {
	ProviderConfig // Apps is not used
	BaseURL        string
	Prefix         string
	Brand          string // "Tide Pool account"
	Logger         *slog.Logger
}

// NewCounter makes a Counter.
func NewCounter(cfg CounterConfig) (*Counter, error) {
	cfg.Apps = map[string]string{"": ""}
	base, err := newProvider(cfg.ProviderConfig)
	if err != nil {
		return nil, err
	}
	c := &Counter{base: base, mux: http.NewServeMux()}
	c.desk, err = base.open(Desk{BaseURL: cfg.BaseURL, Prefix: cfg.Prefix, Logger: cfg.Logger}, look{Brand: cfg.Brand, Slug: "backend", Receives: "who you are, and nothing leaves this machine"})
	if err != nil {
		return nil, err
	}
	c.desk.routes(c.mux, nil)
	return c, nil
}

// Ask shows the people to choose from. answer is called with the choice; back is
// the origin that its redirect leads to.
func (c *Counter) Ask(w http.ResponseWriter, r *http.Request, app, back string, answer func(w http.ResponseWriter, r *http.Request, who Person, chosen bool)) {
	c.desk.page(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		c.desk.ask(w, errand{Client{ID: app, Name: app}, answer}, back, "")
	})(w, r)
}

// ServeHTTP answers requests below the prefix.
func (c *Counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.base.serve(c.mux, w, r)
}
