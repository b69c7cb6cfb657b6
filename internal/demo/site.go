package demo

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// placeholder is served while the website is not built.
const placeholder = "placeholder.html"

// website serves the files of the app bucket at its own origin, read from the
// S3 gateway as any visitor could: anonymously, allowed by the bucket policy. What
// a bucket cannot do, its backend does.
type website struct {
	endpoint string
	backend  *backend
	http     *http.Client
	log      *slog.Logger
}

// ServeHTTP implements http.Handler.
func (s *website) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.backend.handles(r) {
		s.backend.ServeHTTP(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	key := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	keys := []string{key}
	if key == "" {
		keys = []string{"index.html", placeholder}
	}
	for _, k := range keys {
		found, err := s.serve(w, r, k)
		if err != nil {
			s.log.Error("demo site", "key", k, "error", err)
			http.Error(w, "the app bucket cannot be read; see the server's log", http.StatusBadGateway)
			return
		}
		if found {
			return
		}
	}
	http.Error(w, "there is no such page in the app bucket", http.StatusNotFound)
}

// serve answers with the object, and reports false when it may not be read or
// does not exist: a visitor cannot tell, because the bucket is not listable.
func (s *website) serve(w http.ResponseWriter, r *http.Request, key string) (bool, error) {
	get, err := http.NewRequestWithContext(r.Context(), r.Method, s.endpoint+"/"+AppBucket+"/"+key, nil)
	if err != nil {
		return false, err
	}
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "Range"} {
		if v := r.Header.Get(name); v != "" {
			get.Header.Set(name, v)
		}
	}
	resp, err := s.http.Do(get)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound:
		return false, nil
	case resp.StatusCode >= 500:
		return false, errors.New(resp.Status)
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Range", "ETag", "Last-Modified"} {
		if v := resp.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	// The demo may be rebuilt at any time.
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		s.log.Debug("demo site: visitor left", "key", key, "error", err)
	}
	return true, nil
}
