package audit_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/audit"
)

func event() *audit.Event {
	return &audit.Event{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), RequestID: "5f0c1d52-0000-4000-8000-000000000001",
		EventSource: "s3.amazonaws.com", EventName: "GetObject", Region: "us-east-1", Account: "111122223333",
		SourceIP: "192.0.2.1", UserAgent: `aws-cli/2 "quoted" <b>`,
		Principal: audit.Principal{
			Type: "AssumedRole", ID: "AROAR:CognitoIdentityCredentials", ARN: "arn:aws:sts::111122223333:assumed-role/R/CognitoIdentityCredentials",
			Account: "111122223333", AccessKeyID: "ASIAX", Provider: "cognito-identity.amazonaws.com", Identity: "us-east-1:id", Pool: "us-east-1:pool", AMR: "authenticated,accounts.google.com",
			SessionName: "CognitoIdentityCredentials", RoleARN: "arn:aws:iam::111122223333:role/R",
		},
		Resources: []audit.Resource{{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::b/k"}, {Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::b", Account: "111122223333"}},
		ReadOnly:  true,
		Request:   map[string]any{"bucketName": "b", "key": "k\u2028\x00\xff", "Logins": map[string]any{"accounts.google.com": audit.Hidden}},
		Extra:     map[string]any{"statement": 3, "layers": []string{"identity-based policy"}, "f": 1.5, "no": nil, "yes": true},
	}
}

// record is the record as encoding/json would be told to write it.
type record struct {
	EventVersion       string         `json:"eventVersion"`
	UserIdentity       identity       `json:"userIdentity"`
	EventTime          string         `json:"eventTime"`
	EventSource        string         `json:"eventSource"`
	EventName          string         `json:"eventName"`
	AWSRegion          string         `json:"awsRegion"`
	SourceIPAddress    string         `json:"sourceIPAddress"`
	UserAgent          string         `json:"userAgent"`
	ErrorCode          string         `json:"errorCode,omitempty"`
	ErrorMessage       string         `json:"errorMessage,omitempty"`
	RequestParameters  map[string]any `json:"requestParameters"`
	ResponseElements   map[string]any `json:"responseElements"`
	AdditionalEvent    map[string]any `json:"additionalEventData,omitempty"`
	RequestID          string         `json:"requestID"`
	EventID            string         `json:"eventID"`
	ReadOnly           bool           `json:"readOnly"`
	Resources          []resource     `json:"resources,omitempty"`
	EventType          string         `json:"eventType"`
	ManagementEvent    bool           `json:"managementEvent"`
	RecipientAccountID string         `json:"recipientAccountId"`
	EventCategory      string         `json:"eventCategory"`
}

type identity struct {
	Type             string   `json:"type"`
	PrincipalID      string   `json:"principalId,omitempty"`
	ARN              string   `json:"arn,omitempty"`
	AccountID        string   `json:"accountId,omitempty"`
	AccessKeyID      string   `json:"accessKeyId,omitempty"`
	UserName         string   `json:"userName,omitempty"`
	IdentityProvider string   `json:"identityProvider,omitempty"`
	Session          *session `json:"sessionContext,omitempty"`
}

type session struct {
	Issuer    *issuer    `json:"sessionIssuer,omitempty"`
	Federated *federated `json:"webIdFederationData,omitempty"`
	Name      string     `json:"sessionName,omitempty"`
}

type issuer struct {
	Type      string `json:"type"`
	ARN       string `json:"arn"`
	AccountID string `json:"accountId,omitempty"`
}

type federated struct {
	Provider   string      `json:"federatedProvider,omitempty"`
	Attributes *attributes `json:"attributes,omitempty"`
}

type attributes struct {
	Pool     string `json:"cognito-identity.amazonaws.com:aud,omitempty"`
	Identity string `json:"cognito-identity.amazonaws.com:sub,omitempty"`
	AMR      string `json:"cognito-identity.amazonaws.com:amr,omitempty"`
}

type resource struct {
	AccountID string `json:"accountId,omitempty"`
	Type      string `json:"type"`
	ARN       string `json:"ARN"`
}

