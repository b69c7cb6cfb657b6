package sigv4

import (
	"strconv"
	"strings"
	"time"
)

// queryAuth holds the parameters of a presigned URL.
type queryAuth struct {
	v4, v2                                                                               bool
	algorithm, credential, date, expires, signedHeaders, signature, token, contentSHA256 string
	seen                                                                                 uint16
	others                                                                               map[string]bool
}

// queryNames are the parameters of a signature, in the order AWS names them.
// The first six are mandatory in a presigned URL.
var queryNames = [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders",
	"X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Content-Sha256"}

// read collects the parameters. Which ones make a request a presigned one:
// X-Amz-Algorithm, X-Amz-Credential or X-Amz-Signature, so that a URL that lost
// one of them is refused and not taken for anonymous.
func (q *queryAuth) read(raw string) error {
	var v2Key, v2Signature bool
	for p, rest, ok := cutPair(raw); ok; p, rest, ok = cutPair(rest) {
		name, err := decode(p.name, false)
		if err != nil {
			return err
		}
		switch name {
		case "AWSAccessKeyId":
			v2Key = true
		case "Signature":
			v2Signature = true
		}
		if len(name) < 6 || !strings.EqualFold(name[:6], "x-amz-") {
			continue
		}
		if err := q.take(name, p.value); err != nil {
			return err
		}
	}
	q.v2 = v2Key && v2Signature
	q.v4 = q.algorithm != "" || q.seen&0b111 != 0
	return nil
}

// take stores one X-Amz-* parameter. AWS's names are case-sensitive, but the
// same name in another case beside it is refused like a repetition.
func (q *queryAuth) take(name, rawValue string) error {
	into := [...]*string{&q.algorithm, &q.credential, &q.signature, &q.date, &q.signedHeaders, &q.expires, &q.token, &q.contentSHA256}
	for i, known := range queryNames {
		if !strings.EqualFold(name, known) {
			continue
		}
		bit := uint16(1) << i
		otherCase := bit << 8
		if q.seen&(bit|otherCase) != 0 {
			return &Error{Code: Duplicate, Form: Query, Part: known}
		}
		if name != known {
			q.seen |= otherCase
			return nil
		}
		q.seen |= bit
		value, err := decode(rawValue, false)
		if err != nil {
			// Without the text: it may be a session token, and errors are logged.
			return &Error{Code: BadTarget, Form: Query, Part: known}
		}
		*into[i] = value
		return nil
	}
	// Not part of the signature, yet S3 reads parameters such as
	// x-amz-storage-class like headers: two of them would be two meanings.
	lower := strings.ToLower(name)
	if q.others[lower] {
		return &Error{Code: Duplicate, Form: Query, Part: name}
	}
	if q.others == nil {
		q.others = map[string]bool{}
	}
	q.others[lower] = true
	return nil
}

// parse turns the parameters into an Authorization.
func (q *queryAuth) parse() (*Authorization, error) {
	if q.algorithm == algorithmV4A {
		return nil, &Error{Code: SigV4A, Form: Query}
	}
	var missing []string
	for i, v := range [...]string{q.algorithm, q.credential, q.signature, q.date, q.signedHeaders, q.expires} {
		if v == "" {
			missing = append(missing, queryNames[i])
		}
	}
	if missing != nil {
		return nil, &Error{Code: MissingParams, Form: Query, Missing: missing}
	}
	if q.algorithm != Algorithm {
		return nil, &Error{Code: BadAlgorithm, Form: Query, Got: q.algorithm}
	}
	a := &Authorization{Form: Query, Signature: q.signature}
	if err := a.setCredential(q.credential); err != nil {
		return nil, err
	}
	if err := a.setTime(q.date); err != nil {
		return nil, err
	}
	if err := a.setExpires(q.expires); err != nil {
		return nil, err
	}
	return a, a.setSignedHeaders(q.signedHeaders)
}

// setExpires reads X-Amz-Expires. Zero is a number, and a URL that is over.
func (a *Authorization) setExpires(s string) error {
	digitsOnly := strings.TrimPrefix(s, "-")
	if digitsOnly == "" || !digits(digitsOnly) {
		return &Error{Code: ExpiresNotNumber, Form: a.Form, Got: s}
	}
	seconds, err := strconv.ParseInt(s, 10, 64)
	switch {
	case s[0] == '-':
		return &Error{Code: ExpiresNegative, Form: a.Form, Got: s}
	case err != nil || seconds > int64(MaxExpires/time.Second):
		return &Error{Code: ExpiresTooLarge, Form: a.Form, Got: s}
	}
	a.Expires = time.Duration(seconds) * time.Second
	return nil
}
