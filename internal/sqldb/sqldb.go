package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"modernc.org/sqlite" // registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is one open database: a single writer and a pool of readers.
type DB struct {
	write *sql.DB
	read  *sql.DB
	queue chan *job
	done  chan struct{}
	lock  *os.File
}

// InUse reports that another process has the data folder open.
type InUse struct{ Folder string }

func (e *InUse) Error() string {
	return fmt.Sprintf("data folder %s is in use by another rockpool process", e.Folder)
}

// Open opens (and creates) folder/rockpool.db. It takes an exclusive lock on
// folder/lock first and fails with *InUse when another process holds it.
func Open(folder string) (*DB, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &InUse{Folder: folder}
		}
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	db, err := open(filepath.Join(folder, "rockpool.db"))
	if err != nil {
		lock.Close()
		return nil, err
	}
	db.lock = lock
	return db, nil
}

func open(path string) (*DB, error) {
	dsn := func(extra ...string) string {
		q := url.Values{}
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "busy_timeout(10000)")
		q.Add("_pragma", "foreign_keys(OFF)")
		q.Add("_pragma", "cache_size(-4000)")
		for i := 0; i+1 < len(extra); i += 2 {
			q.Add(extra[i], extra[i+1])
		}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	w, err := sql.Open("sqlite", dsn("_txlock", "immediate"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	// The first statement creates the file and proves that it is a database
	// and that the folder can be written.
	if _, err := w.Exec("CREATE TABLE IF NOT EXISTS rockpool_open (x BIGINT)"); err != nil {
		w.Close()
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	r, err := sql.Open("sqlite", dsn("_pragma", "query_only(1)"))
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	r.SetMaxOpenConns(n)
	r.SetMaxIdleConns(n)
	db := &DB{write: w, read: r, queue: make(chan *job, 256), done: make(chan struct{})}
	go db.commitLoop()
	return db, nil
}

// Reader returns the pool for queries outside a transaction. It cannot write.
func (db *DB) Reader() *sql.DB { return db.read }

// Writer returns the single writing handle, for migrations only; writes go
// through Update and Group.
func (db *DB) Writer() *sql.DB { return db.write }

// Close waits for queued writes, checkpoints and closes the database.
func (db *DB) Close() error {
	close(db.queue)
	<-db.done
	err := errors.Join(db.read.Close(), db.write.Close())
	if db.lock != nil {
		err = errors.Join(err, db.lock.Close())
	}
	return err
}

// Update runs fn in its own write transaction and commits it durably.
func (db *DB) Update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	const attempts = 5
	var err error
	for range attempts {
		if err = db.once(ctx, fn); !Busy(err) {
			return err
		}
	}
	return err
}

func (db *DB) once(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, rollback(tx))
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), rollback(tx))
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("rollback: %w", err)
	}
	return nil
}

// Busy reports whether err is a conflict that a retry may resolve.
func Busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// Duplicate reports whether err is a violated unique index or primary key.
func Duplicate(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// Full reports whether err says that the disk or a quota is full.
func Full(err error) bool {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL {
		return true
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
