package filestore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
)

// verdict says what a key means for the page being listed.
type verdict int

const (
	item    verdict = iota // belongs to the page
	rolled                 // the first key of a new common prefix on the page
	inside                 // a further key of the last common prefix
	outside                // behind the listed prefix: the listing ends
	beyond                 // belongs to the next page: the page is full
)

// pager forms one page of a listing from keys in byte order.
type pager struct {
	o        object.ListOptions
	n        int
	last     string // last key or common prefix on the page
	group    string // last common prefix seen or skipped
	grouped  bool
	prefixes []string
}

// newPager returns the pager and the first key to look at; ok is false when
// no key can qualify.
func newPager(o object.ListOptions) (p *pager, from string, ok bool) {
	p = &pager{o: o}
	from = o.Prefix
	if o.After == "" || o.After < o.Prefix {
		return p, from, true
	}
	if group, ok := p.groupOf(o.After); ok && group == o.After {
		p.group, p.grouped = group, true
		from, ok = behind(group)
		return p, from, ok
	}
	return p, o.After + "\x00", true // the next possible key
}

// groupOf is the common prefix that key belongs to, if any.
func (p *pager) groupOf(key string) (string, bool) {
	if p.o.Delimiter == "" || !strings.HasPrefix(key, p.o.Prefix) {
		return "", false
	}
	i := strings.Index(key[len(p.o.Prefix):], p.o.Delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(p.o.Prefix)+i+len(p.o.Delimiter)], true
}

func (p *pager) take(key string) verdict {
	if !strings.HasPrefix(key, p.o.Prefix) {
		return outside
	}
	group, ok := p.groupOf(key)
	if ok && p.grouped && group == p.group {
		return inside
	}
	if p.n >= p.o.Max {
		return beyond
	}
	p.n++
	if ok {
		p.group, p.grouped, p.last = group, true, group
		p.prefixes = append(p.prefixes, group)
		return rolled
	}
	p.last = key
	return item
}

// behind is the first string after all that start with prefix. There is none
// when prefix consists of 0xFF bytes only.
func behind(prefix string) (string, bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			return prefix[:i] + string([]byte{prefix[i] + 1}), true
		}
	}
	return "", false
}

// A scan steps over so many keys of one common prefix before it seeks behind
// the prefix, which costs as much as some steps. It learns from large
// prefixes to seek sooner, and from small ones to step longer.
const (
	patienceMin = 1
	patienceAt  = 4
	patienceMax = 16
)

// walk forms the page. scan reads keys from a place on and shows each to visit
// until that returns false; it is called again for each seek behind a common
// prefix. add takes the key just shown into the page.
func (p *pager) walk(ctx context.Context, from string, scan func(from string, visit func(key string) (more bool, err error)) error, add func() error) (truncated bool, err error) {
	for patience := patienceAt; ; patience = max(patience/2, patienceMin) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		seek, skipped := false, 0
		err := scan(from, func(key string) (bool, error) {
			switch p.take(key) {
			case item:
				return true, add()
			case inside:
				skipped++
				seek = skipped > patience
				return !seek, nil
			case beyond:
				truncated = true
				return false, nil
			case outside:
				return false, nil
			case rolled:
				if skipped > 0 { // the last prefix was passed without a seek
					patience = min(patience*2, patienceMax)
				}
				skipped = 0
			}
			return true, nil
		})
		if err != nil || !seek {
			return truncated, err
		}
		var ok bool
		if from, ok = behind(p.group); !ok {
			return false, nil
		}
	}
}

// List returns one page of keys. The cost is that of the page: common prefixes
// are skipped by seeking, and bytes and metadata of objects are not read.
func (s *Store) List(ctx context.Context, bucket string, o object.ListOptions) (*object.Listing, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	out := &object.Listing{}
	p, from, ok := newPager(o)
	if !ok || o.Max <= 0 {
		return out, nil
	}
	var key string
	var rawKey, listed sql.RawBytes
	out.Truncated, err = p.walk(ctx, from, func(from string, visit func(string) (bool, error)) error {
		// No cancellation: it would cost a goroutine for each row set; the
		// walk looks at ctx between the seeks and a page is short.
		rows, err := s.q.list.Query(b.id, []byte(from))
		if err != nil {
			return fmt.Errorf("list objects: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&rawKey, &listed); err != nil {
				return fmt.Errorf("list objects: %w", err)
			}
			key = string(rawKey)
			if more, err := visit(key); err != nil || !more {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("list objects: %w", err)
		}
		return nil
	}, func() error {
		if n := len(out.Objects); n == cap(out.Objects) && n >= 32 {
			out.Objects = slices.Grow(out.Objects, min(o.Max, 1000)) // not by doubling: an Info is large
		}
		out.Objects = append(out.Objects, object.Info{Key: key})
		return unpackListed(listed, &out.Objects[len(out.Objects)-1])
	})
	if err != nil {
		return nil, err
	}
	out.Prefixes = p.prefixes
	if out.Truncated {
		out.Next = p.last
	}
	return out, nil
}
