package s3gw

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

const blockNothing = `<PublicAccessBlockConfiguration><BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>`

const publicRead = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"}]}`

func TestBlockPublicAccess(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("site")
	e.put("/site/index.html", "<h1>hi</h1>")
	read := func() int { return e.do(nil, request{method: get, target: "/site/index.html"}).status }

	if a := e.do(e.root, request{method: put, target: "/site?policy", body: publicRead}); a.status != 403 || !strings.Contains(a.elem("Message"), "BlockPublicPolicy") {
		t.Errorf("a new bucket took a public policy: %d %s", a.status, a.body)
	}
	e.must(e.root, request{method: put, target: "/site?publicAccessBlock", body: blockNothing})
	e.must(e.root, request{method: put, target: "/site?policy", body: publicRead})
	if got := read(); got != 200 {
		t.Errorf("a public object answers %d", got)
	}
	if a := e.must(e.root, request{method: get, target: "/site?policyStatus"}); a.elem("IsPublic") != "true" {
		t.Errorf("got %s", a.body)
	}
	for _, target := range []string{"/site?list-type=2", "/site?policy", "/site/none"} {
		if a := e.do(nil, request{method: get, target: target}); a.status != 403 || a.elem("Message") != "Access Denied" {
			t.Errorf("anonymous %s: %d %s", target, a.status, a.body)
		}
	}
	if a := e.do(nil, request{method: get, target: "/site/index.html?response-content-type=text%2Fplain"}); a.status != 400 || a.code() != "InvalidRequest" {
		t.Errorf("anonymous override: %d %s", a.status, a.code())
	}
	e.must(e.root, request{method: put, target: "/site?publicAccessBlock", body: strings.Replace(blockNothing, "<RestrictPublicBuckets>false", "<RestrictPublicBuckets>true", 1)})
	if got := read(); got != 403 {
		t.Errorf("a restricted bucket answers strangers with %d", got)
	}
	e.must(e.root, request{method: get, target: "/site/index.html"})
	e.must(e.root, request{method: del, target: "/site?publicAccessBlock"})
	if got := read(); got != 200 {
		t.Errorf("without a block: %d", got)
	}
	if a := e.do(e.root, request{method: get, target: "/site?publicAccessBlock"}); a.status != 404 || a.code() != "NoSuchPublicAccessBlockConfiguration" {
		t.Errorf("got %d %s", a.status, a.code())
	}
	for _, q := range []request{
		{method: put, target: "/site?policy", body: publicRead}, {method: put, target: "/new-bucket"}, {method: get, target: "/"},
		{method: del, target: "/site?policy"}, {method: put, target: "/site?cors", body: corsDocument},
	} {
		if a := e.do(nil, q); a.status != 403 {
			t.Errorf("anonymous %s %s: %d", q.method, q.target, a.status)
		}
	}
}

func TestBucketPolicyPrincipalsAreBound(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.put("/bkt/k", "x")
	alice := e.user("alice", "")
	arn := "arn:aws:iam::111122223333:user/alice"
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + arn + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}]}`
	e.must(e.root, request{method: put, target: "/bkt?policy", body: document})
	e.must(alice, request{method: get, target: "/bkt/k"})
	if a := e.must(e.root, request{method: get, target: "/bkt?policy"}); a.body != document || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s", a.body)
	}
	// The user is deleted and somebody else gets the name.
	e.people.ids[arn] = "AIDAANOTHER"
	e.user("alice", "")
	e.people.ids[arn] = "AIDAANOTHER"
	if a := e.must(e.root, request{method: get, target: "/bkt?policy"}); !strings.Contains(a.body, `"AIDAALICE"`) {
		t.Errorf("got %s", a.body)
	}
	for name, tt := range map[string]struct{ document, code string }{
		"a principal that does not exist": {strings.Replace(document, "user/alice", "user/bob", 1), "MalformedPolicy"},
		"another bucket":                  {strings.Replace(document, ":::bkt/", ":::other/", 1), "MalformedPolicy"},
		"no JSON":                         {"hello", "MalformedPolicy"},
		"nothing":                         {"", "MalformedPolicy"},
		"too long":                        {strings.Replace(document, "{", "{"+strings.Repeat(" ", maxPolicy), 1), "EntityTooLarge"},
	} {
		if a := e.do(e.root, request{method: put, target: "/bkt?policy", body: tt.document}); a.status != 400 || a.code() != tt.code {
			t.Errorf("%s: %d %s %s", name, a.status, a.code(), a.elem("Message"))
		}
	}
}

func TestLockOut(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	admin := e.user("admin", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	nobodyMay := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"]}]}`
	if a := e.do(admin, request{method: put, target: "/bkt?policy", body: nobodyMay}); a.status != 403 {
		t.Errorf("a policy that locks its author out: %d", a.status)
	}
	e.must(admin, request{method: put, target: "/bkt?policy", body: nobodyMay, header: map[string]string{"X-Amz-Confirm-Remove-Self-Bucket-Access": "true"}})
	if a := e.do(admin, request{method: get, target: "/bkt?policy"}); a.status != 403 || !strings.Contains(a.elem("Message"), "with an explicit deny in a resource-based policy") {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if a := e.do(e.root, request{method: get, target: "/bkt"}); a.status != 403 {
		t.Errorf("root lists: %d", a.status)
	}
	e.must(e.root, request{method: del, target: "/bkt?policy"})
	e.must(admin, request{method: get, target: "/bkt"})
	if a := e.do(e.root, request{method: get, target: "/bkt?policy"}); a.status != 404 || a.code() != "NoSuchBucketPolicy" {
		t.Errorf("got %d %s", a.status, a.code())
	}
}

