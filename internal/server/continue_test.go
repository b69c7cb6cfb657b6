package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Real clients are in conformance; this is what they wait for.
func TestContinueIsAnsweredForEmptyBodies(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Refuse") == "" {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	rt := &router{host: func(r *http.Request) string { return r.Host }, bucketHost: func(string) bool { return false }, s3: answer}
	server := httptest.NewServer(rt)
	defer server.Close()

	cases := []struct {
		name, request string
		statuses      []int
	}{
		{"an empty body that is expected", "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n", []int{100, 204}},
		{"an empty body that is refused", "Content-Length: 0\r\nExpect: 100-Continue\r\nX-Refuse: y\r\n\r\n", []int{100, 204}},
		{"an empty body nobody asks about", "Content-Length: 0\r\n\r\n", []int{204}},
		{"a body that is read", "Content-Length: 1\r\nExpect: 100-continue\r\n\r\nx", []int{100, 204}},
		{"a body that is refused", "Content-Length: 1\r\nExpect: 100-continue\r\nX-Refuse: y\r\n\r\n", []int{204}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, "PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\n"+c.request); err != nil {
				t.Fatal(err)
			}
			reader := bufio.NewReader(conn)
			for i, want := range c.statuses {
				got, err := http.ReadResponse(reader, &http.Request{Method: http.MethodPut})
				if err != nil {
					t.Fatal(err)
				}
				if got.StatusCode != want {
					t.Errorf("answer %d is %d, want %d", i, got.StatusCode, want)
				}
			}
		})
	}
}
