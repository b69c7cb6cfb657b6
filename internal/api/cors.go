package api

import (
	"net/http"
	"strings"
)

// Browsers call these services from any page, without cookies, so any origin may
// read any answer (cognito-identity.md 1.4). Errors carry the headers too, or a
// browser would hide the reason.
const (
	exposedHeaders = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
	allowedMethods = "OPTIONS,GET,POST"
	preflightAge   = "172800"

	// allowedHeaders answers a preflight that names no headers.
	allowedHeaders = "content-type,x-amz-target,x-amz-user-agent,x-amz-date,x-amz-security-token,x-amz-content-sha256," +
		"authorization,amz-sdk-invocation-id,amz-sdk-request,cache-control,pragma,user-agent,x-amzn-platform-id,x-amzn-trace-id"
)

// crossOriginValues are the values of the headers that every answer has. All
// answers share them: they are full, so whoever adds a value makes a copy.
type crossOriginValues struct{ origin, exposed []string }

func newCrossOriginValues() crossOriginValues {
	return crossOriginValues{origin: []string{"*"}, exposed: []string{exposedHeaders}}
}

func (v *crossOriginValues) crossOrigin(h http.Header) {
	h["Access-Control-Allow-Origin"] = v.origin
	h["Access-Control-Expose-Headers"] = v.exposed
}

// preflight answers a browser's question whether it may send a request. It
// allows whatever headers the browser names: without credentials from cookies no
// header is worth more to a page than to any other client.
func (v *crossOriginValues) preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	v.crossOrigin(h)
	h.Set("x-amzn-RequestId", newRequestID())
	h.Set("Access-Control-Allow-Methods", allowedMethods)
	h.Set("Access-Control-Max-Age", preflightAge)
	h.Set("Access-Control-Allow-Headers", requestedHeaders(r))
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}

// requestedHeaders echoes the header names a preflight asks for, if they are
// names.
func requestedHeaders(r *http.Request) string {
	asked := strings.Join(r.Header.Values("Access-Control-Request-Headers"), ",")
	if asked == "" || len(asked) > 2048 {
		return allowedHeaders
	}
	for _, c := range asked {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.ContainsRune("-_., ", c):
		default:
			return allowedHeaders
		}
	}
	return asked
}
