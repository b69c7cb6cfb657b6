// Package policy is the IAM policy engine: it reads policies written in the
// AWS policy language, refuses what AWS refuses in AWS's words, and decides
// requests.
//
// # From text to decision
//
//	doc, err := policy.Parse(text, policy.Managed) // err is an *Error with AWS's sentence
//	if err != nil {
//		return err
//	}
//	reader := policy.Compile(doc, policy.Meta{Name: "Reader"}) // once, shared by all requests
//
//	var keys policy.Context
//	keys.Set("aws:SourceIp", "192.0.2.7")
//	req := &policy.Request{Principal: caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: &keys}
//	d, why := policy.Explain(req, &policy.Policies{Identity: []*policy.Policy{reader}})
//	fmt.Println(d.Allowed(), why.Text())
//
// [Parse] reads a text strictly and gives a [Document], which keeps the text
// byte for byte and knows where every statement stands. [Compile] prepares a
// document once, when it is written or loaded, and gives a [Policy] that is
// shared by all requests. A gateway fills a [Context] with the condition keys
// of a request, collects the [Policies] that apply to it, and asks [Decide].
// The [Decision] says allow or deny and which statement of which policy made
// it so; [Decision.Reason] says it in AWS's words. [Explain] decides the same
// and says why, with what came closest and what would change it;
// [DecideRecorded] is the same code with a listener of the caller's.
//
// A policy of an IAM user, group or role stands in Policies.Identity, its
// permissions boundary in Boundary, what was passed to STS in Session, a
// bucket policy in Resource; a role's trust policy is a Resource too, with
// Trust set. Each was parsed as its [Kind], which decides what it may contain.
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
// # Why
//
// An [Explanation] is data: every layer that was asked, the statement that
// decided with its line, for a denial the statements that came closest with
// each element that failed, the condition keys with their values, and the
// smallest addition that would allow the request ([Fix]). The decision in it is
// [Decide]'s own; near misses are found with the evaluator's predicates, and a
// fix was weighed by the evaluator, so none of it can disagree. It says all
// that in plain words ([Explanation.Text], [Explanation.Sentence]) also after a
// round trip through JSON. Explaining takes time linear in the policies; the
// result is bounded whatever they hold.
//
// # What it costs
//
// A compiled policy keeps an index of its statements by what they demand of
// resource and action, and of the rest by the values of their conditions and
// by their principals (index.go), so a decision judges the few that could be
// about the request, in about the same time for ten statements and for ten
// thousand: half a microsecond or one, without allocation on a warm Context. A
// small policy is read in order, with a look at how the resource begins before
// each statement, which is quicker. Not told apart, and read one after the
// other, are statements on one action and resource that differ only in patterns,
// numbers, dates, address ranges, in what they exclude, or in the values of an
// eleventh condition key. A compiled statement takes half a kilobyte to a
// kilobyte, of which the index is 40 to 80 bytes.
//
// Whatever a text says, parsing allocates at most 300 bytes for each of its
// bytes, compiling 100 (most policies: 20 and 20), in linear time but for
// sorting; the index is at most 32 times as large as the text. A decision
// costs at most twice what reading all statements in order would. Matching a
// pattern costs the length of text and pattern, and with a chunk made to hurt
// that of the text for each 64 bytes of the chunk (chunk.go).
//
// # Invariants
//
//   - Unknown means deny: an unknown caller, a malformed action or resource,
//     a nil policy, a policy that no longer parses ([Broken]), a comparison
//     that cannot be made. The zero values of [Effect], [Decision] and
//     [Policies] deny.
//   - The value of a variable is literal text and never becomes a pattern.
//   - Documents, policies and requests are not changed by being used.
//   - There are no regular expressions and no star is tried twice, so no input
//     is worth attacking with. A decision on a warm Context allocates nothing,
//     unless a pattern was written to hurt.
//   - An action is at most 128 ASCII characters, as in IAM's own API; a request
//     for a longer one is denied.
//   - A number or date is at most 1,000 bytes; anything longer is none.
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
