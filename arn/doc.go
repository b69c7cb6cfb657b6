// Package arn parses and prints Amazon Resource Names.
//
// It owns the six-field form
//
//	arn:partition:service:region:account:resource
//
// and nothing else. The resource is everything after the fifth colon, with
// its own colons and slashes: "role/team/Visitor", "table/T/index/I",
// "identitypool/us-east-1:0a1b". Parse and String are exact inverses, so no
// byte of a name is lost or judged on the way: whether the partition exists,
// the account has twelve digits or the resource has the form its service
// wants, is asked where it matters.
//
// An ARN here is a name, never a pattern. Matching a name against a pattern
// with wildcards and variables, and completing the short forms that policies
// may use, belong to package policy. Building the names of a service's
// resources belongs to the package that owns them.
package arn
