package testenv_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

// sink is an http.ResponseWriter without a connection: it keeps the status and
// what the handler wrote.
type sink struct {
	header http.Header
	status int
	body   []byte
}

func newSink() *sink { return &sink{header: make(http.Header)} }

func (s *sink) Header() http.Header             { return s.header }
func (s *sink) SetReadDeadline(time.Time) error { return nil }
func (s *sink) WriteHeader(status int)          { s.status = status }
func (s *sink) Write(b []byte) (int, error) {
	s.body = append(s.body, b...)
	return len(b), nil
}

// serve gives one request to a handler without a network between.
func serve(tb testing.TB, h http.Handler, w *sink, r *http.Request, body []byte) {
	clear(w.header)
	w.status, w.body = http.StatusOK, w.body[:0]
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	h.ServeHTTP(w, r)
	if w.status != http.StatusOK {
		tb.Fatalf("%d %s", w.status, w.body)
	}
}

// handlerCall is one kind of call made without a network.
type handlerCall struct {
	name    string
	headers map[string]string
	body    func(s *benchStory, token string) []byte
}

func jsonBody(tb testing.TB, in any) []byte {
	raw, err := json.Marshal(in)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func handlerCalls() []handlerCall {
	target := func(operation string) map[string]string {
		return map[string]string{"X-Amz-Target": "AWSCognitoIdentityService." + operation, "Content-Type": "application/x-amz-json-1.1"}
	}
	return []handlerCall{
		{"GetId", target("GetId"), func(s *benchStory, token string) []byte { return jsonBody(s.b, s.getID(token)) }},
		{"GetCredentialsForIdentity", target("GetCredentialsForIdentity"), func(s *benchStory, token string) []byte {
			return jsonBody(s.b, s.getCredentials(token))
		}},
		{"AssumeRoleWithWebIdentity", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, func(_ *benchStory, token string) []byte {
			return []byte(url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleSessionName": {"bench"},
				"RoleArn": {"arn:aws:iam::" + testenv.Account + ":role/Direct"}, "WebIdentityToken": {token}}.Encode())
		}},
	}
}

// TestAllocationsOfTheHotCalls bounds what a call allocates in the server, so that
// a slow change fails a test. Of each call one with a fresh token is counted; what
// the store and the signature check allocate is in the figures.
func TestAllocationsOfTheHotCalls(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	most := map[string]float64{"GetId": 125, "GetCredentialsForIdentity": 200, "AssumeRoleWithWebIdentity": 150}
	const runs = 20
	s := newBenchStory(t)
	for _, c := range handlerCalls() {
		t.Run(c.name, func(t *testing.T) {
			var bodies [][]byte
			for range runs + 1 {
				bodies = append(bodies, c.body(s, s.token()))
			}
			r, w, n := handlerRequest(t, s, c), newSink(), 0
			got := testing.AllocsPerRun(runs, func() {
				serve(t, s.env.Handler(), w, r, bodies[n])
				n++
			})
			if got > most[c.name] {
				t.Errorf("%v allocations, at most %v", got, most[c.name])
			}
		})
	}
}

// handlerRequest is a request for c whose body serve gives it.
func handlerRequest(tb testing.TB, s *benchStory, c handlerCall) *http.Request {
	r, err := http.NewRequest(http.MethodPost, s.env.URL+"/", nil)
	if err != nil {
		tb.Fatal(err)
	}
	for k, v := range c.headers {
		r.Header.Set(k, v)
	}
	r.RemoteAddr = "127.0.0.1:1234"
	return r
}

// BenchmarkHandler is BenchmarkTokenExchange without the network and the client:
// what the server itself does for a call, beside what the floor does. The least
// of many rounds is reported too, which other programs disturb the least.
func BenchmarkHandler(b *testing.B) {
	for _, c := range handlerCalls() {
		for _, known := range []bool{false, true} {
			name := c.name + "/fresh token"
			if known {
				name = c.name + "/known token"
			}
			b.Run(name, func(b *testing.B) {
				b.StopTimer()
				s := newBenchStory(b)
				bodies := make([][]byte, min(b.N, round))
				token := s.token()
				for n := range bodies {
					if !known {
						token = s.token()
					}
					bodies[n] = c.body(s, token)
				}
				r := handlerRequest(b, s, c)
				warm := c.body(s, s.token())
				w := newSink()
				floor, in := newFloorHandler(b, func([]byte) {})
				floorBody := jsonBody(b, in)
				one := func(h http.Handler, bodies func(n int) []byte, count int) float64 {
					runtime.GC()
					before := cpu()
					for n := range count {
						serve(b, h, w, r, bodies(n))
					}
					return float64(cpu()-before) / float64(count)
				}
				var used, bare []float64
				b.ReportAllocs()
				b.ResetTimer()
				for first := 0; first < b.N; first += round {
					count := min(round, b.N-first)
					s.env.Restart() // the tokens are forgotten
					serve(b, s.env.Handler(), w, r, warm)
					bare = append(bare, one(floor, func(int) []byte { return floorBody }, count))
					b.StartTimer()
					used = append(used, one(s.env.Handler(), func(n int) []byte { return bodies[n] }, count))
					b.StopTimer()
				}
				b.ReportMetric(median(used), "cpu-ns/op")
				b.ReportMetric(slices.Min(used), "least-ns/op")
				b.ReportMetric(slices.Min(bare), "floor-least-ns/op")
				b.ReportMetric(median(used)-median(bare), "over-floor-ns/op")
			})
		}
	}
}
