package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// fixture is a server of two services with everything behind them made of
// functions and slices.
type fixture struct {
	identify func(*http.Request) (*caller.Principal, error)
	allow    func(*authz.Request) authz.Decision
	events   []*audit.Event
	asked    []*authz.Request
	log      bytes.Buffer
}

func (f *fixture) Identify(r *http.Request, _ []byte, _ string, _ *caller.Network) (*caller.Principal, error) {
	return f.identify(r)
}

func (f *fixture) Decide(r *authz.Request) authz.Decision {
	f.asked = append(f.asked, r)
	return f.allow(r)
}

func (f *fixture) Record(e *audit.Event) { f.events = append(f.events, e) }

func alice() *caller.Principal {
	return &caller.Principal{
		Principal: policy.Principal{Type: policy.User, Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/alice"},
		UserID:    "AIDA1", UserName: "alice", AccessKeyID: "AKIA1",
	}
}

func newFixture() *fixture {
	return &fixture{
		identify: func(*http.Request) (*caller.Principal, error) { return alice(), nil },
		allow:    func(*authz.Request) authz.Decision { return authz.Decision{Allowed: true} },
	}
}

func (f *fixture) config() api.Config {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return api.Config{
		Identify: f, Decide: f, Audit: f,
		Observe: func(*http.Request) *caller.Network {
			return &caller.Network{SourceIP: netip.MustParseAddr("192.0.2.1"), Region: "us-east-1", RequestID: "req-1", Time: now}
		},
		Log:    slog.New(slog.NewTextHandler(&f.log, nil)),
		Shapes: new(wire.Shapes),
		Now:    func() time.Time { return now },
	}
}

// roleMissing is a domain error that the fake IAM knows.
type roleMissing struct{ name string }

func (e *roleMissing) Error() string { return "role " + e.name + " missing" }

type fakeIAM struct{ rules api.Rules }

type boundIAM struct {
	iamwire.Unimplemented
	call *api.Call
}

func (s fakeIAM) As(c *api.Call) iamwire.API { return &boundIAM{call: c} }

func (s fakeIAM) Rules() api.Rules {
	if s.rules != nil {
		return s.rules
	}
	return api.Rules{
		"GetRole": api.On(func(c *api.Call, in *iamwire.GetRoleInput) string {
			return "arn:aws:iam::" + c.Caller.Account + ":role/" + *in.RoleName
		}),
		"DeleteRole": api.On(func(c *api.Call, in *iamwire.DeleteRoleInput) string { return "arn:aws:iam::x:role/" + *in.RoleName }),
		"ListRoles":  api.OnAny[iamwire.ListRolesInput](),
	}
}

func (s fakeIAM) Error(err error) *awserr.Error {
	if e, ok := errors.AsType[*roleMissing](err); ok {
		return iamwire.NoSuchEntityException("The role with name " + e.name + " cannot be found.")
	}
	return nil
}

func (b *boundIAM) GetRole(_ context.Context, in *iamwire.GetRoleInput) (*iamwire.GetRoleOutput, error) {
	switch *in.RoleName {
	case "missing":
		return nil, &roleMissing{"missing"}
	case "broken":
		return nil, errors.New("disk full in /var/secret")
	case "panic":
		panic("kaboom in /var/secret")
	}
	return &iamwire.GetRoleOutput{Role: &iamwire.Role{RoleName: in.RoleName}}, nil
}

func (b *boundIAM) DeleteRole(context.Context, *iamwire.DeleteRoleInput) (*iamwire.DeleteRoleOutput, error) {
	return &iamwire.DeleteRoleOutput{}, nil
}

func (b *boundIAM) GetUser(context.Context, *iamwire.GetUserInput) (*iamwire.GetUserOutput, error) {
	panic("an operation without a rule was called")
}

type fakeCognito struct{}

type boundCognito struct {
	cognitowire.Unimplemented
	call *api.Call
}

func (fakeCognito) As(c *api.Call) cognitowire.API { return &boundCognito{call: c} }

func (fakeCognito) Rules() api.Rules {
	return api.Rules{
		"GetId": api.Inside("the pool's own rules decide"),
		"DeleteIdentityPool": api.On(func(c *api.Call, in *cognitowire.DeleteIdentityPoolInput) string {
			return "arn:aws:cognito-identity:us-east-1:" + c.Caller.Account + ":identitypool/" + *in.IdentityPoolId
		}),
		"TagResource": api.OnAny[cognitowire.TagResourceInput](),
		"SetIdentityPoolRoles": api.Needs(func(_ context.Context, _ *api.Call, in *cognitowire.SetIdentityPoolRolesInput) ([]api.Ask, error) {
			asks := []api.Ask{{Resource: *in.IdentityPoolId}}
			for _, role := range in.Roles {
				asks = append(asks, api.Ask{Action: "iam:PassRole", Resource: role,
					Refusal: cognitowire.NotAuthorizedException("Access to Role '" + role + "' is forbidden.")})
			}
			return asks, nil
		}),
	}
}

func (fakeCognito) Error(error) *awserr.Error { return nil }

func (b *boundCognito) GetId(_ context.Context, in *cognitowire.GetIdInput) (*cognitowire.GetIdOutput, error) {
	b.call.Event.Extra = map[string]any{"provider": "guest"}
	return &cognitowire.GetIdOutput{IdentityId: new("us-east-1:1")}, nil
}

func (b *boundCognito) DeleteIdentityPool(context.Context, *cognitowire.DeleteIdentityPoolInput) (*cognitowire.DeleteIdentityPoolOutput, error) {
	return nil, nil
}

func (b *boundCognito) TagResource(context.Context, *cognitowire.TagResourceInput) (*cognitowire.TagResourceOutput, error) {
	return nil, nil
}

func (b *boundCognito) SetIdentityPoolRoles(context.Context, *cognitowire.SetIdentityPoolRolesInput) (*cognitowire.SetIdentityPoolRolesOutput, error) {
	return nil, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (f *fixture) iam() http.Handler { return must(api.New(iamwire.Model(), fakeIAM{}, f.config())) }
func (f *fixture) cognito() http.Handler {
	return must(api.New(cognitowire.Model(), fakeCognito{}, f.config()))
}

func query(form string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func target(operation, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
	return r
}

const (
	iamNS   = `xmlns="https://iam.amazonaws.com/doc/2010-05-08/"`
	iamMeta = `<ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata>`
)

func iamError(code, message string) string {
	return `<ErrorResponse ` + iamNS + `><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`
}

func TestQueryService(t *testing.T) {
	const v = "&Version=2010-05-08"
	deny := func(f *fixture) {
		f.allow = func(r *authz.Request) authz.Decision {
			return authz.Decision{Message: "User: " + r.Caller.ARN + " is not authorized to perform: " + r.Action + " on resource: " + r.Resource}
		}
	}
	tests := []struct {
		name   string
		set    func(*fixture)
		r      *http.Request
		status int
		body   string
	}{
		{"a call", nil, query("Action=GetRole&RoleName=r" + v), 200,
			`<GetRoleResponse ` + iamNS + `><GetRoleResult><Role><RoleName>r</RoleName></Role></GetRoleResult>` + iamMeta + `</GetRoleResponse>`},
		{"a call by GET", nil, httptest.NewRequest(http.MethodGet, "/?Action=GetRole&RoleName=r"+v, nil), 200,
			`<GetRoleResponse ` + iamNS + `><GetRoleResult><Role><RoleName>r</RoleName></Role></GetRoleResult>` + iamMeta + `</GetRoleResponse>`},
		{"a void result", nil, query("Action=DeleteRole&RoleName=r" + v), 200, `<DeleteRoleResponse ` + iamNS + `>` + iamMeta + `</DeleteRoleResponse>`},
		{"no action", nil, query("RoleName=r"), 400, iamError("MissingAction", "The request must contain the parameter Action.")},
		{"an unknown action", nil, query("Action=Nope" + v), 400, iamError("InvalidAction", "Could not find operation Nope for version 2010-05-08")},
		{"another version", nil, query("Action=GetRole&Version=2011-06-15"), 400, iamError("InvalidAction", "Could not find operation GetRole for version 2011-06-15")},
		{"no version", nil, query("Action=GetRole"), 400, iamError("InvalidAction", "Could not find operation GetRole for version NO_VERSION_SPECIFIED")},
		{"a parameter twice, in query and body", nil, func() *http.Request {
			r := query("Action=GetRole&RoleName=r" + v)
			r.URL.RawQuery = "RoleName=other"
			return r
		}(), 400, iamError("MalformedQueryString", "The parameter RoleName occurs more than once.")},
		{"a constraint", nil, query("Action=GetRole" + v), 400,
			iamError("ValidationError", "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null")},
		{"nobody signed, before the constraints", func(f *fixture) {
			f.identify = func(*http.Request) (*caller.Principal, error) { return &caller.Principal{}, nil }
		}, query("Action=GetRole" + v), 403, iamError("MissingAuthenticationToken", "Request is missing Authentication Token")},
		{"a refused signature", func(f *fixture) {
			f.identify = func(*http.Request) (*caller.Principal, error) { return nil, &sigv4.Error{Code: sigv4.UnknownKey} }
		}, query("Action=GetRole&RoleName=r" + v), 403, iamError("InvalidClientTokenId", "The security token included in the request is invalid.")},
		{"a denial", deny, query("Action=GetRole&RoleName=r" + v), 403,
			iamError("AccessDenied", "User: arn:aws:iam::000000000000:user/alice is not authorized to perform: iam:GetRole on resource: arn:aws:iam::000000000000:role/r")},
		{"a denial comes before the operation", deny, query("Action=GetRole&RoleName=panic" + v), 403,
			iamError("AccessDenied", "User: arn:aws:iam::000000000000:user/alice is not authorized to perform: iam:GetRole on resource: arn:aws:iam::000000000000:role/panic")},
		{"a denial without a reason for the caller", func(f *fixture) {
			f.allow = func(*authz.Request) authz.Decision { return authz.Decision{Plain: true, Message: "secret reason"} }
		}, query("Action=GetRole&RoleName=r" + v), 403, iamError("AccessDenied", "Access Denied")},
		{"a domain error", nil, query("Action=GetRole&RoleName=missing" + v), 404, iamError("NoSuchEntity", "The role with name missing cannot be found.")},
		{"an operation that is not built, but allowed", nil, query("Action=ListRoles" + v), 400, iamError("InvalidAction", "Rockpool does not implement iam:ListRoles yet.")},
		{"an operation without a rule never runs", nil, query("Action=GetUser" + v), 400, iamError("InvalidAction", "Rockpool does not implement iam:GetUser yet.")},
		{"an operation we do not serve", nil, query("Action=GetServerCertificate&ServerCertificateName=x" + v), 400,
			iamError("InvalidAction", "Could not find operation GetServerCertificate for version 2010-05-08")},
		{"an unknown error hides its text", nil, query("Action=GetRole&RoleName=broken" + v), 500,
			strings.Replace(iamError("InternalFailure", "The request processing has failed because of an unknown error, exception or failure."), "Sender", "Receiver", 1)},
		{"a panic hides its text", nil, query("Action=GetRole&RoleName=panic" + v), 500,
			strings.Replace(iamError("InternalFailure", "The request processing has failed because of an unknown error, exception or failure."), "Sender", "Receiver", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			if tt.set != nil {
				tt.set(f)
			}
			w := httptest.NewRecorder()
			f.iam().ServeHTTP(w, tt.r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("got %d %s\nwant %d %s", w.Code, w.Body, tt.status, tt.body)
			}
			if w.Header().Get("x-amzn-RequestId") != "req-1" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("headers %v", w.Header())
			}
			if tt.status == 500 && !strings.Contains(f.log.String(), "/var/secret") {
				t.Errorf("the cause is not in the log: %s", &f.log)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Error("the cause is in the answer")
			}
		})
	}
}

func TestJSONService(t *testing.T) {
	anonymous := func(f *fixture) {
		f.identify = func(*http.Request) (*caller.Principal, error) { return &caller.Principal{}, nil }
	}
	const pool = `{"IdentityPoolId":"us-east-1:0"}`
	tests := []struct {
		name   string
		set    func(*fixture)
		r      *http.Request
		status int
		body   string
	}{
		{"an unsigned call", anonymous, target("GetId", pool), 200, `{"IdentityId":"us-east-1:1"}`},
		{"a signature on an unsigned call is ignored", func(f *fixture) {
			f.identify = func(*http.Request) (*caller.Principal, error) {
				return nil, &sigv4.Error{Code: sigv4.SignatureMismatch}
			}
		}, target("GetId", pool), 200, `{"IdentityId":"us-east-1:1"}`},
		{"an operation without an output has no body", nil, target("DeleteIdentityPool", pool), 200, ``},
		{"an empty output is an object", nil, target("TagResource", `{"ResourceArn":"arn:aws:cognito-identity:us-east-1:0:identitypool/x","Tags":{}}`), 200, `{}`},
		{"a constraint comes before the signature", anonymous, target("DeleteIdentityPool", `{}`), 400,
			`{"__type":"ValidationException","message":"1 validation error detected: Value null at 'identityPoolId' failed to satisfy constraint: Member must not be null"}`},
		{"nobody signed", anonymous, target("DeleteIdentityPool", pool), 400,
			`{"__type":"MissingAuthenticationTokenException","Message":"Request is missing Authentication Token"}`},
		{"a denial", func(f *fixture) {
			f.allow = func(*authz.Request) authz.Decision { return authz.Decision{Message: "User: x is not authorized"} }
		}, target("DeleteIdentityPool", pool), 400, `{"__type":"AccessDeniedException","Message":"User: x is not authorized"}`},
		{"a refusal of the rule's own", func(f *fixture) {
			f.allow = func(r *authz.Request) authz.Decision { return authz.Decision{Allowed: r.Action != "iam:PassRole"} }
		}, target("SetIdentityPoolRoles", `{"IdentityPoolId":"us-east-1:0","Roles":{"authenticated":"arn:aws:iam::000000000000:role/r"}}`), 400,
			`{"__type":"NotAuthorizedException","message":"Access to Role 'arn:aws:iam::000000000000:role/r' is forbidden."}`},
		{"an unknown operation", nil, target("Nope", pool), 400, `{"__type":"UnknownOperationException","message":""}`},
		{"no target", nil, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(pool)), 400, `{"__type":"UnknownOperationException","message":""}`},
		{"another method", nil, httptest.NewRequest(http.MethodGet, "/", nil), 400, `{"__type":"UnknownOperationException","message":""}`},
		{"an operation that is not built", nil, target("DescribeIdentityPool", pool), 400,
			`{"__type":"UnsupportedOperationException","message":"Rockpool does not implement cognito-identity:DescribeIdentityPool yet."}`},
		{"a body that is not JSON", nil, target("GetId", `[]`), 400, `{"__type":"SerializationException","message":"The request body is not valid: expected an object at byte 0."}`},
		{"a body that is too large", nil, target("GetId", strings.Repeat(" ", 1<<20+1)), 400, `{"__type":"RequestEntityTooLargeException","message":"Request size exceeded 1048576 bytes."}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			if tt.set != nil {
				tt.set(f)
			}
			w := httptest.NewRecorder()
			f.cognito().ServeHTTP(w, tt.r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("got %d %s\nwant %d %s", w.Code, w.Body, tt.status, tt.body)
			}
			if tt.body == "" && w.Header().Get("Content-Length") != "0" {
				t.Errorf("content length %q", w.Header().Get("Content-Length"))
			}
			if w.Header().Get("Access-Control-Expose-Headers") != "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date" {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	tests := []struct{ name, asked, want string }{
		{"the headers asked for are echoed", "content-type,x-amz-target,x-new-header", "content-type,x-amz-target,x-new-header"},
		{"none asked for", "", "content-type,x-amz-target,"},
		{"what is no header name is not echoed", "a\tb<script>", "content-type,x-amz-target,"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodOptions, "/", nil)
			r.Header.Set("Access-Control-Request-Headers", tt.asked)
			w := httptest.NewRecorder()
			newFixture().cognito().ServeHTTP(w, r)
			h := w.Header()
			if w.Code != 200 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "OPTIONS,GET,POST" ||
				h.Get("Access-Control-Max-Age") != "172800" || !strings.HasPrefix(h.Get("Access-Control-Allow-Headers"), tt.want) {
				t.Errorf("got %d %v", w.Code, h)
			}
		})
	}
}

func TestRequestIDIsAUUIDWhenTheServerGivesNone(t *testing.T) {
	f := newFixture()
	cfg := f.config()
	cfg.Observe = func(*http.Request) *caller.Network { return &caller.Network{} }
	s := must(api.New(cognitowire.Model(), fakeCognito{}, cfg))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, target("GetId", `{"IdentityPoolId":"us-east-1:0"}`))
	id := w.Header().Get("x-amzn-RequestId")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) || f.events[0].RequestID != id {
		t.Errorf("request id %q, recorded %q", id, f.events[0].RequestID)
	}
}

func TestAuditRecord(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name string
		set  func(*fixture)
		call func(f *fixture) (http.Handler, *http.Request)
		want *audit.Event
	}{
		{"a public data event hides the token", nil, func(f *fixture) (http.Handler, *http.Request) {
			return f.cognito(), target("GetId", `{"IdentityPoolId":"us-east-1:0","Logins":{"accounts.google.com":"secret"}}`)
		}, &audit.Event{
			Time: now, RequestID: "req-1", EventSource: "cognito-identity.amazonaws.com", EventName: "GetId", Region: "us-east-1", SourceIP: "192.0.2.1",
			Principal: audit.Principal{Type: "Unknown"},
			Request:   map[string]any{"identityPoolId": "us-east-1:0", "logins": map[string]any{"accounts.google.com": "HIDDEN_DUE_TO_SECURITY_REASONS"}},
			Response:  map[string]any{"identityId": "us-east-1:1"}, Extra: map[string]any{"provider": "guest"},
		}},
		{"a denial names what was asked", func(f *fixture) {
			f.allow = func(*authz.Request) authz.Decision {
				return authz.Decision{Decision: policy.Decision{Effect: policy.ExplicitDeny, Layer: policy.SessionLayer}, Message: "no"}
			}
		}, func(f *fixture) (http.Handler, *http.Request) {
			return f.iam(), query("Action=GetRole&RoleName=r&Version=2010-05-08")
		}, &audit.Event{
			Time: now, RequestID: "req-1", EventSource: "iam.amazonaws.com", EventName: "GetRole", Region: "us-east-1", SourceIP: "192.0.2.1", Account: "000000000000",
			Principal: audit.Principal{Type: "IAMUser", ID: "AIDA1", ARN: "arn:aws:iam::000000000000:user/alice", Account: "000000000000", AccessKeyID: "AKIA1", UserName: "alice"},
			Resources: []audit.Resource{{ARN: "arn:aws:iam::000000000000:role/r"}},
			ReadOnly:  true, Management: true, ErrorCode: "AccessDenied", ErrorMessage: "no",
			Request: map[string]any{"roleName": "r"},
			Extra:   map[string]any{"action": "iam:GetRole", "resource": "arn:aws:iam::000000000000:role/r", "decision": "explicitDeny", "layer": "session policy"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			if tt.set != nil {
				tt.set(f)
			}
			h, r := tt.call(f)
			h.ServeHTTP(httptest.NewRecorder(), r)
			if len(f.events) != 1 {
				t.Fatalf("%d events", len(f.events))
			}
			if diff := cmp.Diff(tt.want, f.events[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInProcessTakesTheSameSteps(t *testing.T) {
	f := newFixture()
	s := must(api.New(iamwire.Model(), fakeIAM{}, f.config()))
	bound := s.As(alice(), &caller.Network{RequestID: "req-2"})

	out, err := bound.GetRole(t.Context(), &iamwire.GetRoleInput{RoleName: new("r")})
	if err != nil || *out.Role.RoleName != "r" {
		t.Fatalf("got %v, %v", out, err)
	}
	if len(f.asked) != 1 || f.asked[0].Action != "iam:GetRole" || len(f.events) != 1 || f.events[0].RequestID != "req-2" {
		t.Errorf("asked %d, recorded %d", len(f.asked), len(f.events))
	}
	if _, err := bound.DeleteRole(t.Context(), &iamwire.DeleteRoleInput{RoleName: new("r")}); err != nil {
		t.Error(err)
	}

	wants := func(name, code string, err error) {
		t.Helper()
		e, ok := errors.AsType[*awserr.Error](err)
		if !ok || e.Code != code {
			t.Errorf("%s: got %v, want %s", name, err, code)
		}
	}
	_, err = bound.GetRole(t.Context(), &iamwire.GetRoleInput{})
	wants("constraints are checked", "ValidationError", err)
	_, err = bound.GetUser(t.Context(), &iamwire.GetUserInput{})
	wants("an operation without a rule does not run", "InvalidAction", err)
	f.allow = func(*authz.Request) authz.Decision { return authz.Decision{} }
	_, err = bound.GetRole(t.Context(), &iamwire.GetRoleInput{RoleName: new("r")})
	wants("the guard is asked", "AccessDenied", err)
	_, err = s.As(&caller.Principal{}, &caller.Network{}).GetRole(t.Context(), &iamwire.GetRoleInput{RoleName: new("r")})
	wants("nobody may not call", "MissingAuthenticationToken", err)
}

func TestNewRefusesRulesThatDoNotFit(t *testing.T) {
	tests := []struct {
		name  string
		rules api.Rules
		err   string
	}{
		{"no operation of that name", api.Rules{"Nope": api.Inside("x")}, "Nope, which is no operation"},
		{"a rule for another input", api.Rules{"GetRole": api.OnAny[iamwire.GetUserInput]()}, "reads *iamwire.GetUserInput"},
		{"an empty rule", api.Rules{"GetRole": {}}, "is empty"},
		{"a pass without a reason", api.Rules{"GetRole": api.Inside("")}, "is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := api.New(iamwire.Model(), fakeIAM{tt.rules}, newFixture().config())
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := api.New(iamwire.Model(), fakeIAM{}, api.Config{}); err == nil {
		t.Error("an empty Config was accepted")
	}
}

func TestARuleThatAsksForNothingDenies(t *testing.T) {
	f := newFixture()
	rules := api.Rules{"GetRole": api.Needs(func(context.Context, *api.Call, *iamwire.GetRoleInput) ([]api.Ask, error) { return nil, nil })}
	s := must(api.New(iamwire.Model(), fakeIAM{rules}, f.config()))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, query("Action=GetRole&RoleName=r&Version=2010-05-08"))
	if w.Code != 500 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// TestEveryOperationIsRoutable holds that no operation of the models falls
// through, and that none that is not built answers with a status clients retry.
func TestEveryOperationIsRoutable(t *testing.T) {
	f := newFixture()
	for _, op := range iamwire.Operations() {
		w := httptest.NewRecorder()
		must(api.New(iamwire.Model(), fakeIAM{api.Rules{}}, f.config())).ServeHTTP(w, query("Action="+op.Name+"&Version=2010-05-08"))
		if w.Code != 400 || !strings.Contains(w.Body.String(), "<Code>InvalidAction</Code>") && !strings.Contains(w.Body.String(), "<Code>ValidationError</Code>") {
			t.Errorf("%s: %d %s", op.Name, w.Code, w.Body)
		}
	}
}

func TestCallsRunAtOnce(t *testing.T) {
	f := newFixture()
	cfg := f.config()
	cfg.Audit, cfg.Decide = discard{}, discard{}
	s := must(api.New(iamwire.Model(), fakeIAM{}, cfg))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				name := fmt.Sprintf("r%d", i)
				w := httptest.NewRecorder()
				s.ServeHTTP(w, query("Action=GetRole&RoleName="+name+"&Version=2010-05-08"))
				if !strings.Contains(w.Body.String(), "<RoleName>"+name+"</RoleName>") {
					t.Errorf("got %s", w.Body)
				}
			}
		})
	}
	wg.Wait()
}

// discard is an audit sink and a decider without memory.
type discard struct{}

func (discard) Record(*audit.Event)                  {}
func (discard) Decide(*authz.Request) authz.Decision { return authz.Decision{Allowed: true} }

func BenchmarkGetIdAtTheEdge(b *testing.B) {
	f := newFixture()
	cfg := f.config()
	cfg.Log = slog.New(slog.DiscardHandler)
	s := must(api.New(cognitowire.Model(), fakeCognito{}, cfg))
	body := `{"IdentityPoolId":"us-east-1:00000000-0000-0000-0000-000000000000","Logins":{"accounts.google.com":"` + strings.Repeat("t", 950) + `"}}`
	b.ReportAllocs()
	for b.Loop() {
		f.events = f.events[:0]
		s.ServeHTTP(httptest.NewRecorder(), target("GetId", body))
	}
}
