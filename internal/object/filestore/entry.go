package filestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
)

// entry is one object's row.
type entry struct {
	key         string
	size        int64
	modified    int64
	etag, class string
	checksums   string
	contentType string
	meta        []byte
	blob        []byte // one file,
	parts       []byte // or the files of a multipart object,
	data        []byte // or the bytes themselves
}

// columns are the scan targets of entryColumns.
func (e *entry) columns() []any {
	return []any{&e.size, &e.modified, &e.etag, &e.class, &e.checksums, &e.contentType, &e.meta, &e.blob, &e.parts}
}

// info is what callers see of the row.
func (e *entry) info() (*object.Info, error) {
	m, err := decodeMeta(e.meta)
	if err != nil {
		return nil, err
	}
	info, err := e.listed()
	if err != nil {
		return nil, err
	}
	info.Headers = m.headers
	info.Headers.ContentType = e.contentType
	info.Metadata, info.Tags = m.metadata, m.tags
	if e.parts != nil {
		pieces, err := decodePieces(e.parts)
		if err != nil {
			return nil, err
		}
		info.PartSizes = make([]int64, len(pieces))
		for i, p := range pieces {
			info.PartSizes[i] = p.size
		}
	}
	return info, nil
}

// listed is the part of info that a listing shows.
func (e *entry) listed() (*object.Info, error) {
	sums, err := decodeChecksums(e.checksums)
	if err != nil {
		return nil, err
	}
	info := &object.Info{Key: e.key, Size: e.size, ETag: e.etag, Modified: moment(e.modified), Checksums: sums, StorageClass: e.class}
	if _, n, ok := strings.Cut(e.etag, "-"); ok { // only a multipart ETag has a dash
		if info.Parts, err = strconv.Atoi(n); err != nil {
			return nil, errDamaged
		}
	}
	return info, nil
}

// blobs are the files the row uses.
func (e *entry) blobs() ([]blobID, error) {
	switch {
	case e.blob != nil:
		id, err := toBlobID(e.blob)
		return []blobID{id}, err
	case e.parts != nil:
		pieces, err := decodePieces(e.parts)
		if err != nil {
			return nil, err
		}
		ids := make([]blobID, len(pieces))
		for i, p := range pieces {
			ids[i] = p.blob
		}
		return ids, nil
	}
	return nil, nil
}

func toBlobID(raw []byte) (blobID, error) {
	if len(raw) != len(blobID{}) {
		return blobID{}, errDamaged
	}
	return blobID(raw), nil
}

// read reads one row by a point-read statement; nil means it does not exist.
// Point reads take no cancellation: it would cost a goroutine each.
func read(stmt *sql.Stmt, b *bucket, key string, withData bool) (*entry, error) {
	e := &entry{key: key}
	targets := e.columns()
	if withData {
		targets = append(targets, &e.data)
	}
	err := stmt.QueryRow(b.id, []byte(key)).Scan(targets...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	return e, nil
}

// old is what a write must know of the row it replaces.
type old struct {
	exists bool
	etag   string
	meta   []byte
	files  []blobID
}

func (s *Store) readOld(tx *sql.Tx, b *bucket, key string) (old, error) {
	var e entry
	err := tx.Stmt(s.q.entryMeta).QueryRow(b.id, []byte(key)).Scan(&e.etag, &e.meta, &e.blob, &e.parts)
	if errors.Is(err, sql.ErrNoRows) {
		return old{}, nil
	}
	if err != nil {
		return old{}, fmt.Errorf("read object: %w", err)
	}
	files, err := e.blobs()
	return old{exists: true, etag: e.etag, meta: e.meta, files: files}, err
}

// judge applies a precondition to the current state of a key.
func judge(p object.Precondition, b *bucket, key string, exists bool, etag string) error {
	if p.IfNoneMatch && exists {
		return &object.PreconditionFailed{Condition: "If-None-Match"}
	}
	if p.IfMatch == "" {
		return nil
	}
	if !exists {
		return &object.NoKey{Bucket: b.Name, Key: key}
	}
	if p.IfMatch != "*" && p.IfMatch != etag {
		return &object.PreconditionFailed{Condition: "If-Match"}
	}
	return nil
}

// judgeEarly refuses a write whose precondition fails already, before its body
// is read. The verdict that counts is given in the transaction.
func (s *Store) judgeEarly(p object.Precondition, b *bucket, key string) error {
	if !p.IfNoneMatch && p.IfMatch == "" {
		return nil
	}
	e, err := read(s.q.head, b, key, false)
	if err != nil {
		return err
	}
	if e == nil {
		return judge(p, b, key, false, "")
	}
	return judge(p, b, key, true, e.etag)
}

// replace writes e over what is there, if the precondition holds, and returns
// the files no longer used by anything. The files of e are counted already.
func (s *Store) replace(tx *sql.Tx, b *bucket, e *entry, p object.Precondition, freed []blobID) ([]blobID, error) {
	if err := s.alive(tx, b); err != nil {
		return freed, err
	}
	was, err := s.readOld(tx, b, e.key)
	if err != nil {
		return freed, err
	}
	if err := judge(p, b, e.key, was.exists, was.etag); err != nil {
		return freed, err
	}
	_, err = tx.Stmt(s.q.entryPut).Exec(b.id, []byte(e.key), e.size, e.modified, e.etag, e.class, e.checksums,
		e.contentType, e.meta, e.blob, e.parts, e.data)
	if err != nil {
		return freed, fmt.Errorf("write object: %w", err)
	}
	return s.dropBlobs(tx, was.files, freed)
}

func (s *Store) addBlob(tx *sql.Tx, id blobID) error {
	if _, err := tx.Stmt(s.q.blobAdd).Exec(id[:]); err != nil {
		return fmt.Errorf("write object file row: %w", err)
	}
	return nil
}

// shareBlobs counts one more use of each file.
func (s *Store) shareBlobs(tx *sql.Tx, ids []blobID) error {
	for _, id := range ids {
		n, err := affected(tx.Stmt(s.q.blobShare).Exec(id[:]))
		if err != nil {
			return fmt.Errorf("share object file: %w", err)
		}
		if n != 1 {
			return fmt.Errorf("share object file %s: %w", id, errDamaged)
		}
	}
	return nil
}

// dropBlobs counts one use less of each file and adds those without any to
// freed, to be unlinked after the commit.
func (s *Store) dropBlobs(tx *sql.Tx, ids, freed []blobID) ([]blobID, error) {
	for _, id := range ids {
		n, err := affected(tx.Stmt(s.q.blobDropLast).Exec(id[:]))
		if err != nil {
			return freed, fmt.Errorf("drop object file: %w", err)
		}
		if n == 1 {
			freed = append(freed, id)
			continue
		}
		if n, err = affected(tx.Stmt(s.q.blobDrop).Exec(id[:])); err != nil {
			return freed, fmt.Errorf("drop object file: %w", err)
		}
		if n != 1 {
			return freed, fmt.Errorf("drop object file %s: %w", id, errDamaged)
		}
	}
	return freed, nil
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Head returns an object without its bytes.
func (s *Store) Head(_ context.Context, bucket, key string) (*object.Info, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	e, err := read(s.q.head, b, key, false)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, &object.NoKey{Bucket: bucket, Key: key}
	}
	return e.info()
}
