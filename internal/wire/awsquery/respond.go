package awsquery

import (
	"net/http"
	"strconv"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

// ContentType is the media type of answers.
const ContentType = "text/xml"

// WriteOutput answers a successful call. A nil out is an operation without an
// output. The body is encoded behind dst and returned for its memory, or nil when
// it was not written: HTTP/2 may still be reading what a write that failed was
// given.
func WriteOutput(w http.ResponseWriter, dst []byte, shapes *wire.Shapes, namespace, operation, requestID string, out any) []byte {
	dst = Encode(dst, shapes, namespace, operation, requestID, out)
	if !write(w, http.StatusOK, dst) {
		return nil
	}
	return dst
}

// WriteError answers a failed call.
func WriteError(w http.ResponseWriter, namespace, requestID string, e *awserr.Error) {
	kind := "Receiver"
	if e.Sender {
		kind = "Sender"
	}
	body := append([]byte(nil), `<ErrorResponse xmlns="`...)
	body = appendText(body, namespace)
	body = append(body, `"><Error><Type>`...)
	body = append(body, kind...)
	body = append(body, "</Type><Code>"...)
	body = appendText(body, e.Code)
	body = append(body, "</Code><Message>"...)
	body = appendText(body, e.Message)
	body = append(body, "</Message></Error><RequestId>"...)
	body = appendText(body, requestID)
	write(w, e.HTTPStatus(), append(body, "</RequestId></ErrorResponse>"...))
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
