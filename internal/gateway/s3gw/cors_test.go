package s3gw

import (
	"strings"
	"testing"
)

const corsDocument = `<CORSConfiguration>
<CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Authorization</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>300</MaxAgeSeconds></CORSRule>
<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
</CORSConfiguration>`

func TestCORS(t *testing.T) {
	e := newEnv(t, nil, func(c *Config) { c.Origins = []string{"http://127.0.0.1:8461"} })
	e.bucket("bkt")
	e.bucket("plain")
	e.put("/bkt/k", "x")
	e.must(e.root, request{method: put, target: "/bkt?cors", body: corsDocument})
	preflight := func(target, origin, method, headers string) answer {
		h := map[string]string{}
		for k, v := range map[string]string{"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers} {
			if v != "" {
				h[k] = v
			}
		}
		return e.do(nil, request{method: "OPTIONS", target: target, header: h})
	}
	tests := []struct {
		name, target, origin, method, headers string
		status                                int
		allow, credentials                    string
	}{
		{"the first rule that fits answers", "/bkt/k", "https://app.example.com", "PUT", "authorization, X-Amz-Date", 200, "https://app.example.com", "true"},
		{"a star in the rule is a star in the answer", "/bkt/k", "https://else.test", "GET", "", 200, "*", ""},
		{"a method outside every rule", "/bkt/k", "https://app.example.com", "DELETE", "", 403, "", ""},
		{"a header outside every rule", "/bkt/k", "https://app.example.com", "PUT", "x-other", 403, "", ""},
		{"a bucket without rules", "/plain/k", "https://app.example.com", "GET", "", 403, "", ""},
		{"a bucket that does not exist", "/nobucket/k", "https://app.example.com", "GET", "", 403, "", ""},
		{"without an origin", "/bkt/k", "", "GET", "", 400, "", ""},
		{"the installation's own origin, without rules", "/plain/k", "http://127.0.0.1:8461", "DELETE", "authorization", 200, "http://127.0.0.1:8461", "true"},
		{"the installation's own origin, on the service", "/", "http://127.0.0.1:8461", "GET", "authorization", 200, "http://127.0.0.1:8461", "true"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := preflight(tt.target, tt.origin, tt.method, tt.headers)
			if a.status != tt.status || a.header.Get("Access-Control-Allow-Origin") != tt.allow || a.header.Get("Access-Control-Allow-Credentials") != tt.credentials {
				t.Errorf("got %d %v\n%s", a.status, a.header, a.body)
			}
			if tt.status == 403 && (a.code() != "AccessForbidden" || a.elem("Method") != tt.method || a.elem("ResourceType") != "OBJECT") {
				t.Errorf("got %s", a.body)
			}
		})
	}
	first := preflight("/bkt/k", "https://app.example.com", "PUT", "Authorization,x-amz-date").header
	for name, want := range map[string]string{
		"Access-Control-Allow-Methods": "GET, PUT", "Access-Control-Allow-Headers": "authorization, x-amz-date", "Access-Control-Expose-Headers": "ETag",
		"Access-Control-Max-Age": "300", "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
	} {
		if got := first.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}

	if a := e.do(e.root, request{method: get, target: "/bkt/k"}); !strings.Contains(a.header.Get("Vary"), "Origin") {
		t.Errorf("an answer without an Origin can be taken from a cache by a page: %v", a.header)
	}

	origin := map[string]string{"Origin": "https://app.example.com"}
	nobody := e.user("nobody", "")
	for name, a := range map[string]answer{
		"a success":                e.do(e.root, request{method: get, target: "/bkt/k", header: origin}),
		"a denial":                 e.do(nobody, request{method: get, target: "/bkt/k", header: origin}),
		"a missing key":            e.do(e.root, request{method: get, target: "/bkt/none", header: origin}),
		"an unknown operation":     e.do(e.root, request{method: get, target: "/bkt/k?florbish", header: origin}),
		"an expired or bad caller": e.do(nil, request{method: get, target: "/bkt/k", header: map[string]string{"Origin": "https://app.example.com", "Authorization": "AWS4-HMAC-SHA256 nonsense"}}),
	} {
		if a.header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
			t.Errorf("%s (%d) has no CORS headers: %v", name, a.status, a.header)
		}
	}
	if a := e.do(e.root, request{method: get, target: "/plain", header: origin}); a.header.Get("Access-Control-Allow-Origin") != "" || a.status != 200 {
		t.Errorf("without rules: %d %v", a.status, a.header)
	}
}
