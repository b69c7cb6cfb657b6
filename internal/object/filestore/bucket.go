package filestore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// bucket is an immutable bucket in memory.
type bucket struct {
	id int64
	object.Bucket
}

// loadBuckets reads all buckets, at the start and after a commit in doubt.
func (s *Store) loadBuckets(ctx context.Context) error {
	all := map[string]*bucket{}
	byID := map[int64]*bucket{}
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT id, name, account, region, created, version FROM object_bucket`)
	if err != nil {
		return fmt.Errorf("read buckets: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		b := &bucket{Bucket: object.Bucket{Config: map[string]string{}}}
		var created int64
		if err := rows.Scan(&b.id, &b.Name, &b.Account, &b.Region, &created, &b.Version); err != nil {
			return fmt.Errorf("read buckets: %w", err)
		}
		b.Created = moment(created)
		all[b.Name], byID[b.id] = b, b
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read buckets: %w", err)
	}
	docs, err := s.db.Reader().QueryContext(ctx, `SELECT bucket, sub, doc FROM object_bucket_config`)
	if err != nil {
		return fmt.Errorf("read bucket settings: %w", err)
	}
	defer docs.Close()
	for docs.Next() {
		var id int64
		var sub string
		var doc []byte
		if err := docs.Scan(&id, &sub, &doc); err != nil {
			return fmt.Errorf("read bucket settings: %w", err)
		}
		if b := byID[id]; b != nil {
			b.Config[sub] = string(doc)
		}
	}
	if err := docs.Err(); err != nil {
		return fmt.Errorf("read bucket settings: %w", err)
	}
	s.buckets.Store(&all)
	return nil
}

// bucket is the bucket of that name, or *object.NoBucket.
func (s *Store) bucket(name string) (*bucket, error) {
	if b := (*s.buckets.Load())[name]; b != nil {
		return b, nil
	}
	return nil, &object.NoBucket{Bucket: name}
}

// swap replaces (or with nil removes) one bucket in memory. The caller holds
// bucketsMu since before its commit, so memory follows the order of commits.
func (s *Store) swap(name string, b *bucket) {
	all := maps.Clone(*s.buckets.Load())
	if b == nil {
		delete(all, name)
	} else {
		all[name] = b
	}
	s.buckets.Store(&all)
}

// commitBucket commits a change of a bucket and then shows it.
func (s *Store) commitBucket(ctx context.Context, name string, b *bucket, fn func(tx *sql.Tx) error) error {
	err := s.commit(ctx, fn)
	if err == nil {
		s.swap(name, b)
		return nil
	}
	if sqldb.Uncertain(err) {
		err = errors.Join(err, s.loadBuckets(context.WithoutCancel(ctx)))
	}
	return err
}

// alive refuses a write to a bucket deleted since the write began.
func (s *Store) alive(tx *sql.Tx, b *bucket) error {
	var n int
	if err := tx.Stmt(s.q.bucketAlive).QueryRow(b.id).Scan(&n); err != nil {
		return fmt.Errorf("read bucket: %w", err)
	}
	if n == 0 {
		return &object.NoBucket{Bucket: b.Name}
	}
	return nil
}

// CreateBucket makes a bucket with the settings given in Config; Created is
// set when zero and Version starts at 1.
func (s *Store) CreateBucket(ctx context.Context, given object.Bucket) error {
	var random [8]byte
	if _, err := io.ReadFull(s.rand, random[:]); err != nil {
		return fmt.Errorf("random id: %w", err)
	}
	b := &bucket{id: int64(binary.BigEndian.Uint64(random[:]) >> 1), Bucket: given}
	if b.Created.IsZero() {
		b.Created = moment(s.stamp())
	}
	b.Created = moment(b.Created.UnixMilli())
	b.Version = 1
	b.Config = map[string]string{}
	maps.Copy(b.Config, given.Config)

	s.bucketsMu.Lock()
	defer s.bucketsMu.Unlock()
	if old, err := s.bucket(b.Name); err == nil {
		return &object.BucketExists{Bucket: b.Name, Account: old.Account}
	}
	return s.commitBucket(ctx, b.Name, b, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO object_bucket (id, name, account, region, created, version) VALUES ($1, $2, $3, $4, $5, $6)`,
			b.id, b.Name, b.Account, b.Region, b.Created.UnixMilli(), b.Version)
		if err != nil {
			return fmt.Errorf("insert bucket: %w", err)
		}
		for sub, doc := range b.Config {
			if _, err := tx.Stmt(s.q.configPut).Exec(b.id, sub, []byte(doc)); err != nil {
				return fmt.Errorf("insert bucket settings: %w", err)
			}
		}
		return nil
	})
}

