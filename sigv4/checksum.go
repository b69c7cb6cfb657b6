package sigv4

import (
	"crypto/md5"  //nolint:gosec // Content-MD5 is an integrity check of the protocol, not a security measure
	"crypto/sha1" //nolint:gosec // likewise x-amz-checksum-sha1
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
)

const (
	checksumPrefix = "x-amz-checksum-"
	contentMD5     = "content-md5"

	// polyCRC64NVME is the reversed polynomial of CRC-64/NVME.
	polyCRC64NVME = 0x9a6c9329ac4bc9b5
)

// checksum is a checksum being computed and the value it must have.
type checksum struct {
	name string // lower-case header name
	hash hash.Hash
	want string // base64, "" while unknown
}

// newChecksum returns the checksum a header or trailer of this name carries, or
// nil when there is none.
func newChecksum(name string) *checksum {
	var h hash.Hash
	switch name {
	case contentMD5, checksumPrefix + "md5":
		h = md5.New() //nolint:gosec // see the import
	case checksumPrefix + "crc32":
		h = crc32.NewIEEE()
	case checksumPrefix + "crc32c":
		h = crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case checksumPrefix + "crc64nvme":
		h = crc64.New(crc64.MakeTable(polyCRC64NVME))
	case checksumPrefix + "sha1":
		h = sha1.New() //nolint:gosec // see the import
	case checksumPrefix + "sha256":
		h = sha256.New()
	case checksumPrefix + "sha512":
		h = sha512.New()
	default:
		return nil
	}
	return &checksum{name: name, hash: h}
}

// expect sets the value the checksum must have.
func (c *checksum) expect(value string) error {
	raw, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || len(raw) != c.hash.Size() {
		return &Error{Code: BadChecksum, Part: c.name, Got: value}
	}
	c.want = value
	return nil
}

// sum returns the checksum of what was written, in base64.
func (c *checksum) sum() string {
	return base64.StdEncoding.EncodeToString(c.hash.Sum(nil))
}

// isChecksum reports whether a header name is that of a checksum value. The
// three names beside them say how checksums are made.
func isChecksum(lower string) bool {
	if !strings.HasPrefix(lower, checksumPrefix) {
		return false
	}
	switch lower[len(checksumPrefix):] {
	case "algorithm", "type", "mode":
		return false
	}
	return true
}
