package config

import (
	"fmt"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes, written like 64MiB, 1GB or 4096.
type ByteSize int64

// byteUnits from the largest that prints; the ones of ten are only read.
var byteUnits = [...]struct {
	name string
	size int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
}

// UnmarshalText reads a size.
func (s *ByteSize) UnmarshalText(b []byte) error {
	text, unit := strings.TrimSpace(string(b)), int64(1)
	for _, u := range byteUnits {
		if n := len(text) - len(u.name); n > 0 && strings.EqualFold(text[n:], u.name) {
			text, unit = strings.TrimSpace(text[:n]), u.size
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxByteSize/unit {
		return fmt.Errorf("%q is not a size like 64MiB", b)
	}
	*s = ByteSize(n * unit)
	return nil
}

// maxByteSize is more than any disk has.
const maxByteSize = 1 << 60

// MarshalText writes a size so that UnmarshalText reads it back exactly.
func (s ByteSize) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String gives the size in the largest binary unit that divides it.
func (s ByteSize) String() string {
	for _, u := range byteUnits[:4] {
		if n := int64(s); n != 0 && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
