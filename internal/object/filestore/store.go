package filestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config is what a Store needs. DB, Folder, Now, Log and Rand are required.
type Config struct {
	DB     *sqldb.DB
	Folder string // for the bytes; created when missing
	Now    func() time.Time
	Log    *slog.Logger
	Rand   io.Reader // random ids; crypto/rand.Reader in production

	// SweepEvery is the pause between two searches for abandoned files, the
	// first of which follows Open; 0 means 6 hours, negative means never.
	SweepEvery time.Duration
	// SweepAge spares files younger than this; 0 means 24 hours. Files of
	// writes in progress are spared at any age.
	SweepAge time.Duration
	// CacheBytes bounds the memory for recently read rows; 0 means 8 MiB,
	// negative means none.
	CacheBytes int
}

func (c *Config) validate() error {
	if c.DB == nil || c.Folder == "" || c.Now == nil || c.Log == nil || c.Rand == nil {
		return errors.New("filestore: Config needs DB, Folder, Now, Log and Rand")
	}
	if c.SweepEvery == 0 {
		c.SweepEvery = 6 * time.Hour
	}
	if c.SweepAge == 0 {
		c.SweepAge = 24 * time.Hour
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = 8 << 20
	}
	return nil
}

// Store keeps buckets and objects in a database and a folder. It is made by
// Open and safe for concurrent use.
type Store struct {
	db     *sqldb.DB
	folder string
	now    func() time.Time
	log    *slog.Logger
	rand   io.Reader
	q      statements
	create func(path string) (file, error) // a field so that tests can fill the disk

	buckets   atomic.Pointer[map[string]*bucket]
	bucketsMu sync.Mutex // held over a bucket's commit and the swap of buckets

	cache  *cache
	chunks sync.Pool // *[chunk]byte

	blobsMu sync.Mutex
	writing map[blobID]struct{} // files whose row is not committed yet
	pins    map[blobID]*pin     // files that open contents still need

	sweepEvery, sweepAge time.Duration
	stop                 context.CancelFunc
	sweeping             sync.WaitGroup
}

var _ object.Store = (*Store)(nil)

// file is the part of *os.File a new blob needs.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// Open migrates the database, removes what an earlier process was still
// receiving, and starts the sweeper. The caller closes the Store before the DB.
func Open(ctx context.Context, c Config) (*Store, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	if err := sqldb.Migrate(ctx, c.DB, "object", files); err != nil {
		return nil, err
	}
	s := &Store{
		db: c.DB, folder: c.Folder, now: c.Now, log: c.Log, rand: c.Rand,
		writing: map[blobID]struct{}{}, pins: map[blobID]*pin{},
		sweepEvery: c.SweepEvery, sweepAge: c.SweepAge, cache: newCache(max(0, c.CacheBytes)),
		create: func(path string) (file, error) {
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		},
	}
	s.chunks.New = func() any { return new([chunk]byte) }
	if err := s.prepareFolders(); err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	if err := s.q.prepare(ctx, c.DB); err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	if err := s.loadBuckets(ctx); err != nil {
		return nil, errors.Join(err, s.q.close())
	}
	sweepCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if s.sweepEvery > 0 {
		s.sweeping.Go(func() { s.sweepForever(sweepCtx) })
	}
	return s, nil
}

// Close stops the sweeper and frees the prepared statements. Contents already
// open can still be read.
func (s *Store) Close() error {
	s.stop()
	s.sweeping.Wait()
	return s.q.close()
}

// prepareFolders makes the folders and empties tmp: the database's lock means
// that no other process is receiving anything there.
func (s *Store) prepareFolders() error {
	if err := os.RemoveAll(filepath.Join(s.folder, "tmp")); err != nil {
		return err
	}
	for _, dir := range []string{"tmp", "blobs"} {
		if err := os.MkdirAll(filepath.Join(s.folder, dir), 0o700); err != nil {
			return err
		}
	}
	if err := sqldb.SyncFolder(s.folder); err != nil {
		return err
	}
	// As in sqldb.Open: a parent we may not read is not ours to sync.
	if err := sqldb.SyncFolder(filepath.Dir(s.folder)); !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil
}

// stamp is the time a change is recorded with: S3 shows milliseconds.
func (s *Store) stamp() int64 { return s.now().UnixMilli() }

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// commit runs a write in a group and gives a full disk its type.
func (s *Store) commit(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return full(s.db.Group(ctx, fn))
}

// full gives err the type *object.Full when it says so.
func full(err error) error {
	if err != nil && sqldb.Full(err) {
		return &object.Full{Err: err}
	}
	return err
}
