package filestore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/rockpool-id/rockpool/internal/object"
)

// maxParts is S3's limit on part numbers.
const maxParts = 10_000

// upload is a row of object_upload.
type upload struct {
	key                    []byte
	id                     string
	initiated              int64
	initiator              string
	class                  string
	checksum, checksumType string
	detail                 []byte
}

func (u *upload) columns() []any {
	return []any{&u.key, &u.id, &u.initiated, &u.initiator, &u.class, &u.checksum, &u.checksumType, &u.detail}
}

func (u *upload) object(b *bucket) (*object.Upload, error) {
	var d detail
	if err := d.unpack(u.detail); err != nil {
		return nil, err
	}
	return &object.Upload{
		ID: u.id, Bucket: b.Name, Key: string(u.key), Initiated: moment(u.initiated), Initiator: u.initiator,
		Options: object.PutOptions{
			Headers: d.headers, Metadata: d.metadata, Tags: d.tags, StorageClass: u.class, Size: -1,
			Checksum: object.Checksum{Algorithm: u.checksum, Type: u.checksumType},
		},
	}, nil
}

// readUpload reads one upload; nil means it does not exist.
func readUpload(stmt *sql.Stmt, b *bucket, key, id string) (*upload, error) {
	u := &upload{}
	err := stmt.QueryRow(b.id, []byte(key), id).Scan(u.columns()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	return u, nil
}

// findUpload is readUpload outside a transaction, with *object.NoUpload.
func (s *Store) findUpload(name, key, id string) (*bucket, *upload, error) {
	b, err := s.bucket(name)
	if err != nil {
		return nil, nil, err
	}
	u, err := readUpload(s.q.upload, b, key, id)
	if err == nil && u == nil {
		err = &object.NoUpload{ID: id}
	}
	return b, u, err
}

// CreateUpload begins a multipart upload. Its id starts with the time, so that
// the uploads of one key sort by initiation, and ends in 80 random bits.
func (s *Store) CreateUpload(ctx context.Context, bucket, key string, o object.PutOptions, initiator string) (*object.Upload, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	kind, ok := checksumType(o.Checksum.Algorithm, o.Checksum.Type)
	if !ok {
		return nil, &object.UnknownChecksum{Algorithm: o.Checksum.Algorithm + " " + o.Checksum.Type}
	}
	now := s.stamp()
	var raw [18]byte
	binary.BigEndian.PutUint64(raw[:], uint64(now))
	if _, err := io.ReadFull(s.rand, raw[8:]); err != nil {
		return nil, fmt.Errorf("random id: %w", err)
	}
	d := detail{headers: o.Headers, metadata: o.Metadata, tags: o.Tags}
	u := &upload{
		key: []byte(key), id: hex.EncodeToString(raw[2:]), initiated: now, initiator: initiator, class: o.StorageClass,
		checksum: o.Checksum.Algorithm, checksumType: kind, detail: d.pack(),
	}
	err = s.commit(ctx, func(tx *sql.Tx) error {
		if err := s.alive(tx, b); err != nil {
			return err
		}
		_, err := tx.Stmt(s.q.uploadAdd).Exec(b.id, u.key, u.id, u.initiated, u.initiator, u.class, u.checksum, u.checksumType, u.detail)
		if err != nil {
			return fmt.Errorf("write upload: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return u.object(b)
}

// Upload returns an upload in progress.
func (s *Store) Upload(_ context.Context, bucket, key, id string) (*object.Upload, error) {
	b, u, err := s.findUpload(bucket, key, id)
	if err != nil {
		return nil, err
	}
	return u.object(b)
}

// PutPart stores a part, in place of an earlier one with its number.
func (s *Store) PutPart(ctx context.Context, bucket, key, id string, number int, body io.Reader, o object.PutOptions) (*object.Part, error) {
	if number < 1 || number > maxParts {
		return nil, &object.InvalidPart{Number: number}
	}
	b, u, err := s.findUpload(bucket, key, id)
	if err != nil {
		return nil, err
	}
	st, err := s.stage(ctx, body, &o, false, u.checksum)
	if err != nil {
		return nil, err
	}
	part := &object.Part{Number: number, ETag: st.etag, Size: st.size, Modified: moment(s.stamp()), Checksums: st.sums.checksums(u.checksumType)}
	var freed []blobID
	err = s.commit(ctx, func(tx *sql.Tx) error {
		freed = freed[:0]
		// Uploads go with their bucket, so this covers a deleted bucket too.
		u, err := readUpload(tx.Stmt(s.q.uploadGet), b, key, id)
		if err != nil {
			return err
		}
		if u == nil {
			return &object.NoUpload{ID: id}
		}
		earlier, err := readBlobs(tx.Stmt(s.q.partGet).Query(id, number))
		if err != nil {
			return fmt.Errorf("read part: %w", err)
		}
		if err := s.addBlob(tx, st.blob); err != nil {
			return err
		}
		_, err = tx.Stmt(s.q.partPut).Exec(id, part.Number, part.ETag, part.Size, part.Modified.UnixMilli(), packSums(part.Checksums), st.blob[:])
		if err != nil {
			return fmt.Errorf("write part: %w", err)
		}
		freed, err = s.dropBlobs(tx, earlier, freed)
		return err
	})
	s.settle(st, err)
	if err != nil {
		return nil, err
	}
	s.free(freed)
	return part, nil
}

// partRow is a row of object_part.
type partRow struct {
	object.Part
	blob blobID
}

// readParts reads part rows and closes them.
func readParts(rows *sql.Rows, err error) ([]partRow, error) {
	if err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	defer rows.Close()
	var parts []partRow
	for rows.Next() {
		var p partRow
		var modified int64
		var sums, raw []byte
		if err := rows.Scan(&p.Number, &p.ETag, &p.Size, &modified, &sums, &raw); err != nil {
			return nil, fmt.Errorf("read parts: %w", err)
		}
		p.Modified = moment(modified)
		if p.Checksums, err = unpackSums(sums); err != nil {
			return nil, err
		}
		if p.blob, err = toBlobID(raw); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	return parts, nil
}

// Parts lists up to max parts with numbers above after.
func (s *Store) Parts(_ context.Context, bucket, key, id string, after, max int) ([]object.Part, bool, error) {
	if _, _, err := s.findUpload(bucket, key, id); err != nil {
		return nil, false, err
	}
	if max <= 0 {
		return nil, false, nil
	}
	rows, err := readParts(s.q.parts.Query(id, after, max+1))
	if err != nil {
		return nil, false, err
	}
	truncated := len(rows) > max
	if truncated {
		rows = rows[:max]
	}
	parts := make([]object.Part, len(rows))
	for i, r := range rows {
		parts[i] = r.Part
	}
	return parts, truncated, nil
}

// Abort ends an upload and frees its parts.
func (s *Store) Abort(ctx context.Context, bucket, key, id string) error {
	b, err := s.bucket(bucket)
	if err != nil {
		return err
	}
	var freed []blobID
	err = s.commit(ctx, func(tx *sql.Tx) error {
		freed = freed[:0]
		u, err := readUpload(tx.Stmt(s.q.uploadGet), b, key, id)
		if err != nil {
			return err
		}
		if u == nil {
			return &object.NoUpload{ID: id}
		}
		parts, err := readParts(tx.Stmt(s.q.partsGet).Query(id))
		if err != nil {
			return err
		}
		freed, err = s.endUpload(tx, b, key, id, parts, freed)
		return err
	})
	if err == nil {
		s.free(freed)
	}
	return err
}

// endUpload removes the rows of an upload and drops the files of unused.
func (s *Store) endUpload(tx *sql.Tx, b *bucket, key, id string, unused []partRow, freed []blobID) ([]blobID, error) {
	if _, err := tx.Stmt(s.q.partsDrop).Exec(id); err != nil {
		return freed, fmt.Errorf("delete parts: %w", err)
	}
	if _, err := tx.Stmt(s.q.uploadDelete).Exec(b.id, []byte(key), id); err != nil {
		return freed, fmt.Errorf("delete upload: %w", err)
	}
	pieces := make([]piece, len(unused))
	for i, p := range unused {
		pieces[i].blob = p.blob
	}
	return s.dropBlobs(tx, pieces, freed)
}

// Uploads lists uploads in progress by key and initiation: those after the key
// o.After and, with afterID, those of that key after that id.
func (s *Store) Uploads(ctx context.Context, bucket string, o object.ListOptions, afterID string) ([]object.Upload, []string, bool, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, nil, false, err
	}
	p, from, ok := newPager(o)
	if !ok || o.Max <= 0 {
		return nil, nil, false, nil
	}
	// Ids are hexadecimal, so "" is before and "~" behind all ids of a key.
	fromID := ""
	if afterID != "" && o.After >= o.Prefix {
		from, fromID = []byte(o.After), afterID
	}
	var uploads []object.Upload
	var u upload
	truncated, err := p.walk(ctx, from, func(from []byte, visit func([]byte) (bool, error)) error {
		rows, err := s.q.uploads.Query(b.id, from, fromID)
		if err != nil {
			return fmt.Errorf("list uploads: %w", err)
		}
		defer rows.Close()
		fromID = ""
		for rows.Next() {
			if err := rows.Scan(u.columns()...); err != nil {
				return fmt.Errorf("list uploads: %w", err)
			}
			if more, err := visit(u.key); err != nil || !more {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("list uploads: %w", err)
		}
		return nil
	}, func() error {
		one, err := u.object(b)
		if err == nil {
			uploads = append(uploads, *one)
		}
		return err
	})
	if err != nil {
		return nil, nil, false, err
	}
	return uploads, p.prefixes, truncated, nil
}
