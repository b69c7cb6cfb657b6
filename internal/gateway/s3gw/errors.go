package s3gw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// Error is a failure as S3 tells it: a code, a sentence, a status and further
// elements of the XML.
type Error struct {
	Code, Message string
	Status        int
	Fields        []Field
	Headers       []Field // response headers, names in canonical form
	Cause         error   // for the log
}

// Field is a further element of the error document.
type Field struct{ Name, Value string }

// Error returns code and sentence with the cause, for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Code + ": " + e.Message + ": " + e.Cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// with adds elements to an error.
func (e *Error) with(f ...Field) *Error {
	e.Fields = append(e.Fields, f...)
	return e
}

func fail(status int, code, message string, f ...Field) *Error {
	return &Error{Code: code, Message: message, Status: status, Fields: f}
}

func invalidURI() *Error {
	return fail(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
}

func keyTooLong(size int) *Error {
	return fail(http.StatusBadRequest, "KeyTooLongError", "Your key is too long",
		Field{"Size", strconv.Itoa(size)}, Field{"MaxSizeAllowed", strconv.Itoa(maxKey)})
}

func invalidArgument(message, name, value string) *Error {
	return fail(http.StatusBadRequest, "InvalidArgument", message, Field{"ArgumentName", name}, Field{"ArgumentValue", value})
}

func invalidRequest(message string) *Error {
	return fail(http.StatusBadRequest, "InvalidRequest", message)
}

func invalidBucketName(bucket string) *Error {
	return fail(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.", Field{"BucketName", bucket})
}

func accessDenied(message string) *Error {
	return fail(http.StatusForbidden, "AccessDenied", message)
}

func notImplemented(what string) *Error {
	return fail(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented", Field{"Header", what})
}

func operationNotImplemented(name string) *Error {
	return fail(http.StatusNotImplemented, "NotImplemented", "Rockpool does not implement "+name+" yet.")
}

func methodNotAllowed(method, resource string) *Error {
	return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.",
		Field{"Method", method}, Field{"ResourceType", resource})
}

func malformedXML(cause error) *Error {
	return &Error{Code: "MalformedXML", Status: http.StatusBadRequest, Cause: cause,
		Message: "The XML you provided was not well-formed or did not validate against our published schema"}
}

func noSuchBucket(bucket string) *Error {
	return fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist", Field{"BucketName", bucket})
}

func noSuchKey(key string) *Error {
	return fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", Field{"Key", key})
}

func noSuchVersion(key, version string) *Error {
	return fail(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.", Field{"Key", key}, Field{"VersionId", version})
}

// notConfigured is the answer to reading a bucket setting that is absent. The
// codes are contract: Terraform drops a resource from its state by them.
func notConfigured(code, message, bucket string) *Error {
	return fail(http.StatusNotFound, code, message, Field{"BucketName", bucket})
}

// toError turns any error into the one S3 would answer with. What is unknown
// becomes InternalError, whose cause only the log sees.
func toError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		code, message, status := e.S3()
		out := &Error{Code: code, Message: message, Status: status, Cause: err}
		for _, f := range e.S3Fields() {
			out.Fields = append(out.Fields, Field(f))
		}
		return out
	}
	if e, ok := errors.AsType[*gateway.Denied](err); ok {
		message := e.Decision.Message
		if message == "" || e.Decision.Plain {
			message = "Access Denied"
		}
		return &Error{Code: "AccessDenied", Message: message, Status: http.StatusForbidden, Cause: err}
	}
	if e := fromStore(err); e != nil {
		return e
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: "RequestTimeout", Status: http.StatusBadRequest, Cause: err,
			Message: "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed."}
	}
	return &Error{Code: "InternalError", Message: "We encountered an internal error. Please try again.", Status: http.StatusInternalServerError, Cause: err}
}

