package filestore

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/rockpool-id/rockpool/internal/object"
)

// Put stores an object. It reads body before it knows whether the write will
// be refused, except for a precondition that fails already.
func (s *Store) Put(ctx context.Context, bucket, key string, body io.Reader, o object.PutOptions) (*object.Info, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	if err := s.judgeEarly(o.Precondition, b, key); err != nil {
		return nil, err
	}
	st, err := s.stage(ctx, body, &o, true)
	if err != nil {
		return nil, err
	}
	d := detail{headers: o.Headers, metadata: o.Metadata, tags: o.Tags}
	if st.inFile {
		d.pieces = []piece{{blob: st.blob, size: st.size}}
	}
	e := newEntry(object.Info{
		Key: key, Size: st.size, Modified: moment(s.stamp()), ETag: st.etag, StorageClass: o.StorageClass,
		Checksums: st.sums.checksums(fullObject),
	}, d, st.data)
	var freed []blobID
	err = s.change(ctx, b, key, func(tx *sql.Tx) error {
		freed = freed[:0]
		if st.inFile {
			if err := s.addBlob(tx, st.blob); err != nil {
				return err
			}
		}
		var err error
		freed, err = s.replace(tx, b, e, o.Precondition, freed)
		return err
	})
	s.settle(st, err)
	if err != nil {
		return nil, err
	}
	s.free(freed)
	return e.answer(), nil
}

// Delete removes an object; removing what is not there succeeds.
func (s *Store) Delete(ctx context.Context, bucket, key string, p object.Precondition) error {
	b, err := s.bucket(bucket)
	if err != nil {
		return err
	}
	var freed []blobID
	err = s.change(ctx, b, key, func(tx *sql.Tx) error {
		freed = freed[:0]
		was, err := read(tx.Stmt(s.q.entryOld), b, key, false)
		if err != nil {
			return err
		}
		if err := judge(p, b, key, was); err != nil {
			return err
		}
		if was == nil {
			return nil
		}
		if _, err := tx.Stmt(s.q.entryDelete).Exec(b.id, []byte(key)); err != nil {
			return fmt.Errorf("delete object: %w", err)
		}
		freed, err = s.dropBytes(tx, was, freed)
		return err
	})
	if err == nil {
		s.free(freed)
	}
	return err
}

// SetTags replaces an object's tags and nothing else of it.
func (s *Store) SetTags(ctx context.Context, bucket, key string, tags []object.Tag) error {
	b, err := s.bucket(bucket)
	if err != nil {
		return err
	}
	return s.change(ctx, b, key, func(tx *sql.Tx) error {
		was, err := read(tx.Stmt(s.q.entryOld), b, key, false)
		if err != nil {
			return err
		}
		if was == nil {
			return &object.NoKey{Bucket: bucket, Key: key}
		}
		d := was.detail
		d.tags = tags
		if _, err := tx.Stmt(s.q.entrySetDetail).Exec(b.id, []byte(key), d.pack()); err != nil {
			return fmt.Errorf("write tags: %w", err)
		}
		return nil
	})
}
