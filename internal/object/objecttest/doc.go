// Package objecttest is the conformance kit of object.Store: every engine runs
// it, so that the gateway may rely on one behaviour.
//
// Run takes a function that opens an empty store and runs a table of named
// cases, each on a store of its own. The name of a case is the rule; when one
// fails, the reason behind the rule is printed with it. Listings and whole
// histories of writes are compared with slow, obvious models on random input.
//
// The kit judges the seam only. What an engine promises beyond it (surviving a
// kill, cleaning up, speed) is tested beside the engine.
package objecttest
