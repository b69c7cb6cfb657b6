// Package login turns a token from a login provider into Claims that can be
// believed, or into a Refusal that says exactly what was wrong.
//
// It owns the Verifier seam that every provider implements, the verification
// of JSON Web Tokens and OpenID Connect ID tokens (RFC 7515, 7517, 7518, 7519
// and OpenID Connect Core 3.1.3.7), the cache of provider keys, the memory of
// tokens verified a moment ago, and the asking about opaque tokens, which only
// their provider can judge (Online, Endpoint). One folder below it per provider
// holds what is that provider's own. The kits that all of them must pass are
// those of logintest.
//
// What lives elsewhere: which provider a pool accepts and which identity a
// login belongs to (package pool), which role it may assume (package sts), the
// sentences that clients see (the api packages: a Refusal carries facts, never
// a wire text), and where the last good keys are kept (whoever implements
// KeyStore).
//
// Reading order: login.go (the seam), refusal.go, token.go (what a token must
// look like before anything is looked up), jwt.go (the order of the checks),
// keyset.go (the key cache), memory.go; for opaque tokens online.go (what is
// remembered and for how long) and endpoint.go (what is sent, what counts as an
// answer, and what may be said about it).
//
// What always holds:
//
//   - No claim is believed before the signature. Claims read earlier only ever
//     lead to a refusal, never to a choice of keys: the keys are those of the
//     provider that the caller named from configuration.
//   - Nothing is fetched from an address that a token names. jwk, jku, x5u and
//     x5c headers are not read, and no refusal that can be reached without the
//     provider's keys costs a fetch.
//   - The token's alg decides nothing. It must be on the provider's list and
//     fit the type, the curve and the own alg of the key found.
//   - Every map, cache and response is bounded. Issuers come from
//     configuration, never from tokens.
//   - Nothing printed, logged or returned as an error contains a token.
//   - An opaque token is sent to its provider's host and nowhere else, and only
//     a definite word of the provider counts for or against it.
//
// Signatures are checked with the standard library directly and the JSON of
// tokens is read by a small strict decoder (strictjson.go), because general
// libraries cost more than half as much again per token (design.md 8), accept
// duplicate members, and look at headers that must not be looked at. The tests
// hold both against go-jose and encoding/json.
package login
