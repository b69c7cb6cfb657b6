// Package catalog is our own table of what policies can name: the services we
// front or answer for, their actions, the resources an action is about, and the
// condition keys a request may carry.
//
// The engine (package policy) does not need it: an action is a text there, and a
// policy may name services that we have never heard of, as on AWS. The table
// serves whoever talks about policies: the linter (policy/lint) finds misspelt
// names with it, the policy simulators learn which keys are multi-valued, and a
// tool that proposes policies knows which resources an action takes.
//
// # Where it comes from
//
// The files in tables/ were written by us from the public API models and from
// what our own gateways and services ask, and are read once, when the first
// question is asked. Each has sections: [service], [resources], [keys], [every]
// (keys that all actions of the service have), [groups], [operations] (names that
// people mistake for actions) and [actions]. A line of [actions] is a name, a
// level, the kinds of resource, and the keys:
//
//	GetObject  read  object  @read s3:if-match
//
// "-" stands for actions that know no resource (a policy must say *), "any" for
// actions whose resources the table does not judge. A key that ends in /* is a
// family: s3:ExistingObjectTag/* stands for every tag.
//
// # What lives elsewhere
//
// Which action an operation needs is known to the API packages and gateways; a
// test of the house holds this table against what they ask. Matching patterns is
// the engine's; what is wrong with a policy is the linter's.
//
// # Invariants
//
//   - Names ignore case in questions, and answers have the documented spelling.
//   - What a Catalog hands out belongs to it and must not be changed. A Catalog
//     is safe for concurrent use.
//   - Unknown services are unknown, not wrong: Service answers nil.
package catalog
