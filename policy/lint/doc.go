// Package lint finds what is wrong with policies that parse: statements that can
// never matter, conditions that do not hold what they promise, names that nobody
// has, trust that is wider than its author thinks, and permissions that amount to
// all of them.
//
// [Lint] looks at one document and returns its [Finding]s in the order of the
// text: a stable code, a severity, the place, a sentence that says what happens,
// and what to write instead. [Rules] lists the codes; docs/lint.md explains each
// with a bad and a good example, and a test holds that page against the rules.
//
// # What it promises
//
// A false alarm costs more than a miss, because people stop reading. So a rule
// speaks only of what follows from the text: that one pattern includes another
// (cover.go), that a key is not carried by an action (policy/catalog), that an
// operator cannot compare a type. What depends on other policies, on what exists
// or on what the author meant is not judged.
//
// # Severities
//
// [Error] is what AWS refuses, or what nobody can mean; a writer refuses a trust
// policy with a finding whose Refused is set. [Warning] is a mistake, or a grant
// that is wider than it looks. [Info] is worth knowing and often intended.
//
// # What it costs
//
// A document of a few statements takes a tenth of a millisecond or two, which is
// little beside the write it belongs to. Whatever a document says, the work is
// bounded: what is said of one thing in it takes time linear in the document, and
// comparing one with another spends a budget. When that is used up, the finding
// too-large-to-compare says so and the rules that compare stop. At most
// [MaxFindings] are returned, with whatever AWS refuses the document for.
//
// # What lives elsewhere
//
// Whether a document is legal is decided by policy.Parse, names of actions and
// keys by policy/catalog. Who logs findings and who refuses is decided by the
// writers (internal/iam, the S3 gateway). The package does no I/O and knows no
// clock: the time is an option.
package lint
