package s3gw

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/gateway"
)

func TestTheTableIsSound(t *testing.T) {
	seen := map[rowKey]string{}
	for _, op := range operations() {
		k := rowKey{op.method, op.on, op.sub, op.copy}
		if seen[k] != "" {
			t.Errorf("%s and %s are the same request", op.name, seen[k])
		}
		seen[k] = op.name
		if !strings.HasPrefix(op.action, "s3:") || op.twin != "" && !strings.HasPrefix(op.twin, "s3:") {
			t.Errorf("%s has no action of S3", op.name)
		}
		if writes := op.method != get && op.method != head; writes && op.on == onBucket && op.traits&(signed|data) == 0 {
			t.Errorf("%s changes a bucket and may be anonymous", op.name)
		}
		if op.traits&open != 0 {
			t.Errorf("%s is open", op.name)
		}
	}
}

// FuzzClassify holds the rule that no query key is dropped: the plain write of an
// object and the creation of a bucket are reached only without any key that
// could mean something else.
func FuzzClassify(f *testing.F) {
	for _, s := range []string{"PUT /b-1/k", "PUT /b-1/k?acl", "PUT /b-1?Policy", "DELETE /b-1/k?versionId=null", "GET /b-1?list-type=2&prefix=x", "PUT /b-1/k?x-id=PutObject", "POST /b-1/k?uploads="} {
		f.Add(s)
	}
	g := &Gateway{hosts: newHosts(nil, nil), table: newTable()}
	f.Fuzz(func(t *testing.T, line string) {
		method, uri, ok := strings.Cut(line, " ")
		if !ok || !strings.HasPrefix(uri, "/") {
			return
		}
		path, _, _ := strings.Cut(uri, "?")
		r := &http.Request{Method: method, RequestURI: uri, Host: "localhost", Header: http.Header{}}
		var err error
		if r.URL, err = url.Parse("http://localhost/"); err != nil {
			t.Fatal(err)
		}
		r.URL.Path = path
		got, err := g.Classify(&gateway.Exchange{R: r})
		if err != nil {
			return
		}
		c, ok := got.(*call)
		if !ok || c.op == nil {
			t.Fatalf("%q: no operation", line)
		}
		if c.refusal != nil {
			return
		}
		switch c.op.name {
		case "PutObject", "CreateBucket", "DeleteBucket", "ListBuckets":
		default:
			return
		}
		for _, p := range c.query.list {
			lower := strings.ToLower(p.name)
			if !strings.HasPrefix(lower, "x-") && !takes(c.op.params, p.name) {
				t.Fatalf("%q became %s", line, c.op.name)
			}
		}
	})
}

// sendfile is a ResponseWriter that looks at what it is asked to copy from.
type sendfile struct {
	*httptest.ResponseRecorder
	fromFile bool
}

func (w *sendfile) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		_, w.fromFile = l.R.(*os.File)
	}
	return io.Copy(w.ResponseRecorder, r)
}

func TestBigObjectsLeaveBySendfile(t *testing.T) {
	store := newStore(t)
	seed(t, store.Store, 1<<20)
	s := newSpine(t, store.Store, nil)
	w := &sendfile{ResponseRecorder: httptest.NewRecorder()}
	s.gateway.ServeHTTP(w, s.received(t))
	if w.Code != http.StatusOK || w.Body.Len() != 1<<20 || !w.fromFile {
		t.Errorf("status %d, %d bytes, from a file: %v", w.Code, w.Body.Len(), w.fromFile)
	}
}
