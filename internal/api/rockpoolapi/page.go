package rockpoolapi

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// defaultPage is how long lists are when nothing is said.
const defaultPage = 50

func pageSize(n *int32) int {
	if n == nil {
		return defaultPage
	}
	return int(*n)
}

// place is where a page of a list ended. The zero place is the start.
type place struct {
	time time.Time
	name string
	seq  int
}

// sealPlace makes a token of a place. It opens for the same list only, which of names.
func (b *bound) sealPlace(of string, p place) (*string, error) {
	text := fmt.Sprintf("%d %d %s", p.time.UnixMilli(), p.seq, p.name)
	sealed, err := b.cfg.Sealer.Seal("page", []byte(text), []byte(b.call.Caller.Account+" "+of))
	if err != nil {
		return nil, fmt.Errorf("seal page token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(sealed)
	return &token, nil
}

// openPlace opens a token; none is the start.
func (b *bound) openPlace(of string, token *string) (place, error) {
	if token == nil {
		return place{}, nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return place{}, &badToken{err}
	}
	text, err := b.cfg.Sealer.Open("page", sealed, []byte(b.call.Caller.Account+" "+of))
	if err != nil {
		return place{}, &badToken{err}
	}
	millis, rest, _ := strings.Cut(string(text), " ")
	number, name, _ := strings.Cut(rest, " ")
	ms, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return place{}, &badToken{err}
	}
	seq, err := strconv.Atoi(number)
	if err != nil {
		return place{}, &badToken{err}
	}
	return place{time: time.UnixMilli(ms).UTC(), name: name, seq: seq}, nil
}

func long(n int64) *int64 { return &n }
