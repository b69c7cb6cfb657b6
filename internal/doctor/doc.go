// Package doctor says what a login token is and why it was refused, in words for
// the person who holds it: an administrator with a token of somebody who cannot
// sign in.
//
// Read takes a token apart without trusting it: nothing that it returns was proven,
// and nothing is decided on it. Explain turns a refusal of package login into what
// is wrong and what to do.
//
// Invariants:
//   - No token and no signature is in what this package returns, not a part of one.
//     Claims are, since they are what the question is about.
//   - Texts of a token are made safe to show: whoever wrote the token chose them.
//   - It asks nobody. A token of a form that only its provider understands is sent
//     nowhere.
//
// What lives elsewhere: whether a token is accepted (login), by which pool (pool),
// who may ask (rockpoolapi).
package doctor