// model is the plain way to the record.
func model(e *audit.Event) record {
	p := e.Principal
	r := record{
		EventVersion: "1.08", EventTime: e.Time.UTC().Format("2006-01-02T15:04:05Z"), EventSource: e.EventSource, EventName: e.EventName,
		AWSRegion: e.Region, SourceIPAddress: e.SourceIP, UserAgent: e.UserAgent, ErrorCode: e.ErrorCode, ErrorMessage: e.ErrorMessage,
		RequestParameters: e.Request, ResponseElements: e.Response, AdditionalEvent: e.Extra, RequestID: e.RequestID, EventID: e.RequestID,
		ReadOnly: e.ReadOnly, EventType: "AwsApiCall", ManagementEvent: e.Management, RecipientAccountID: e.Account, EventCategory: "Data",
		UserIdentity: identity{Type: p.Type, PrincipalID: p.ID, ARN: p.ARN, AccountID: p.Account, AccessKeyID: p.AccessKeyID, UserName: p.UserName},
	}
	if p.Type == "" {
		r.UserIdentity.Type = "Unknown"
	}
	if e.Management {
		r.EventCategory = "Management"
	}
	for _, x := range e.Resources {
		r.Resources = append(r.Resources, resource{x.Account, x.Type, x.ARN})
	}
	if p.Type == "WebIdentityUser" {
		r.UserIdentity.IdentityProvider = p.Provider
	}
	if p.RoleARN != "" || p.Identity != "" || p.SessionName != "" {
		s := &session{Name: p.SessionName}
		if p.RoleARN != "" {
			s.Issuer = &issuer{"Role", p.RoleARN, p.Account}
		}
		if p.Type != "WebIdentityUser" && (p.Provider != "" || p.Identity != "") {
			s.Federated = &federated{Provider: p.Provider}
			if p.Identity != "" || p.Pool != "" {
				s.Federated.Attributes = &attributes{p.Pool, p.Identity, p.AMR}
			}
		}
		r.UserIdentity.Session = s
	}
	return r
}

