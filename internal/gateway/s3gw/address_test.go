package s3gw

import (
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestHostsNameBuckets(t *testing.T) {
	h := newHosts([]string{"objects.example.com", "example.com"}, []string{"www.shop.test"})
	tests := []struct {
		host string
		want address
	}{
		{"localhost:8460", address{}},
		{"127.0.0.1:8460", address{}},
		{"[::1]:8460", address{}},
		{"pictures.localhost:8460", address{bucket: "pictures"}},
		{"s3.localhost", address{}},
		{"sts.localhost", address{}},
		{"cognito-identity.us-east-1.example.com", address{}},
		{"iam.s3.localhost", address{bucket: "iam"}},
		{"api1.execute-api.us-east-1.example.com", address{}},
		{"pictures.s3.localhost", address{bucket: "pictures"}},
		{"S3.us-east-1.amazonaws.com", address{}},
		{"Pictures.S3.amazonaws.com", address{bucket: "pictures"}},
		{"pictures.s3.eu-west-1.amazonaws.com", address{bucket: "pictures"}},
		{"pictures.s3.dualstack.eu-west-1.amazonaws.com", address{bucket: "pictures"}},
		{"my.dotted.name.s3.amazonaws.com", address{bucket: "my.dotted.name"}},
		{"my.s3.bucket.s3.amazonaws.com", address{bucket: "my.s3.bucket"}},
		{"objects.example.com", address{}},
		{"pictures.objects.example.com", address{bucket: "pictures"}},
		{"s3.example.com", address{}},
		{"s3.eu-west-1.example.com", address{}},
		{"pictures.s3.eu-west-1.example.com", address{bucket: "pictures"}},
		{"www.shop.test", address{bucket: "www.shop.test"}},
		{"unknown.test", address{}},
		{"site.s3-website.us-east-1.example.com", address{bucket: "site", website: true}},
		{"site.s3-website-us-east-1.amazonaws.com", address{bucket: "site", website: true}},
		{"ap-123.s3-accesspoint.us-east-1.amazonaws.com", address{other: "access point"}},
		{"123456789012.s3-control.us-east-1.amazonaws.com", address{other: "S3 Control"}},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, h.bucket(tt.host), cmp.AllowUnexported(address{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHostsThatOnlyS3Has(t *testing.T) {
	g := &Gateway{hosts: newHosts([]string{"rockpool.example.com"}, nil)}
	for host, want := range map[string]bool{
		"127.0.0.1:8460": false, "localhost:8460": false, "rockpool.example.com": false, "s3.rockpool.example.com": false, "sts.rockpool.example.com": false,
		"pictures.rockpool.example.com": true, "pictures.s3.anything": true, "site.s3-website.anything": true, "unknown.test": false,
	} {
		if got := g.Owns(host); got != want {
			t.Errorf("Owns(%q) = %v", host, got)
		}
	}
}

func TestVirtualHostedRequests(t *testing.T) {
	e := newEnv(t, nil)
	e.must(e.root, request{method: put, target: "/", host: "pictures.localhost:1"})
	e.must(e.root, request{method: put, target: "/a//b", host: "pictures.s3.us-east-1.localhost", body: "x"})
	if a := e.must(e.root, request{method: get, target: "/pictures/a//b"}); a.body != "x" {
		t.Errorf("got %q", a.body)
	}
	if a := e.must(e.root, request{method: get, target: "/?list-type=2", host: "pictures.objects.example.com"}); a.elem("Key") != "a//b" {
		t.Errorf("got %s", a.body)
	}
	if a := e.do(e.root, request{method: get, target: "/", host: "pictures.s3-website.us-east-1.localhost"}); a.status != 501 {
		t.Errorf("website: %d", a.status)
	}
}

func TestBucketNames(t *testing.T) {
	for name, want := range map[string]bool{
		"abc": true, "a.b.c": true, "my-bucket.1": true, "ab": false, "ABC": false, "a_b": false, "-abc": false, "abc-": false, "a..b": false,
		"192.168.5.4": false, "a b": false, "abc\x00": false, "": false, "a12345678901234567890123456789012345678901234567890123456789012": true,
		"a123456789012345678901234567890123456789012345678901234567890123": false,
	} {
		if got := validBucket(name); got != want {
			t.Errorf("validBucket(%q) = %v", name, got)
		}
	}
	for _, name := range []string{"xn--abc", "sthree-abc", "amzn-s3-demo-x", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3"} {
		if creatable(name) {
			t.Errorf("creatable(%q)", name)
		}
	}
}

func FuzzLocate(f *testing.F) {
	for _, s := range []string{"/b/k", "//", "/%2e%2e/x", "/bkt/a+b%20c", "/bkt/%ff", "", "/bkt/%"} {
		f.Add(s, "localhost")
	}
	f.Add("/k", "pictures.s3.amazonaws.com")
	h := newHosts(nil, nil)
	f.Fuzz(func(t *testing.T, path, host string) {
		a, err := h.locate(&http.Request{Host: host}, path)
		if err != nil {
			return
		}
		if !utf8.ValidString(a.key) || len(a.key) > maxKey {
			t.Fatalf("key %q", a.key)
		}
		// What was read is found again under its own encoding.
		if a.other == "" && !a.website && validBucket(a.bucket) {
			again, err := h.locate(&http.Request{Host: "localhost"}, "/"+a.bucket+"/"+encodeKey(a.key))
			if err != nil || again.bucket != a.bucket || again.key != a.key {
				t.Fatalf("%q %q became %q %q (%v)", a.bucket, a.key, again.bucket, again.key, err)
			}
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"acl", "a=b&c=d", "prefix=a%2Bb+c", "%61=1&a=2", "&&=", "x=%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var q query
		if q.parse(raw) != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range q.list {
			if seen[p.name] {
				t.Fatalf("%q was accepted with %q twice", raw, p.name)
			}
			seen[p.name] = true
		}
	})
}
