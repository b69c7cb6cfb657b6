// Package gateway owns the steps that every enforcing gateway takes with a
// request, in the one order that is safe, so that a new gateway fills in what is
// its own and cannot forget a step:
//
//  1. classify: method, target and headers become a named operation. What is
//     not in the gateway's table is refused here, before anything is loaded.
//  2. identify: the signature is checked and a principal established; a request
//     without credentials has the anonymous principal.
//  3. locate: what the decision needs to know is loaded (whose resource is it,
//     which resource policy applies). A failed signature is reported only after
//     this step, because even that answer must carry the resource's own CORS
//     headers for a browser to see it.
//  4. decide: every question of the operation is put to the decider. The first
//     denied one ends the request, unless it concerns a single item of a batch
//     or a part of the answer.
//  5. forward: the operation runs against the store or the upstream.
//  6. record: one audit event per request, whatever happened.
//
// A [Service] is a fronted service (package s3gw, dynamogw …), a [Call] one
// classified request on its way. [Front] walks it through the steps.
//
// Invariants:
//
//   - Forward is reached only when at least one question was asked and every
//     one that concerns the whole request was allowed. A call without questions
//     is a fault of ours and is refused, unless its operation is declared Open
//     (a CORS preflight).
//   - The body is untouched until Forward, except by a call whose decision
//     needs it (a batch delete), which reads it in Questions.
//   - Condition keys come from what was observed ([Keys], [Identifier.Observe]),
//     never from a header that AWS does not define as a source.
//   - A panic in a gateway is an internal error with a request id and an audit
//     record; a failure after the first byte of an answer breaks the connection,
//     so that a cut object never looks whole.
//
// What lives elsewhere: signatures, principals and trusted proxies in packages
// sigv4 and caller, the decision in authz, the checks that every gateway must
// pass in gatewaytest.
package gateway
