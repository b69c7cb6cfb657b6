// Package logintest holds the kits that every login provider runs: for those with
// JSON Web Tokens a table of attacks and of honest tokens (Run), for those whose
// opaque tokens are asked about a table of tokens, of failures and of broken
// answers (RunOpaque). Beside them are the parts to build further tests from: a
// provider on loopback that counts what is fetched from it (Provider), keys that
// sign anything they are told to (Key), and a clock that stands still (Clock).
//
// Every attack states the Refusal kind that it must meet. Each is tried against
// a verifier that has fetched nothing yet and against one that has, and must
// not cause a fetch of keys where the rules say that it cannot matter whether
// keys are known (dependencies.md 1).
//
// No opaque token may show in an error, no failure of the provider may count
// against a token or be remembered, and how often the provider is asked is
// counted in every case.
//
// The kit signs with the standard library and builds tokens byte by byte,
// because no token library would make the tokens that matter here. It is
// imported by tests only.
package logintest
