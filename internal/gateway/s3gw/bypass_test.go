package s3gw

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
)

func TestBypassAttempts(t *testing.T) {
	d := &gatewaytest.Decider{Allow: gatewaytest.Everything}
	e := newEnv(t, d)
	e.bucket("bkt")
	e.put("/bkt/k", "data")
	d.Take()
	tests := []struct {
		name   string
		method string
		target string
		header map[string]string
		status int
		code   string
	}{
		{"a query key given twice", get, "/bkt/k?versionId=a&versionId=b", nil, 400, "InvalidArgument"},
		{"a query key given twice in two cases", get, "/bkt?prefix=a&Prefix=b", nil, 400, "InvalidArgument"},
		{"a query key given twice, once encoded", get, "/bkt?prefix=a&%70refix=b", nil, 400, "InvalidArgument"},
		{"two sub-resources", get, "/bkt/k?tagging&uploads", nil, 400, "InvalidArgument"},
		{"a sub-resource beside list-type", get, "/bkt?list-type=2&policy", nil, 400, "InvalidArgument"},
		{"an unknown sub-resource on an object write", put, "/bkt/k?foo", nil, 501, "NotImplemented"},
		{"an unknown sub-resource on an object read", get, "/bkt/k?foo", nil, 501, "NotImplemented"},
		{"an unknown key with a value on a write", put, "/bkt/k?foo=1", nil, 501, "NotImplemented"},
		{"an unknown key with a value on a bucket", get, "/bkt?foo=1", nil, 501, "NotImplemented"},
		{"an unknown sub-resource on a bucket creation", put, "/newbucket?foo", nil, 501, "NotImplemented"},
		{"a sub-resource in capitals", put, "/bkt?POLICY", nil, 501, "NotImplemented"},
		{"a sub-resource in mixed case with a value", get, "/bkt/k?Acl=1", nil, 501, "NotImplemented"},
		{"a newer sub-resource with a value", get, "/bkt/k?annotation=x", nil, 501, "NotImplemented"},
		{"partNumber without uploadId on a write", put, "/bkt/k?partNumber=1", nil, 400, "InvalidArgument"},
		{"an object sub-resource on a bucket", get, "/bkt?attributes", nil, 405, "MethodNotAllowed"},
		{"a bucket parameter on an object", get, "/bkt/k?prefix=x", nil, 400, "InvalidArgument"},
		{"versionId on a bucket", get, "/bkt?versionId=1", nil, 400, "InvalidArgument"},
		{"an empty versionId", get, "/bkt/k?versionId=", nil, 400, "InvalidArgument"},
		{"versionId on a write", put, "/bkt/k?versionId=null", nil, 400, "InvalidArgument"},
		{"an x-amz header in an unpresigned query", put, "/bkt/k?x-amz-copy-source=bkt/other", nil, 501, "NotImplemented"},
		{"a method nobody knows", "FETCH", "/bkt/k", nil, 405, "MethodNotAllowed"},
		{"a write to the service", put, "/", nil, 405, "MethodNotAllowed"},
		{"an append", put, "/bkt/k", map[string]string{"X-Amz-Write-Offset-Bytes": "4"}, 501, "NotImplemented"},
		{"a condition of another service on a delete", del, "/bkt/k", map[string]string{"X-Amz-If-Match-Size": "4"}, 501, "NotImplemented"},
		{"S3 Control", get, "/v20180820/tags/x", map[string]string{"X-Amz-Account-Id": "1"}, 501, "NotImplemented"},
		{"a copy source with an encoded version is a key", put, "/bkt/n", map[string]string{"X-Amz-Copy-Source": "bkt/k%3FversionId%3Dnull"}, 404, "NoSuchKey"},
		{"a copy source with a second parameter", put, "/bkt/n", map[string]string{"X-Amz-Copy-Source": "bkt/k?versionId=null&acl"}, 400, "InvalidArgument"},
		{"a copy source without a key", put, "/bkt/n", map[string]string{"X-Amz-Copy-Source": "bkt"}, 400, "InvalidArgument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := e.do(e.root, request{method: tt.method, target: tt.target, header: tt.header}); a.status != tt.status || a.code() != tt.code {
				t.Errorf("got %d %s, want %d %s\n%s", a.status, a.code(), tt.status, tt.code, a.body)
			}
		})
	}
	if a := e.must(e.root, request{method: get, target: "/bkt/k"}); a.body != "data" {
		t.Errorf("the object is now %q", a.body)
	}
}

