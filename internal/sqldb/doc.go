// Package sqldb opens the embedded SQLite database and runs transactions on it.
//
// It owns the connection settings (WAL, synchronous=FULL so that an
// acknowledged write survives power loss, one writer, a pool of readers), the
// retry of conflicting transactions, and group commit: many small writes that
// wait at the same time share one transaction and therefore one sync of the
// disk. Lookups are the reads of the hottest paths: past database/sql, and in a
// snapshot that is kept while nobody writes. It refuses a second process on the
// same data folder, a file that is not ours or is damaged, and a folder it
// cannot write. Migrate brings the tables of one engine up to date; several
// engines share the database, each with a version table of its own.
//
// It knows no tables. Schema, migrations and queries belong to the engines
// above it: store/sqlite (IAM, pools, keys) and object/filestore (objects).
//
// Invariants:
//   - A write whose error is nil is on the disk. A write whose error is not nil
//     left nothing.
//   - A failing or panicking write fails alone: its neighbours in the group
//     commit, and the writer stays usable.
//   - Every read sees every write that was acknowledged before it began, and no
//     reader that is idle keeps the log from being written back.
//   - After Close every write returns ErrClosed; a write that was accepted
//     before is finished first.
//   - Files are created for the owner only (0600 in a 0700 folder).
package sqldb
