package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// closedStream is a writer whose client has gone. As HTTP/2's, it may look at what
// it was given after Write has returned.
type closedStream struct {
	http.ResponseWriter
	given []byte
}

func (w *closedStream) Write(p []byte) (int, error) {
	w.given = p
	return 0, errors.New("stream closed")
}

func TestAnAnswerThatCouldNotBeWrittenIsNotOverwrittenByTheNext(t *testing.T) {
	f := newFixture()
	for _, tt := range []struct {
		name    string
		service http.Handler
		request func() *http.Request
	}{
		{"Query", f.iam(), func() *http.Request { return query("Action=GetRole&Version=2010-05-08&RoleName=first") }},
		{"JSON", f.cognito(), func() *http.Request {
			return target("GetId", `{"IdentityPoolId":"us-east-1:00000000-0000-4000-8000-000000000000"}`)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gone := &closedStream{ResponseWriter: httptest.NewRecorder()}
			tt.service.ServeHTTP(gone, tt.request())
			if len(gone.given) == 0 {
				t.Fatal("nothing was written")
			}
			clear(gone.given[:cap(gone.given)])
			for range 10 {
				tt.service.ServeHTTP(httptest.NewRecorder(), tt.request())
			}
			if seen := strings.Trim(string(gone.given), "\x00"); seen != "" {
				t.Errorf("who has gone may get of another's answer: %q", seen)
			}
		})
	}
}
