// Package authz turns a caller, an action and a resource into a decision: it
// gathers the policies that apply, fills the condition keys and asks the policy
// engine. With package sts (trust policies) it is the only user of the engine
// on the request path.
package authz
