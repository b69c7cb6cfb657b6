package cognitoapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

const (
	hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
	absent = "absent" // a member that a record has not
)

// TestRecords is cognito-identity.md 8.3: one record for each call, in
// CloudTrail's form, with what an administrator needs to know and no token.
func TestRecords(t *testing.T) {
	p := startProviders(t)
	request := func(a *testenv.Answer) string { return a.Header.Get("x-amzn-RequestId") }
	logins := both(p.google("anna"), p.acmes("a1"))
	closed := p.create("closed", object{"SupportedLoginProviders": object{google: clientID}})

	getID := p.getID(logins)
	id := p.id(logins)
	credentials := p.getCredentials(id, logins)
	var got struct {
		Credentials struct {
			AccessKeyId, SecretKey, SessionToken string
			Expiration                           float64
		}
	}
	credentials.JSON(t, &got)
	noToken := p.getCredentials(id, nil)
	unknownPool := p.public("GetId", object{"IdentityPoolId": nobody})
	unknown := p.getCredentials(nobody, logins)
	bad := p.getID(object{google: "not a token at all"})
	noGuest := p.public("GetId", object{"IdentityPoolId": closed})
	nothing := p.user("nothing")
	denied := nothing.Cognito(t, "DescribeIdentityPool", object{"IdentityPoolId": p.pool})
	described := p.root.Cognito(t, "DescribeIdentity", object{"IdentityId": id})
	tagged := p.root.Cognito(t, "TagResource", object{"ResourceArn": poolARN + p.pool, "Tags": object{"a": "b"}})
	p.Stop() // so that every record is written

	text, err := os.ReadFile(filepath.Join(p.Data, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for what, secret := range map[string]string{
		"Google's token": logins[google].(string), "acme's token": logins[p.issuer].(string), "the secret key": got.Credentials.SecretKey,
		"the session token": got.Credentials.SessionToken, "a bad token": "not a token at all",
	} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the records hold %s", what)
		}
	}
	records := map[string]object{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var r object
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		records[r["requestID"].(string)] = r
	}
	record := func(a *testenv.Answer) object {
		t.Helper()
		r := records[request(a)]
		if r == nil {
			t.Fatalf("no record of %s", a.Body)
		}
		if when, err := time.Parse(time.RFC3339, r["eventTime"].(string)); err != nil || time.Since(when).Abs() > time.Minute {
			t.Errorf("the record's time is %v, %v", r["eventTime"], err)
		}
		delete(r, "eventTime")
		for k, want := range map[string]string{
			"eventVersion": "1.08", "eventSource": "cognito-identity.amazonaws.com", "awsRegion": "us-east-1", "sourceIPAddress": "127.0.0.1",
			"userAgent": "Go-http-client/1.1", "eventID": request(a), "eventType": "AwsApiCall", "recipientAccountId": testenv.Account,
		} {
			if r[k] != want {
				t.Errorf("%s of %v is %v, want %v", k, r["eventName"], r[k], want)
			}
			delete(r, k)
		}
		delete(r, "requestID")
		return r
	}
	hiddenLogins := object{google: hidden, p.issuer: hidden}
	pool := []object{{"accountId": testenv.Account, "type": "AWS::Cognito::IdentityPool", "ARN": poolARN + p.pool}}
	// public adds what all records of public operations have.
	public := func(name string, more object) object {
		r := object{
			"userIdentity": object{"type": "Unknown"}, "eventName": name, "readOnly": false, "managementEvent": false, "eventCategory": "Data",
			"resources": pool, "responseElements": nil,
		}
		for k, v := range more {
			r[k] = v
			if v == absent {
				delete(r, k)
			}
		}
		return r
	}

	same(t, "GetId", record(getID), public("GetId", object{
		"requestParameters": object{"identityPoolId": p.pool, "logins": hiddenLogins},
		"responseElements":  object{"identityId": id}, "additionalEventData": object{"identity": id, "identityPool": p.pool},
	}))

	r := record(credentials)
	expires := time.Unix(int64(got.Credentials.Expiration), 0).UTC()
	same(t, "GetCredentialsForIdentity", r, public("GetCredentialsForIdentity", object{
		"requestParameters": object{"identityId": id, "logins": hiddenLogins},
		"responseElements": object{"identityId": id, "credentials": object{
			"accessKeyId": got.Credentials.AccessKeyId, "expiration": expires.Format("Jan 2, 2006 3:04:05 PM"),
		}},
		"additionalEventData": object{
			"identity": id, "identityPool": p.pool, "role": authRole, "roleKind": "authenticated", "roleRule": "default role",
			"expires": expires.Format(time.RFC3339),
			"logins":  []object{{"provider": google, "subject": "anna"}, {"provider": p.issuer, "subject": "a1"}},
		},
	}))

	for _, c := range []struct {
		name, operation string
		answer          *testenv.Answer
		request         object
		resources       any
		reason          string
	}{
		{"credentials without logins", "GetCredentialsForIdentity", noToken, object{"identityId": id}, pool, `^pool: identity "` + id + `" has logins and none was given$`},
		{"a token that is refused", "GetId", bad, object{"identityPoolId": p.pool, "logins": object{google: hidden}}, pool, `^pool: login of accounts.google.com refused: login: NotJWT from accounts.google.com`},
		{"an unknown pool", "GetId", unknownPool, object{"identityPoolId": nobody}, absent, `^pool: no identity pool "` + nobody + `"$`},
		{"an unknown identity", "GetCredentialsForIdentity", unknown, object{"identityId": nobody, "logins": hiddenLogins}, absent, `^load identity: pool: no identity "` + nobody + `"$`},
		{"a guest of a closed pool", "GetId", noGuest, object{"identityPoolId": closed},
			[]object{{"accountId": testenv.Account, "type": "AWS::Cognito::IdentityPool", "ARN": poolARN + closed}}, `^pool: "` + closed + `" does not allow guests$`},
	} {
		r := record(c.answer)
		extra, _ := r["additionalEventData"].(object)
		if reason, _ := extra["reason"].(string); len(extra) != 1 || !regexp.MustCompile(c.reason).MatchString(reason) {
			t.Errorf("%s: the reason is %v, want %s", c.name, extra, c.reason)
		}
		delete(r, "additionalEventData")
		same(t, c.name, r, public(c.operation, object{
			"requestParameters": c.request, "resources": c.resources, "errorCode": c.answer.Code(), "errorMessage": c.answer.Message(),
		}))
	}

	r = record(denied)
	if who, _ := r["userIdentity"].(object); who["arn"] != "arn:aws:iam::"+testenv.Account+":user/nothing" || r["errorCode"] != "AccessDeniedException" ||
		r["managementEvent"] != true || r["readOnly"] != true || r["eventCategory"] != "Management" {
		t.Errorf("the record of a denial is %v", r)
	}
	if r = record(described); r["readOnly"] != true || r["responseElements"] != nil {
		t.Errorf("the record of a reading is %v", r)
	}
	r = record(tagged)
	if r["readOnly"] != false || r["managementEvent"] != true {
		t.Errorf("the record of a change is %v", r)
	}
	same(t, "the tags in a record", r["requestParameters"].(object), object{"resourceArn": poolARN + p.pool, "tags": object{"a": "b"}})
}

