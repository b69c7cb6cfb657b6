package testenv_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

// throttled is a server behind a trusted proxy, with one guest pool and a clock.
type throttled struct {
	*testenv.Env
	pool  string
	clock atomic.Int64 // nanoseconds since the start
}

func startThrottled(t *testing.T, addressRate, poolRate float64) *throttled {
	t.Helper()
	e, start := &throttled{}, time.Now()
	e.Env = testenv.Start(t, testenv.Options{
		Now: func() time.Time { return start.Add(time.Duration(e.clock.Load())) },
		Change: func(c *config.Config) {
			c.TrustedProxies = []string{"127.0.0.1"}
			c.AddressRate, c.PoolRate = addressRate, poolRate
		},
	})
	e.pool = e.newPool(t, "guests")
	return e
}

func (e *throttled) newPool(t *testing.T, name string) string {
	t.Helper()
	var made struct{ IdentityPoolId string }
	e.Root().Cognito(t, "CreateIdentityPool", map[string]any{"IdentityPoolName": name, "AllowUnauthenticatedIdentities": true}).JSON(t, &made)
	return made.IdentityPoolId
}

// cognito calls an unsigned operation from an address; "" is loopback itself.
func (e *throttled) cognito(t *testing.T, from, operation, body string) *testenv.Answer {
	t.Helper()
	h := http.Header{
		"X-Amz-Target": {"AWSCognitoIdentityService." + operation}, "Content-Type": {"application/x-amz-json-1.1"},
		"Origin": {"https://app.example"},
	}
	if from != "" {
		h.Set("X-Forwarded-For", from)
	}
	return e.Anonymous().Do(t, "cognito-identity", http.MethodPost, "/", h, body)
}

func (e *throttled) getID(t *testing.T, from string) *testenv.Answer {
	t.Helper()
	return e.cognito(t, from, "GetId", `{"IdentityPoolId":"`+e.pool+`"}`)
}

const minute = int64(time.Minute)

func TestAnAddressThatCallsTooOftenWaits(t *testing.T) {
	e := startThrottled(t, 0.04, 0) // GetId: one a second, two at once
	for range 2 {
		must(t, e.getID(t, "192.0.2.1"))
	}
	a := e.getID(t, "192.0.2.1")
	refused(t, "the third at once", a, 400, "TooManyRequestsException", "Rate exceeded")
	if got := a.Header.Get("Access-Control-Allow-Origin"); got == "" {
		t.Error("a page cannot read the refusal: it has no CORS headers")
	}
	id := a.Header.Get("X-Amzn-Requestid")
	refused(t, "not even read", e.cognito(t, "192.0.2.1", "GetId", `{"IdentityPoolId":`), 400, "TooManyRequestsException", "")

	must(t, e.getID(t, "192.0.2.2"))
	must(t, e.Root().Do(t, "cognito-identity", http.MethodPost, "/", http.Header{ // who signs is known
		"X-Amz-Target": {"AWSCognitoIdentityService.ListIdentityPools"}, "Content-Type": {"application/x-amz-json-1.1"},
		"X-Forwarded-For": {"192.0.2.1"},
	}, `{"MaxResults":1}`))
	for range 5 {
		must(t, e.getID(t, "")) // loopback
	}

	e.clock.Add(int64(time.Second))
	must(t, e.getID(t, "192.0.2.1"))
	refused(t, "the second in a second", e.getID(t, "192.0.2.1"), 400, "TooManyRequestsException", "")

	e.Stop()
	records, err := os.ReadFile(filepath.Join(e.Data, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(records)) {
		if strings.Contains(line, id) {
			if !strings.Contains(line, `"errorCode":"TooManyRequestsException"`) || !strings.Contains(line, "192.0.2.1") || !strings.Contains(line, "rate limit of the address") {
				t.Errorf("the record of a refusal: %s", line)
			}
			return
		}
	}
	t.Error("a refusal has no record")
}

func TestSTSIsThrottledInItsOwnWords(t *testing.T) {
	e := startThrottled(t, 0.005, 0) // AssumeRoleWithWebIdentity: one a second, two at once
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleSessionName": {"me"},
		"RoleArn": {"arn:aws:iam::" + testenv.Account + ":role/none"}, "WebIdentityToken": {"none"},
	}.Encode()
	call := func(from string) *testenv.Answer {
		return e.Anonymous().Do(t, "sts", http.MethodPost, "/", http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "X-Forwarded-For": {from},
		}, form)
	}
	for range 2 {
		if a := call("2001:db8::1"); a.Code() == "Throttling" {
			t.Fatalf("too early: %s", a.Body)
		}
	}
	refused(t, "the third at once, from another address of the /64", call("2001:db8::2"), 400, "Throttling", "Rate exceeded")
	if a := call("2001:db8:1::1"); a.Code() == "Throttling" {
		t.Errorf("another network is refused: %s", a.Body)
	}
	e.clock.Add(minute)
	if a := call("2001:db8::1"); a.Code() == "Throttling" {
		t.Errorf("a minute later it is still refused: %s", a.Body)
	}
}

func TestAPoolThatIsCalledFromEverywhereWaits(t *testing.T) {
	e := startThrottled(t, 0, 0.08) // GetId: two a second, four at once
	other := e.newPool(t, "others")
	served := 0
	for i := range 10 {
		if e.getID(t, fmt.Sprintf("198.51.100.%d", i)).Status == http.StatusOK {
			served++
		}
	}
	if served != 4 {
		t.Errorf("%d of 10 addresses were served, want 4", served)
	}
	refused(t, "an eleventh", e.getID(t, "198.51.100.11"), 400, "TooManyRequestsException", "Rate exceeded")
	refused(t, "loopback", e.getID(t, ""), 400, "TooManyRequestsException", "Rate exceeded")
	must(t, e.cognito(t, "198.51.100.1", "GetId", `{"IdentityPoolId":"`+other+`"}`))
	refused(t, "a pool that does not exist", e.cognito(t, "198.51.100.1", "GetId", `{"IdentityPoolId":"us-east-1:00000000-0000-4000-8000-000000000000"}`), 400, "ResourceNotFoundException", "")

	e.clock.Add(minute)
	var made struct{ IdentityId string }
	must(t, e.getID(t, "198.51.100.11")).JSON(t, &made)

	// GetCredentialsForIdentity has buckets of its own: 16 a second, 32 at once.
	codes := map[string]int{}
	for range 40 {
		codes[e.cognito(t, "198.51.100.1", "GetCredentialsForIdentity", `{"IdentityId":"`+made.IdentityId+`"}`).Code()]++
	}
	if codes["TooManyRequestsException"] != 8 {
		t.Errorf("of 40 calls for credentials: %v, want 8 throttled", codes)
	}
}
