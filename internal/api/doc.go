// Package api is the edge of one AWS service: the guard that decides a call before
// it runs, and the HTTP handler around it.
//
// A service is a generated model (iamwire.Model()) and an Implementation: As binds
// it to one caller, Rules says for every operation what it needs permission for,
// Error turns the domain's errors into wire errors. New joins them into a Service,
// which is an http.Handler and, through its As method, the same API in process.
// Both ways take the same steps; there is no path around the guard.
//
// Steps of a JSON service: route, throttle, decode, check constraints, identify the
// caller, guard, call (cognito-identity.md 2.4). A query service identifies before
// it decodes, as IAM and STS do. Only unsigned operations are throttled. Unsigned operations skip identify: a signature some
// old SDK sends with them is ignored, and the implementation decides by its own
// rules.
//
// Denied by default: an operation without a rule is not served, whatever the
// implementation has; a rule that asks for a resource is refused at start for an
// operation nobody signs.
//
// What lives elsewhere: who the caller is (package caller), what policies say
// (package authz), the protocols (wire/awsjson, wire/awsquery), the operations
// themselves (iamapi, stsapi, cognitoapi), and which service a request on the
// shared port belongs to (package server).
//
// Every answer carries a request id and the CORS headers, errors and panics
// included. A panic becomes the service's internal error; its text goes to the log
// only.
package api