// TestBrowsers is cognito-identity.md 1.4.
func TestBrowsers(t *testing.T) {
	e := start(t)
	send := func(method, body string, header http.Header) *testenv.Answer {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, e.URL+"/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range header {
			r.Header[k] = v
		}
		r.Header.Set("Origin", "https://app.example")
		return testenv.Send(t, r)
	}
	asked := "content-type,x-amz-target,x-amz-user-agent,amz-sdk-invocation-id,amz-sdk-request,x-something-new"
	a := send(http.MethodOptions, "", http.Header{"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {asked}})
	for k, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "OPTIONS,GET,POST", "Access-Control-Allow-Headers": asked,
		"Access-Control-Max-Age": "172800", "Access-Control-Allow-Credentials": "",
	} {
		if got := a.Header.Get(k); got != want || a.Status != http.StatusOK {
			t.Errorf("preflight: %d, %s is %q, want %q", a.Status, k, got, want)
		}
	}
	target := func(operation string) http.Header {
		return http.Header{"X-Amz-Target": {"AWSCognitoIdentityService." + operation}, "Content-Type": {"application/x-amz-json-1.1"}}
	}
	for name, c := range map[string]struct {
		method, body string
		header       http.Header
		code         string
	}{
		"a body that is not JSON":     {http.MethodPost, "{", target("GetId"), "SerializationException"},
		"a wrong type":                {http.MethodPost, `{"IdentityPoolId":1}`, target("GetId"), "SerializationException"},
		"no body":                     {http.MethodPost, "", target("GetId"), "SerializationException"},
		"an unknown operation":        {http.MethodPost, "{}", target("Nothing"), "UnknownOperationException"},
		"an unknown service":          {http.MethodPost, "{}", http.Header{"X-Amz-Target": {"Nothing.GetId"}}, "UnknownOperationException"},
		"another method":              {http.MethodGet, "", target("GetId"), "UnknownOperationException"},
		"a signed operation unsigned": {http.MethodPost, `{"MaxResults":1}`, target("ListIdentityPools"), "MissingAuthenticationTokenException"},
		"a refusal":                   {http.MethodPost, `{"IdentityPoolId":"` + nobody + `","Nobody":"knows this member"}`, target("GetId"), notFound},
	} {
		a := send(c.method, c.body, c.header)
		if a.Code() != c.code {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
			continue
		}
		refused(t, name, a, c.code, a.Message())
	}
	// A hand-written client sends only the two headers, and no content type at all works too.
	pool := e.create("p", object{"AllowUnauthenticatedIdentities": true})
	a = send(http.MethodPost, `{"IdentityPoolId":"`+pool+`"}`, http.Header{"X-Amz-Target": {"AWSCognitoIdentityService.GetId"}})
	if a.Status != http.StatusOK || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		t.Errorf("a success: %d %v %s", a.Status, a.Header, a.Body)
	}
}
