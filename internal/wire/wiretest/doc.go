// Package wiretest helps tests of the wire layer: it fills every member of any
// generated shape, so that a round trip that loses one is noticed, and it speaks
// the client's half of the Query protocol.
//
// It is imported by tests only.
package wiretest