// fromStore turns the typed errors of package object into S3's.
func fromStore(err error) *Error {
	if e := fromStoreWrite(err); e != nil {
		return e
	}
	if e, ok := errors.AsType[*object.NoBucket](err); ok {
		return noSuchBucket(e.Bucket)
	}
	if e, ok := errors.AsType[*object.NoKey](err); ok {
		return noSuchKey(e.Key)
	}
	if e, ok := errors.AsType[*object.NoUpload](err); ok {
		return fail(http.StatusNotFound, "NoSuchUpload",
			"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", Field{"UploadId", e.ID})
	}
	if e, ok := errors.AsType[*object.PreconditionFailed](err); ok {
		return fail(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", Field{"Condition", e.Condition})
	}
	if e, ok := errors.AsType[*object.InvalidRange](err); ok {
		return invalidArgument(fmt.Sprintf("Range specified is not valid for source object of size: %d", e.Size),
			"x-amz-copy-source-range", fmt.Sprintf("bytes=%d-%d", e.Offset, e.Offset+e.Length-1))
	}
	if e, ok := errors.AsType[*object.NotEmpty](err); ok {
		return fail(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty", Field{"BucketName", e.Bucket})
	}
	if e, ok := errors.AsType[*policy.Error](err); ok {
		return &Error{Code: "MalformedPolicy", Message: e.Message, Status: http.StatusBadRequest, Cause: fmt.Errorf("%s at %d:%d", e.Detail, e.Line, e.Column)}
	}
	return nil
}

// fromStoreWrite is the part of fromStore about bytes and parts being written.
func fromStoreWrite(err error) *Error {
	if e, ok := errors.AsType[*object.BadDigest](err); ok {
		message := "The " + checksumLabel(e.Algorithm) + " you specified did not match the calculated checksum."
		if e.Algorithm == "md5" {
			message = "The Content-MD5 you specified did not match what we received."
		}
		return fail(http.StatusBadRequest, "BadDigest", message, Field{"ExpectedDigest", e.Want}, Field{"CalculatedDigest", e.Got})
	}
	if _, ok := errors.AsType[*object.Incomplete](err); ok {
		return fail(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	if e, ok := errors.AsType[*object.InvalidPart](err); ok {
		return fail(http.StatusBadRequest, "InvalidPart",
			"One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
			Field{"PartNumber", strconv.Itoa(e.Number)})
	}
	if _, ok := errors.AsType[*object.InvalidPartOrder](err); ok {
		return fail(http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
	}
	if e, ok := errors.AsType[*object.PartTooSmall](err); ok {
		return fail(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
			Field{"ProposedSize", strconv.FormatInt(e.Size, 10)}, Field{"MinSizeAllowed", strconv.FormatInt(e.Min, 10)},
			Field{"PartNumber", strconv.Itoa(e.Number)}, Field{"ETag", e.ETag})
	}
	if e, ok := errors.AsType[*object.UnknownChecksum](err); ok {
		return invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]").
			with(Field{"Algorithm", e.Algorithm})
	}
	if _, ok := errors.AsType[*object.Full](err); ok {
		return &Error{Code: "ServiceUnavailable", Message: "The storage is full.", Status: http.StatusServiceUnavailable, Cause: err}
	}
	return nil
}

// Fail writes err as S3's XML and returns what it wrote.
func (g *Gateway) Fail(x *gateway.Exchange, err error) (code, message string) {
	e := toError(err)
	g.stamp(x)
	for _, h := range e.Headers {
		x.W.Set(h.Name, h.Value)
	}
	if x.R.Method == http.MethodHead {
		// A HEAD answer has no body, so the status says it all.
		x.W.WriteHeader(e.Status)
		return e.Code, e.Message
	}
	d := newDoc("Error", "")
	d.elem("Code", e.Code)
	d.elem("Message", e.Message)
	for _, f := range e.Fields {
		d.elem(f.Name, f.Value)
	}
	d.elem("RequestId", x.ID)
	d.elem("HostId", g.hostID[0])
	g.send(x, e.Status, d)
	return e.Code, e.Message
}
