package gateway_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
)

// script is a service and its call, made of functions.
type script struct {
	op        gateway.Operation
	refusal   error
	locate    error
	questions []gateway.Question
	forward   func(x *gateway.Exchange) error
	ran       bool
}

func (s *script) Classify(*gateway.Exchange) (gateway.Call, error) { return s, s.refusal }
func (s *script) Operation() gateway.Operation                     { return s.op }
func (s *script) Locate(*gateway.Exchange) error                   { return s.locate }
func (s *script) Record(_ *gateway.Exchange, e *audit.Event) {
	e.Request["from"] = "call"
}

func (s *script) Questions(x *gateway.Exchange) error {
	for _, q := range s.questions {
		x.Require(q)
	}
	return nil
}

func (s *script) Forward(x *gateway.Exchange) error {
	s.ran = true
	if s.forward != nil {
		return s.forward(x)
	}
	x.W.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *script) Fail(x *gateway.Exchange, err error) (code, message string) {
	status, code := http.StatusInternalServerError, "Internal"
	if _, ok := errors.AsType[*gateway.Denied](err); ok {
		status, code = http.StatusForbidden, "Denied"
	}
	x.W.WriteHeader(status)
	return code, "sentence"
}

func ask(action string, onDeny gateway.OnDeny) gateway.Question {
	return gateway.Question{Request: authz.Request{Action: action, Resource: "*"}, OnDeny: onDeny}
}

func TestFront(t *testing.T) {
	read := gateway.Operation{Name: "Read", ReadOnly: true}
	only := func(action string) func(*authz.Request) bool {
		return func(r *authz.Request) bool { return r.Action == action }
	}
	tests := []struct {
		name   string
		script script
		allow  func(*authz.Request) bool
		status int
		code   string
		ran    bool
	}{
		{"an allowed call runs", script{op: read, questions: []gateway.Question{ask("a", 0)}}, only("a"), 204, "", true},
		{"every question of the request must be allowed", script{op: read, questions: []gateway.Question{ask("a", 0), ask("b", 0)}}, only("a"), 403, "Denied", false},
		{"a denied item does not stop the request", script{op: read, questions: []gateway.Question{ask("b", gateway.FailItem)}}, only("a"), 204, "", true},
		{"a denied part does not stop the request", script{op: read, questions: []gateway.Question{ask("a", 0), ask("b", gateway.OmitPart)}}, only("a"), 204, "", true},
		{"a call that asks nothing is refused", script{op: read}, gatewaytest.Everything, 500, "Internal", false},
		{"an open call is not asked about", script{op: gateway.Operation{Name: "Preflight", Open: true}}, nil, 204, "", true},
		{"an unclassified request is refused", script{op: read, refusal: errors.New("no such operation")}, gatewaytest.Everything, 500, "Internal", false},
		{"what cannot be located is refused", script{op: read, locate: errors.New("gone"), questions: []gateway.Question{ask("a", 0)}}, gatewaytest.Everything, 500, "Internal", false},
		{"a panic is an internal error", script{op: read, questions: []gateway.Question{ask("a", 0)}, forward: func(*gateway.Exchange) error { panic("boom") }}, only("a"), 500, "Internal", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			events := &gatewaytest.Events{}
			f := front(events, &gatewaytest.Decider{Allow: tt.allow}, &log)
			w := httptest.NewRecorder()
			s := &tt.script
			f.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), s)
			if w.Code != tt.status || s.ran != tt.ran {
				t.Errorf("status %d, ran %v; want %d, %v", w.Code, s.ran, tt.status, tt.ran)
			}
			list := events.Take()
			if len(list) != 1 || list[0].ErrorCode != tt.code || list[0].RequestID == "" {
				t.Fatalf("events %+v, want one with code %q", list, tt.code)
			}
			if tt.status == 500 && !strings.Contains(log.String(), "level=ERROR") {
				t.Errorf("nothing in the log: %s", log.String())
			}
		})
	}
}

// The memory of a record serves the next one, which must have nothing of it.
func TestARecordHasNothingOfTheOneBefore(t *testing.T) {
	events := &gatewaytest.Events{}
	f := front(events, &gatewaytest.Decider{Allow: func(r *authz.Request) bool { return r.Action == "a" }}, io.Discard)
	for _, action := range []string{"a", "b", "a"} {
		s := &script{op: gateway.Operation{Name: action}, questions: []gateway.Question{ask(action, 0)}}
		f.Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), s)
		f.Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), &script{refusal: errors.New("unknown")})
	}
	list := events.Take()
	for i, want := range []struct{ name, decision, action any }{
		{"a", "allowed", nil}, {"Unknown", nil, nil}, {"b", "implicitDeny", "b"}, {"Unknown", nil, nil}, {"a", "allowed", nil}, {"Unknown", nil, nil},
	} {
		e := list[i]
		if e.EventName != want.name || e.Extra["decision"] != want.decision || e.Extra["action"] != want.action || (e.Request["from"] == "call") != (want.decision != nil) {
			t.Errorf("record %d is %+v, want %v", i, e, want)
		}
	}
}

func front(events *gatewaytest.Events, d *gatewaytest.Decider, log io.Writer) *gateway.Front {
	return &gateway.Front{
		Name: "s3", Source: "s3.amazonaws.com", Region: gatewaytest.Region, Account: gatewaytest.Account,
		Identify: gatewaytest.NewCallers(time.Now), Decide: d, Audit: events, Log: slog.New(slog.NewTextHandler(log, nil)),
	}
}

func TestABrokenAnswerBreaksTheConnection(t *testing.T) {
	events := &gatewaytest.Events{}
	f := front(events, &gatewaytest.Decider{Allow: gatewaytest.Everything}, io.Discard)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.Serve(w, r, &script{op: gateway.Operation{Name: "Read"}, questions: []gateway.Question{ask("a", 0)}, forward: func(x *gateway.Exchange) error {
			x.W.Set("Content-Length", "10")
			_, _ = x.W.Write([]byte("half"))
			return errors.New("the disk is gone")
		}})
	}))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if err == nil {
		t.Error("a cut answer looked whole")
	}
	if list := events.Take(); len(list) != 1 || list[0].ErrorCode != "ConnectionBroken" {
		t.Errorf("events %+v", list)
	}
}

func TestKeysKeepTheirValues(t *testing.T) {
	var k gateway.Keys
	var before []string
	for i := range 40 {
		name := strings.Repeat("k", i+1)
		k.Add(name, "v"+name)
		before = append(before, name)
	}
	k.AddMulti("multi", []string{"a", "b"})
	list := k.List()
	if len(list) != 41 {
		t.Fatalf("%d keys", len(list))
	}
	for i, name := range before {
		if list[i].Name != name || len(list[i].Values) != 1 || list[i].Values[0] != "v"+name || list[i].Multi {
			t.Errorf("key %d is %+v", i, list[i])
		}
	}
	if m := list[40]; !m.Multi || len(m.Values) != 2 {
		t.Errorf("multi is %+v", m)
	}
	short := &gateway.Keys{}
	short.Add("a", "1")
	first := short.List()
	short.Add("b", "2")
	if len(first) != 1 || len(append(first, k.List()[0])) != 2 || short.List()[1].Name != "b" {
		t.Error("an earlier list was changed by a later key")
	}
}

func TestAFrontNeedsEverything(t *testing.T) {
	if err := (&gateway.Front{Name: "s3"}).Validate(); err == nil {
		t.Error("an empty front is valid")
	}
	if err := front(&gatewaytest.Events{}, &gatewaytest.Decider{}, io.Discard).Validate(); err != nil {
		t.Error(err)
	}
}
