package s3gw

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/sigv4"
)

// tutorialPolicy is the role's policy of the tutorial.
const tutorialPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"ReadPrivateBucket","Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::pictures","arn:aws:s3:::pictures/*"]}]}`

const tutorialTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`

// spine is the gateway with everything real: sessions, key ring, policies and,
// unless a test gives a sink of its own, the audit log. Only the clock stands
// still.
type spine struct {
	gateway *Gateway
	signer  *sigv4.Signer
	clock   *ststest.Clock
}

func newSpine(tb testing.TB, store object.Store, sink audit.Sink) *spine {
	tb.Helper()
	clock, snapshot, ring := ststest.NewClock(), ststest.NewIAM(tb), ststest.Ring(tb)
	role := snapshot.Role(iam.Role{Name: "Cognito-IDPool-Role"}, tutorialTrust, tutorialPolicy)
	sessions, err := sts.New(sts.Config{IAM: snapshot.Snapshot, Sealer: ring, Account: ststest.Account, Now: clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	result, err := sessions.AssumeRoleForIdentity(context.Background(), sts.IdentityGrant{
		RoleARN: role.ARN(), PoolID: "us-east-1:00000000-0000-0000-0000-000000000001", IdentityID: "us-east-1:00000000-0000-0000-0000-000000000002",
		AMR: []string{"authenticated", "accounts.google.com"},
	})
	if err != nil {
		tb.Fatal(err)
	}
	resolver, err := caller.New(caller.Config{IAM: snapshot.Snapshot, Sessions: sessions, Regions: []string{ststest.Region}, Now: clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	if sink == nil {
		log, err := audit.Open(audit.Config{Path: filepath.Join(tb.TempDir(), "audit.log")})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := log.Close(); err != nil {
				tb.Error(err)
			}
		})
		sink = log
	}
	g, err := New(Config{
		Store: store, Identify: resolver, Decide: authz.New(authz.Config{}), Audit: sink, IAM: snapshot.Snapshot, Sealer: ring,
		Region: ststest.Region, Account: ststest.Account,
	})
	if err != nil {
		tb.Fatal(err)
	}
	c := result.Credentials
	return &spine{gateway: g, clock: clock, signer: &sigv4.Signer{
		AccessKeyID: c.AccessKeyID, Secret: sigv4.NewSecret(c.Secret.Reveal()), SessionToken: c.SessionToken, Region: ststest.Region, Service: "s3",
	}}
}

// seed makes the tutorial's bucket with one object of n bytes.
func seed(tb testing.TB, store object.Store, n int) {
	tb.Helper()
	ctx := context.Background()
	err := store.CreateBucket(ctx, object.Bucket{
		Name: "pictures", Account: gatewaytest.Account, Region: gatewaytest.Region, Created: now(),
		Config: map[string]string{subBlock: printBlock(blockEverything())},
	})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := store.Put(ctx, "pictures", "cat.jpg", bytes.NewReader(make([]byte, n)), object.PutOptions{Size: int64(n)}); err != nil {
		tb.Fatal(err)
	}
}

// request makes the signed bytes of a GET.
func (s *spine) request(tb testing.TB, host string) *http.Request {
	tb.Helper()
	r, err := http.NewRequest(get, "http://"+host+"/pictures/cat.jpg", nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.signer.Sign(r, sigv4.UnsignedPayload, s.clock.Now()); err != nil {
		tb.Fatal(err)
	}
	return r
}

// client sends the same bytes again and again over one connection and reads the
// answers, with as little work as possible.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	wire []byte
	size int
}

func dial(b *testing.B, addr string, r *http.Request, size int) *client {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		b.Fatal(err)
	}
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10), wire: wire.Bytes(), size: size}
}

