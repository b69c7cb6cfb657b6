package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A form is read before anybody is known, so its size is bounded; what is over
// the bound goes on to a handler whole, which has a bound of its own.
func TestLargeFormsAreNotHeld(t *testing.T) {
	var got string
	var length int
	mark := func(name string) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			got, length = name, len(b)
		})
	}
	rt := &router{
		host: func(r *http.Request) string { return r.Host }, bucketHost: func(string) bool { return false },
		query: map[string]http.Handler{"2010-05-08": mark("iam")}, s3: mark("s3"),
	}
	const form = "Action=ListRoles&Version=2010-05-08&Pad="
	for _, c := range []struct {
		name, want string
		size       int
	}{
		{"at the bound", "iam", maxFormBody},
		{"over the bound", "s3", maxFormBody + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form+strings.Repeat("x", c.size-len(form))))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rt.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want || length != c.size {
				t.Errorf("%s got %d bytes, want %s with %d", got, length, c.want, c.size)
			}
		})
	}
}
