package awserr

import (
	"errors"
	"fmt"
	"net/http"
)

// Error is a failure as a caller of an AWS API sees it.
type Error struct {
	// Code is the error code on the wire, such as NoSuchEntity.
	Code string
	// Message is the sentence for the caller.
	Message string
	// Status is the HTTP status; zero means 400.
	Status int
	// Sender says that the caller is at fault. The query protocol writes it as
	// Type Sender, anything else as Type Receiver.
	Sender bool
	// Access marks an error made by the layer in front of the services, the one
	// that authenticates and authorises. JSON services spell the member that
	// carries its message "Message" where their own errors say "message".
	Access bool
	// Cause is what went wrong inside. It is logged and never sent.
	Cause error
}

// Error gives code and message. It leaves out the cause, so that printing an
// error into an answer by mistake cannot leak it; log the value or the unwrapped
// error to see it.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// HTTPStatus is Status with its default.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// Internal says that the failure is ours: it is logged as an error, and its
// cause matters to the operator.
func (e *Error) Internal() bool { return e.HTTPStatus() >= http.StatusInternalServerError }

// WithCause gives a copy of e that carries cause for the log.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Sender makes an error that is the caller's fault, with status 400.
func Sender(code, message string) *Error {
	return &Error{Code: code, Message: message, Status: http.StatusBadRequest, Sender: true}
}

// Access makes an error of the layer in front of the services, such as a failed
// signature or a denial, with the status its protocol gives it.
func Access(code, message string, status int) *Error {
	return &Error{Code: code, Message: message, Status: status, Sender: true, Access: true}
}

// Internal makes the failure a caller sees when the fault is ours. Code is the
// service's word for it, InternalErrorException or InternalFailure; the message
// says nothing about cause.
func Internal(code string, cause error) *Error {
	return &Error{
		Code:    code,
		Message: "The request processing has failed because of an unknown error, exception or failure.",
		Status:  http.StatusInternalServerError,
		Cause:   cause,
	}
}

// From gives the *Error in err's chain, or an internal failure with the given
// code that carries err as its cause. It gives nil for nil.
func From(err error, internalCode string) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Internal(internalCode, err)
}

// NotImplemented makes the answer to an operation that the service has and
// Rockpool does not serve yet. Code is the protocol's word for it. The status is
// 400 because a client retries any status from 500 up.
func NotImplemented(code, service, operation string) *Error {
	return Sender(code, fmt.Sprintf("Rockpool does not implement %s:%s yet.", service, operation))
}

// NotFound makes the answer of a query service to an operation that it does not
// have.
func NotFound(operation, version string) *Error {
	return Sender("InvalidAction", fmt.Sprintf("Could not find operation %s for version %s", operation, version))
}
