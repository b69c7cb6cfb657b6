// Package sqldb opens the embedded SQLite database and runs transactions on it.
//
// It owns the connection settings (WAL, synchronous=FULL so that an
// acknowledged write survives power loss, one writer, a pool of readers), the
// retry of conflicting transactions, and group commit: many small writes that
// wait at the same time share one transaction and therefore one sync of the
// disk. It also refuses a second process on the same data folder.
//
// It knows no tables. Schema, migrations and queries belong to the engines
// above it: store/sqlite (IAM, pools, keys) and object/filestore (objects).
package sqldb
