package client

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is a refusal by the server.
type Error struct {
	Operation string // "" when the call was not one of a named operation
	Status    int
	Code      string
	Message   string
	RequestID string
}

// Error gives the sentence as AWS's tools spell it.
func (e *Error) Error() string {
	s := e.Code
	if e.Operation != "" {
		s = e.Operation + ": " + s
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.RequestID != "" {
		s += " (request id " + e.RequestID + ")"
	}
	return s
}

// HasCode reports whether err is a refusal with this code.
func HasCode(err error, code string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}

// Unreachable says that no server answered, or not to the end.
type Unreachable struct {
	Endpoint string
	Err      error
}

func (e *Unreachable) Error() string {
	return fmt.Sprintf("%s cannot be reached: %v", e.Endpoint, e.Err)
}

// Unwrap gives what net/http said.
func (e *Unreachable) Unwrap() error { return e.Err }

// operationError names the operation in a refusal, and in what else went wrong.
func operationError(operation string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		_, short, found := strings.Cut(operation, ".")
		if !found {
			short = operation
		}
		e.Operation = short
		return e
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// readError reads the error form of whichever protocol answered.
func readError(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode, Code: resp.Status, RequestID: requestID(resp.Header)}
	var asJSON struct {
		Type    string `json:"__type"`
		Message string // and message: encoding/json folds letters
	}
	var asXML struct {
		Code, Message, RequestId string
		Error                    struct{ Code, Message string }
	}
	switch {
	case json.Unmarshal(body, &asJSON) == nil && asJSON.Type != "":
		e.Code, e.Message = asJSON.Type, asJSON.Message
	case xml.Unmarshal(body, &asXML) == nil && asXML.Code != "":
		e.Code, e.Message = asXML.Code, asXML.Message
	case asXML.Error.Code != "":
		e.Code, e.Message = asXML.Error.Code, asXML.Error.Message
	default:
		// HEAD has no body; its headers may still name the code.
		if code, _, _ := strings.Cut(resp.Header.Get("X-Amzn-Errortype"), ":"); code != "" {
			e.Code = code
		}
	}
	// A JSON code may carry its namespace.
	if _, after, ok := strings.Cut(e.Code, "#"); ok {
		e.Code = after
	}
	if e.RequestID == "" {
		e.RequestID = asXML.RequestId
	}
	return e
}
