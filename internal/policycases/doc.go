// Package policycases runs people's own tests of policies: files in which a
// person says who does what to which resource, and what the answer must be.
//
// Read turns one YAML file into a File or into Problems with line and column. A
// Runner loads the policies that the file names, decides every case with the
// policy engine and returns a Report: what passed, what did not and why, and
// which statements and conditions no case ever tried (Coverage). The Report
// prints itself as text, JSON, JUnit XML and a page of HTML.
//
// Policies come from files, from the test file itself, from the ones that ship
// with the program, or, with Documents, from a server; the decision is always
// made here by package policy, so a test that passes on a laptop says what the
// server will do. The condition keys of a caller are filled by package authz as
// for real requests; what a test says under "with" replaces them.
//
// What lives elsewhere: the language and its evaluation (policy), the condition
// keys of callers (authz, condkey), signed calls to a server (client), the command
// line (cmd/rockpool). Asking a running server what it would decide for stored
// entities is package simulate.
//
// Invariants:
//   - Nothing is guessed: an unknown field, name, word or a policy that AWS would
//     refuse is a Problem, and a file with a Problem runs no case.
//   - The same files, policies and time give the same report, byte for byte.
//   - Everything in a file is untrusted text and is escaped where it is printed.
package policycases