func TestCacheBustersAreServed(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.put("/bkt/app.js", "js")
	for _, q := range []string{"?v=123", "?x-id=GetObject", "?x-trace=1&_=9"} {
		if a := e.must(e.root, request{method: get, target: "/bkt/app.js" + q}); a.body != "js" {
			t.Errorf("%s: %q", q, a.body)
		}
	}
}

func TestRepeatedHeadersAreRefused(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	r := e.build(e.root, request{method: put, target: "/bkt/k", header: map[string]string{"X-Amz-Storage-Class": "STANDARD"}})
	r.Header.Add("X-Amz-Storage-Class", "STANDARD")
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode < 400 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestPresignedURLs(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.put("/bkt/k", "data")
	presign := func(method, target string, at time.Time, header map[string]string) string {
		r := e.build(nil, request{method: method, target: target, header: header})
		u, err := e.root.Presign(r, "", at, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return u.RequestURI()
	}
	good := presign(get, "/bkt/k", now(), nil)
	if a := e.must(nil, request{method: get, target: good}); a.body != "data" {
		t.Errorf("got %q", a.body)
	}
	t.Run("an added header that was not signed is refused", func(t *testing.T) {
		up := presign(put, "/bkt/up", now(), nil)
		a := e.do(nil, request{method: put, target: up, body: "x", header: map[string]string{"X-Amz-Acl": "public-read"}})
		if a.status != 403 || a.code() != "AccessDenied" || a.elem("HeadersNotSigned") != "x-amz-acl" {
			t.Errorf("got %d %s", a.status, a.body)
		}
	})
	t.Run("an added query key breaks the signature", func(t *testing.T) {
		if a := e.do(nil, request{method: get, target: good + "&versionId=null"}); a.status != 403 || a.code() != "SignatureDoesNotMatch" {
			t.Errorf("got %d %s", a.status, a.code())
		}
	})
	t.Run("another method breaks the signature", func(t *testing.T) {
		if a := e.do(nil, request{method: del, target: good}); a.status != 403 {
			t.Errorf("got %d", a.status)
		}
	})
	t.Run("an expired one says so", func(t *testing.T) {
		a := e.do(nil, request{method: get, target: presign(get, "/bkt/k", now().Add(-time.Hour), nil)})
		if a.status != 403 || a.elem("Message") != "Request has expired" || a.elem("Expires") == "" || a.elem("ServerTime") == "" {
			t.Errorf("got %d %s", a.status, a.body)
		}
	})
	t.Run("headers that a presigner put into the query count", func(t *testing.T) {
		up := presign(put, "/bkt/hoisted?x-amz-meta-color=blue&x-amz-tagging=a%3Db", now(), nil)
		e.must(nil, request{method: put, target: up, body: "x"})
		a := e.must(e.root, request{method: head, target: "/bkt/hoisted"})
		if a.header.Get("X-Amz-Meta-Color") != "blue" || a.header.Get("X-Amz-Tagging-Count") != "1" {
			t.Errorf("got %v", a.header)
		}
	})
	t.Run("two mechanisms are refused", func(t *testing.T) {
		a := e.do(nil, request{method: get, target: good, header: map[string]string{"Authorization": "AWS4-HMAC-SHA256 Credential=x"}})
		if a.status != 400 || a.code() != "InvalidArgument" {
			t.Errorf("got %d %s", a.status, a.code())
		}
	})
}

func TestContinuationTokensAreBound(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.bucket("other")
	for i := range 5 {
		e.put(fmt.Sprintf("/bkt/a/%d", i), "x")
		e.put(fmt.Sprintf("/other/a/%d", i), "x")
	}
	first := e.must(e.root, request{method: get, target: "/bkt?list-type=2&prefix=a%2F&max-keys=2"})
	token := first.elem("NextContinuationToken")
	if token == "" {
		t.Fatalf("no token:\n%s", first.body)
	}
	second := e.must(e.root, request{method: get, target: "/bkt?list-type=2&prefix=a%2F&max-keys=2&continuation-token=" + token})
	if second.elem("Key") != "a/2" {
		t.Errorf("second page begins with %q", second.elem("Key"))
	}
	for name, target := range map[string]string{
		"another prefix":    "/bkt?list-type=2&prefix=a&continuation-token=" + token,
		"no prefix":         "/bkt?list-type=2&continuation-token=" + token,
		"another bucket":    "/other?list-type=2&prefix=a%2F&continuation-token=" + token,
		"another delimiter": "/bkt?list-type=2&prefix=a%2F&delimiter=%2F&continuation-token=" + token,
		"an invented one":   "/bkt?list-type=2&prefix=a%2F&continuation-token=YS8y",
	} {
		if a := e.do(e.root, request{method: get, target: target}); a.status != 400 || a.code() != "InvalidArgument" {
			t.Errorf("%s: got %d %s", name, a.status, a.code())
		}
	}
}

func TestBatchDeleteDecidesPerKey(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.put("/bkt/mine/1", "x")
	e.put("/bkt/yours/1", "x")
	alice := e.user("alice", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:DeleteObject","s3:DeleteObjectVersion"],"Resource":"arn:aws:s3:::bkt/mine/*"},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bkt"}]}`)
	body := `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>mine/1</Key></Object><Object><Key>yours/1</Key></Object><Object><Key>mine/none</Key></Object></Delete>`
	a := e.must(alice, request{method: post, target: "/bkt?delete", body: body, header: map[string]string{"X-Amz-Checksum-Crc32": crc32Of(body)}})
	want := "<Deleted><Key>mine/1</Key></Deleted><Error><Key>yours/1</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error><Deleted><Key>mine/none</Key></Deleted>"
	if !strings.Contains(a.body, want) {
		t.Errorf("got\n%s\nwant\n%s", a.body, want)
	}
	e.must(e.root, request{method: get, target: "/bkt/yours/1"})
	if a := e.do(e.root, request{method: get, target: "/bkt/mine/1"}); a.status != 404 {
		t.Errorf("mine/1: %d", a.status)
	}
	for name, q := range map[string]request{
		"without a digest":    {body: body},
		"with a wrong digest": {body: body, header: map[string]string{"X-Amz-Checksum-Crc32": crc32Of("other")}},
		"with a duplicate element": {body: strings.Replace(body, "<Key>mine/1</Key>", "<Key>mine/1</Key><Key>yours/1</Key>", 1),
			header: map[string]string{"Content-MD5": md5Of(strings.Replace(body, "<Key>mine/1</Key>", "<Key>mine/1</Key><Key>yours/1</Key>", 1))}},
		"with an entity": {body: `<!DOCTYPE d [<!ENTITY e "x">]><Delete><Object><Key>&e;</Key></Object></Delete>`,
			header: map[string]string{"Content-MD5": md5Of(`<!DOCTYPE d [<!ENTITY e "x">]><Delete><Object><Key>&e;</Key></Object></Delete>`)}},
	} {
		q.method, q.target = post, "/bkt?delete"
		if a := e.do(e.root, q); a.status != 400 {
			t.Errorf("%s: got %d %s", name, a.status, a.code())
		}
	}
	e.must(e.root, request{method: get, target: "/bkt/yours/1"})
}

func TestNothingIsReadBeforeTheDecision(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	nobody := e.user("nobody", "")
	r := e.build(nobody, request{method: put, target: "/bkt/k", body: "never read"})
	r.Header.Set("Expect", "100-continue")
	sent := &watched{Reader: strings.NewReader("never read")}
	r.Body = sent
	tr := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer tr.CloseIdleConnections()
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 403 || sent.reads > 0 {
		t.Errorf("status %d after %d reads of the body", resp.StatusCode, sent.reads)
	}
}

// watched counts reads.
type watched struct {
	*strings.Reader
	reads int
}

func (w *watched) Read(p []byte) (int, error) { w.reads++; return w.Reader.Read(p) }
func (w *watched) Close() error               { return nil }

func TestPresignedChecksumsOfAnEmptyBodyAreIgnored(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	// What getSignedUrl of the JavaScript SDK makes for a PutObject.
	r := e.build(nil, request{method: put, target: "/bkt/k?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject"})
	u, err := e.root.Presign(r, "", now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	e.must(nil, request{method: put, target: u.RequestURI(), body: "data"})
	if a := e.must(e.root, request{method: get, target: "/bkt/k"}); a.body != "data" {
		t.Errorf("got %q", a.body)
	}
}
