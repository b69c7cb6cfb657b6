// Package iam owns roles, users, access keys, managed and inline policies and
// identity providers: their types, rules, limits and the compiled snapshot that
// every request is decided on. It knows no wire names and no SQL.
package iam
