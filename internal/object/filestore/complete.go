package filestore

import (
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/internal/object"
)

// minPart is the least size of every part but the last.
const minPart = 5 << 20

// Complete makes an object of the listed parts. When the answer to an earlier
// call was lost and the object is still there, it is returned again.
func (s *Store) Complete(ctx context.Context, bucket, key, id string, parts []object.CompletePart, p object.Precondition) (*object.Info, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	var e *entry
	var freed []blobID
	err = s.change(ctx, b, key, func(tx *sql.Tx) error {
		freed = freed[:0]
		u, err := readUpload(tx.Stmt(s.q.uploadGet), b, key, id)
		if err != nil {
			return err
		}
		if u == nil {
			e, err = s.completed(tx, b, key, id)
			return err
		}
		have, err := readParts(tx.Stmt(s.q.partsGet).Query(id))
		if err != nil {
			return err
		}
		used, unused, err := choose(have, parts)
		if err != nil {
			return err
		}
		if e, err = assemble(u, used, p); err != nil {
			return err
		}
		e.info.Modified = moment(s.stamp())
		if freed, err = s.endUpload(tx, b, key, id, unused, freed); err != nil {
			return err
		}
		// The parts' files now belong to the entry; their counts stay.
		freed, err = s.replace(tx, b, e, p, freed)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.free(freed)
	return e.answer(), nil
}

// completed finds the object that an upload without a row has become.
func (s *Store) completed(tx *sql.Tx, b *bucket, key, id string) (*entry, error) {
	e, err := read(tx.Stmt(s.q.entryGet), b, key, true)
	if err != nil {
		return nil, err
	}
	if e != nil && e.upload == id {
		return e, nil
	}
	return nil, &object.NoUpload{ID: id}
}

// choose finds the listed parts among those stored and judges the list.
func choose(have []partRow, list []object.CompletePart) (used, unused []partRow, err error) {
	if len(list) == 0 {
		return nil, nil, &object.InvalidPart{}
	}
	for i := 1; i < len(list); i++ {
		if list[i].Number <= list[i-1].Number {
			return nil, nil, &object.InvalidPartOrder{}
		}
	}
	for _, c := range list {
		i, ok := slices.BinarySearchFunc(have, c.Number, func(p partRow, n int) int { return p.Number - n })
		if !ok || have[i].ETag != c.ETag || !sumMatches(have[i].Checksums, c.Checksum) {
			return nil, nil, &object.InvalidPart{Number: c.Number}
		}
		used = append(used, have[i])
	}
	for _, p := range used[:len(used)-1] {
		if p.Size < minPart {
			return nil, nil, &object.PartTooSmall{Number: p.Number, Size: p.Size, Min: minPart, ETag: p.ETag}
		}
	}
	for _, p := range have {
		if _, ok := slices.BinarySearchFunc(used, p.Number, func(p partRow, n int) int { return p.Number - n }); !ok {
			unused = append(unused, p)
		}
	}
	return used, unused, nil
}

// sumMatches judges the checksum a client names for a part.
func sumMatches(have []object.Checksum, want object.Checksum) bool {
	if want.Value == "" {
		return true
	}
	return slices.ContainsFunc(have, func(c object.Checksum) bool { return c.Algorithm == want.Algorithm && c.Value == want.Value })
}

// assemble makes the object's row: its ETag is the MD5 of the parts' MD5s.
func assemble(u *upload, used []partRow, p object.Precondition) (*entry, error) {
	var d detail
	if err := d.unpack(u.detail); err != nil {
		return nil, err
	}
	d.upload = u.id
	info := object.Info{Key: string(u.key), StorageClass: u.class, Parts: len(used)}
	whole := md5.New()
	partSums := make([]partSum, len(used))
	for i, part := range used {
		raw, err := hex.DecodeString(part.ETag)
		if err != nil {
			return nil, errDamaged
		}
		whole.Write(raw)
		info.Size += part.Size
		d.pieces = append(d.pieces, piece{blob: part.blob, size: part.Size, number: part.Number})
		partSums[i].size = part.Size
		for _, c := range part.Checksums {
			if c.Algorithm != u.checksum {
				continue
			}
			if partSums[i].value, err = base64.StdEncoding.DecodeString(c.Value); err != nil {
				return nil, errDamaged
			}
		}
	}
	info.ETag = fmt.Sprintf("%x-%d", whole.Sum(nil), len(used))
	if u.checksum != "" {
		sum, err := joinSums(u.checksum, u.checksumType, partSums)
		if err != nil {
			return nil, err
		}
		if p.Checksum.Value != "" && p.Checksum.Value != sum.Value {
			return nil, &object.BadDigest{Algorithm: u.checksum, Want: p.Checksum.Value, Got: sum.Value}
		}
		info.Checksums = []object.Checksum{sum}
	}
	return newEntry(info, d, nil), nil
}
