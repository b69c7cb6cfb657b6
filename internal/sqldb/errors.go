package sqldb

import (
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrClosed is returned by every write after Close.
var ErrClosed = errors.New("sqldb: database is closed")

// InUse reports that another process has the data folder open.
type InUse struct{ Folder string }

func (e *InUse) Error() string {
	return fmt.Sprintf("data folder %s is in use by another rockpool process", e.Folder)
}

// Unusable reports a database file that cannot be opened, with a reason an
// operator can act on.
type Unusable struct {
	Path, Reason string
	Err          error
}

func (e *Unusable) Error() string {
	return fmt.Sprintf("database %s cannot be used: %s: %v", e.Path, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *Unusable) Unwrap() error { return e.Err }

// Newer reports a database written by a later version of the program.
type Newer struct {
	Engine      string
	Have, Known int64
}

func (e *Newer) Error() string {
	return fmt.Sprintf("database of %s has schema version %d, this program knows up to %d: run the newer program", e.Engine, e.Have, e.Known)
}

// Busy reports whether err is a conflict that a retry may resolve.
func Busy(err error) bool { return code(err)&0xff == sqlite3.SQLITE_BUSY }

// Duplicate reports whether err is a violated unique index or primary key.
func Duplicate(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_CONSTRAINT_UNIQUE || c == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// Full reports whether err says that the disk or a quota is full.
func Full(err error) bool {
	return code(err)&0xff == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Uncertain reports an error of the disk in the middle of a commit, after
// which the write may or may not be found when the database is opened again.
func Uncertain(err error) bool {
	c := code(err) & 0xff
	return c == sqlite3.SQLITE_IOERR || c == sqlite3.SQLITE_CORRUPT
}

// code is the extended SQLite result code of err, or 0.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return sqlite3.SQLITE_OK
}

// unusable names what is wrong with the database file in an operator's words.
func unusable(path string, err error) error {
	reason := "it cannot be opened"
	switch c := code(err); {
	case Full(err):
		reason = "the disk is full"
	case c&0xff == sqlite3.SQLITE_NOTADB, c&0xff == sqlite3.SQLITE_CORRUPT:
		reason = "it is damaged or not a database; restore a backup"
	case c&0xff == sqlite3.SQLITE_READONLY, c&0xff == sqlite3.SQLITE_PERM, errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EROFS):
		reason = "it or its folder cannot be written"
	case c&0xff == sqlite3.SQLITE_CANTOPEN:
		reason = "it or its folder cannot be opened for writing"
	case c&0xff == sqlite3.SQLITE_IOERR:
		reason = "the disk reports an error"
	}
	return &Unusable{Path: path, Reason: reason, Err: err}
}
