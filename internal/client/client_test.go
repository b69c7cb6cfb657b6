package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/sigv4"
)

const (
	keyID  = "AKIATESTTESTTESTTEST"
	secret = "a-secret-of-the-tests"
	token  = "a-session-token"
)

// serve runs a server for the test and gives a client of it.
func serve(t *testing.T, h http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := client.New(client.Config{Endpoint: s.URL + "/", Region: "eu-west-1", UserAgent: "tests", Credentials: client.Credentials{
		AccessKeyID: keyID, Secret: keys.NewSecret(secret), SessionToken: keys.NewSecret(token),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The signature that a server checks is the one that the client made.
func TestCallsAreSigned(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		a, err := sigv4.Parse(r)
		if err != nil {
			t.Error(err)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		a.BodySHA256 = sigv4.HashBody(body)
		v := sigv4.Verifier{Regions: []string{"eu-west-1"}, Services: []string{"rockpool"}}
		if err := v.Verify(r, a, sigv4.DeriveKey(sigv4.NewSecret(secret), a.Scope.Date, a.Scope.Region, a.Scope.Service)); err != nil {
			t.Error(err)
		}
		got := []string{a.AccessKeyID, a.SessionToken, a.Scope.Region, a.Scope.Service, r.Header.Get("X-Amz-Target"), r.UserAgent(), string(body)}
		want := []string{keyID, token, "eu-west-1", "rockpool", "Rockpool.ExplainDecision", "tests", `{"RequestId":"r"}`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		fmt.Fprint(w, `{"Answer":"yes"}`)
	})
	var out struct{ Answer string }
	if err := c.JSON(t.Context(), "rockpool", "Rockpool.ExplainDecision", map[string]string{"RequestId": "r"}, &out); err != nil || out.Answer != "yes" {
		t.Errorf("got %q, %v", out.Answer, err)
	}
}

func TestQueryReadsTheResult(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.PostFormValue("Action") + r.PostFormValue("Version") + r.PostFormValue("Name"); got != "GetCallerIdentity2011-06-15é&" {
			t.Errorf("got %q", got)
		}
		fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	})
	var out struct{ Arn string }
	if err := c.Query(t.Context(), "sts", "2011-06-15", "GetCallerIdentity", map[string][]string{"Name": {"é&"}}, &out); err != nil || out.Arn != "a" {
		t.Errorf("got %q, %v", out.Arn, err)
	}
	if err := c.Query(t.Context(), "sts", "2011-06-15", "GetCallerIdentity", map[string][]string{"Name": {"é&"}}, nil); err != nil {
		t.Error(err)
	}
}

func TestRefusalsOfEveryProtocol(t *testing.T) {
	cases := []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   client.Error
	}{
		{"JSON", 400, map[string]string{"x-amzn-RequestId": "r1"}, `{"__type":"ResourceNotFoundException","message":"none"}`,
			client.Error{Status: 400, Code: "ResourceNotFoundException", Message: "none", RequestID: "r1"}},
		{"JSON with a capital Message and a namespace", 400, nil, `{"__type":"com.example#AccessDeniedException","Message":"no"}`,
			client.Error{Status: 400, Code: "AccessDeniedException", Message: "no"}},
		{"query", 403, nil, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r2</RequestId></ErrorResponse>`,
			client.Error{Status: 403, Code: "AccessDenied", Message: "no", RequestID: "r2"}},
		{"S3", 404, map[string]string{"x-amz-request-id": "r3"}, `<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>`,
			client.Error{Status: 404, Code: "NoSuchKey", Message: "gone", RequestID: "r3"}},
		{"no body and a header", 400, map[string]string{"x-amzn-ErrorType": "ValidationException:"}, ``,
			client.Error{Status: 400, Code: "ValidationException"}},
		{"something else", 502, nil, `<html>Bad gateway</html>`, client.Error{Status: 502, Code: "502 Bad Gateway"}},
		{"a redirect", 307, map[string]string{"Location": "http://127.0.0.1:1/"}, ``, client.Error{Status: 307, Code: "307 Temporary Redirect"}},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tt.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			err := c.JSON(t.Context(), "rockpool", "Rockpool.ExplainDecision", nil, nil)
			var got *client.Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			tt.want.Operation = "ExplainDecision"
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Error(diff)
			}
			if !client.HasCode(fmt.Errorf("wrapped: %w", err), tt.want.Code) || client.HasCode(err, "Other") {
				t.Error("HasCode does not see the code")
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	json := func(c *client.Client, ctx context.Context) error {
		var out map[string]any
		return c.JSON(ctx, "rockpool", "Rockpool.ExplainDecision", nil, &out)
	}
	query := func(c *client.Client, ctx context.Context) error {
		var out struct{}
		return c.Query(ctx, "sts", "2011-06-15", "GetCallerIdentity", nil, &out)
	}
	cases := []struct {
		name, body, want string
		call             func(*client.Client, context.Context) error
	}{
		{"JSON that is cut", `{"a":`, "not the JSON it should be", json},
		{"XML that is cut", `<GetCallerIdentityResult><Arn>`, "not the XML it should be", query},
		{"XML of something else", `<html></html>`, "has no GetCallerIdentityResult", query},
		{"text in place of XML", `hello < there`, "not the XML it should be", query},
		{"too much", strings.Repeat(" ", 16<<20+1), "longer than", json},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tt.body) })
			if err := tt.call(c, t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, err := client.New(client.Config{Endpoint: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), client.Request{Service: "s3", Method: http.MethodGet})
	var unreachable *client.Unreachable
	if !errors.As(err, &unreachable) || unreachable.Endpoint != s.URL {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, client.Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up: %v", err)
	}

	broken := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "abc")
	})
	if _, err := broken.Do(t.Context(), client.Request{}); !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("an answer that breaks off: %v", err)
	}
}

func TestEndpointsThatAreNone(t *testing.T) {
	for _, endpoint := range []string{"", "localhost:8460", "ftp://127.0.0.1", "http://", "http://a b/", "http://user:pass@127.0.0.1", "http://127.0.0.1/?x=1"} {
		if _, err := client.New(client.Config{Endpoint: endpoint}); err == nil {
			t.Errorf("%q was taken", endpoint)
		}
	}
}

func TestWithoutCredentialsNothingIsSigned(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("it is signed")
		}
	}))
	defer s.Close()
	c, err := client.New(client.Config{Endpoint: s.URL, Now: func() time.Time { return time.Time{} }})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.JSON(t.Context(), "cognito-identity", "AWSCognitoIdentityService.GetId", struct{}{}, nil); err != nil {
		t.Error(err)
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	c := client.Credentials{AccessKeyID: keyID, Secret: keys.NewSecret(secret), SessionToken: keys.NewSecret(token)}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v", c, c, c), string(text)} {
		if strings.Contains(s, secret) || strings.Contains(s, token) {
			t.Errorf("printed: %s", s)
		}
	}
}
