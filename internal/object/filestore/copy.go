package filestore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rockpool-id/rockpool/internal/object"
)

// errChanged says that the source was replaced while it was hashed.
var errChanged = errors.New("filestore: source changed")

// copySourceCondition is S3's name for the ETag a copy pins its source to.
const copySourceCondition = "x-amz-copy-source-If-Match"

// Copy makes dst an object with the same files as src. Its ETag stays that of
// the source, also for a multipart source. [choice]: AWS computes a new one,
// for which the bytes would have to be read.
func (s *Store) Copy(ctx context.Context, srcBucket, srcKey, srcETag, dstBucket, dstKey string, replace *object.PutOptions, tags *[]object.Tag, p object.Precondition) (*object.Info, error) {
	src, err := s.bucket(srcBucket)
	if err != nil {
		return nil, err
	}
	dst, err := s.bucket(dstBucket)
	if err != nil {
		return nil, err
	}
	if err := s.judgeEarly(p, dst, dstKey); err != nil {
		return nil, err
	}
	const attempts = 10
	for range attempts {
		var hashed *entry
		if replace != nil && replace.Checksum.Algorithm != "" {
			if hashed, err = s.hashSource(ctx, src, srcKey, replace.Checksum.Algorithm); err != nil {
				return nil, err
			}
		}
		var e *entry
		var freed []blobID
		err = s.change(ctx, dst, dstKey, func(tx *sql.Tx) error {
			freed = freed[:0]
			var err error
			if e, err = s.source(tx, src, srcKey, srcETag, hashed); err != nil {
				return err
			}
			e = e.rewrite(dstKey, moment(s.stamp()), replace, tags)
			if err := s.shareBlobs(tx, e.pieces); err != nil {
				return err
			}
			freed, err = s.replace(tx, dst, e, p, freed)
			return err
		})
		if errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s.free(freed)
		return e.answer(), nil
	}
	return nil, fmt.Errorf("copy object: source %q is overwritten faster than it can be hashed", srcKey)
}

// source reads the source's row in the copying transaction and, when it was
// hashed before, checks that these are the bytes that were hashed.
func (s *Store) source(tx *sql.Tx, b *bucket, key, etag string, hashed *entry) (*entry, error) {
	e, err := read(tx.Stmt(s.q.entryGet), b, key, true)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, &object.NoKey{Bucket: b.Name, Key: key}
	}
	if etag != "" && etag != e.info.ETag {
		return nil, &object.PreconditionFailed{Condition: copySourceCondition}
	}
	if hashed != nil {
		if e.info.ETag != hashed.info.ETag || !slices.Equal(e.pieces, hashed.pieces) || !bytes.Equal(e.data, hashed.data) {
			return nil, errChanged
		}
		e.info.Checksums = hashed.info.Checksums
	}
	return e, nil
}

// rewrite is the copy's row made from the source's.
func (e *entry) rewrite(key string, modified time.Time, replace *object.PutOptions, tags *[]object.Tag) *entry {
	info, d := e.info, e.detail
	info.Key, info.Modified = key, modified
	d.upload = ""
	if replace != nil {
		info.StorageClass = replace.StorageClass
		d.headers, d.metadata = replace.Headers, replace.Metadata
	}
	if tags != nil {
		d.tags = *tags
	}
	return newEntry(info, d, e.data)
}

// hashSource reads the source to compute a checksum it was not stored with.
// The row it returns has that checksum only.
func (s *Store) hashSource(ctx context.Context, b *bucket, key, algorithm string) (*entry, error) {
	h := newHash(algorithm)
	if h == nil {
		return nil, &object.UnknownChecksum{Algorithm: algorithm}
	}
	c, found, err := s.openEntry(b, key)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	e := *found
	for _, sum := range e.info.Checksums {
		if sum.Algorithm == algorithm && sum.Type == fullObject {
			e.info.Checksums = []object.Checksum{sum}
			return &e, nil
		}
	}
	r, err := c.Section(0, e.info.Size)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(h, &patient{ctx: ctx, r: r}); err != nil {
		return nil, fmt.Errorf("hash source: %w", err)
	}
	e.info.Checksums = []object.Checksum{{Algorithm: algorithm, Type: fullObject, Value: encodeSum(h)}}
	return &e, nil
}

// patient reads until its context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// CopyPart copies a range of an object into a part. The bytes are read here,
// because the part's ETag is their MD5.
func (s *Store) CopyPart(ctx context.Context, srcBucket, srcKey, srcETag string, offset, length int64, bucket, key, id string, number int) (*object.Part, error) {
	src, err := s.bucket(srcBucket)
	if err != nil {
		return nil, err
	}
	c, e, err := s.openEntry(src, srcKey)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if srcETag != "" && srcETag != e.info.ETag {
		return nil, &object.PreconditionFailed{Condition: copySourceCondition}
	}
	if length < 0 {
		length = e.info.Size - offset
	}
	r, err := c.Section(offset, length)
	if err != nil {
		return nil, err
	}
	return s.PutPart(ctx, bucket, key, id, number, r, object.PutOptions{Size: length})
}