func (c *client) call(b *testing.B) {
	if _, err := c.conn.Write(c.wire); err != nil {
		b.Fatal(err)
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil || !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
		rest, _ := c.in.Peek(c.in.Buffered())
		b.Fatalf("%s %v\n%s", line, err, rest)
	}
	for len(line) > 2 {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := c.in.Discard(c.size); err != nil {
		b.Fatal(err)
	}
}

// pump measures calls of one client.
func pump(b *testing.B, c *client) {
	b.SetBytes(int64(c.size))
	b.ReportAllocs()
	defer reportProcessorTime(b, processorTime(b))
	for b.Loop() {
		c.call(b)
	}
}

// against measures a path in rounds that alternate with those of its floor, and
// reports the medians: whatever else the machine does slows both alike.
func against(b *testing.B, floor, path *client) {
	const round = 200
	var bare, own, ratios []float64
	rounds := func(c *client, n int) float64 {
		before := processorTime(b)
		for range n {
			c.call(b)
		}
		return float64(processorTime(b)-before) / float64(n)
	}
	rounds(floor, round) // warm
	rounds(path, round)
	b.SetBytes(int64(path.size))
	b.ResetTimer()
	for done := 0; done < b.N; done += round {
		n := min(round, b.N-done)
		f, p := rounds(floor, n), rounds(path, n)
		bare, own, ratios = append(bare, f), append(own, p), append(ratios, p/f)
	}
	b.ReportMetric(median(own), "cpu-ns/op")
	b.ReportMetric(median(bare), "floor-ns/op")
	b.ReportMetric(median(ratios), "x-floor")
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// processorTime is what this process has used, client and server together: on a
// shared machine it says more than the clock.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportProcessorTime(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

const small, large = 4 << 10, 16 << 20

// floor is a client of a bare file server.
func floor(b *testing.B, size int) *client {
	b.Helper()
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cat.jpg"), make([]byte, size), 0o600); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.StripPrefix("/pictures/", http.FileServer(http.Dir(dir))))
	b.Cleanup(server.Close)
	r, err := http.NewRequest(get, server.URL+"/pictures/cat.jpg", nil)
	if err != nil {
		b.Fatal(err)
	}
	return dial(b, strings.TrimPrefix(server.URL, "http://"), r, size)
}

// path is a client of the gateway.
func path(b *testing.B, size int) *client {
	b.Helper()
	store := newStore(b)
	seed(b, store.Store, size)
	s := newSpine(b, store.Store, nil)
	server := httptest.NewServer(s.gateway)
	b.Cleanup(server.Close)
	addr := strings.TrimPrefix(server.URL, "http://")
	return dial(b, addr, s.request(b, addr), size)
}

// The floor is a bare file server.
func BenchmarkGet4K(b *testing.B) { against(b, floor(b, small), path(b, small)) }

// BenchmarkGet4KAlone is for profiles and allocations.
func BenchmarkGet4KAlone(b *testing.B) { pump(b, path(b, small)) }

// Compare a pair of the same run only.
func BenchmarkFloor16M(b *testing.B) { pump(b, floor(b, large)) }
func BenchmarkGet16M(b *testing.B)   { pump(b, path(b, large)) }

// still is a store that answers from memory, so that what is measured is the
// gateway: signature, session, decision, headers, audit.
type still struct {
	object.Store
	bucket object.Bucket
	info   object.Info
	data   []byte
}

func (s *still) Bucket(context.Context, string) (*object.Bucket, error) { return &s.bucket, nil }
func (s *still) Open(context.Context, string, string) (*object.Info, object.Content, error) {
	return &s.info, s, nil
}

func (s *still) Section(offset, length int64) (io.Reader, error) {
	return bytes.NewReader(s.data[offset : offset+length]), nil
}
func (s *still) Close() error { return nil }

func newStill() *still {
	return &still{
		bucket: object.Bucket{Name: "pictures", Account: gatewaytest.Account, Region: gatewaytest.Region, Config: map[string]string{subBlock: printBlock(blockEverything())}},
		info:   object.Info{Key: "cat.jpg", Size: 4, ETag: "8d777f385d3dfec8815d20f7496026dc", Modified: now(), Headers: object.Headers{ContentType: "image/jpeg"}},
		data:   []byte("data"),
	}
}

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (w *sink) Header() http.Header         { return w.header }
func (w *sink) Write(p []byte) (int, error) { return len(p), nil }
func (w *sink) WriteHeader(status int)      { w.status = status }

// received makes a signed request as a server sees it.
func (s *spine) received(tb testing.TB) *http.Request {
	r := s.request(tb, "127.0.0.1:8460")
	r.RequestURI, r.RemoteAddr = "/pictures/cat.jpg", "127.0.0.1:50000"
	return r
}

func BenchmarkRequestPath(b *testing.B) {
	s := newSpine(b, newStill(), nil)
	r, w := s.received(b), &sink{header: http.Header{}}
	b.ReportAllocs()
	defer reportProcessorTime(b, processorTime(b))
	for b.Loop() {
		clear(w.header)
		s.gateway.ServeHTTP(w, r)
	}
	if w.status != http.StatusOK {
		b.Fatal(w.status)
	}
}

// encoder is an audit sink that encodes in place, so that the log's writer does
// not count.
type encoder struct{ b []byte }

func (s *encoder) Record(e *audit.Event) { s.b = audit.Append(s.b[:0], e) }

// TestRequestPathAllocations holds the budget of design.md 8: signature,
// session, decision and audit of a gateway request.
func TestRequestPathAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	s := newSpine(t, newStill(), &encoder{})
	r, w := s.received(t), &sink{header: http.Header{}}
	n := testing.AllocsPerRun(500, func() {
		clear(w.header)
		s.gateway.ServeHTTP(w, r)
	})
	if w.status != http.StatusOK {
		t.Fatalf("status %d", w.status)
	}
	t.Logf("%.0f allocations", n)
	if n > 20 {
		t.Errorf("a request allocates %.0f times", n)
	}
}

// benchList measures a listing through the gateway.
func benchList(b *testing.B, n int, key func(i int) string, query, holds string, count int) {
	store := newStore(b)
	seed(b, store.Store, 1)
	fill(b, store.Store, n, key)
	s := newSpine(b, store.Store, nil)
	r := s.receivedList(b, query)
	seen := httptest.NewRecorder()
	s.gateway.ServeHTTP(seen, r)
	if got := strings.Count(seen.Body.String(), holds); got != count {
		b.Fatalf("%d times %s, want %d: %.500s", got, holds, count, seen.Body)
	}
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	defer reportProcessorTime(b, processorTime(b))
	for b.Loop() {
		clear(w.header)
		s.gateway.ServeHTTP(w, r)
	}
}

func BenchmarkList1000(b *testing.B) {
	benchList(b, 1500, func(i int) string { return fmt.Sprintf("dir/%06d.jpg", i) }, "list-type=2", "<Contents>", 1000)
}

// BenchmarkListPrefixes1000 lists a thousand folders of twenty objects.
func BenchmarkListPrefixes1000(b *testing.B) {
	benchList(b, 20_000, func(i int) string { return fmt.Sprintf("dir/%03d/%05d.jpg", i%1000, i) },
		"list-type=2&prefix=dir/&delimiter=/", "<CommonPrefixes>", 1000)
}
