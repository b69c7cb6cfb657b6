package iamapi_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/api/iamapi"
	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/wiretest"
	"github.com/rockpool-id/rockpool/policy"
)

const account = "000000000000"

// fixture is the IAM API over a real domain and database. The caller is who the
// test says; decisions are the engine's unless the test sets decide.
type fixture struct {
	t       *testing.T
	iam     *iam.Service
	service *api.Service[iamwire.API]
	shapes  *wire.Shapes
	now     time.Time
	// as names the calling user; "" is the account root, "role" a role session.
	as     string
	engine *authz.Engine
	decide func(*authz.Request) authz.Decision
	asked  []*authz.Request
	events []*audit.Event
	log    bytes.Buffer
}

func (f *fixture) Identify(*http.Request, []byte, string, *caller.Network) (*caller.Principal, error) {
	return f.caller(), nil
}

func (f *fixture) caller() *caller.Principal {
	v := f.iam.Snapshot()
	p := &caller.Principal{Snapshot: v, AccessKeyID: "AKIAROOTROOTROOTROOT"}
	p.Account = account
	switch f.as {
	case "":
		p.Type, p.ARN, p.UserID = policy.Root, "arn:aws:iam::"+account+":root", account
	case "role":
		p.Type, p.ARN = policy.AssumedRole, "arn:aws:sts::"+account+":assumed-role/app/s"
	default:
		u, ok := v.UserByName(account, f.as)
		if !ok {
			f.t.Fatalf("no user %s", f.as)
		}
		p.Type, p.ARN, p.EntityARN, p.EntityID, p.UserID, p.UserName, p.User = policy.User, u.ARN(), u.ARN(), u.ID, u.ID, u.Name, u
	}
	return p
}

func (f *fixture) Decide(r *authz.Request) authz.Decision {
	f.asked = append(f.asked, r)
	if f.decide != nil {
		return f.decide(r)
	}
	return f.engine.Decide(r)
}

func (f *fixture) Record(e *audit.Event) { f.events = append(f.events, e) }

// clock goes on by a second at every look.
func (f *fixture) clock() time.Time {
	f.now = f.now.Add(time.Second)
	return f.now
}

// sealer shows what it was asked to seal, so that golden answers are stable.
type sealer struct{}

func (sealer) Seal(purpose string, plain, aad []byte) ([]byte, error) {
	return fmt.Appendf(nil, "%s|%s|%s", purpose, aad, plain), nil
}

func (sealer) Open(purpose string, sealed, aad []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, fmt.Appendf(nil, "%s|%s|", purpose, aad))
	if !ok {
		return nil, fmt.Errorf("sealed for something else")
	}
	return plain, nil
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, engine: authz.New(authz.Config{}), shapes: new(wire.Shapes), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	db, err := sqldb.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	store, err := sqlite.OpenIAM(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	f.iam, err = iam.New(t.Context(), iam.Config{
		Store: store, Sealer: sealer{}, Account: account, Root: iam.AccessKey{ID: "AKIAROOTROOTROOTROOT", Secret: keys.NewSecret("root")},
		Now: f.clock, Rand: rand.NewChaCha8([32]byte{1}), Log: slog.New(slog.NewTextHandler(&f.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.service, err = api.New(iamwire.Model(), &iamapi.Implementation{IAM: f.iam, Sealer: sealer{}}, api.Config{
		Identify: f, Decide: f, Audit: f, Shapes: f.shapes, Log: slog.New(slog.NewTextHandler(&f.log, nil)),
		Observe: func(*http.Request) *caller.Network {
			return &caller.Network{SourceIP: netip.MustParseAddr("192.0.2.1"), Region: "us-east-1", RequestID: "request-id", Time: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// post sends an operation with its parameters, each a line "Name=value".
func (f *fixture) post(operation, parameters string) *httptest.ResponseRecorder {
	f.t.Helper()
	form := url.Values{"Action": {operation}, "Version": {"2010-05-08"}}
	for line := range strings.Lines(parameters) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			f.t.Fatalf("parameter %q has no value", line)
		}
		form.Set(name, value)
	}
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	f.service.ServeHTTP(w, r)
	return w
}

// checkElements decodes an answer strictly: every element must be a member of
// the model's shape, in the model's case.
func (f *fixture) checkElements(operation string, answer []byte) {
	f.t.Helper()
	method, ok := reflect.TypeFor[iamwire.API]().MethodByName(operation)
	if !ok {
		f.t.Fatalf("no operation %s", operation)
	}
	var out any
	if bytes.Contains(answer, []byte("<"+operation+"Result")) {
		out = reflect.New(method.Type.Out(0).Elem()).Interface()
	}
	if _, err := wiretest.DecodeXML(f.shapes, answer, iamwire.Service().Namespace, operation, out); err != nil {
		f.t.Errorf("%s: %v\n%s", operation, err, answer)
	}
}

var update = flag.Bool("update", false, "rewrite the answers in testdata")

// TestStories plays the call sequences of testdata/*.txtar against one fresh
// account each. An entry named after an operation holds its parameters; the
// entry after it, named by the status, holds the answer. "as NAME" changes the
// caller. Run with -update to rewrite the answers.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			story, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(newFixture(t), story)
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(txtar.Format(story)), string(txtar.Format(got))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// emptyElement is an element that was broken over two lines.
var emptyElement = regexp.MustCompile(`<(\w+)>\n</(\w+)>`)

func play(f *fixture, story *txtar.Archive) *txtar.Archive {
	out := &txtar.Archive{Comment: story.Comment}
	for _, entry := range story.Files {
		if who, ok := strings.CutPrefix(entry.Name, "as "); ok {
			f.as = strings.TrimPrefix(who, "root")
			out.Files = append(out.Files, entry)
			continue
		}
		operation, _, _ := strings.Cut(entry.Name, " ")
		if operation[0] >= '0' && operation[0] <= '9' {
			continue // an answer
		}
		w := f.post(operation, string(entry.Data))
		if w.Code == http.StatusOK {
			f.checkElements(operation, w.Body.Bytes())
		}
		answer := emptyElement.ReplaceAllString(strings.ReplaceAll(w.Body.String(), "><", ">\n<"), "<$1></$2>") + "\n"
		out.Files = append(out.Files, entry, txtar.File{Name: fmt.Sprint(w.Code), Data: []byte(answer)})
	}
	return out
}

// in calls the API in process as the fixture's caller.
func (f *fixture) in() (context.Context, iamwire.API) {
	return f.t.Context(), f.service.As(f.caller(), &caller.Network{RequestID: "r", Time: f.now})
}
