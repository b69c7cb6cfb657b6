package sqlite

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// uuidBytes returns the 16 bytes of the UUID in an id of the form region:uuid.
// Upper-case hex would make two names for one identity, so it is refused.
func uuidBytes(id string) ([]byte, error) {
	_, text, ok := strings.Cut(id, ":")
	if !ok || len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return nil, &pool.NoIdentity{ID: id}
	}
	b := make([]byte, 0, 16)
	for i := 0; i < len(text); i += 2 {
		switch i {
		case 8, 13, 18, 23:
			i++
		}
		high, low := strings.IndexByte(lowerHex, text[i]), strings.IndexByte(lowerHex, text[i+1])
		if high < 0 || low < 0 {
			return nil, &pool.NoIdentity{ID: id}
		}
		b = append(b, byte(high<<4|low))
	}
	return b, nil
}

const lowerHex = "0123456789abcdef"

// idText is the text of an id: the region and the UUID of 16 bytes.
func idText(region string, b []byte) string {
	text := make([]byte, 0, len(region)+37)
	text = append(append(text, region...), ':')
	for i, end := range []int{4, 6, 8, 10, 16} {
		start := []int{0, 4, 6, 8, 10}[i]
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, b[start:end])
	}
	return string(text)
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// sometime and millis are a time that may never have been, 0 in a row.
func sometime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
