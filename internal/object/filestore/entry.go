package filestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/object"
)

// entry is one object's row, unpacked.
type entry struct {
	info object.Info
	detail
	data   []byte // the bytes of a small object
	dataID int64  // and their row; 0 when there is none
}

// newEntry completes info with what detail says about it too.
func newEntry(info object.Info, d detail, data []byte) *entry {
	info.Headers, info.Metadata, info.Tags = d.headers, d.metadata, d.tags
	info.PartSizes = nil
	if info.Parts > 0 {
		info.PartSizes = make([]int64, len(d.pieces))
		for i, p := range d.pieces {
			info.PartSizes[i] = p.size
		}
	}
	return &entry{info: info, detail: d, data: data}
}

// answer is the Info for a caller.
func (e *entry) answer() *object.Info {
	info := e.info
	return &info
}

func toBlobID(raw []byte) (blobID, error) {
	if len(raw) != len(blobID{}) {
		return blobID{}, errDamaged
	}
	return blobID(raw), nil
}

// lookup is the current row of a key, from memory or the database; nil means
// it does not exist. The row is shared and must not be changed.
func (s *Store) lookup(b *bucket, key string) (*entry, error) {
	k := cacheKey{b.id, key}
	e, ticket := s.cache.get(k)
	if e != nil {
		return e, nil
	}
	e, err := s.fetch(b, key)
	if e != nil {
		s.cache.put(k, e, ticket)
	}
	return e, err
}

// change commits a write of one key.
func (s *Store) change(ctx context.Context, b *bucket, key string, fn func(tx *sql.Tx) error) error {
	k := cacheKey{b.id, key}
	s.cache.begin(k)
	defer s.cache.end(k)
	return s.commit(ctx, fn)
}

// read reads one row by a point-read statement; nil means it does not exist.
// Point reads take no cancellation: it would cost a goroutine each.
func read(stmt *sql.Stmt, b *bucket, key string, withData bool) (*entry, error) {
	var listed, packed, data []byte
	var dataID int64
	targets := []any{&listed, &packed, &dataID, &data}
	if !withData {
		targets = targets[:3]
	}
	err := stmt.QueryRow(b.id, []byte(key)).Scan(targets...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	e, err := newRow(b, key, listed, packed, dataID, data, withData)
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	return e, nil
}

// fetch is read outside a transaction, with the bytes of a small object.
func (s *Store) fetch(b *bucket, key string) (e *entry, err error) {
	err = s.q.open.Each(func(v []driver.Value) (err error) {
		listed, ok1 := v[0].([]byte)
		packed, ok2 := v[1].([]byte)
		dataID, ok3 := v[2].(int64)
		data, ok4 := v[3].([]byte)
		if !ok1 || !ok2 || !ok3 || !ok4 && v[3] != nil {
			return fmt.Errorf("object %q of bucket %q: %w", key, b.Name, errDamaged)
		}
		e, err = newRow(b, key, listed, packed, dataID, data, true)
		return err
	}, b.id, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	return e, nil
}

// newRow unpacks the columns of a row.
func newRow(b *bucket, key string, listed, packed []byte, dataID int64, data []byte, withData bool) (*entry, error) {
	var l object.Listed
	var d detail
	if err := errors.Join(unpackListed(listed, &l, nil), d.unpack(packed)); err != nil {
		return nil, fmt.Errorf("object %q of bucket %q: %w", key, b.Name, err)
	}
	if withData && dataID != 0 && int64(len(data)) != l.Size {
		return nil, fmt.Errorf("object %q of bucket %q: %w", key, b.Name, errDamaged)
	}
	e := newEntry(object.Info{
		Key: key, Size: l.Size, ETag: l.ETag, Modified: l.Modified,
		Checksums: l.Checksums, StorageClass: l.StorageClass, Parts: l.Parts,
	}, d, data)
	e.dataID = dataID
	return e, nil
}

// judge applies a precondition to the current state of a key.
func judge(p object.Precondition, b *bucket, key string, now *entry) error {
	if p.IfNoneMatch && now != nil {
		return &object.PreconditionFailed{Condition: "If-None-Match"}
	}
	if p.IfMatch == "" {
		return nil
	}
	if now == nil {
		return &object.NoKey{Bucket: b.Name, Key: key}
	}
	if p.IfMatch != "*" && p.IfMatch != now.info.ETag {
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
	now, err := s.lookup(b, key)
	if err != nil {
		return err
	}
	return judge(p, b, key, now)
}

// replace writes e over what is there, if the precondition holds, and returns
// the files no longer used by anything. The files of e are counted already.
func (s *Store) replace(tx *sql.Tx, b *bucket, e *entry, p object.Precondition, freed []blobID) ([]blobID, error) {
	if err := s.alive(tx, b); err != nil {
		return freed, err
	}
	was, err := read(tx.Stmt(s.q.entryOld), b, e.info.Key, false)
	if err != nil {
		return freed, err
	}
	if err := judge(p, b, e.info.Key, was); err != nil {
		return freed, err
	}
	shown := e.info.Listed()
	listed, err := packListed(&shown)
	if err != nil {
		return freed, err
	}
	if was != nil {
		if freed, err = s.dropBytes(tx, was, freed); err != nil {
			return freed, err
		}
	}
	var data any
	if len(e.data) > 0 {
		done, err := tx.Stmt(s.q.dataPut).Exec(e.data)
		if err != nil {
			return freed, fmt.Errorf("write object data: %w", err)
		}
		if data, err = done.LastInsertId(); err != nil {
			return freed, fmt.Errorf("write object data: %w", err)
		}
	}
	if _, err = tx.Stmt(s.q.entryPut).Exec(b.id, []byte(e.info.Key), e.info.Size, listed, e.pack(), data); err != nil {
		return freed, fmt.Errorf("write object: %w", err)
	}
	return freed, nil
}

// dropBytes lets go of the bytes of a row that is replaced or deleted.
func (s *Store) dropBytes(tx *sql.Tx, was *entry, freed []blobID) ([]blobID, error) {
	if was.dataID != 0 {
		if _, err := tx.Stmt(s.q.dataDelete).Exec(was.dataID); err != nil {
			return freed, fmt.Errorf("delete object data: %w", err)
		}
	}
	return s.dropBlobs(tx, was.pieces, freed)
}

func (s *Store) addBlob(tx *sql.Tx, id blobID) error {
	if _, err := tx.Stmt(s.q.blobAdd).Exec(id[:]); err != nil {
		return fmt.Errorf("write object file row: %w", err)
	}
	return nil
}

// shareBlobs counts one more use of each file.
func (s *Store) shareBlobs(tx *sql.Tx, pieces []piece) error {
	for _, p := range pieces {
		id := p.blob
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
func (s *Store) dropBlobs(tx *sql.Tx, pieces []piece, freed []blobID) ([]blobID, error) {
	for _, p := range pieces {
		id := p.blob
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
	e, err := s.lookup(b, key)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, &object.NoKey{Bucket: bucket, Key: key}
	}
	return e.answer(), nil
}
