package awsjson

import (
	"net/http"
	"strconv"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

// ContentType is the media type of requests and answers.
const ContentType = "application/x-amz-json-1.1"

// maxHeaderMessage bounds the copy of an error message in a header; proxies
// commonly refuse more than 8 KiB of headers.
const maxHeaderMessage = 1024

// WriteOutput answers a successful call. A nil out is an operation without an
// output: status 200 and no body. The body is encoded behind dst and returned
// for its memory, or nil when it was not written: HTTP/2 may still be reading
// what a write that failed was given.
func WriteOutput(w http.ResponseWriter, dst []byte, shapes *wire.Shapes, out any) []byte {
	if out != nil {
		dst = Encode(dst, shapes, out)
	}
	if !write(w, http.StatusOK, dst) {
		return nil
	}
	return dst
}

// WriteError answers a failed call.
func WriteError(w http.ResponseWriter, e *awserr.Error) {
	h := w.Header()
	h.Set("x-amzn-ErrorType", e.Code+":")
	if cleanHeader(e.Message) {
		h.Set("x-amzn-ErrorMessage", latin1(e.Message))
	}
	member := "message"
	if e.Access {
		member = "Message"
	}
	body := append([]byte(nil), `{"__type":`...)
	body = appendString(body, e.Code)
	body = append(body, ',')
	body = appendString(body, member)
	body = append(body, ':')
	body = appendString(body, e.Message)
	write(w, e.HTTPStatus(), append(body, '}'))
}

func write(w http.ResponseWriter, status int, body []byte) (written bool) {
	h := w.Header()
	values := [...]string{ContentType, strconv.Itoa(len(body))} // two headers in one piece of memory
	h["Content-Type"], h["Content-Length"] = values[0:1:1], values[1:2:2]
	w.WriteHeader(status)
	// A failed write means that the caller is gone; nobody is left to tell.
	_, err := w.Write(body)
	return err == nil
}

// cleanHeader reports whether s can stand in a header: Latin-1, no control
// characters, no white space at the ends, and short enough.
func cleanHeader(s string) bool {
	if s == "" || len(s) > maxHeaderMessage || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for _, r := range s {
		if r < ' ' || (r >= 0x7F && r < 0xA0) || r > 0xFF {
			return false
		}
	}
	return true
}

// latin1 spells a clean string in the encoding HTTP headers have.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}
