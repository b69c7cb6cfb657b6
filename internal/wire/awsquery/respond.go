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
// output.
func WriteOutput(w http.ResponseWriter, shapes *wire.Shapes, namespace, operation, requestID string, out any) {
	write(w, http.StatusOK, Encode(make([]byte, 0, 1024), shapes, namespace, operation, requestID, out))
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

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// A failed write means that the caller is gone; nobody is left to tell.
	_, _ = w.Write(body)
}
