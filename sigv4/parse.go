package sigv4

import (
	"net/http"
	"strings"
	"time"
)

// Parse reads what a request says about its signature, without believing any
// of it. It returns nil and no error when the request has no authentication
// material at all: the caller is anonymous. Anything half there is an error.
func Parse(r *http.Request) (*Authorization, error) {
	_, rawQuery := target(r)
	var q queryAuth
	if err := q.read(rawQuery); err != nil {
		return nil, err
	}
	headers := r.Header["Authorization"]
	switch {
	case len(headers) > 1:
		return nil, &Error{Code: Duplicate, Form: Header, Part: "Authorization"}
	case len(headers) == 1 && (q.v4 || q.v2):
		return nil, &Error{Code: BothMechanisms, Form: Header}
	case len(headers) == 1:
		a, err := parseHeader(headers[0])
		if err != nil {
			return nil, err
		}
		a.rawQuery = rawQuery
		return a, a.readHeaders(r, &q)
	case q.v4:
		a, err := q.parse()
		if err != nil {
			return nil, err
		}
		a.rawQuery = rawQuery
		return a, a.readHeaders(r, &q)
	case q.v2:
		return nil, &Error{Code: SigV2, Form: Query}
	}
	return nil, nil
}

// parseHeader reads the Authorization header:
//
//	AWS4-HMAC-SHA256 Credential=AKID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=hex
//
// The components come in any order, separated by a comma with or without spaces.
func parseHeader(header string) (*Authorization, error) {
	scheme, rest, _ := strings.Cut(header, " ")
	switch scheme {
	case Algorithm:
	case "AWS":
		return nil, &Error{Code: SigV2, Form: Header}
	case algorithmV4A:
		return nil, &Error{Code: SigV4A, Form: Header}
	default:
		return nil, &Error{Code: UnknownScheme, Form: Header}
	}
	var credential, signed, signature string
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		name, value, ok := strings.Cut(strings.Trim(part, " \t"), "=")
		var into *string
		switch name {
		case "Credential":
			into = &credential
		case "SignedHeaders":
			into = &signed
		case "Signature":
			into = &signature
		}
		switch {
		case !ok:
			return nil, &Error{Code: Malformed, Form: Header, Part: "component without equal-sign", Got: name}
		case into == nil:
			return nil, &Error{Code: Malformed, Form: Header, Part: "unknown component"}
		}
		if *into != "" {
			return nil, &Error{Code: Duplicate, Form: Header, Part: name}
		}
		*into = value
	}
	a := &Authorization{Form: Header, Signature: signature}
	var missing []string
	for _, c := range [...]pair{{"Credential", credential}, {"SignedHeaders", signed}, {"Signature", signature}} {
		if c.value == "" {
			missing = append(missing, c.name)
		}
	}
	if missing != nil {
		return nil, &Error{Code: Malformed, Form: Header, Missing: missing}
	}
	if err := a.setCredential(credential); err != nil {
		return nil, err
	}
	return a, a.setSignedHeaders(signed)
}

// setCredential splits key/date/region/service/terminator. What date, region,
// service and terminator ought to be is Verify's business.
func (a *Authorization) setCredential(s string) error {
	rest := s
	ok := strings.Count(s, "/") == 4
	for _, into := range [...]*string{&a.AccessKeyID, &a.Scope.Date, &a.Scope.Region, &a.Scope.Service, &a.Scope.Terminator} {
		*into, rest, _ = strings.Cut(rest, "/")
		ok = ok && *into != "" && len(*into) <= 128 && printable(*into)
	}
	if !ok || len(a.Scope.Date) != len(dateFormat) || !digits(a.Scope.Date) {
		return &Error{Code: BadCredential, Form: a.Form, Got: s}
	}
	return nil
}

// maxSignedHeaders bounds the work that an unauthenticated list can cause: each
// name is compared with each header.
const maxSignedHeaders = 256

