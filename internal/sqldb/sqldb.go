package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is one open database: a single writer and a pool of readers.
type DB struct {
	write   *sql.DB
	read    *sql.DB
	lookups *lookups
	queue   chan *job
	done    chan struct{} // closed when the commit loop has ended
	lock    *os.File

	mu       sync.Mutex // guards closed, and running.Add against running.Wait
	isClosed bool
	running  sync.WaitGroup
}

// applicationID marks the file as ours in the SQLite header ("RKPL").
const applicationID = 0x524b504c

// Open opens (and creates) folder/rockpool.db. It takes an exclusive lock on
// folder/lock first and fails with *InUse when another process holds it, and
// with *Unusable when the file or folder is damaged, foreign or read-only.
func Open(folder string) (*DB, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = errors.Join(err, lock.Close())
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &InUse{Folder: folder}
		}
		return nil, fmt.Errorf("lock data folder %s: %w", folder, err)
	}
	db, err := open(folder, filepath.Join(folder, "rockpool.db"))
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db.lock = lock
	return db, nil
}

func open(folder, path string) (*DB, error) {
	if err := create(folder, path); err != nil {
		return nil, unusable(path, err)
	}
	w, err := sql.Open("sqlite", dsn(path, "_txlock", "immediate"))
	if err != nil {
		return nil, unusable(path, err)
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	if err := prove(w); err != nil {
		return nil, errors.Join(unusable(path, err), w.Close())
	}
	readOnly := dsn(path, "_pragma", "query_only(1)")
	r, err := sql.Open("sqlite", readOnly)
	if err != nil {
		return nil, errors.Join(unusable(path, err), w.Close())
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	r.SetMaxOpenConns(n)
	r.SetMaxIdleConns(n)
	lookups := newLookups(n, func() (driver.Conn, error) { return r.Driver().Open(readOnly) })
	db := &DB{write: w, read: r, lookups: lookups, queue: make(chan *job, 256), done: make(chan struct{})}
	go db.commitLoop()
	return db, nil
}

// dsn is the data source name: path, the settings of every connection, and
// the extra key and value pairs.
func dsn(path string, extra ...string) string {
	q := url.Values{}
	for _, pragma := range []string{
		"journal_mode(WAL)",
		"synchronous(FULL)", // sync the log at every commit
		"busy_timeout(10000)",
		"foreign_keys(OFF)",
		"cache_size(-2000)", // KiB for each connection; the kernel caches the file too
		// Written back every 16 MiB: a page that many commits change is written and
		// synced once for all of them.
		"wal_autocheckpoint(4000)",
		"journal_size_limit(67108864)", // give back what a burst made the log grow
	} {
		q.Add("_pragma", pragma)
	}
	for i := 0; i+1 < len(extra); i += 2 {
		q.Add(extra[i], extra[i+1])
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// create makes an empty database file for the owner only (SQLite gives its log
// files the mode of the database) and makes its name durable.
func create(folder, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := SyncFolder(folder); err != nil {
		return err
	}
	// The parent may belong to somebody else; its entry for the folder is then
	// theirs to care for.
	if err := SyncFolder(filepath.Dir(folder)); !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil
}

// SyncFolder makes the names in a folder durable. File systems that cannot
// sync a folder say EINVAL or ENOTSUP and are taken at their word.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// prove reads the header and the schema and takes the write lock, so that a
// file that is damaged, foreign or read-only is refused at the start and not
// in the middle of a request. The mark is written once, into an empty file.
func prove(w *sql.DB) error {
	ctx := context.Background()
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	var id, tables int64
	err = errors.Join(
		tx.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id),
		tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables))
	switch {
	case err != nil:
	case id == 0 && tables == 0:
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	case id != applicationID:
		err = fmt.Errorf("it belongs to another program (application id %#x, %d tables)", id, tables)
	}
	if err != nil {
		return errors.Join(err, rollback(tx))
	}
	return tx.Commit()
}

// Reader returns the pool for queries outside a transaction. It cannot write.
func (db *DB) Reader() *sql.DB { return db.read }

// Writer returns the single writing handle, to prepare statements and for
// migrations; writes go through Update and Group.
func (db *DB) Writer() *sql.DB { return db.write }

// Point is the context for a statement that touches a handful of rows: ctx
// without its end. Such a statement takes microseconds, and a goroutine of
// database/sql and another of the driver that watch whether ctx ends meanwhile
// cost twice as much as the statement itself. A write in a Group is finished in
// any case once it has begun.
func Point(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// enter counts a write in, or refuses it after Close.
func (db *DB) enter() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.isClosed {
		return ErrClosed
	}
	db.running.Add(1)
	return nil
}

func (db *DB) leave() { db.running.Done() }

// Close waits for the writes that were accepted, checkpoints and closes the
// database, and gives up the lock. Further calls do nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	again := db.isClosed
	db.isClosed = true
	db.mu.Unlock()
	db.running.Wait()
	if again {
		<-db.done
		return nil
	}
	close(db.queue)
	<-db.done
	// Readers first: the last connection to close removes the log.
	return errors.Join(db.lookups.close(), db.read.Close(), db.write.Close(), db.lock.Close())
}

// Update runs fn in its own write transaction and commits it durably. fn must
// be repeatable: it runs again after a conflict.
func (db *DB) Update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	return db.update(ctx, fn)
}

func (db *DB) update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	const attempts = 5
	for i := 0; ; i++ {
		err := db.once(ctx, fn)
		if !Busy(err) || i == attempts-1 {
			return err
		}
		pause := time.NewTimer(time.Duration(1+rand.IntN(10<<i)) * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(ctx.Err(), err)
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(tx *sql.Tx) error) error {
	db.lookups.pause()
	defer db.lookups.resume()
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	ended := false
	defer func() {
		if !ended { // fn panics: the only writer must not stay in its transaction
			_ = rollback(tx)
		}
	}()
	err = fn(tx)
	ended = true
	if err != nil {
		return errors.Join(err, rollback(tx))
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), rollback(tx))
	}
	return nil
}

// rollback undoes tx. SQLite has done so itself after some errors (disk full,
// interrupt) and then answers a plain error to ROLLBACK.
func rollback(tx *sql.Tx) error {
	err := tx.Rollback()
	if err == nil || errors.Is(err, sql.ErrTxDone) || code(err) == sqlite3.SQLITE_ERROR {
		return nil
	}
	return fmt.Errorf("rollback: %w", err)
}
