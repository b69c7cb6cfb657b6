// Package logintest is the kit that every login provider with JSON Web Tokens
// runs: a table of attacks and of honest tokens (Run), and the parts to build
// further tests from: a provider on loopback that counts what is fetched from
// it (Provider), keys that sign anything they are told to (Key), and a clock
// that stands still (Clock).
//
// Every attack states the Refusal kind that it must meet. Each is tried against
// a verifier that has fetched nothing yet and against one that has, and must
// not cause a fetch of keys where the rules say that it cannot matter whether
// keys are known (dependencies.md 1).
//
// The kit signs with the standard library and builds tokens byte by byte,
// because no token library would make the tokens that matter here. It is
// imported by tests only.
package logintest
