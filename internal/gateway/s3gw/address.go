package s3gw

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// address is what the Host and the path of a request name.
type address struct {
	bucket  string
	key     string // opaque bytes, decoded once; "" for the bucket itself
	website bool   // a website endpoint
	other   string // a kind of endpoint that is not served: "access point", "control"
}

// maxKey is the longest key in bytes.
const maxKey = 1024

// hosts tells buckets from host names (spec/gateways.md 1.1).
type hosts struct {
	bases   []string // endpoints: the name itself is path style, a label before it a bucket
	domains []string // custom domains: the whole name is the bucket
}

// newHosts lower-cases the configured names and puts the longest base first.
func newHosts(bases, domains []string) hosts {
	h := hosts{bases: []string{"localhost"}}
	for _, b := range bases {
		b = strings.Trim(strings.ToLower(b), ".")
		i := 0
		for i < len(h.bases) && len(h.bases[i]) >= len(b) {
			i++
		}
		h.bases = append(h.bases[:i], append([]string{b}, h.bases[i:]...)...)
	}
	for _, d := range domains {
		h.domains = append(h.domains, strings.ToLower(d))
	}
	return h
}

// bucket returns the bucket that a Host names in virtual-hosted style; the
// bucket is empty for path style. The port is ignored, and so is case.
func (h *hosts) bucket(host string) (a address) {
	host = hostName(host)
	for _, d := range h.domains {
		if host == d {
			return address{bucket: host}
		}
	}
	for _, mark := range [...]string{".s3-accesspoint.", ".s3-object-lambda.", ".s3-outposts.", ".mrap."} {
		if strings.Contains(host, mark) {
			return address{other: "access point"}
		}
	}
	if strings.HasPrefix(host, "s3-control.") || strings.Contains(host, ".s3-control.") {
		return address{other: "S3 Control"}
	}
	if strings.Contains(host, ".s3express-") {
		return address{other: "directory bucket"}
	}
	if i := strings.LastIndex(host, ".s3-website"); i > 0 && websiteMark(host[i+len(".s3-website"):]) {
		return address{bucket: host[:i], website: true}
	}
	for _, base := range h.bases {
		if host == base {
			return address{}
		}
		b, ok := strings.CutSuffix(host, "."+base)
		if ok && otherService(b) {
			return address{}
		}
		if ok && !endpoint(b) {
			if i := strings.LastIndex(b, ".s3."); i > 0 {
				b = b[:i]
			}
			return address{bucket: strings.TrimSuffix(b, ".s3")}
		}
	}
	if i := strings.LastIndex(host, ".s3."); i > 0 {
		return address{bucket: host[:i]}
	}
	return address{}
}

// endpoint reports whether the labels before a base name the service and its
// region ("s3", "s3.eu-west-1", "s3.dualstack.eu-west-1") and so no bucket.
func endpoint(labels string) bool {
	return labels == "s3" || strings.HasPrefix(labels, "s3.") && !strings.Contains(labels[len("s3."):], ".s3")
}

// otherService reports whether the labels before a base name another service of
// the installation, alone or with a region. A bucket of that name is reached in
// path style.
func otherService(labels string) bool {
	first, rest, _ := strings.Cut(labels, ".")
	switch first {
	case "cognito-identity", "cognito-idp", "sts", "iam", "dynamodb", "rockpool", "console":
		return !strings.Contains(rest, ".") && !strings.HasPrefix(rest, "s3")
	}
	return strings.HasSuffix(labels, ".execute-api") || strings.Contains(labels, ".execute-api.")
}

// websiteMark reports whether s continues ".s3-website" as a host name does:
// ".region.base" or "-region.base".
func websiteMark(s string) bool { return len(s) > 1 && (s[0] == '.' || s[0] == '-') }

// hostName strips the port and lower-cases. An IP address comes back as it is.
func hostName(host string) string {
	if strings.HasPrefix(host, "[") {
		return host
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	for i := 0; i < len(host); i++ {
		if c := host[i]; 'A' <= c && c <= 'Z' {
			return strings.ToLower(host)
		}
	}
	return host
}

// target returns path and query as the client sent them. They are read from
// RequestURI, as the signature check does: a router may have cleaned r.URL.
func target(r *http.Request) (path, query string) {
	uri := r.RequestURI
	if uri == "" {
		return r.URL.EscapedPath(), r.URL.RawQuery
	}
	if uri[0] != '/' {
		// The absolute form that proxies are sent.
		if _, rest, ok := strings.Cut(uri, "://"); ok {
			i := strings.IndexAny(rest, "/?")
			if i < 0 {
				return "/", ""
			}
			uri = rest[i:]
		}
	}
	path, query, _ = strings.Cut(uri, "?")
	return path, query
}

// locate reads bucket and key from Host and raw path. The key is everything
// after the bucket's slash, percent-decoded once and otherwise untouched: no
// cleaning, no "//", "." or ".." handling, "+" is a plus.
func (h *hosts) locate(r *http.Request, path string) (address, error) {
	a := h.bucket(r.Host)
	rest := strings.TrimPrefix(path, "/")
	if a.bucket == "" && a.other == "" {
		raw, key, _ := strings.Cut(rest, "/")
		b, ok := unescape(raw, false)
		if !ok {
			return a, invalidURI()
		}
		a.bucket, rest = b, key
	}
	key, ok := unescape(rest, false)
	if !ok || !utf8.ValidString(key) || !utf8.ValidString(a.bucket) {
		return a, invalidURI()
	}
	if len(key) > maxKey {
		return a, keyTooLong(len(key))
	}
	a.key = key
	if strings.HasPrefix(a.bucket, "arn:") || strings.HasSuffix(a.bucket, "-s3alias") ||
		strings.HasSuffix(a.bucket, "--ol-s3") || strings.HasSuffix(a.bucket, "--x-s3") {
		a.other = "access point"
	}
	return a, nil
}

// unescape resolves percent escapes. "+" is a space only in a form-encoded query.
func unescape(s string, plusIsSpace bool) (string, bool) {
	i := 0
	for i < len(s) && s[i] != '%' && (s[i] != '+' || !plusIsSpace) {
		i++
	}
	if i == len(s) {
		return s, true
	}
	b := make([]byte, i, len(s))
	copy(b, s)
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) {
				return "", false
			}
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 0 || lo < 0 {
				return "", false
			}
			b = append(b, byte(hi<<4|lo))
			i += 2
		case c == '+' && plusIsSpace:
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// validBucket reports whether a name could be a bucket's at all.
func validBucket(name string) bool {
	if len(name) < 3 || len(name) > 63 || strings.Contains(name, "..") {
		return false
	}
	dots, letters := 0, false
	for i := 0; i < len(name); i++ {
		c := name[i]
		alnum := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !alnum && (c != '-' && c != '.' || i == 0 || i == len(name)-1) {
			return false
		}
		if c == '.' {
			dots++
		} else if c < '0' || '9' < c {
			letters = true
		}
	}
	return letters || dots != 3 // an IPv4 address is no bucket
}

// creatable reports whether a bucket may get this name: AWS reserves some
// beginnings and endings for names it makes itself.
func creatable(name string) bool {
	for _, p := range [...]string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, p) {
			return false
		}
	}
	for _, s := range [...]string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, s) {
			return false
		}
	}
	return validBucket(name)
}
