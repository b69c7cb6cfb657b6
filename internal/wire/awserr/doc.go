// Package awserr holds the one error value that every edge writes: an AWS error
// code with its HTTP status, the sentence the caller may read, and the cause
// that only the log may.
//
// It is the vocabulary between the API implementations and the protocols. An
// implementation turns its domain's typed errors into *Error in one file (its
// errors.go), mostly with the constructors generated beside the shapes
// (iamwire.NoSuchEntityException and its like, which know code and status from
// the service model). Package awsjson writes an *Error as a JSON envelope,
// package awsquery as an ErrorResponse element; neither looks at Cause.
//
// What lives elsewhere: the sentences of a service (its errors.go), the texts
// of a failed signature (package caller), and what a protocol makes of a
// request it cannot read (awsjson, awsquery).
//
// Invariants:
//   - Message and Code are safe to send. Cause never is, and no method of Error
//     that an edge calls includes it.
//   - From turns every error into an *Error. One that is not an *Error already
//     becomes an internal failure that says nothing but that.
//   - An internal failure is the only *Error made here with a status of 500 or
//     above: SDKs retry those.
package awserr