// setSignedHeaders splits the list and insists on what every signer does: lower
// case, ascending, no name twice. Two spellings of one list would be two
// signatures for one request.
func (a *Authorization) setSignedHeaders(s string) error {
	a.SignedHeaders = a.names[:0]
	for rest, more := s, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, ";")
		n := len(a.SignedHeaders)
		if !headerName(name) || n > 0 && a.SignedHeaders[n-1] >= name || n == maxSignedHeaders {
			return &Error{Code: Malformed, Form: a.Form, Part: "SignedHeaders", Got: s}
		}
		a.SignedHeaders = append(a.SignedHeaders, name)
	}
	return nil
}

// readHeaders takes the date, session token and payload hash. Each may stand
// once.
func (a *Authorization) readHeaders(r *http.Request, q *queryAuth) error {
	date, err := a.single(r.Header, "X-Amz-Date")
	if err != nil {
		return err
	}
	switch {
	case a.Form == Query:
		// The date is the parameter's, and a different one in the header is a trap.
		if date != "" && date != q.date {
			return &Error{Code: Duplicate, Form: a.Form, Part: "X-Amz-Date"}
		}
	case date != "":
		if err := a.setTime(date); err != nil {
			return err
		}
	default:
		if date, err = a.single(r.Header, "Date"); err != nil {
			return err
		}
		if err := a.setDate(date); err != nil {
			return err
		}
	}
	if a.SessionToken, err = a.either(r.Header, "X-Amz-Security-Token", q.token); err != nil {
		return err
	}
	hash := q.contentSHA256
	if a.Form == Header {
		hash = ""
	}
	a.PayloadHash, err = a.either(r.Header, "X-Amz-Content-Sha256", hash)
	return err
}

// single returns a header that may occur only once.
func (a *Authorization) single(h http.Header, name string) (string, error) {
	switch v := h[name]; len(v) {
	case 0:
		return "", nil
	case 1:
		return strings.Trim(v[0], " \t"), nil
	default:
		return "", &Error{Code: Duplicate, Form: a.Form, Part: name}
	}
}

// either returns a value that may stand in the header or in the query, but not
// differently in both.
func (a *Authorization) either(h http.Header, name, param string) (string, error) {
	v, err := a.single(h, name)
	switch {
	case err != nil:
		return "", err
	case v == "":
		return param, nil
	case param != "" && param != v:
		return "", &Error{Code: Duplicate, Form: a.Form, Part: name}
	}
	return v, nil
}

// setTime reads YYYYMMDDThhmmssZ.
func (a *Authorization) setTime(s string) error {
	t, ok := parseTime(s)
	if !ok {
		return &Error{Code: BadDate, Form: a.Form, Got: s}
	}
	a.Time, a.timestamp = t, s
	return nil
}

// setDate reads the Date header, which may hold an HTTP date or the short form.
func (a *Authorization) setDate(s string) error {
	if s == "" {
		return &Error{Code: MissingDate, Form: a.Form}
	}
	if a.setTime(s) == nil {
		return nil
	}
	t, err := http.ParseTime(s)
	if err != nil {
		return &Error{Code: BadDate, Form: a.Form, Got: s}
	}
	a.Time = t.UTC()
	a.timestamp = a.Time.Format(timeFormat)
	return nil
}

// parseTime reads YYYYMMDDThhmmssZ and nothing else.
func parseTime(s string) (time.Time, bool) {
	if len(s) != len(timeFormat) || s[8] != 'T' || s[15] != 'Z' || !digits(s[:8]) || !digits(s[9:15]) {
		return time.Time{}, false
	}
	n := func(i, j int) int {
		v := 0
		for ; i < j; i++ {
			v = v*10 + int(s[i]-'0')
		}
		return v
	}
	month, day, hour, minute, second := n(4, 6), n(6, 8), n(9, 11), n(11, 13), n(13, 15)
	t := time.Date(n(0, 4), time.Month(month), day, hour, minute, second, 0, time.UTC)
	// time.Date carries the 31st of June over to July; a date is what it says.
	if hour > 23 || minute > 59 || second > 59 || int(t.Month()) != month || t.Day() != day {
		return time.Time{}, false
	}
	return t, true
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// headerName reports whether s is a lower-case header field name.
func headerName(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return true
}
