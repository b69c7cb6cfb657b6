// Package transfer moves an identity pool: out of a server into one file, and from
// a file into a server, with every id kept. docs/export-format.md describes the file.
//
//	format.go     the lines of a file: header, identities, end
//	writer.go     writes lines, counting and summing
//	reader.go     reads them back and notices what is cut or damaged
//	collect.go    a Source into a file, which an interruption leaves resumable
//	deliver.go    a file into a Target, from where an interruption left off
//	rockpool.go   the Source and Target of Rockpool's own operations
//	aws.go        the Source of Amazon Cognito's operations
//	iamread.go    roles, policies and providers that a pool names, through IAM's API
//	iamwrite.go   the same, written where they are missing
//	mapping.go    what changes on the way: accounts, roles
//	logins.go     the subjects of logins that Cognito does not tell
//	pace.go       patience with servers that are busy
//
// Everything here is a client: it has the permissions of whoever runs it, and no
// way around a server's guard. Identities are streamed, so that memory does not
// grow with a pool; only a table of logins (logins.go) is held whole.
//
// What lives elsewhere: the rules about what may be imported (pool), the
// operations (api/rockpoolapi), flags and words for people (cmd/rockpool).
//
// Invariants:
//   - A file without its end line, or whose sum differs, is refused before anything
//     is written to a server.
//   - Delivering twice is delivering once: what is there already in the same form
//     is left alone, and what is there in another form is reported, never replaced.
//   - No login is made up. An identity whose login's subject nobody told is not
//     imported, because whoever claims it first would have it.
package transfer
