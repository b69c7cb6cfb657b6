package filestore

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
)

// The checksum types of S3: over the whole object, or over the checksums of
// its parts.
const (
	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

// Polynomials in the reflected form the CRCs of S3 use.
const (
	polyCRC32     = crc32.IEEE
	polyCRC32C    = crc32.Castagnoli
	polyCRC64NVME = 0x9a6c9329ac4bc9b5
)

// newHash returns the hash of an S3 checksum algorithm, or nil.
func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "crc32":
		return crc32.NewIEEE()
	case "crc32c":
		return crc32.New(crc32.MakeTable(polyCRC32C))
	case "crc64nvme":
		return crc64.New(crc64.MakeTable(polyCRC64NVME))
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	}
	return nil
}

// sums are the hashes of one body: MD5 for the ETag, and what was asked for.
type sums struct {
	md5   hash.Hash
	names []string
	extra []hash.Hash
}

// newSums starts the MD5 and the named algorithms; "" and repeats are skipped.
func newSums(algorithms ...string) (*sums, error) {
	s := &sums{md5: md5.New()}
	for _, a := range algorithms {
		if a == "" || s.index(a) >= 0 {
			continue
		}
		h := newHash(a)
		if h == nil {
			return nil, &object.UnknownChecksum{Algorithm: a}
		}
		s.names = append(s.names, a)
		s.extra = append(s.extra, h)
	}
	return s, nil
}

func (s *sums) index(algorithm string) int {
	for i, name := range s.names {
		if name == algorithm {
			return i
		}
	}
	return -1
}

func (s *sums) write(b []byte) {
	s.md5.Write(b) // a hash never returns an error
	for _, h := range s.extra {
		h.Write(b)
	}
}

// verify compares with what the caller declared, before or after the body.
func (s *sums) verify(o *object.PutOptions) error {
	if got := hex.EncodeToString(s.md5.Sum(nil)); o.ContentMD5 != "" && !strings.EqualFold(o.ContentMD5, got) {
		return &object.BadDigest{Algorithm: "md5", Want: o.ContentMD5, Got: got}
	}
	want := o.Checksum.Value
	if want == "" && o.ChecksumTrailer != nil {
		want = o.ChecksumTrailer()
	}
	if want == "" || o.Checksum.Algorithm == "" {
		return nil
	}
	got := encodeSum(s.extra[s.index(o.Checksum.Algorithm)])
	if got != want {
		return &object.BadDigest{Algorithm: o.Checksum.Algorithm, Want: want, Got: got}
	}
	return nil
}

// encodeSum is the header form of a hash.
func encodeSum(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

func (s *sums) etag() string { return hex.EncodeToString(s.md5.Sum(nil)) }

func (s *sums) checksums(kind string) []object.Checksum {
	var out []object.Checksum
	for i, name := range s.names {
		out = append(out, object.Checksum{Algorithm: name, Value: encodeSum(s.extra[i]), Type: kind})
	}
	return out
}

// checksumType is the type of a multipart object's checksum: as asked for, or
// S3's default. ok is false for a pair S3 does not know.
func checksumType(algorithm, asked string) (kind string, ok bool) {
	switch algorithm {
	case "":
		return "", true
	case "crc64nvme":
		return fullObject, asked == "" || asked == fullObject
	case "crc32", "crc32c":
		if asked == "" {
			asked = composite
		}
		return asked, asked == composite || asked == fullObject
	case "sha1", "sha256":
		return composite, asked == "" || asked == composite
	}
	return "", false
}

// partSum is what a multipart checksum is made of.
type partSum struct {
	value []byte
	size  int64
}

// joinSums makes the checksum of a multipart object from those of its parts.
func joinSums(algorithm, kind string, parts []partSum) (object.Checksum, error) {
	var raw []byte
	suffix := ""
	if kind == fullObject {
		raw = joinCRC(algorithm, parts)
	} else {
		h := newHash(algorithm)
		if h == nil {
			return object.Checksum{}, &object.UnknownChecksum{Algorithm: algorithm}
		}
		for _, p := range parts {
			h.Write(p.value)
		}
		raw = h.Sum(nil)
		suffix = "-" + strconv.Itoa(len(parts))
	}
	return object.Checksum{Algorithm: algorithm, Type: kind, Value: base64.StdEncoding.EncodeToString(raw) + suffix}, nil
}

// joinCRC computes the CRC of the concatenation from the CRCs of the parts:
// appending n bytes multiplies the polynomial before by x^(8n).
func joinCRC(algorithm string, parts []partSum) []byte {
	poly, width := uint64(polyCRC64NVME), 64
	switch algorithm {
	case "crc32":
		poly, width = polyCRC32, 32
	case "crc32c":
		poly, width = polyCRC32C, 32
	}
	one := uint64(1) << (width - 1) // x^0 in reflected form
	multiply := func(a, b uint64) uint64 {
		var product uint64
		for bit := one; bit != 0; bit >>= 1 {
			if a&bit != 0 {
				product ^= b
			}
			carry := b & 1
			b >>= 1
			if carry != 0 {
				b ^= poly
			}
		}
		return product
	}
	var crc uint64
	for _, p := range parts {
		var next uint64
		for _, b := range p.value {
			next = next<<8 | uint64(b)
		}
		shift, square := one, one>>8 // x^0, x^8
		for n := p.size; n > 0; n >>= 1 {
			if n&1 != 0 {
				shift = multiply(shift, square)
			}
			square = multiply(square, square)
		}
		crc = multiply(crc, shift) ^ next
	}
	out := make([]byte, width/8)
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = byte(crc)
		crc >>= 8
	}
	return out
}
