// Package awsquery puts generated shapes on the wire as the AWS Query protocol.
//
// The protocol: a form, as the body of a POST or the query string of a GET, with
// Action and Version beside the input's members. A structure's members are joined
// with dots, list elements are X.member.N, map entries X.entry.N.key and
// X.entry.N.value, and an empty list is X with an empty value. The answer is XML:
//
//	<OpResponse xmlns="…"><OpResult>…</OpResult>
//	<ResponseMetadata><RequestId>…</RequestId></ResponseMetadata></OpResponse>
//
// with elements named exactly as the members are (botocore minds the letter case),
// member around list elements and entry, key, value in maps. An operation without
// an output has no OpResult. A failure is an ErrorResponse in the same namespace.
//
// Reading: unknown parameters are ignored, list elements count by the order of
// their numbers and gaps close, a parameter that occurs twice is refused, and a
// value of the wrong type gives MalformedInput. Parameters, and the dots in a
// name, are bounded.
//
// Members that are absent stay out of an answer, except for a required list, which
// is written empty: scripts index into it without asking.
//
// Times are ISO 8601 in UTC with seconds, blobs base64, booleans true and false.
// XML cannot carry most control characters; they become U+FFFD. Policy documents
// that IAM answers percent-encoded go through PercentEncode in the API package.
//
// The limits of members live in package wire, the routing and the HTTP server in
// package api.
package awsquery
