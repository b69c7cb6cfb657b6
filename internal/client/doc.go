// Package client speaks to a Rockpool server as any AWS client does: signed
// requests in JSON 1.1 and in the query protocol. The command line and the demo
// use it; there is no way into a server that it has and an AWS SDK has not.
//
// Client signs and sends. Find looks for credentials where AWS's tools keep them,
// and in a data folder. Running tells of a demo on this machine (decision 0004).
//
// Invariants:
//   - A secret is a keys.Secret from the file it was read from to the signature.
//   - What a server refused is an *Error with its code, sentence and request id;
//     that no server answered is an *Unreachable; that no credentials were found
//     is a *NoCredentials which names every place that was looked at.
//   - Every call ends: by the context, and by a timeout of its own. Answers have a
//     bounded size. Redirects are not followed, because a signature is for one
//     host.
//
// What lives elsewhere: signatures (sigv4), the shapes of the services (wire and
// below; callers bring their own types), flags and words for people
// (cmd/rockpool).
package client
