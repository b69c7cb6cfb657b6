// Package policy is the IAM policy engine: it parses, validates, compiles and
// decides policies written in the AWS policy language.
package policy
