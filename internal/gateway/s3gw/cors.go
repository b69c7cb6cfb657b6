package s3gw

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
)

// corsRule is one rule of a bucket's CORS configuration (spec/gateways.md 1.11).
type corsRule struct {
	ID                                string
	Origins, Methods, Headers, Expose []string
	MaxAge                            int // seconds, -1 when not given
}

// Limits of a CORS configuration.
const (
	maxCORSRules = 100
	maxCORSBytes = 64 << 10
)

// match returns the Access-Control-Allow-Origin of the rule for an origin and a
// method, or "" when the rule does not cover them.
func (r *corsRule) match(origin, method string) string {
	if !slices.Contains(r.Methods, method) {
		return ""
	}
	for _, o := range r.Origins {
		switch {
		case o == "*":
			return "*"
		case wild(o, origin):
			return origin
		}
	}
	return ""
}

// allows reports whether every requested header is covered.
func (r *corsRule) allows(headers []string) bool {
	for _, h := range headers {
		if !slices.ContainsFunc(r.Headers, func(p string) bool { return wild(strings.ToLower(p), h) }) {
			return false
		}
	}
	return true
}

// wild matches a pattern with at most one "*".
func wild(pattern, s string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}

// trusted is the rule of the origins that the installation itself trusts.
func trusted(origin string) corsRule {
	return corsRule{
		Origins: []string{origin}, Methods: []string{get, put, post, del, head}, Headers: []string{"*"}, MaxAge: 600,
		Expose: []string{"ETag", "Date", "Content-Length", "x-amz-request-id", "x-amz-id-2", "x-amz-bucket-region", "x-amz-version-id"},
	}
}

// actualCORS adds the headers of an actual request: the first rule that covers
// origin and method, whatever headers were sent. Without one the request runs
// all the same and the browser keeps the answer from the page.
func (c *call) actualCORS(x *gateway.Exchange, origin string) {
	if slices.Contains(c.g.origins, origin) {
		r := trusted(origin)
		c.corsHeaders(x, &r, origin, origin)
		return
	}
	if c.bucket == nil {
		return
	}
	for i := range c.bucket.cors {
		r := &c.bucket.cors[i]
		if allow := r.match(origin, x.R.Method); allow != "" {
			c.corsHeaders(x, r, origin, allow)
			return
		}
	}
}

func (c *call) corsHeaders(x *gateway.Exchange, r *corsRule, origin, allow string) {
	x.W.Set("Access-Control-Allow-Origin", allow)
	if allow != "*" {
		x.W.Set("Access-Control-Allow-Credentials", "true")
	}
	x.W.Set("Access-Control-Allow-Methods", strings.Join(r.Methods, ", "))
	if len(r.Expose) > 0 {
		x.W.Set("Access-Control-Expose-Headers", strings.Join(r.Expose, ", "))
	}
	if r.MaxAge >= 0 {
		x.W.Set("Access-Control-Max-Age", strconv.Itoa(r.MaxAge))
	}
	x.W.Set("Vary", varyCORS)
}

// varyCORS is what answers of a bucket with CORS rules depend on.
const varyCORS = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

// preflight answers OPTIONS: never authenticated, never forwarded.
func (c *call) preflight(x *gateway.Exchange) error {
	h := x.R.Header
	origin, method := h.Get("Origin"), h.Get("Access-Control-Request-Method")
	if origin == "" {
		return fail(http.StatusBadRequest, "BadRequest", "Insufficient information. Origin request header needed.")
	}
	if !slices.Contains([]string{get, put, post, del, head}, method) {
		return fail(http.StatusBadRequest, "BadRequest", "Invalid Access-Control-Request-Method: "+method)
	}
	var asked []string
	for part := range strings.SplitSeq(h.Get("Access-Control-Request-Headers"), ",") {
		if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
			asked = append(asked, part)
		}
	}
	if slices.Contains(c.g.origins, origin) {
		r := trusted(origin)
		return c.grant(x, &r, origin, origin, asked)
	}
	switch {
	case c.addr.bucket == "":
		return c.corsRefused(method, "CORSResponse: CORS is not enabled for this resource.")
	case c.bucket == nil:
		return c.corsRefused(method, "CORSResponse: Bucket not found")
	case len(c.bucket.cors) == 0:
		return c.corsRefused(method, "CORSResponse: CORS is not enabled for this bucket.")
	}
	for i := range c.bucket.cors {
		r := &c.bucket.cors[i]
		if allow := r.match(origin, method); allow != "" && r.allows(asked) {
			return c.grant(x, r, origin, allow, asked)
		}
	}
	return c.corsRefused(method, "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.")
}

