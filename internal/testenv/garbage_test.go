package testenv_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

// send makes an unsigned request with the headers given as name, value pairs.
func send(t *testing.T, e *testenv.Env, method, path, body string, header ...string) *testenv.Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, e.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return testenv.Send(t, r)
}

// TestGarbageOnUnsignedOperations: whatever anybody sends without a signature,
// the answer is an error of the 400s in AWS's form.
func TestGarbageOnUnsignedOperations(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	const id = "AWSCognitoIdentityService.GetId"
	const creds = "AWSCognitoIdentityService.GetCredentialsForIdentity"
	amzJSON := "application/x-amz-json-1.1"
	form := "application/x-www-form-urlencoded"
	megabyte := strings.Repeat("a", 1<<20)
	pool := `"us-east-1:00000000-0000-4000-8000-000000000000"`
	cases := []struct {
		name               string
		target, kind, body string
		status             int
		code               string
	}{
		{"no body", id, amzJSON, "", 400, "SerializationException"},
		{"not JSON", id, amzJSON, "{", 400, "SerializationException"},
		{"an array", id, amzJSON, "[]", 400, "SerializationException"},
		{"a number for a string", id, amzJSON, `{"IdentityPoolId":1}`, 400, "SerializationException"},
		{"a string for a map", id, amzJSON, `{"IdentityPoolId":` + pool + `,"Logins":"x"}`, 400, "SerializationException"},
		{"a null login", id, amzJSON, `{"IdentityPoolId":` + pool + `,"Logins":{"accounts.google.com":null}}`, 400, "SerializationException"},
		{"duplicate members", id, amzJSON, `{"IdentityPoolId":"a:b","IdentityPoolId":` + pool + `}`, 400, "SerializationException"},
		{"deep nesting", id, amzJSON, strings.Repeat(`{"Logins":`, 50000), 400, "SerializationException"},
		{"invalid UTF-8", id, amzJSON, "{\"IdentityPoolId\":\"\xff\xfe\"}", 400, ""},
		{"nothing required", id, amzJSON, "{}", 400, "ValidationException"},
		{"a pool id of a megabyte", id, amzJSON, `{"IdentityPoolId":"` + megabyte + `"}`, 400, ""},
		{"a token of a megabyte", id, amzJSON, `{"IdentityPoolId":` + pool + `,"Logins":{"accounts.google.com":"` + megabyte[:900000] + `"}}`, 400, "ValidationException"},
		{"two megabytes", id, amzJSON, `{"x":"` + megabyte + megabyte + `"}`, 400, ""},
		{"a pool that is not there", id, amzJSON, `{"IdentityPoolId":` + pool + `}`, 400, "ResourceNotFoundException"},
		{"an identity that is not there", creds, amzJSON, `{"IdentityId":` + pool + `}`, 400, "ResourceNotFoundException"},
		{"an identity id of another form", creds, amzJSON, `{"IdentityId":"x:AAAA"}`, 400, "ValidationException"},
		{"an unknown operation", "AWSCognitoIdentityService.Nothing", amzJSON, "{}", 400, "UnknownOperationException"},
		{"an unknown service", "DynamoDB_20120810.GetItem", amzJSON, "{}", 400, "UnknownOperationException"},
		{"an operation that is signed", "AWSCognitoIdentityService.ListIdentityPools", amzJSON, `{"MaxResults":1}`, 400, "MissingAuthenticationTokenException"},
		{"another content type", id, "text/plain", `{"IdentityPoolId":` + pool + `}`, 400, ""},
		{"a form without version", "", form, "Action=AssumeRoleWithWebIdentity", 0, ""},
		{"STS without parameters", "", form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15", 400, "MissingParameter"},
		{"STS with a token that is none", "", form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/x&RoleSessionName=ab&WebIdentityToken=abcd", 400, "InvalidIdentityToken"},
		{"STS with a parameter twice", "", form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a&RoleArn=b", 400, ""},
		{"STS with broken escapes", "", form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=%zz", 400, ""},
		{"STS with a megabyte", "", form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=ab&RoleArn=" + megabyte[:900000], 400, ""},
		{"an unknown action", "", form, "Action=Nothing&Version=2011-06-15", 400, "InvalidAction"},
		{"IAM without a signature", "", form, "Action=ListRoles&Version=2010-05-08", 403, "MissingAuthenticationToken"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			header := []string{"Content-Type", c.kind}
			if c.target != "" {
				header = append(header, "X-Amz-Target", c.target)
			}
			a := send(t, e, http.MethodPost, "/", c.body, header...)
			if a.Status < 400 || a.Status >= 500 || c.status != 0 && a.Status != c.status {
				t.Errorf("status %d, want %d: %.300s", a.Status, c.status, a.Body)
			}
			if c.code != "" && a.Code() != c.code {
				t.Errorf("code %q, want %q: %.300s", a.Code(), c.code, a.Body)
			}
			if len(a.Body) > 8<<10 {
				t.Errorf("the answer has %d bytes", len(a.Body))
			}
		})
	}
	// After all that it serves.
	if a := send(t, e, http.MethodGet, "/-/readyz", ""); a.Status != http.StatusOK {
		t.Errorf("not ready: %s", a.Body)
	}
}

// TestNoiseNeverBreaksTheServer sends mutations of good requests to every
// service and wants no answer of the 500s but "not implemented".
func TestNoiseNeverBreaksTheServer(t *testing.T) {
	e := testenv.Start(t, testenv.Options{})
	random := rand.New(rand.NewPCG(1, 2))
	methods := []string{"GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW"}
	paths := []string{"/", "/b", "/bucket-name", "/bucket-name/key", "/bucket-name/%00", "/bucket-name/%ff", "/bucket-name//../x", "/%2e%2e/x", "/-/x"}
	queries := []string{"", "?list-type=2", "?acl", "?acl&policy", "?uploads", "?uploadId=x&partNumber=0", "?versionId=a&versionId=b", "?delete",
		"?X-Amz-Algorithm=AWS4-HMAC-SHA256", "?X-Amz-Signature=x&X-Amz-Credential=a/b/c", "?Action=GetCallerIdentity&Version=2011-06-15", "?max-keys=-1&list-type=2", "?%zz", "?tagging=%00"}
	headers := [][2]string{
		{"Authorization", "AWS4-HMAC-SHA256 Credential=x"}, {"Authorization", "Basic eDp5"}, {"Authorization", "AWS x:y"},
		{"Authorization", "AWS4-HMAC-SHA256 Credential=AKIATESTROOTKEY00000/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00"},
		{"X-Amz-Target", "AWSCognitoIdentityService.GetId"}, {"X-Amz-Target", "."}, {"Content-Type", "application/x-www-form-urlencoded"},
		{"Content-Type", "multipart/form-data; boundary=x"}, {"X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, {"Range", "bytes=9-1"},
		{"X-Amz-Copy-Source", "/%zz"}, {"X-Amz-Date", "never"}, {"Origin", "null"}, {"Access-Control-Request-Method", "GET"},
		{"X-Amz-Security-Token", strings.Repeat("x", 5000)}, {"Content-Md5", "!"}, {"X-Amz-Decoded-Content-Length", "-1"}, {"If-Match", "\""},
	}
	bodies := []string{"", "{}", "<x", "<Delete><Object><Key>a</Key></Object></Delete>", "Action=ListRoles&Version=2010-05-08", strings.Repeat("A=1&", 20000), "\x00\xff"}
	for n := range 3000 {
		r, err := http.NewRequestWithContext(t.Context(), methods[random.IntN(len(methods))],
			e.URL+paths[random.IntN(len(paths))], bytes.NewReader([]byte(bodies[random.IntN(len(bodies))])))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = strings.TrimPrefix(queries[random.IntN(len(queries))], "?")
		for range random.IntN(4) {
			h := headers[random.IntN(len(headers))]
			r.Header.Set(h[0], h[1])
		}
		if random.IntN(5) == 0 {
			r.Host = []string{"bucket-name.s3.localhost", "sts.localhost", "s3.eu-west-1.amazonaws.com", "..", "iam.x:99999"}[random.IntN(5)]
		}
		what := fmt.Sprintf("%d: %s %s host %s %v", n, r.Method, r.URL, r.Host, r.Header)
		if a := testenv.Send(t, r); a.Status >= 500 && a.Status != http.StatusNotImplemented {
			t.Errorf("%.600s: %d %.300s", what, a.Status, a.Body)
		}
	}
}
