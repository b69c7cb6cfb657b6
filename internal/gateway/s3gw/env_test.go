package s3gw

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/object/filestore"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// now is the time of all tests.
func now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// people is an iam.Snapshot that knows names and ids.
type people struct {
	iam.Snapshot
	ids map[string]string // ARN to id
}

func (p people) EntityID(arn string) (string, bool) { id, ok := p.ids[arn]; return id, ok }

func (p people) CurrentARN(id string) (string, bool) {
	for arn, i := range p.ids {
		if i == id {
			return arn, true
		}
	}
	return "", false
}

// counting counts what reaches the store beside bucket lookups.
type counting struct {
	object.Store
	n atomic.Int64
}

func (c *counting) CreateBucket(ctx context.Context, b object.Bucket) error {
	c.n.Add(1)
	return c.Store.CreateBucket(ctx, b)
}

func (c *counting) Put(ctx context.Context, b, k string, body io.Reader, o object.PutOptions) (*object.Info, error) {
	c.n.Add(1)
	return c.Store.Put(ctx, b, k, body, o)
}

func (c *counting) Open(ctx context.Context, b, k string) (*object.Info, object.Content, error) {
	c.n.Add(1)
	return c.Store.Open(ctx, b, k)
}

func (c *counting) Head(ctx context.Context, b, k string) (*object.Info, error) {
	c.n.Add(1)
	return c.Store.Head(ctx, b, k)
}

func (c *counting) List(ctx context.Context, b string, o object.ListOptions) (*object.Listing, error) {
	c.n.Add(1)
	return c.Store.List(ctx, b, o)
}

func (c *counting) Delete(ctx context.Context, b, k string, p object.Precondition) error {
	c.n.Add(1)
	return c.Store.Delete(ctx, b, k, p)
}

func (c *counting) SetConfig(ctx context.Context, b, s string, d *string) error {
	c.n.Add(1)
	return c.Store.SetConfig(ctx, b, s, d)
}

// env is a gateway over a real store on loopback.
type env struct {
	t       testing.TB
	gateway *Gateway
	store   *counting
	callers *gatewaytest.Callers
	decider *gatewaytest.Decider
	events  *gatewaytest.Events
	people  people
	url     string
	root    *sigv4.Signer
}

// newStore opens a store in a temporary folder.
func newStore(t testing.TB) *counting {
	t.Helper()
	dir := t.TempDir()
	db, err := sqldb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := filestore.Open(context.Background(), filestore.Config{
		DB: db, Folder: dir + "/objects", Now: now, Log: slog.New(slog.DiscardHandler), Rand: rand.Reader, SweepEvery: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &counting{Store: s}
}

// newEnv starts a gateway. With decide nil the real engine decides.
func newEnv(t testing.TB, decide *gatewaytest.Decider, more ...func(*Config)) *env {
	t.Helper()
	e := &env{t: t, store: newStore(t), callers: gatewaytest.NewCallers(now), decider: decide, events: &gatewaytest.Events{}, people: people{ids: map[string]string{}}}
	c := Config{
		Store: e.store, Identify: e.callers, Audit: e.events, IAM: func() iam.Snapshot { return e.people }, Sealer: gatewaytest.Sealer{},
		Region: gatewaytest.Region, Account: gatewaytest.Account, Bases: []string{"objects.example.com"}, HostID: "node-1",
	}
	if decide != nil {
		c.Decide = decide
	} else {
		c.Decide = authz.New(authz.Config{})
	}
	for _, f := range more {
		f(&c)
	}
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	e.gateway = g
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	e.url = server.URL
	e.root = e.callers.Add(&caller.Principal{
		Principal: policy.Principal{Type: policy.Root, Account: gatewaytest.Account, ARN: "arn:aws:iam::" + gatewaytest.Account + ":root"},
		UserID:    gatewaytest.Account, AccessKeyID: "AKIAROOT",
	}, "s3")
	return e
}

// user makes a user with an identity policy and returns its signer.
func (e *env) user(name, document string) *sigv4.Signer {
	return e.userOf(gatewaytest.Account, name, document)
}

func (e *env) userOf(account, name, document string) *sigv4.Signer {
	e.t.Helper()
	arn := "arn:aws:iam::" + account + ":user/" + name
	entry := &iam.UserEntry{User: iam.User{Account: account, ID: "AIDA" + strings.ToUpper(name), Name: name, Path: "/"}}
	if document != "" {
		doc, err := policy.Parse([]byte(document), policy.Identity)
		if err != nil {
			e.t.Fatal(err)
		}
		entry.Policies = []*policy.Policy{policy.Compile(doc, policy.Meta{Name: name})}
	}
	e.people.ids[arn] = entry.ID
	return e.callers.Add(&caller.Principal{
		Principal: policy.Principal{Type: policy.User, Account: account, ARN: arn, EntityARN: arn, EntityID: entry.ID},
		UserID:    entry.ID, UserName: name, AccessKeyID: "AKIA" + strings.ToUpper(name), User: entry, Snapshot: e.people,
	}, "s3")
}

// request is a request being put together.
type request struct {
	method, target string
	body           string
	header         map[string]string
	host           string
	payload        string // x-amz-content-sha256 instead of the body's hash
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request signed by who; nil sends it unsigned.
func (e *env) do(who *sigv4.Signer, q request) answer {
	e.t.Helper()
	r := e.build(who, q)
	resp, err := transport.RoundTrip(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (e *env) build(who *sigv4.Signer, q request) *http.Request {
	e.t.Helper()
	var body io.Reader = http.NoBody
	if q.body != "" {
		body = bytes.NewReader([]byte(q.body))
	}
	r, err := http.NewRequest(q.method, e.url, body)
	if err != nil {
		e.t.Fatal(err)
	}
	// Send the path as written, without a client's cleaning.
	path, query, _ := strings.Cut(q.target, "?")
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		e.t.Fatal(err)
	}
	r.URL.RawPath, r.URL.RawQuery = path, query
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	if q.host != "" {
		r.Host = q.host
	}
	if who != nil {
		hash := q.payload
		if hash == "" {
			hash = sigv4.HashBody([]byte(q.body))
		}
		if err := who.Sign(r, hash, now()); err != nil {
			e.t.Fatal(err)
		}
	}
	return r
}

// must sends a request that has to succeed.
func (e *env) must(who *sigv4.Signer, q request) answer {
	e.t.Helper()
	a := e.do(who, q)
	if a.status >= 300 {
		e.t.Fatalf("%s %s: status %d\n%s", q.method, q.target, a.status, a.body)
	}
	return a
}

// put stores an object as root.
func (e *env) put(target, body string) {
	e.t.Helper()
	e.must(e.root, request{method: put, target: target, body: body})
}

// bucket makes a bucket as root.
func (e *env) bucket(name string) {
	e.t.Helper()
	e.must(e.root, request{method: put, target: "/" + name})
}

// code is the error code of an answer.
func (a answer) code() string { return a.elem("Code") }

// elem is the text of the first element of a name.
func (a answer) elem(name string) string {
	_, rest, ok := strings.Cut(a.body, "<"+name+">")
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, "</"+name+">")
	return text
}

// crc32Of is the x-amz-checksum-crc32 of a body.
func crc32Of(body string) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], crc32.ChecksumIEEE([]byte(body)))
	return base64.StdEncoding.EncodeToString(b[:])
}

// md5Of is the Content-MD5 of a body.
func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// transport sends requests as they are.
var transport = &http.Transport{DisableCompression: true}