func TestConditionsOnStoredTags(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.must(e.root, request{method: put, target: "/bkt/red", body: "x", header: map[string]string{"X-Amz-Tagging": "team=red"}})
	e.must(e.root, request{method: put, target: "/bkt/blue", body: "x", header: map[string]string{"X-Amz-Tagging": "team=blue"}})
	who := e.user("red", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectTagging"],"Resource":"arn:aws:s3:::bkt/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"red"}}},
		{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"arn:aws:s3:::bkt/*","Condition":{"StringEquals":{"s3:RequestObjectTag/team":"red"}}},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bkt","Condition":{"StringLike":{"s3:prefix":["red/*",""]}}}]}`)
	a := e.must(who, request{method: get, target: "/bkt/red"})
	if a.header.Get("X-Amz-Tagging-Count") != "1" {
		t.Errorf("got %v", a.header)
	}
	for name, q := range map[string]request{
		"reading another team's object":            {method: get, target: "/bkt/blue"},
		"claiming the tag in a header of the read": {method: get, target: "/bkt/blue", header: map[string]string{"X-Amz-Tagging": "team=red"}},
		"writing without the tag":                  {method: put, target: "/bkt/new", body: "x"},
		"writing with another team's tag":          {method: put, target: "/bkt/new", body: "x", header: map[string]string{"X-Amz-Tagging": "team=blue"}},
		"copying another team's object":            {method: put, target: "/bkt/new", header: map[string]string{"X-Amz-Copy-Source": "/bkt/blue", "X-Amz-Tagging": "team=red", "X-Amz-Tagging-Directive": "REPLACE"}},
		"listing outside the prefix":               {method: get, target: "/bkt?prefix=blue/"},
		"listing without a prefix":                 {method: get, target: "/bkt"},
	} {
		if a := e.do(who, q); a.status != 403 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	e.must(who, request{method: put, target: "/bkt/new", body: "x", header: map[string]string{"X-Amz-Tagging": "team=red"}})
	e.must(who, request{method: get, target: "/bkt?prefix=red/x"})
	e.must(who, request{method: get, target: "/bkt?prefix="})
	e.must(who, request{method: put, target: "/bkt/new2", header: map[string]string{"X-Amz-Copy-Source": "/bkt/red", "X-Amz-Tagging": "team=red", "X-Amz-Tagging-Directive": "REPLACE"}})
}

func TestWrittenPoliciesAreLinted(t *testing.T) {
	var log bytes.Buffer
	e := newEnv(t, nil, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	e.bucket("bkt")
	policy := func(key string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*",` +
			`"Condition":{"IpAddress":{"` + key + `":"192.0.2.0/24"}}}]}`
	}
	e.must(e.root, request{method: put, target: "/bkt?policy", body: policy("aws:SourceIp")})
	if strings.Contains(log.String(), "finding") {
		t.Errorf("logged %s", log.String())
	}
	e.must(e.root, request{method: put, target: "/bkt?policy", body: policy("aws:SourceIP4")})
	for _, part := range []string{"level=WARN", "bucket_policy_of=bkt", "code=unknown-condition-key", "aws:SourceIp?"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("no %q in %s", part, log.String())
		}
	}
}
