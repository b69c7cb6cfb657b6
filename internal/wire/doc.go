// Package wire is what the generated service packages and the two protocols
// have in common: how an operation is described, how a generated shape is read
// by reflection, and how a request is checked against the limits of the service
// model.
//
// cmd/wiregen turns a service model into a package (cognitowire, iamwire,
// stswire) holding plain structs, an API interface with one method per
// operation, an Unimplemented type to embed, error constructors, and Operations,
// the table an edge routes by. Everything the model says about a member stands in
// the member's struct tags, so there is no second table to keep in step:
//
//	aws          the name on the wire, exactly cased
//	check        required, sensitive, min=N, max=N
//	pattern      the pattern as AWS writes it in error messages
//	re           the same pattern for package regexp, where the two differ
//	each         limits of a list's elements or a map's values; eachpattern, eachre
//	key          limits of a map's keys; keypattern, keyre
//
// An absent member is a nil pointer, slice or map; a present but empty one is
// not nil. Enumerations are named string types with a Values method.
//
// A Shapes value reads the tags, once per type and only when the type is first
// used, and compiles a pattern when a value is first matched against it. It is
// the only state here and belongs to whoever made it.
//
// The protocols themselves live in awsjson and awsquery, the error value in
// awserr, and who may call what in package api.
package wire
