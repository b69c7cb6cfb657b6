// Package policy is the IAM policy engine: it reads policies written in the
// AWS policy language, refuses what AWS refuses in AWS's words, and decides
// requests.
//
// # From text to decision
//
// [Parse] reads a text strictly and gives a [Document], which keeps the text
// byte for byte and knows where every statement stands. [Compile] prepares a
// document once, when it is written or loaded, and gives a [Policy] that is
// shared by all requests. A gateway fills a [Context] with the condition keys
// of a request, collects the [Policies] that apply to it, and asks [Decide].
// The [Decision] says allow or deny and which statement of which policy made
// it so; [Decision.Reason] says it in AWS's words. [DecideRecorded] is the
// same code with a listener, for explanations.
//
// # What decides
//
// A request is allowed only if something allows it; one matching Deny
// anywhere refuses it. Identity policies grant to their user or role. The
// permissions boundary and the session policies grant nothing and limit what
// is granted. A resource's policy (a bucket policy, a role's trust policy)
// grants to those whom it names, and how closely it names them counts inside
// one account: the calling user or session itself needs nobody's agreement,
// a role behind a session is limited by boundary and session policy, and an
// account is no more than permission for its identity policies to speak.
// Across accounts both sides must allow. A trust policy must always speak.
//
// # What it costs
//
// A compiled policy keeps an index of its statements by what they demand of
// resource and action (index.go), so a decision judges the few that could be
// about the request, in about the same time for ten statements and for ten
// thousand. A compiled statement takes half a kilobyte to a kilobyte, of which
// the index is 40 to 80 bytes. Whatever a policy says, reading, compiling and
// deciding take time linear in its text (compiling also sorts), a decision
// costs at most twice what reading all statements in order would, and the
// index is at most 32 times as large as the text.
//
// # Invariants
//
//   - Unknown means deny: an unknown caller, a malformed action or resource,
//     a nil policy, a policy that no longer parses ([Broken]), a comparison
//     that cannot be made. The zero values of [Effect], [Decision] and
//     [Policies] deny.
//   - The value of a variable is literal text and never becomes a pattern.
//   - Documents, policies and requests are not changed by being used.
//   - Nothing backtracks further than one star and there are no regular
//     expressions, so no input is worth attacking with. A decision on a warm
//     Context allocates nothing.
//
// # What lives elsewhere
//
// The package imports no HTTP, no storage and no clock: even the current time
// is a condition key. Which action and resource an operation means, which
// keys it carries and where they come from, is known to the gateways and API
// packages; unique ids behind names ([Meta].Bindings) to whoever stores the
// policy; quotas ([Size]) and wire codes of errors to the edge. Questions
// that AWS never asks a policy, as for sts:GetCallerIdentity, are not asked
// here either.
package policy