// Bucket returns a bucket from memory; the answer is shared.
func (s *Store) Bucket(_ context.Context, name string) (*object.Bucket, error) {
	b, err := s.bucket(name)
	if err != nil {
		return nil, err
	}
	return &b.Bucket, nil
}

// Buckets returns an account's buckets, sorted by name.
func (s *Store) Buckets(_ context.Context, account string) ([]object.Bucket, error) {
	var out []object.Bucket
	for _, b := range *s.buckets.Load() {
		if b.Account == account {
			out = append(out, b.Bucket)
		}
	}
	slices.SortFunc(out, func(a, b object.Bucket) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// DeleteBucket deletes a bucket without objects, and its uploads with it.
func (s *Store) DeleteBucket(ctx context.Context, name string) error {
	s.bucketsMu.Lock()
	defer s.bucketsMu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	var freed []blobID
	err = s.commitBucket(ctx, name, nil, func(tx *sql.Tx) error {
		freed = freed[:0]
		var used bool
		if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM object_entry WHERE bucket = $1)`, b.id).Scan(&used); err != nil {
			return fmt.Errorf("read bucket: %w", err)
		}
		if used {
			return &object.NotEmpty{Bucket: name}
		}
		blobs, err := readBlobs(tx.Query(`SELECT blob FROM object_part WHERE upload IN (SELECT id FROM object_upload WHERE bucket = $1)`, b.id))
		if err != nil {
			return fmt.Errorf("read uploads: %w", err)
		}
		if freed, err = s.dropBlobs(tx, blobs, freed); err != nil {
			return err
		}
		for _, text := range []string{
			`DELETE FROM object_part WHERE upload IN (SELECT id FROM object_upload WHERE bucket = $1)`,
			`DELETE FROM object_upload WHERE bucket = $1`,
			`DELETE FROM object_bucket_config WHERE bucket = $1`,
			`DELETE FROM object_bucket WHERE id = $1`,
		} {
			if _, err := tx.Exec(text, b.id); err != nil {
				return fmt.Errorf("delete bucket: %w", err)
			}
		}
		return nil
	})
	if err == nil {
		s.free(freed)
	}
	return err
}

// readBlobs reads a column of blob ids and closes the rows.
func readBlobs(rows *sql.Rows, err error) ([]piece, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var pieces []piece
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		id, err := toBlobID(raw)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{blob: id})
	}
	return pieces, rows.Err()
}

// SetConfig stores or removes one settings document and counts the version up.
func (s *Store) SetConfig(ctx context.Context, name, sub string, doc *string) error {
	s.bucketsMu.Lock()
	defer s.bucketsMu.Unlock()
	old, err := s.bucket(name)
	if err != nil {
		return err
	}
	b := &bucket{id: old.id, Bucket: old.Bucket}
	b.Version++
	b.Config = maps.Clone(old.Config)
	if doc == nil {
		delete(b.Config, sub)
	} else {
		b.Config[sub] = *doc
	}
	return s.commitBucket(ctx, name, b, func(tx *sql.Tx) error {
		var err error
		if doc == nil {
			_, err = tx.Stmt(s.q.configDelete).Exec(b.id, sub)
		} else {
			_, err = tx.Stmt(s.q.configPut).Exec(b.id, sub, []byte(*doc))
		}
		if err != nil {
			return fmt.Errorf("write bucket settings: %w", err)
		}
		if _, err := tx.Stmt(s.q.bucketVersion).Exec(b.id, b.Version); err != nil {
			return fmt.Errorf("write bucket version: %w", err)
		}
		return nil
	})
}