func (c *call) grant(x *gateway.Exchange, r *corsRule, origin, allow string, asked []string) error {
	c.corsHeaders(x, r, origin, allow)
	if len(asked) > 0 {
		x.W.Set("Access-Control-Allow-Headers", strings.Join(asked, ", "))
	}
	c.g.empty(x, http.StatusOK)
	return nil
}

func (c *call) corsRefused(method, message string) error {
	kind := "BUCKET"
	if c.addr.key != "" {
		kind = "OBJECT"
	}
	return fail(http.StatusForbidden, "AccessForbidden", message, Field{"Method", method}, Field{"ResourceType", kind})
}

// parseCORS reads a CORSConfiguration.
func parseCORS(body []byte) ([]corsRule, error) {
	n, err := parseXML(body, "CORSConfiguration")
	if err != nil {
		return nil, err
	}
	if err := n.only("CORSRule"); err != nil {
		return nil, err
	}
	if len(n.kids) == 0 {
		return nil, malformedXML(nil)
	}
	if len(n.kids) > maxCORSRules {
		return nil, invalidRequest("The number of CORS rules should not exceed allowed limit of 100 rules.")
	}
	rules := make([]corsRule, 0, len(n.kids))
	for _, k := range n.kids {
		r, err := parseCORSRule(k)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseCORSRule(n *node) (corsRule, error) {
	r := corsRule{MaxAge: -1}
	if err := n.only("ID", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader", "MaxAgeSeconds"); err != nil {
		return r, err
	}
	var err error
	if r.ID, _, err = n.str("ID"); err != nil {
		return r, err
	}
	for _, list := range []struct {
		name string
		to   *[]string
		wild string
	}{
		{"AllowedOrigin", &r.Origins, "AllowedOrigin"}, {"AllowedMethod", &r.Methods, ""},
		{"AllowedHeader", &r.Headers, "AllowedHeader"}, {"ExposeHeader", &r.Expose, ""},
	} {
		for _, k := range n.all(list.name) {
			v := strings.TrimSpace(k.text)
			if list.wild != "" && strings.Count(v, "*") > 1 {
				return r, invalidRequest(list.wild + ` "` + v + `" can not have more than one wildcard.`)
			}
			if list.name == "ExposeHeader" && strings.Contains(v, "*") {
				return r, invalidRequest(`ExposeHeader "` + v + `" contains wildcard. We currently do not support wildcard for ExposeHeader.`)
			}
			*list.to = append(*list.to, v)
		}
	}
	if len(r.Origins) == 0 || len(r.Methods) == 0 || len(r.ID) > 255 {
		return r, malformedXML(nil)
	}
	for _, m := range r.Methods {
		if !slices.Contains([]string{get, put, post, del, head}, m) {
			return r, invalidRequest("Found unsupported HTTP method in CORS config. Unsupported method is " + m)
		}
	}
	if s, ok, err := n.str("MaxAgeSeconds"); err != nil {
		return r, err
	} else if ok {
		age, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
		if err != nil {
			return r, malformedXML(err)
		}
		r.MaxAge = int(age)
	}
	return r, nil
}

// printCORS writes rules as GetBucketCors answers them.
func printCORS(rules []corsRule) string {
	d := newDoc("CORSConfiguration", namespace)
	for _, r := range rules {
		d.open("CORSRule")
		d.some("ID", r.ID)
		for _, m := range r.Methods {
			d.elem("AllowedMethod", m)
		}
		for _, o := range r.Origins {
			d.elem("AllowedOrigin", o)
		}
		for _, h := range r.Headers {
			d.elem("AllowedHeader", h)
		}
		for _, e := range r.Expose {
			d.elem("ExposeHeader", e)
		}
		if r.MaxAge >= 0 {
			d.int("MaxAgeSeconds", int64(r.MaxAge))
		}
		d.close("CORSRule")
	}
	return string(d.bytes())
}
