// Package awsjson puts generated shapes on the wire as AWS JSON 1.1.
//
// The protocol: POST / with Content-Type application/x-amz-json-1.1 and a header
// X-Amz-Target naming the operation after the service's target prefix. The body
// is one JSON object. A success is status 200 with a JSON object, "{}" for an
// empty output and no body at all for an operation whose model has no output. A
// failure is a JSON object with the code in __type and the sentence in message,
// or in Message when the layer in front of the services made it; code and message
// also go into headers, because browsers and some SDKs read only those.
//
// Reading is strict where a lenient reader could see something else than we do:
// one object and nothing after it, no member twice, no key twice in a map, valid
// UTF-8 and no lone surrogates, exact member names and exact JSON types. Unknown
// members are skipped and a null member is absent; a null inside a list or map is
// refused, because dropping it could turn a login into a guest. A member that is
// absent stays out of an answer.
//
// Times are epoch seconds, written with milliseconds when there are any. Blobs are
// base64. Map keys are written in order, so equal values have equal bytes.
//
// The limits of members live in package wire, the routing and the HTTP server in
// package api.
package awsjson
