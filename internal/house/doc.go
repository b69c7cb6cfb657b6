// Package house holds the tests that guard the tree: every package says what it
// owns, imports follow the order of the house, and the few habits that cannot be
// taken back later (init functions, sleeping, guessable randomness) stay out.
//
// It has no code of its own. The order in imports_test.go is the written form of
// the map in CONTRIBUTING.md: who may import whom, with the reason beside what
// people try most often. A package that is not in the order fails the test; give
// it a place next to its neighbours.
package house
