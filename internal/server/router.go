package server

import (
	"bytes"
	"errors"
	"io"
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
	find := func(q url.Values) http.Handler {
		if !q.Has("Action") {
			return nil
		}
		return rt.query[q.Get("Version")]
	}
	switch r.Method {
	case http.MethodGet:
		return find(r.URL.Query())
	case http.MethodPost:
	default:
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil
	}
	done := api.LimitReading(w)
	read, err := io.ReadAll(io.LimitReader(r.Body, maxFormBody+1))
	done()
	r.Body = &replayed{Reader: io.MultiReader(bytes.NewReader(read), errorReader{err, r.Body}), Closer: r.Body}
	if err != nil || len(read) > maxFormBody {
		return nil
	}
	q, err := url.ParseQuery(string(read))
	if err != nil {
		// The service named by what does parse answers for the rest.
		var escape url.EscapeError
		if !errors.As(err, &escape) {
			return nil
		}
	}
	return find(q)
}

// replayed is a request body of which a part was read ahead.
type replayed struct {
	io.Reader
	io.Closer
}

// errorReader goes on with rest, or repeats the error that ended the reading
// ahead, so that the handler sees it too.
type errorReader struct {
	err  error
	rest io.Reader
}

func (e errorReader) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return e.rest.Read(p)
}