func TestARecordIsWhatEncodingJSONWouldWrite(t *testing.T) {
	with := func(f func(e *audit.Event)) *audit.Event {
		e := event()
		f(e)
		return e
	}
	events := map[string]*audit.Event{
		"a data event of an identity": event(),
		"the empty event":             {},
		"a refused management event": with(func(e *audit.Event) {
			e.Management, e.ErrorCode, e.ErrorMessage = true, "AccessDenied", "User: … is not authorized"
			e.Request, e.Extra, e.Resources = nil, nil, nil
			e.Response = map[string]any{}
		}),
		"an unknown caller": with(func(e *audit.Event) { e.Principal = audit.Principal{} }),
		"a web identity": with(func(e *audit.Event) {
			e.Principal = audit.Principal{Type: "WebIdentityUser", ID: "p:a:s", UserName: "s", Provider: "p", Identity: "i", Pool: "a"}
		}),
		"a federated role without a pool": with(func(e *audit.Event) { e.Principal.Identity, e.Principal.Pool = "", "" }),
		"a user": with(func(e *audit.Event) {
			e.Principal = audit.Principal{Type: "IAMUser", ID: "AIDA", ARN: "arn", Account: "1", AccessKeyID: "AKIA", UserName: "joe"}
		}),
		"every kind of value": with(func(e *audit.Event) {
			e.Extra = map[string]any{
				"strings": []string{"a", "\t\n\r\b\f\"\\/<>&"}, "none": []string(nil), "empty": []string{}, "map": map[string]any(nil),
				"int64": int64(-5), "list": []any{1, "x", nil}, "number": json.Number("12"), "deep": map[string]any{"a": map[string]any{"b": "c"}},
			}
		}),
	}
	for name, e := range events {
		t.Run(name, func(t *testing.T) {
			want, err := json.Marshal(model(e))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(audit.Append(nil, e))); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("a", "b\u2028", "\xff\x00<")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		e := event()
		e.UserAgent, e.Principal.SessionName, e.ErrorMessage = a, b, c
		e.Request = map[string]any{a: b, b: c}
		want, err := json.Marshal(model(e))
		if err != nil {
			t.Fatal(err)
		}
		if got := audit.Append(nil, e); !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAValueThatCannotBeEncodedDoesNotTakeTheRecordWithIt(t *testing.T) {
	e := event()
	e.Extra = map[string]any{"bad": func() {}}
	if got := audit.Append(nil, e); !json.Valid(got) || !bytes.Contains(got, []byte("unencodable func()")) {
		t.Errorf("got %s", got)
	}
}

func TestALogWritesEveryRecordOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.jsonl")
	l, err := audit.Open(audit.Config{Path: path, MaxBytes: 20_000, Keep: 1000})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 100
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				e := event()
				e.RequestID = fmt.Sprintf("%d-%d", w, i)
				l.Record(e)
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := l.Stats(); got != (audit.Stats{Written: writers * each}) {
		t.Errorf("%+v", got)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || info.Size() > 20_000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %d bytes, %v", name, err, info.Size(), info.Mode())
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var r record
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			seen[r.RequestID]++
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != writers*each || len(files) < 3 {
		t.Errorf("%d records in %d files", len(seen), len(files))
	}
}

func TestRotationKeepsTheNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l, err := audit.Open(audit.Config{Path: path, MaxBytes: 1, Keep: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		e := event()
		e.RequestID = fmt.Sprint(i)
		l.Record(e) // larger than the file may be, so each gets its own
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{path, path + ".1", path + ".2"} {
		b, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(b), fmt.Sprintf(`"requestID":"%d"`, 5-i)) {
			t.Errorf("%s: %v, %s", name, err, b)
		}
	}
	if _, err := os.Stat(path + ".3"); err == nil {
		t.Error("a file too many")
	}
}

// stuck is a writer that waits until it is let go.
type stuck struct{ release chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	<-s.release
	return len(b), nil
}

func TestAStuckWriterDelaysRequestsALittleAndLosesNothingSilently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := stuck{make(chan struct{})}
		l, err := audit.Open(audit.Config{Out: out, Queue: 2, Patience: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 6 {
			l.Record(event())
			synctest.Wait()
		}
		waited := time.Since(start)
		dropped := l.Stats().Dropped
		if dropped == 0 || waited > time.Duration(dropped)*50*time.Millisecond {
			t.Errorf("%d dropped after %v", dropped, waited)
		}
		close(out.release)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if s := l.Stats(); s.Written+s.Dropped != 6 {
			t.Errorf("%+v", s)
		}
		l.Record(event())
		if l.Stats().Dropped != dropped+1 {
			t.Error("a record after the end was lost silently")
		}
	})
}

// flaky fails its first writes.
type flaky struct {
	failures int
	buf      bytes.Buffer
}

func (f *flaky) Write(b []byte) (int, error) {
	if f.failures > 0 {
		f.failures--
		return 0, errors.New("disk full")
	}
	return f.buf.Write(b)
}

func TestWritingGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &flaky{failures: 1}
		l, err := audit.Open(audit.Config{Out: out})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			l.Record(event())
			synctest.Wait()
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if s := l.Stats(); s.Written != 2 || s.Failed != 1 || strings.Count(out.buf.String(), "\n") != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestALogNeedsSomewhereToWrite(t *testing.T) {
	if _, err := audit.Open(audit.Config{}); err == nil {
		t.Error("a log to nowhere was opened")
	}
	if _, err := audit.Open(audit.Config{Path: filepath.Join(t.TempDir(), "no", "such", "dir")}); err == nil {
		t.Error("a log in a folder that is not there was opened")
	}
}

// gatewayEvent is what a gateway records of an object read.
func gatewayEvent() *audit.Event {
	e := event()
	e.Request = map[string]any{"bucketName": "b", "key": "k"}
	e.Extra = map[string]any{"action": "s3:GetObject", "decision": "allowed", "policy": "p", "layer": "identity-based policy", "statement": 0}
	return e
}

func TestAppendAllocates(t *testing.T) {
	e, b := gatewayEvent(), make([]byte, 0, 8192)
	if n := testing.AllocsPerRun(100, func() { b = audit.Append(b[:0], e) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRecordAllocates(t *testing.T) {
	l, err := audit.Open(audit.Config{Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	e := gatewayEvent()
	// Half of one for the buffers, which grow to what comes between two writes.
	if n := testing.AllocsPerRun(10_000, func() { l.Record(e) }); n > 0.5 {
		t.Errorf("%v allocations", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if s := l.Stats(); s.Dropped+s.Failed > 0 {
		t.Errorf("%+v", s)
	}
}

func BenchmarkRecord(b *testing.B) {
	l, err := audit.Open(audit.Config{Out: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	e := gatewayEvent()
	b.ReportAllocs()
	for b.Loop() {
		l.Record(e)
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	e, buf := gatewayEvent(), make([]byte, 0, 8192)
	b.ReportAllocs()
	for b.Loop() {
		buf = audit.Append(buf[:0], e)
	}
}
