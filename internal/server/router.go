package server

import (
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/sigv4"
)

// maxFormBody bounds the form bodies that are read to find their Action, before
// anybody is known. It is the limit of the query services themselves.
const maxFormBody = wire.DefaultMaxBody

// router sends a request on the one endpoint to its service (design.md 3):
// X-Amz-Target prefix; else Action and Version; else the service in the
// signature's scope; else the host name; else S3.
type router struct {
	// host is the host the client named, which a trusted proxy may have to
	// tell; signatures cover it.
	host func(r *http.Request) string
	// json maps the prefix of X-Amz-Target, up to the dot, to its service.
	json map[string]http.Handler
	// query maps the Version parameter to its service.
	query map[string]http.Handler
	// named maps signing names and the first label of host names to services.
	named map[string]http.Handler
	// preflight answers CORS preflights of the services that are not S3.
	preflight http.Handler
	s3        http.Handler
	// bucketHost reports whether a host name addresses a bucket.
	bucketHost func(host string) bool
	// unknownTarget answers an X-Amz-Target that no service has.
	unknownTarget http.Handler
	health        http.Handler
	// wellKnown serves the documents by which pools' tokens are verified.
	wellKnown http.Handler
}

// ServeHTTP implements http.Handler.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	continueEmpty(w, r)
	r.Host = rt.host(r)
	rt.choose(w, r).ServeHTTP(w, r)
}

// continueEmpty answers 100 to a client that expects it before a body of no
// bytes. net/http answers when the body is first read, and leaves empty ones
// out; botocore takes a final answer without a 100 before it to mean that the
// connection ends, and never sends the body of the next request on it.
func continueEmpty(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 && r.ProtoMajor == 1 && r.ProtoAtLeast(1, 1) && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		w.WriteHeader(http.StatusContinue)
	}
}

func (rt *router) choose(w http.ResponseWriter, r *http.Request) http.Handler {
	bucketHost := rt.bucketHost(r.Host)
	// "-" cannot be a bucket name, so the health paths hide no object; in
	// host-style addressing they could, and are not looked at.
	if strings.HasPrefix(r.URL.Path, "/-/") && !bucketHost {
		return rt.health
	}
	if bucketHost {
		return rt.s3
	}
	// No bucket's name begins with a dot either.
	if strings.HasPrefix(r.URL.Path, "/.well-known/") {
		return rt.wellKnown
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		prefix, _, _ := strings.Cut(target, ".")
		if h, ok := rt.json[prefix]; ok {
			return h
		}
		return rt.unknownTarget
	}
	if r.URL.Path == "/" || r.URL.Path == "" {
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			return rt.preflight
		}
		if h := rt.queryService(w, r); h != nil {
			return h
		}
	}
	if a, err := sigv4.Parse(r); err == nil && a != nil {
		if h, ok := rt.named[a.Scope.Service]; ok {
			return h
		}
	}
	if first, _, ok := strings.Cut(strings.ToLower(r.Host), "."); ok {
		if h, ok := rt.named[first]; ok {
			return h
		}
	}
	return rt.s3
}

// queryService finds the service of a query-protocol request by its Version.
// It reads a form body and puts it back; a body too large to be such a request
// is left to the handlers behind, which have limits of their own.
func (rt *router) queryService(w http.ResponseWriter, r *http.Request) http.Handler {
	form := r.URL.RawQuery
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		if !formType(r.Header.Get("Content-Type")) {
			return nil
		}
		read, whole := api.ReadAhead(w, r, maxFormBody)
		if !whole || bytes.IndexByte(read, ';') >= 0 { // no form; the service named by what does parse answers for the rest
			return nil
		}
		form = string(read)
	default:
		return nil
	}
	version, found := queryVersion(form)
	if !found {
		return nil
	}
	return rt.query[version]
}

// formType reports the media type of a form.
func formType(contentType string) bool {
	const form = "application/x-www-form-urlencoded"
	if contentType == form {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == form
}

// queryVersion gives the first Version of a form that has an Action. It reads no
// other parameter: the service will. What url.ParseQuery leaves out, it leaves
// out (TestQueryVersion).
func queryVersion(form string) (version string, found bool) {
	var action, seen bool
	for pair := range strings.SplitSeq(form, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		// Names of other lengths without escapes are neither.
		if len(rawName) != len("Action") && len(rawName) != len("Version") && strings.IndexByte(rawName, '%') < 0 {
			continue
		}
		name, err := url.QueryUnescape(rawName)
		if err != nil || name != "Action" && name != "Version" || strings.IndexByte(pair, ';') >= 0 {
			continue
		}
		value, err := url.QueryUnescape(rawValue)
		switch {
		case err != nil:
		case name == "Action":
			action = true
		case !seen:
			version, seen = value, true
		}
	}
	return version, action
}
