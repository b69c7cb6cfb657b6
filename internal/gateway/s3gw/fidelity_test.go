package s3gw

import (
	"net/url"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
)

// encodeKey percent-encodes every byte of a key but "/", as any client may.
func encodeKey(key string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		if key[i] == '/' {
			b.WriteByte('/')
			continue
		}
		b.Write([]byte{'%', hex[key[i]>>4], hex[key[i]&15]})
	}
	return b.String()
}

// awkward are keys that a file system, a router or a careless decoder changes.
var awkward = []string{
	"a", "a/b", "x//y", "../x", "./x", "x/../y", "x/./y", "/leading", "trailing/", "//", ".", "..",
	strings.Repeat("k", 1024), "%2F", "a%2Fb", "a+b", "a b", " ", "🐈/猫.jpg", "\uFFFE", "e\u0301", "\u00e9",
	"q?versionId=1", "h#x", "amp&x=y", `quo"te'<>`, "tab\tline\n", "\x01", "semi;colon", "CON", "a.", "~", "*",
}

func TestKeysAreOpaque(t *testing.T) {
	d := &gatewaytest.Decider{Allow: gatewaytest.Everything}
	e := newEnv(t, d)
	e.bucket("keys")
	for _, key := range awkward {
		path := "/keys/" + encodeKey(key)
		e.must(e.root, request{method: put, target: path, body: "body of " + key})
		d.Take()
		got := e.must(e.root, request{method: get, target: path})
		if got.body != "body of "+key {
			t.Errorf("%q: got %q", key, got.body)
		}
		if asked := d.Take()[0].Resource; asked != "arn:aws:s3:::keys/"+key {
			t.Errorf("%q was authorized as %q", key, asked)
		}
	}
	// Every key is its own object: nothing was overwritten by another.
	for _, key := range awkward {
		if got := e.must(e.root, request{method: get, target: "/keys/" + encodeKey(key)}); got.body != "body of "+key {
			t.Errorf("%q: got %q after all were written", key, got.body)
		}
	}
	list := e.must(e.root, request{method: get, target: "/keys?list-type=2&encoding-type=url"})
	seen := map[string]bool{}
	for _, part := range strings.Split(list.body, "<Key>")[1:] {
		raw, _, _ := strings.Cut(part, "</Key>")
		key, err := url.QueryUnescape(raw)
		if err != nil {
			t.Fatal(err)
		}
		seen[key] = true
	}
	for _, key := range awkward {
		if !seen[key] {
			t.Errorf("%q is not listed", key)
		}
	}
	for _, key := range awkward {
		e.must(e.root, request{method: del, target: "/keys/" + encodeKey(key)})
	}
	e.must(e.root, request{method: del, target: "/keys"})
}

func TestKeysThatAreRefused(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("keys")
	tests := []struct{ name, target, code string }{
		{"1025 bytes are too many", "/keys/" + strings.Repeat("k", 1025), "KeyTooLongError"},
		{"a key is valid UTF-8", "/keys/%ff%fe", "InvalidURI"},
		{"a bucket does not contain an encoded slash", "/keys%2Fsecret", "InvalidBucketName"},
		{"dot segments do not climb out of the bucket", "/../keys/x", "InvalidBucketName"},
		{"a path does not begin with two slashes", "//keys/x", "InvalidBucketName"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := e.do(e.root, request{method: put, target: tt.target, body: "x"}); a.status != 400 || a.code() != tt.code {
				t.Errorf("got %d %s, want 400 %s", a.status, a.code(), tt.code)
			}
		})
	}
}
